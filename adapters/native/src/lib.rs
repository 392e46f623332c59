//! OAuth 2.0 sign-in for native apps, as RFC 8252 has it: the system browser shows the
//! authorization server's pages, and a listener on loopback receives the redirect.
//!
//! The crate carries; it does not decide. It never looks into a redirect: each one is handed, byte
//! for byte, to a closure that drives the `gatepass` session, and the closure's [`Verdict`] picks the
//! page that the browser shows.
//!
//! ```no_run
//! use core::time::Duration;
//! use gatepass_native::{Listener, Outcome, Verdict, open_browser};
//!
//! # struct Session;
//! # impl Session {
//! #     fn sign_in(&mut self, redirect_uri: &str) -> String { redirect_uri.into() }
//! #     fn handle(&mut self, uri: &str) -> Result<bool, ()> { Ok(uri.is_empty()) }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut session = Session;
//! // First the port, then the URL: the redirect URI names the port.
//! let mut listener = Listener::bind("/callback")?;
//! let visit = session.sign_in(listener.redirect_uri());
//! # let visit = "https://as.example/authorize?client_id=c";
//!
//! if open_browser(gatepass::AuthorizationUrl::parse(visit)?).is_err() {
//!     eprintln!("Open this page in a browser on this machine: {visit}");
//! }
//!
//! let outcome = loop {
//!     let received = listener.receive(Duration::from_millis(250), |uri| match session.handle(uri) {
//!         Ok(true) => Verdict::Accepted, // its state, issuer and code passed
//!         Ok(false) => Verdict::Denied,  // its state and issuer passed, and it says `error`
//!         Err(()) => Verdict::Ignored,   // not an answer to this sign-in: keep waiting
//!     })?;
//!     match received {
//!         Some(outcome) => break outcome,
//!         None => eprint!("."), // time to turn a spinner, look at a deadline or at Ctrl-C
//!     }
//! };
//! assert_eq!(outcome, Outcome::Accepted);
//! # Ok(())
//! # }
//! ```
//!
//! # What the listener promises
//!
//! - It listens on the literals `127.0.0.1` and `[::1]`, on the same port, and on nothing else; a
//!   family that the machine lacks is left out (RFC 8252 §7.3, §8.3).
//! - One thread, at most [`MAX_CONNECTIONS`] connections, [`MAX_HEAD`] bytes of head and
//!   [`CONNECTION_TIME`] each. A newcomer displaces the oldest, and is served before anyone can
//!   displace it: idle and slow connections never keep the browser out.
//! - Only a top-level `GET` for the exact path, with the exact `Host`, reaches the closure. A page
//!   that rebinds its name to loopback, or fetches from elsewhere, is refused.
//! - Pages are fixed bytes. Nothing that was received is ever shown, and nothing is loaded.
//! - The port is closed once the answer has reached the browser.
//!
//! The redirect stays in the browser's address bar and history. Taking it out would need a script
//! in the page, and a page that runs nothing is worth more than a shorter history: the code in it is
//! spent the moment it is exchanged, and was bound to the code verifier before (RFC 7636).
//!
//! # What it cannot promise
//!
//! Programs of the same user can see the port, connect to it, and often read the browser's command
//! line. What they learn is worth nothing without the code verifier; what they send is refused
//! without the `state`. On Windows, a program that asks to share an address can bind one that is in
//! use; the standard library offers no exclusive binding there, and PKCE is the defence.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "sockets and processes need std")]

mod bind;
mod browser;
mod connection;
mod crowd;
mod door;
mod error;
mod listener;
mod outcome;
mod page;
mod path;
mod request;
mod service;

pub use browser::open_browser;
pub use connection::{CONNECTION_TIME, MAX_HEAD};
pub use crowd::MAX_CONNECTIONS;
pub use error::Error;
pub use listener::Listener;
pub use outcome::{Outcome, Verdict};
