//! An HTTP client that is always signed in, asynchronous, on [reqwest] and tokio.
//!
//! ```no_run
//! use std::sync::Arc;
//! use gatepass::{AuthorizationCode, Client as Identity, Config, Grant};
//! use gatepass_store::File;
//! use gatepass_reqwest::{Client, Discover, Settings, discover};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let server = discover(&Discover::new("https://as.example")).await?;
//! let config = Config::new(server, Identity::public("my-client"))?;
//! let store = Arc::new(File::new("state/grant"));
//! let client = Client::new(Settings::new(config, store).origin("https://api.example"))?;
//!
//! if !client.is_signed_in().await {
//!     let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
//!     let url = client.begin_sign_in(&grant, "http://127.0.0.1:8080/callback").await?;
//!     println!("open {url}"); // and listen for the redirect: see `gatepass-native`
//!     # let redirect = "";
//!     client.finish_sign_in(redirect).await?;
//! }
//! let me = client.get("https://api.example/me").await?.text().await?;
//! # let _ = me;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - The token goes to the origins that were named, and to nobody else: a URL of another origin is refused before anything is
//!   sent, and no redirect is ever followed, neither of the API's nor of the authorization server's.
//! - Any number of tasks make one refresh at a time. It runs in a task of its own, so that it belongs to the client and not to a
//!   caller: any caller may be cancelled at any time, also the one that found the refresh necessary. Callers use the token that
//!   still serves, or wait. A client that is dropped in the middle of a refresh lets it come to its end and saves the tokens.
//! - It refreshes ahead of expiry, and on a `401` that says `invalid_token`: once, and the request is repeated once if its body
//!   can be.
//! - What was sent is told from what was not. A refresh that never left is tried again; one that may have left is in doubt, and
//!   the core decides when a repeat is safe. A runtime that shuts down in the middle counts as *may have left*.
//!
//! # What it sets
//!
//! On both of its clients: no redirects, no retries, https only (loopback literals excepted, by a named opt-in), no `Referer`, no
//! cookies, no proxy out of the environment, no compression. Responses of the token endpoint are read as far as the policy's
//! limit, in pieces, within the request's deadline, over a connection of their own. TLS is rustls with the platform's verifier;
//! its cryptography is the process's default provider, for which ring is installed when the first client is built and nobody
//! has chosen another. Proxies and private roots are yours to pass in [`Client::with_http`].
//!
//! It needs a tokio runtime with the time and I/O drivers. A blocking store is called by [`tokio::task::spawn_blocking`], an
//! asynchronous one ([`Settings::new_async`]) is awaited.
//!
//! Its clock is [`gatepass_store::now`]: on Linux `CLOCK_BOOTTIME`, so that a lease goes on while a laptop sleeps. A
//! refresh's deadline is looked at on it before connecting. From then on reqwest's own limits hold: 5 s to connect (unless you
//! set another), and the deadline for the whole. They count with `Instant`, which on Linux stands still while the machine is
//! suspended: a machine that is suspended just while it connects may send the refresh after its deadline, when another holder
//! may have sent it too.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "sockets and locks need std")]

mod client;
mod discover;
mod flight;
mod http;
#[cfg(all(test, gatepass_shuttle))]
mod interleavings;
mod send;
mod sign_in;
mod store;
mod sync;
mod wire;

pub use client::Client;
pub use discover::{discover, discover_with};
pub use gatepass_store::driver::{Discover, Error, Settings, Status, Token};
pub use reqwest;
pub use store::AnyStore;
