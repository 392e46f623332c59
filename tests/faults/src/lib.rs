//! The proof that a store of gatepass holds the old record or the new one, and that each flow of each adapter ends and goes on, whatever
//! fails and when.
//!
//! # The file store
//!
//! A worker process ([`worker`]) stores a chain of records ([`chain`]) with the real store, as a driver does, under `strace`
//! ([`trace`]). After each fault the store must hold what was acknowledged last or what was being written, whole; then another
//! process makes a whole rotation, and nothing else is left behind ([`check`]). Stores that are broken on purpose ([`broken`]) show
//! that the proof can fail.
//!
//! | fault | how |
//! |---|---|
//! | kill | SIGKILL at the entry of each system call, by `strace` |
//! | torn | each write to a file, cut after each number of its bytes; over what was there, or at the file's end |
//! | dropped | a power cut after each system call, also after a kill, and after a call that failed and was repeated |
//! | full, failed | ENOSPC and EIO from each system call that can give it, once and from then on; disks that are full, filled by another process before any system call |
//!
//! # Connections, streams, flash and the command
//!
//! The adapters are proved in the test `wire`, and the command in its own `faults`. Each flow is run once as it is, and once with each
//! fault; it must end by itself, send nothing twice that must not be, lose nothing that was stored, and go on.
//!
//! | what | how |
//! |---|---|
//! | reqwest, ureq; Redis, PostgreSQL | a proxy ([`proxy`]) ends a connection after each byte of either side, or every few; resets, stalls and refuses it at each line and event; passes it a byte at a time |
//! | streams of `gatepass-embedded`, flash | each call fails in its turn, in each way it can, until there is none left |
//! | the loopback listener, the command | each of their calls at files and sockets that is listed fails in its turn, by `strace` ([`listener`]) |
//! | whoever is asked | means harm ([`hostile`]): answers without end, slow, packed, half, or elsewhere |
//!
//! # The file system of the power cuts
//!
//! It promises less than those in use, ([`model`]):
//!
//! - A folder is a table. Since its last sync each change of one entry is kept or lost on its own; so a rename may be kept in
//!   half, with both names or with none but what was there before. Overwriting an entry is one change.
//! - A new folder is an entry of the folder above it, and lasts when that one was synced. Syncing a file keeps no entry.
//! - Since a file's last sync each write and each change of its length is kept or lost on its own, and a write may be kept in half.
//! - When the sync of a file fails, its writes may be lost for good, also if a later sync succeeds: only bytes written again
//!   count. What failed in a folder counts when a later sync of that folder succeeds.
//!
//! It does promise that what was synced stays, that a name leads to a file with its owner and mode, and that link counts are right.
//! Changes of one entry, or of one file, that are kept take effect in their order.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

pub mod broken;
pub mod chain;
pub mod check;
pub mod cuts;
pub mod disk;
pub mod hostile;
pub mod listener;
pub mod model;
pub mod proxy;
pub mod scratch;
pub mod state;
pub mod trace;
pub mod worker;
