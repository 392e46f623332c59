//! The life of a device that holds a grant, without a word about its machine.
//!
//! | module | is |
//! |---|---|
//! | [`life`] | the loop: goals come from the host, the session says what they take |
//! | [`machine`] | what is asked of a machine: a serial line, a counter, randomness, its stack |
//! | [`link`] | the frames of the serial line; [`socket`]: a connection over it |
//! | [`log`] | `defmt` frames, which travel the same line |
//! | [`meter`] | instructions and stack, apart for core, HTTP and store |
//! | [`settings`] | what the device is told about its servers |
#![no_std]

mod figures;
pub mod life;
pub mod link;
pub mod log;
pub mod machine;
mod memory;
pub mod meter;
pub mod settings;
pub mod socket;

pub use life::live;
pub use link::Link;
pub use machine::Machine;
pub use socket::Socket;
