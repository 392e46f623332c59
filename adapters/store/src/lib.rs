//! Where a grant is kept, and what the drivers of gatepass share.
//!
//! A [`Store`] is one compare-and-swap: that is all the rotation protocol needs to serve threads, processes and machines.
//!
//! | store | for | feature |
//! |---|---|---|
//! | [`Memory`] | as long as the process lives | |
//! | [`File`] | one machine; encrypted by `File::encrypted` | `chacha20poly1305` to encrypt |
//! | `Keyring` | one user of one machine, in the platform's keyring | `keyring` |
//! | `Redis` | a fleet | `redis`; `redis-tokio` for its asynchronous side |
//! | `Postgres` | a fleet | `tokio-postgres`; `postgres` for its blocking side |
//!
//! A store of your own implements the trait, or [`AsyncStore`].
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
//! Read [one grant, many processes](guide::one_grant_many_processes) before a fleet shares a grant, and
//! [in doubt](guide::in_doubt) for what happens when nobody knows whether a refresh was served.
//!
//! Beside the stores are the two things that the core takes as arguments, a clock and entropy ([`host`]), and [`driver`]: the
//! part of a driver that is the same whoever carries the bytes. `gatepass-ureq` and `gatepass-reqwest` are built on it.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "files, locks and clocks need std")]

mod disk;
pub mod driver;
#[cfg(any(feature = "redis", feature = "tokio-postgres"))]
mod durability;
mod error;
mod file;
pub mod guide;
pub mod host;
#[cfg(feature = "keyring")]
mod keyring;
mod lock;
mod memory;
#[cfg(feature = "tokio-postgres")]
mod postgres_store;
#[cfg(feature = "redis")]
mod redis_store;
mod seal;
#[cfg(any(feature = "redis", feature = "tokio-postgres"))]
mod server;
mod store;

pub use error::StoreError;
pub use file::File;
pub use host::{entropy, now};
pub use memory::Memory;
#[cfg(feature = "chacha20poly1305")]
pub use seal::Key;
pub use store::{AsyncStore, Record, Store, StoreFuture, Swap};
#[cfg(feature = "keyring")]
pub use {
    ::keyring_core,
    keyring::{Keyring, KeyringError},
};
#[cfg(feature = "redis")]
pub use {::redis, redis_store::Redis};
#[cfg(feature = "tokio-postgres")]
pub use {::tokio_postgres, postgres_store::Postgres};
#[cfg(any(feature = "redis", feature = "tokio-postgres"))]
pub use {durability::Durability, server::ServerError};
