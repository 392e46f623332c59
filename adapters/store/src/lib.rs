//! Where a grant is kept, and what the drivers of gatepass share.
//!
//! A [`Store`] is one compare-and-swap: that is all the rotation protocol needs to serve threads, processes and machines.
//! [`Memory`] forgets, [`File`] is for one machine; a store of your own (a keyring, Redis, PostgreSQL) implements the trait.
//!
//! ```
//! use gatepass_store::{File, Memory, Store, Swap};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store: Box<dyn Store> = Box::new(Memory::new());
//! assert!(store.load()?.is_none());
//!
//! # let folder = std::env::temp_dir().join(format!("gatepass-doc-{}", std::process::id()));
//! let file = File::new(folder.join("alice"));
//! assert!(file.load()?.is_none());
//! # let _ = std::fs::remove_dir_all(folder);
//! # Ok(())
//! # }
//! ```
//!
//! Beside the stores are the two things that the core takes as arguments, a clock and entropy ([`host`]), and [`driver`]: the
//! part of a driver that is the same whoever carries the bytes. `gatepass-ureq` and `gatepass-reqwest` are built on it.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "files, locks and clocks need std")]

pub mod driver;
mod error;
mod file;
pub mod host;
mod memory;
mod store;

pub use error::StoreError;
pub use file::File;
pub use host::{entropy, now};
pub use memory::Memory;
pub use store::{Record, Store, Swap};
