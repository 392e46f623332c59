//! Runs firmware in QEMU, and plays everything around the device: its modem, a person's phone, the passing of time, power cuts.
//!
//! | module | is |
//! |---|---|
//! | [`Machine`] | a machine that QEMU emulates, and how its firmware is built |
//! | [`World`] | what is around a device: an authorization server with its API, a person, time |
//! | [`Script`] | what the device is to do, and when it is reset |
//! | [`run`] | one device from its first boot to its end; its [`Report`] |
//!
//! What device and harness say to each other is in `tests/firmware/README.md`. Any firmware that keeps to it can be run: by its ELF
//! file and a machine.
//!
//! Tests never skip: what is missing on a computer is a panic that names the cure. QEMU ends with the test, also when that is killed.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod firmware;
mod ledger;
mod logs;
mod machine;
mod modem;
mod qemu;
mod random;
mod report;
mod run;
mod script;
mod slip;
mod tls;
mod world;

pub use firmware::{firmware, link};
pub use machine::Machine;
pub use report::Report;
pub use run::run;
pub use script::{Goal, LIFE, Once, Random, Script, Sweep};
pub use slip::Frame;
pub use tls::Secured;
pub use world::{Certified, Embedded, World};
