//! An OAuth 2.0 authorization server and a protected API, small enough to live inside a test.
//!
//! # For demos and tests only
//!
//! **This server is not a security product. Never give it real users, real secrets or a network.** It
//! binds `127.0.0.1` and nothing else, speaks plain HTTP, knows one user who agrees to everything,
//! keeps all it knows in memory, records every request with its secrets, and misbehaves on request.
//!
//! What it checks, it checks strictly, because a client is tested against it: S256 (RFC 7636 §4.6),
//! single use of codes (RFC 6749 §4.1.2), exact redirect URIs (RFC 9700 §4.1.3) with a free port for
//! loopback literals (RFC 8252 §7.3), rotation with reuse detection (RFC 9700 §4.14.2), revocation
//! (RFC 7009), bearer tokens (RFC 6750), metadata (RFC 8414).
//!
//! ```
//! use core::time::Duration;
//! use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};
//!
//! # fn main() -> std::io::Result<()> {
//! let issuer = Issuer::builder().access_ttl(Duration::from_secs(30)).start()?;
//! println!("sign in at {}", issuer.url());
//!
//! // The next refresh is processed, and its answer is lost.
//! issuer.fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
//! // Every access token there is expires now, without anyone waiting.
//! issuer.advance(Duration::from_secs(31));
//! assert_eq!(issuer.counts().token_requests, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # How a request travels
//!
//! ```text
//! server ── http::read ── respond ──────────────────────────────── wire::send
//! accept    head, body    log, take a fault                        bytes, cut, slow, never
//!                           └ route: authorize, token, revoke,
//!                             api, metadata  ── grants (one lock)
//! ```
//!
//! [`hostile`] has servers that lie, each in one way, for any client; so does the command: `gatepass-issuer --hostile`.
//!
//! A fault is split in two: what it does instead of, or to, the processing ([`FaultKind`] says which of
//! them process the request) and what it does to the bytes of the answer.

#![forbid(unsafe_code)]
// The crate is std, loopback and for tests: a wrapped counter or a std path harms nobody here, and
// every index is guarded by a search in the line above it.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

mod api;
mod authorize;
mod builder;
mod client;
mod clock;
mod counts;
mod dialect;
mod fault;
mod form;
mod grants;
pub mod hostile;
mod http;
mod issuer;
mod metadata;
mod mint;
mod page;
mod random;
mod redirect;
mod respond;
mod response;
mod revoke;
mod server;
mod shared;
mod spoil;
mod token;
mod visit;
mod wire;

pub use builder::{Builder, Reuse};
pub use client::Client;
pub use counts::{Counts, Seen};
pub use dialect::Dialect;
pub use fault::{Endpoint, Fault, FaultKind, LocationEdit, Malformed};
pub use issuer::Issuer;
