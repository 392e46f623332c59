//! What the tests of gatepass share: a certified authorization server and a real browser, both on loopback.
//!
//! | | is | plays |
//! |---|---|---|
//! | [`OidcProvider`] | npm `oidc-provider` in `tests/servers/oidc-provider` | the authorization server, its protected API, and a person who signs in by form posts |
//! | [`Browser`] | headless Chromium behind `chromedriver` | a person who types and clicks |
//!
//! Tests never skip: what is missing on a machine is a panic that names the cure. Each value owns its process, which
//! ends when the value is dropped, and also when the test is killed.
//!
//! The crate carries no OAuth of its own: a test brings an authorization URL and gets back where the server redirected to.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod browser;
mod html;
mod http;
mod process;
mod provider;

pub use browser::Browser;
pub use provider::{NATIVE_CLIENT, OidcProvider, PERSON, POST_CLIENT, POST_SECRET, ProviderOptions, WEB_CLIENT, WEB_SECRET};
