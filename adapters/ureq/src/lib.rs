//! An HTTP client that is always signed in, blocking, on [ureq].
//!
//! ```no_run
//! use std::sync::Arc;
//! use gatepass::{AuthorizationCode, Client as Identity, Config, Grant};
//! use gatepass_store::File;
//! use gatepass_ureq::{Client, Discover, Settings, discover};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = discover(&Discover::new("https://as.example"))?;
//! let config = Config::new(server, Identity::public("my-client"))?;
//! let store = Arc::new(File::new("state/grant"));
//! let client = Client::new(Settings::new(config, store).origin("https://api.example"))?;
//!
//! if !client.is_signed_in() {
//!     let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
//!     let url = client.begin_sign_in(&grant, "http://127.0.0.1:8080/callback")?;
//!     println!("open {url}"); // and listen for the redirect: see `gatepass-native`
//!     # let redirect = "";
//!     client.finish_sign_in(redirect)?;
//! }
//! let me = client.get("https://api.example/me")?.body_mut().read_to_string()?;
//! # let _ = me;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - The token goes to the origins that were named, and to nobody else: a URL of another origin is refused before anything is
//!   sent, and no redirect is ever followed, neither of the API's nor of the authorization server's.
//! - Any number of threads make one refresh at a time. One of them carries it, the others use the token that still serves,
//!   or wait. A refresh belongs to the client: should the thread that carries it panic, the next goes on.
//! - It refreshes ahead of expiry, and on a `401` that says `invalid_token`: once, and the request is repeated once if its body
//!   can be.
//! - What was sent is told from what was not. A refresh that never left is tried again; one that may have left is in doubt, and
//!   the core decides when a repeat is safe.
//!
//! # What it sets
//!
//! On both of its agents: no redirects, https only (loopback literals excepted, by a named opt-in), no cookies, no proxy out of
//! the environment, no compression. Responses of the token endpoint are read as far as the policy's limit, in pieces, within
//! the request's deadline, over a connection of their own. An API that says nothing for 60 s, or takes nothing, is given up, also
//! in the middle of an answer. TLS is rustls with ring and the roots of Mozilla; proxies and
//! private roots are yours to pass in [`Client::with_agent`].
//!
//! Its clock is [`gatepass_store::now`]: on Linux `CLOCK_BOOTTIME`, so that a lease goes on while a laptop sleeps. A
//! refresh's deadline is looked at on it before connecting, and again when the connection stands (TLS included), right before
//! the first byte. The time limits of ureq count with `Instant`, which on Linux stands still while the machine is suspended.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "sockets and locks need std")]

mod agent;
mod client;
mod discover;
mod flight;
mod gate;
#[cfg(all(test, gatepass_shuttle))]
mod interleavings;
mod send;
mod sign_in;
mod sync;
mod wire;

pub use agent::AgentConfig;
pub use client::Client;
pub use discover::{discover, discover_document, discover_with};
pub use gatepass_store::driver::{Discover, Error, Settings, Status, Token};
pub use ureq;
