//! Real servers for tests, started here and gone with the process, and records to store in them.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::must_use_candidate,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod leash;
mod postgres;
#[path = "../../../adapters/store/tests/records/mod.rs"]
mod records;
mod redis;

pub use postgres::PostgresServer;
pub use records::{Records, version};
pub use redis::RedisServer;
