//! An OAuth 2.0 client as a sans-IO state machine.
#![no_std]
#![forbid(unsafe_code)]

mod access;
mod arena;
mod challenge;
mod config;
mod digest;
mod entropy;
mod error;
mod form;
mod grant;
mod json;
mod member;
mod metadata;
mod origin;
mod output;
mod pending;
mod pkce;
mod policy;
mod record;
mod redirect;
mod refusal;
mod request;
mod scope;
mod session;
mod state;
mod time;
mod token;
mod url;
mod writer;

pub use access::AccessToken;
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
pub use state::{StateName, TABLE, Transition};
pub use time::Timestamp;
pub use url::AuthorizationUrl;
