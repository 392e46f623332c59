//! gatepass for C: OAuth 2.0 as a state machine that does no I/O, reads no clock, draws no randomness and allocates nothing.
//!
//! The header `include/gatepass.h` is the documentation for C; it is generated from this crate. The machine itself, with its
//! promises, states and rotation protocol, is the crate [`gatepass`]. This crate adds pointers, and the checks that they need.
//!
//! ```text
//! cargo rustc -p gatepass-c --profile small --crate-type staticlib --features panic-handler --target thumbv7em-none-eabi
//! ```
//!
//! with `RUSTFLAGS='--cfg sha2_backend_soft="compact"'` where flash is dear. The feature `no-panic` proves at link time that no panic is
//! in the image.
//!
//! | room | what is in it |
//! |---|---|
//! | `error` | results: codes, texts, remedies |
//! | `memory` | what is checked of a pointer |
//! | `sizes` | what a caller must set aside |
//! | `config` | settings, and the checked configuration |
//! | `session` | the session in its storage, and what can be read of it |
//! | `output` | `poll`, and what it says |
//! | `input` | what happened, one function each |
//! | `request` | a request as HTTP/1.1 |
//! | `sign_in` | beginning, keeping and ending a grant |
//! | `token` | the access token, and what an API answered to it |
//!
//! # Safety
//!
//! Every function checks what can be checked: pointers that are null or not aligned, storage that is too small, was not initialised, was
//! wiped or is a copy, memory that overlaps, and text that is not UTF-8 are refused with an error. What cannot be checked is the caller's
//! promise, and is said once, at the head of the header:
//!
//! 1. a pointer with its length is to that many bytes, which nobody else writes during the call;
//! 2. a pointer to a structure is to one that was initialised;
//! 3. a string without a length ends in a NUL;
//! 4. the strings of a configuration stay where they are, unchanged, as long as the configuration is used, or a request that was handed out
//!    with it;
//! 5. no two calls run at the same time with the same session.
#![no_std]
#![allow(unsafe_code, reason = "a C ABI is made of pointers")]
#![allow(clippy::missing_safety_doc, reason = "the promises are the same for every function, and said once, above")]
#![warn(clippy::undocumented_unsafe_blocks)]

mod config;
mod error;
mod input;
mod memory;
mod output;
#[cfg(all(feature = "panic-handler", not(test)))]
mod panic;
mod request;
mod session;
mod sign_in;
mod sizes;
#[cfg(test)]
mod tests;
mod token;

pub use config::*;
pub use error::*;
pub use input::*;
pub use memory::*;
pub use output::*;
pub use request::*;
pub use session::*;
pub use sign_in::*;
pub use sizes::*;
pub use token::*;
