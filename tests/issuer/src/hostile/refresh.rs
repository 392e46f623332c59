//! Lies, and truths, in answer to a refresh. The sign-in before it is in order, and every rotated token ends the grant when it comes back.

use super::Expected::{Accept, InDoubt, Refuse};
use super::Level::{Derived, Must};
use super::judge::{gives_up, keeps_its_secrets, keeps_the_old_token, sends_no_old_token, tries_again};
use super::{Case, row};
use crate::fault::{Endpoint, Fault, FaultKind};
use crate::issuer::Issuer;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    row("refresh-rotates", (Accept, Must, "RFC 6749 §6"), "A new refresh token replaces the old one, whose use would end the grant.",
        |_, _| {}, sends_no_old_token),
    row("refresh-names-no-token", (Accept, Must, "RFC 6749 §6"), "No new refresh token: the old one serves on.",
        |issuer, _| issuer.fault(Fault::new(Endpoint::Token, FaultKind::WithoutRefreshToken).after(1).always()), keeps_the_old_token),
    row("refresh-invalid-grant", (Refuse, Derived, "RFC 6749 §5.2"), "The refresh token is refused for good: it is not sent again.",
        |issuer, _| once(issuer, FaultKind::ErrorCode { status: 400, code: "invalid_grant".to_owned() }), gives_up),
    row("refresh-503", (InDoubt, Derived, "RFC 9110 §15.6.4"), "The server cannot now, and can later: the grant is not given up.",
        |issuer, _| once(issuer, FaultKind::Status(503)), tries_again),
    row("refresh-429", (InDoubt, Derived, "RFC 6585 §4"), "Too many requests are no refusal of the grant.",
        |issuer, _| once(issuer, FaultKind::TooMany { retry_after: 2 }), tries_again),
    row("refresh-html", (InDoubt, Derived, "RFC 6749 §5.1"), "A captive portal answered in the server's place: nothing is known.",
        |issuer, _| once(issuer, FaultKind::Json { status: 200, text: "<!doctype html>".to_owned() }), tries_again),
    row("refresh-lost", (InDoubt, Derived, "RFC 9700 §4.14.2"), "The server rotated, the answer is lost, the access token still serves: who sends the old token now ends the grant.",
        |issuer, _| once(issuer, FaultKind::DropAfter), sends_no_old_token).at_once(),
    row("refresh-cut", (InDoubt, Derived, "RFC 9700 §4.14.2"), "The same when half of the answer came.",
        |issuer, _| once(issuer, FaultKind::DropDuring), sends_no_old_token).at_once(),
    row("refresh-307", (InDoubt, Derived, "RFC 9700 §4.12"), "A refresh is led to another origin, refresh token and all.",
        |issuer, to| once(issuer, FaultKind::RedirectTo { status: 307, url: to.to_owned() }), keeps_its_secrets),
];

/// The first refresh.
fn once(issuer: &Issuer, kind: FaultKind) {
    issuer.fault(Fault::new(Endpoint::Token, kind).after(1));
}
