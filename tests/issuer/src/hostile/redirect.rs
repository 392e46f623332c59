//! Lies in the redirect back to the client. In each of them the code is good: who redeems it is served.

use super::Expected::Refuse;
use super::Level::{Derived, Must};
use super::judge::{prints_plainly, redeems_nothing, signs_in, wants_its_state};
use super::{Case, row};
use crate::fault::LocationEdit::{Append, Fragment, Remove, Set};
use crate::fault::{Endpoint, Fault, FaultKind, LocationEdit};
use crate::issuer::Issuer;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    row("redirect-wrong-state", (Refuse, Must, "RFC 6749 §10.12"), "The answer to a sign-in that this client did not begin.",
        |issuer, _| leads(issuer, &[Set("state", "another")]), redeems_nothing),
    row("redirect-no-state", (Refuse, Must, "RFC 6749 §4.1.2"), "The state is required where it was sent: absent is not equal.",
        |issuer, _| leads(issuer, &[Remove("state")]), wants_its_state),
    row("redirect-empty-state", (Refuse, Must, "RFC 6749 §3.1"), "A parameter without a value counts as absent.",
        |issuer, _| leads(issuer, &[Set("state", "")]), wants_its_state),
    row("redirect-wrong-iss", (Refuse, Must, "RFC 9207 §2.4"), "The answer of another authorization server: a mix-up.",
        |issuer, _| leads(issuer, &[Set("iss", "https://evil.example")]), redeems_nothing),
    row("redirect-no-iss", (Refuse, Must, "RFC 9207 §2.4"), "The metadata says that iss is always sent, and it is not there.",
        |issuer, _| leads(issuer, &[Remove("iss")]), redeems_nothing),
    row("redirect-two-codes", (Refuse, Must, "RFC 6749 §3.1"), "A response parameter must not be included more than once, and nobody knows which is the server's.",
        |issuer, _| leads(issuer, &[Append("code", "another")]), redeems_nothing),
    row("redirect-two-states", (Refuse, Must, "RFC 6749 §3.1"), "The first state is right, and a second one is not.",
        |issuer, _| leads(issuer, &[Append("state", "another")]), wants_its_state),
    row("redirect-code-and-error", (Refuse, Derived, "RFC 6749 §4.1.2.1"), "A response is a code or an error; who takes both takes a contradiction.",
        |issuer, _| leads(issuer, &[Set("error", "access_denied")]), redeems_nothing),
    row("redirect-fragment", (Refuse, Derived, "RFC 9700 §4.1.3"), "What follows a number sign was not put into the query by the server.",
        |issuer, _| leads(issuer, &[Fragment]), redeems_nothing),
    row("redirect-foreign-error", (Refuse, Derived, "RFC 6749 §10.12"), "An error with a wrong state, then the person comes back: any web page can send the first.",
        |issuer, _| leads_once(issuer, &[Remove("code"), Set("error", "access_denied"), Set("state", "another")]), signs_in).twice(),
    row("redirect-escapes", (Refuse, Derived, "RFC 6749 §4.1.2.1"), "An error_description with a terminal's control sequence, which it must not hold; shown, it is obeyed.",
        |issuer, _| leads(issuer, &[Remove("code"), Set("error", "access_denied"), Set("error_description", "\u{1b}[2Jgone")]), prints_plainly),
];

fn leads(issuer: &Issuer, edits: &[LocationEdit]) {
    issuer.fault(Fault::new(Endpoint::Authorize, FaultKind::Location(edits.to_vec())).always());
}

fn leads_once(issuer: &Issuer, edits: &[LocationEdit]) {
    issuer.fault(Fault::new(Endpoint::Authorize, FaultKind::Location(edits.to_vec())));
}
