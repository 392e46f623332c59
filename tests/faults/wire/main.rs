//! Connections that fail at any byte, calls that fail at any number, and peers that mean harm: each adapter, and each of its flows.
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::duplicate_mod,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "a test fails by panicking, also in its helpers, of which each part uses some; the flows are the same over either adapter"
)]

#[path = "../../stores/tests/support/any.rs"]
mod any;
mod flash;
mod front;
mod listener;
mod over_reqwest;
mod over_ureq;
mod stores;
mod streams;
mod sweep;
#[path = "../../../adapters/store/tests/world/mod.rs"]
mod world;
