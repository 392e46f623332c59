//! OAuth 2.0 on bare metal: what [`gatepass`] leaves to its driver, for devices. HTTP/1.1 over the streams of `embedded-io` and
//! `embedded-io-async`, and a record store on NOR flash. `no_std`, no allocation, no `unsafe`.
//!
//! - [`Exchange`] carries one request of a [`Session`](gatepass::Session) over a connected stream, and tells the session the answer as it
//!   arrives, or the truth about what left.
//! - [`Call`] calls a protected API with the access token.
//! - [`discover`] fetches an issuer's metadata.
//! - `flash` keeps the record on NOR flash.
//! - `tls` is TLS 1.3 with one pinned root, for devices that talk to servers of their own maker.
//! - `guide` is the firmware maker's page: the whole loop, sizes, clock, entropy, flash, logs.
//!
//! Each comes blocking and asynchronous: one protocol, two thin drivers.
//!
//! | feature | brings |
//! |---|---|
//! | `embedded-io` (default) | [`Exchange`], [`Call`] and [`discover`] over blocking streams |
//! | `embedded-io-async` (default) | the same over asynchronous ones |
//! | `sequential-storage` | `flash`; with `embedded-io` also `guide` |
//! | `embedded-tls` | `tls`, and both kinds of streams |
//! | `defmt` | `defmt::Format` of every public type that is an answer, without a secret |
//!
//! # What the wire is held to
//!
//! A request leaves with its length and `Connection: close`; its body is not copied. A response is read in whatever pieces arrive and handed on
//! as it is read; nothing of its content is buffered. It is held to RFC 9112, and refused with a [`BadResponse`] that says why: lines end with
//! CR LF, fields are not folded and have no white space before their colon (§2.2, §5), there is one framing (§6.1, §6.3), a transfer coding is
//! `chunked` and nothing else (§7), a content coding there is none, and a content that ends early is no response (§8). A line is at most
//! [`MAX_LINE`] long, all lines together [`MAX_HEAD`], interim responses at most [`MAX_INTERIM`]; the content is bounded by
//! [`Request::max_response`](gatepass::Request::max_response), which the session keeps, or by the sink of a call. No redirect is followed,
//! nothing is repeated.
//!
//! One framing no reader can check: content that ends with its connection is cut off unseen by whoever can cut the connection, unless TLS
//! says how it ended. The session's own answers are whole JSON objects or nothing, so there a cut is seen.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "sequential-storage")]
pub mod flash;
#[cfg(all(feature = "embedded-io", feature = "sequential-storage"))]
pub mod guide;
#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
mod http;
#[cfg(feature = "embedded-tls")]
pub mod tls;

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
pub use http::*;
