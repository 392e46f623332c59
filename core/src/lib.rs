//! An OAuth 2.0 client that is a machine you can hold in your hand: no I/O, no clock, no allocator, no `unsafe`.
//!
//! A [`Session`] is one grant's life: sign in by authorization code with PKCE, hold an access token, refresh it with
//! rotation, sign out. It opens no socket, reads no clock and draws no randomness. It says what it needs, is told what
//! happened, and is the same in firmware, in an async server and behind a C ABI.
//!
//! # One noun, two verbs, one rule
//!
//! [`poll`](Session::poll) answers one question: *whose move is it?* [`handle`](Session::handle) takes what happened. The
//! rule: **errors explain, `poll` decides.** Any error may be logged, and then the session is polled again; a misused call
//! changes nothing.
//!
//! | [`Output`] | whose move |
//! |---|---|
//! | [`Load`](Output::Load) | the store: read, answer `Found` |
//! | [`SignIn`](Output::SignIn) | the application: [`sign_in`](Session::sign_in) |
//! | [`Visit`](Output::Visit), then [`AwaitRedirect`](Output::AwaitRedirect) | the user, in a browser |
//! | [`Save`](Output::Save) | the store: compare and swap, answer `Saved`, `Superseded` or `NotSaved` |
//! | [`Send`](Output::Send), then [`AwaitResponse`](Output::AwaitResponse) | the transport, then the server |
//! | [`Wait`](Output::Wait) | nobody: a back-off, another holder's lease |
//! | [`Sleep`](Output::Sleep) | nobody: the access token is good |
//!
//! A driver is a loop over these. This one is whole: it signs in, saves, and stops when the access token is there. With
//! another `transport` it is a blocking, an async or a bare-metal one.
//!
//! ```
#![doc = include_str!("../examples/driver.rs")]
//! ```
//!
//! # Where it can be kept
//!
//! The configuration is lent to each verb, so a struct may own both:
//!
//! ```
//! use gatepass::{Client, Config, Server, Session};
//!
//! struct App {
//!     config: Config<'static>,
//!     session: Session<[u8; 4096]>,
//! }
//!
//! let config = Config::new(Server::auth0("tenant.example"), Client::public("my-client"))?;
//! let app = App { config, session: Session::new() };
//! # let _ = (app.config, app.session.state());
//! # Ok::<(), gatepass::Error>(())
//! ```
//!
//! One behind a lock, for any number of threads; the buffer's size is forgotten on the way:
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use gatepass::Session;
//!
//! let shared: Arc<Mutex<Session>> = Arc::new(Mutex::new(Session::<[u8; 4096]>::new()));
//! let other = shared.clone();
//! std::thread::spawn(move || other.lock().unwrap().state()).join().unwrap();
//! ```
//!
//! One in a `static`, as firmware likes it:
//!
//! ```
//! use std::sync::Mutex;
//! use gatepass::Session;
//!
//! static SESSION: Mutex<Session<[u8; 4096]>> = Mutex::new(Session::new());
//! assert_eq!(SESSION.lock().unwrap().state().as_str(), "Loading");
//! ```
//!
//! And held across an await, for what is handed out borrows the caller's buffer and the configuration, not the session:
//!
//! ```
//! use gatepass::{Config, Error, Input, Output, Session, Timestamp};
//!
//! # async fn post(_: &str, _: &[u8]) -> Option<()> { None }
//! async fn step(session: &mut Session, config: &Config<'_>, now: Timestamp) -> Result<(), Error> {
//!     let mut out = [0; 4096];
//!     if let Output::Send(request) = session.poll(config, now, &mut out)? {
//!         let answer = post(request.url(), request.body()).await;
//!         if answer.is_none() {
//!             session.handle(config, now, Input::NoResponse(request.ticket()))?;
//!         }
//!     }
//!     Ok(())
//! }
//!
//! fn is_send<T: Send>(_: T) {}
//! # let config = Config::new(gatepass::Server::auth0("tenant.example"), gatepass::Client::public("id"))?;
//! let mut session = Session::<[u8; 4096]>::new();
//! is_send(step(&mut session, &config, Timestamp::from_millis(0)));
//! # Ok::<(), Error>(())
//! ```
//!
//! # What it promises
//!
//! - **Rotation-safe.** On a server that rotates refresh tokens, none is sent twice for one generation but by the in-doubt
//!   policy ([`Policy`]), and none is lost once its save has returned: not by two tasks, two processes, two machines.
//! - **Runs anywhere.** `no_std`, no allocation, no `unsafe`, and where it is linked for size no panic. RAM is one number, the `N` of
//!   `Session<[u8; N]>`.
//! - **Fails closed.** Nothing of a redirect is believed before its `state` and `iss` pass; absent or malformed never means
//!   permitted; a secret is in no `Debug`, `Display`, `defmt`, error or URL query, and is wiped when it is done with.
//! - **Linear.** Work grows with the bytes of a response, not with how they are cut into chunks; nothing is buffered that
//!   nobody asked for.
//!
//! What the RFCs ask of a client, and the tests that prove it, clause by clause, is in [`requirements`].
//!
//! # Rotation: the save is a journal and a lock
//!
//! What a store holds is a *record*: a random family (one a sign-in), a generation (one more for each set of tokens), a
//! revision (one more for each write), the tokens, and perhaps an *intent*. Every change is a [`Save`]: compare-and-swap on
//! family and revision.
//!
//! 1. **Intent.** Before a refresh leaves, an intent with a lease is saved. Whoever loses that race adopts what the winner
//!    stored, or waits until the lease lapses on its own clock. No two clocks are compared.
//! 2. **Send**, while the lease holds: the request's deadline lies within half of it.
//! 3. **Outcome.** A token response or a definite error ends the intent. No response, an unreadable one, a 429 and any 5xx do
//!    not: they are *in doubt*, and never the end of a grant. New tokens are saved before anything else.
//! 4. **In doubt.** A lapsed lease permits one repeat, with back-off, and only when no access token for what is wanted serves; within
//!    a known overlap window one repeat at once. Attempts are counted in the record and bounded by policy. A request that was given up
//!    for time alone is still listened to, also while another holder claims the repeat.
//! 5. **Sign-in** replaces what it set out to replace and nothing else; **sign-out** ends its family wherever it stands, and
//!    the record keeps the token until its revocation is answered.
//! 6. A grant without a refresh token, and a server declared [`Rotation::Fixed`], need no intent.
//!
//! An instance is named by the entropy of its first [`Found`](Input::Found), and the name must be its own: after a fork, and in a
//! machine that was cloned while it ran, begin with a new session.
//!
//! Each step has a room of its own in `state/`; `state/rotation.rs` lists them.
//!
//! What no client can do: a late request that reaches the server after its repeat can revoke the next, committed
//! generation. If the server rotated and the response is lost, the grant is lost unless the server has an overlap, or the
//! holder is alive and merely unable to save. Access tokens of a signed-out family work until their holder looks.
//!
//! # Several audiences
//!
//! A grant gives one access token by itself. Others, for the resources (RFC 8707) or audiences that
//! [`Config::with_audiences`] names, are fetched with the same refresh token when [`Input::RefreshFor`] wishes them: the same
//! steps, one family, one record, so that what one holder fetched serves all. See [`Session::access_token_for`].
//!
//! # States
//!
#![doc = include_str!("../docs/transitions.md")]
//!
//! # Buffers
//!
//! `N` must hold what is kept: while signing in, the request's parameters and the code; later the tokens, twice while a
//! refresh is answered, and those for other audiences with 36 bytes each. `out` must hold the largest request or record: `N` and
//! half a KiB are enough, unless the configuration's strings are long or the tokens full of bytes that form encoding triples. What
//! does not fit is [`Error::Capacity`] with the bytes needed; nothing is truncated. If an access token does not fit but its refresh
//! token does, the grant is kept.
//!
//! # On a microcontroller
//!
//! Build with `--cfg sha2_backend_soft="compact"`: SHA-256 then takes 1.8 KB of flash instead of 8.6 KB. Leave out what is not needed, with
//! `default-features = false`: all of these are on by default, and without them 6.5 KB of code are not linked.
//!
//! | feature | without it |
//! |---|---|
//! | `audiences` | a grant has no access tokens but its own |
//! | `members` | no members of a token response are kept for the application |
//! | `parameters` | an authorization request has scope and resources alone, and its endpoint no query of its own |
//! | `quirks` | answers are read strictly by the RFCs, whatever the policy says |
//! | `secrets` | clients are public |
//!
//! Memory functions made for size, in place of the compiler's, spare another 1.4 KB on a Cortex-M4. No panic is linked
//! with the core by itself at `opt-level` `s` or `z` with LTO and one codegen unit. What it takes of flash, RAM and stack on three instruction
//! sets is measured in `benches/SIZE.md`.
#![no_std]
#![forbid(unsafe_code)]

// Words of 64 bits stand for "flash is not scarce": there small functions may be copied into their callers, and bytes are looked at by
// eights; elsewhere each is linked once.
mod access;
mod arena;
mod audience;
mod base64;
mod bytes;
mod challenge;
mod config;
mod digest;
mod entries;
mod entropy;
mod error;
#[cfg(test)]
mod exhaustive;
mod form;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod grant;
mod json;
mod life;
#[cfg(feature = "defmt")]
mod log;
mod member;
mod metadata;
#[cfg(feature = "model")]
#[doc(hidden)]
pub mod model;
mod origin;
mod output;
mod pending;
mod pkce;
mod policy;
mod record;
mod redirect;
mod refusal;
mod request;
#[cfg(doc)]
#[doc = include_str!("../docs/requirements.md")]
pub mod requirements {}
mod scope;
#[cfg(all(test, feature = "audiences", feature = "members", feature = "secrets"))]
mod secrets;
mod session;
mod spelling;
mod state;
mod time;
mod token;
mod url;
mod writer;

pub use access::AccessToken;
pub use audience::Audience;
pub use challenge::{Challenge, MalformedChallenge};
pub use config::{Client, Config, Server};
pub use entropy::Entropy;
pub use error::{Error, Misuse, Refusal, Remedy, Violation};
pub use grant::{AuthorizationCode, Grant};
pub use metadata::{Discovery, WellKnown};
pub use origin::Origin;
pub use output::{Generation, Head, Input, Output, Save, SignInReason, Status, Why};
pub use policy::{Overlap, Policy, Quirks, Rotation};
pub use record::{RECORD_OVERHEAD, Version};
pub use refusal::RefusalText;
pub use request::{Method, Request, Ticket};
pub use scope::Scope;
pub use session::Session;
pub use state::{Event, Given, Move, Reply, StateName, TABLE, Transition};
pub use time::Timestamp;
pub use url::AuthorizationUrl;

/// The README's driver compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
