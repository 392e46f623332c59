//! Lies of the API, and of the revocation endpoint.

use super::Expected::Refuse;
use super::Level::{Derived, Must};
use super::judge::{calls_nobody_else, keeps_its_secrets, revokes_again_or_says_so};
use super::{Case, row};
use crate::fault::{Endpoint, Fault, FaultKind};
use crate::issuer::Issuer;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    row("api-challenge", (Refuse, Derived, "RFC 6750 §3"), "A 401 whose realm is a URL: a challenge does not choose where credentials go.",
        |issuer, to| strikes(issuer, Endpoint::Api, FaultKind::Challenge(challenge(to))), calls_nobody_else),
    row("api-302", (Refuse, Must, "RFC 6750 §5.3"), "The API leads to another origin: the token was not issued for it.",
        |issuer, to| leads(issuer, Endpoint::Api, 302, to), keeps_its_secrets),
    row("api-307", (Refuse, Must, "RFC 6750 §5.3"), "The same with 307.",
        |issuer, to| leads(issuer, Endpoint::Api, 307, to), keeps_its_secrets),
    row("revocation-302", (Refuse, Derived, "RFC 9700 §4.12"), "The revocation endpoint leads to another origin.",
        |issuer, to| leads(issuer, Endpoint::Revoke, 302, to), keeps_its_secrets),
    row("revocation-307", (Refuse, Derived, "RFC 9700 §4.12"), "The same with 307, which repeats the token.",
        |issuer, to| leads(issuer, Endpoint::Revoke, 307, to), keeps_its_secrets),
    row("revocation-503", (Refuse, Must, "RFC 7009 §2.2.1"), "The client must assume that the token still exists: it tries again, or says so.",
        |issuer, _| strikes(issuer, Endpoint::Revoke, FaultKind::Status(503)), revokes_again_or_says_so),
];

fn challenge(to: &str) -> String {
    format!("Bearer realm=\"{to}\", authorization_uri=\"{to}\", error=\"invalid_token\"")
}

fn leads(issuer: &Issuer, endpoint: Endpoint, status: u16, to: &str) {
    strikes(issuer, endpoint, FaultKind::RedirectTo { status, url: to.to_owned() });
}

fn strikes(issuer: &Issuer, endpoint: Endpoint, kind: FaultKind) {
    issuer.fault(Fault::new(endpoint, kind).always());
}
