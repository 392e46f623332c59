//! The rules the issuer keeps, seen from a raw socket.

#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod api;
mod authorize;
mod binary;
mod dialect;
mod faults;
mod harness;
mod metadata;
mod observe;
mod revocation;
mod rotation;
mod token;
mod transport;
