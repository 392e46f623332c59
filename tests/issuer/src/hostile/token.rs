//! Lies in the answers of the token endpoint, told to every request. The code, the grant and the tokens behind them are good.

use super::Expected::{Accept, Either, Refuse};
use super::Level::{Derived, Must};
use super::judge::{accepts, hangs_up, keeps_its_secrets, prints_plainly, refuses, survives};
use super::{Case, row};
use crate::fault::{Endpoint, Fault, FaultKind, Malformed};
use crate::issuer::Issuer;
use std::time::Duration;

const MIB: u64 = 1 << 20;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    row("token-empty", (Refuse, Must, "RFC 6749 §A.12"), "An access token is one character or more.",
        |issuer, _| says(issuer, "access_token", Some("\"\"")), refuses),
    row("token-missing", (Refuse, Must, "RFC 6749 §5.1"), "The access token is required.",
        |issuer, _| says(issuer, "access_token", None), refuses),
    row("token-null", (Refuse, Must, "RFC 6749 §5.1"), "The access token is a string.",
        |issuer, _| says(issuer, "access_token", Some("null")), refuses),
    row("token-line-break", (Refuse, Must, "RFC 6749 §A.12"), "An access token with CR LF would be another header field.",
        |issuer, _| says(issuer, "access_token", Some("\"token\\r\\nx-injected: yes\"")), refuses),
    row("token-type-missing", (Refuse, Must, "RFC 6749 §5.1"), "The token type is required: it says how to use the token.",
        |issuer, _| says(issuer, "token_type", None), refuses),
    row("token-type-mac", (Refuse, Must, "RFC 6749 §7.1"), "A token of a type that is not understood must not be used.",
        |issuer, _| says(issuer, "token_type", Some("\"mac\"")), refuses),
    row("token-type-lower", (Accept, Must, "RFC 6749 §5.1"), "The type bearer: its case does not matter.",
        |issuer, _| says(issuer, "token_type", Some("\"bearer\"")), accepts),
    row("token-type-mixed", (Accept, Must, "RFC 6749 §5.1"), "The type bEARER: its case does not matter.",
        |issuer, _| says(issuer, "token_type", Some("\"bEARER\"")), accepts),
    row("token-unknown-members", (Accept, Must, "RFC 6749 §5.1"), "Members that nobody asked for are ignored.",
        |issuer, _| strikes(issuer, FaultKind::Nested(8)), accepts),
    row("token-error-in-200", (Refuse, Derived, "RFC 6749 §5.2"), "A success that holds nothing but an error.",
        |issuer, _| strikes(issuer, FaultKind::ErrorCode { status: 200, code: "invalid_grant".to_owned() }), refuses),
    row("token-and-error", (Refuse, Derived, "RFC 6749 §5.2"), "A token beside an error is a contradiction.",
        |issuer, _| says(issuer, "error", Some("\"invalid_grant\"")), refuses),
    row("token-twice", (Refuse, Must, "RFC 6749 §3.2"), "A response parameter must not be included more than once.",
        |issuer, _| spoils(issuer, Malformed::DuplicateAccessToken), refuses),
    row("token-twice-escaped", (Refuse, Must, "RFC 6749 §3.2"), "The same, once as acc\\u0065ss_token: it is the same name.",
        |issuer, _| spoils(issuer, Malformed::EscapedDuplicate), refuses),
    row("token-trailing-text", (Refuse, Must, "RFC 8259 §2"), "A JSON text is one value; more behind it makes it none.",
        |issuer, _| spoils(issuer, Malformed::TrailingText), refuses),
    row("token-truncated-json", (Refuse, Must, "RFC 8259 §2"), "Half of a JSON text is none.",
        |issuer, _| spoils(issuer, Malformed::TruncatedJson), refuses),
    row("token-not-utf8", (Refuse, Must, "RFC 8259 §8.1"), "JSON between systems is UTF-8.",
        |issuer, _| spoils(issuer, Malformed::NotUtf8), refuses),
    row("token-array", (Refuse, Must, "RFC 6749 §5.1"), "The parameters are at the highest level of the JSON text.",
        |issuer, _| spoils(issuer, Malformed::Array), refuses),
    row("token-byte-order-mark", (Either, Derived, "RFC 8259 §8.1"), "It must not be sent; a parser may ignore it.",
        |issuer, _| spoils(issuer, Malformed::ByteOrderMark), survives),
    row("token-html", (Refuse, Must, "RFC 6749 §5.1"), "The page of a captive portal is no token.",
        |issuer, _| spoils(issuer, Malformed::Html), refuses),
    row("token-plain-text", (Refuse, Derived, "RFC 6749 §5.1"), "The server must say application/json, and says text/plain.",
        |issuer, _| spoils(issuer, Malformed::WrongContentType), refuses),
    row("token-form", (Refuse, Derived, "RFC 6749 §5.1"), "The parameters as a form, as some servers send it unless asked for JSON.",
        |issuer, _| spoils(issuer, Malformed::FormEncoded), refuses),
    row("token-escapes", (Refuse, Derived, "RFC 6749 §5.2"), "An error_description with a terminal's control sequence, which it must not hold; shown, it is obeyed.",
        |issuer, _| strikes(issuer, FaultKind::Json { status: 400, text: ESCAPES.to_owned() }), prints_plainly),
    row("expires-in-huge", (Accept, Derived, "RFC 6749 §A.14"), "Digits without a limit are in the grammar: no overflow, and no token lost.",
        |issuer, _| says(issuer, "expires_in", Some("99999999999999999999999999")), accepts),
    row("expires-in-largest", (Accept, Derived, "RFC 6749 §A.14"), "The largest number of 64 bits, which added to now is none.",
        |issuer, _| says(issuer, "expires_in", Some("9223372036854775807")), accepts),
    row("expires-in-negative", (Either, Derived, "RFC 6749 §A.14"), "No number of seconds: without a lifetime, or refused.",
        |issuer, _| says(issuer, "expires_in", Some("-1")), survives),
    row("expires-in-fraction", (Accept, Derived, "RFC 6749 §A.14"), "3600.0, as some serializers write it: refusing it is safe, and loses a grant for nothing.",
        |issuer, _| says(issuer, "expires_in", Some("3600.0")), accepts),
    row("expires-in-string", (Accept, Derived, "RFC 6749 §A.14"), "\"3600\", as Entra ID v1 writes it: refusing it is safe, and loses a grant for nothing.",
        |issuer, _| says(issuer, "expires_in", Some("\"3600\"")), accepts),
    row("expires-in-null", (Accept, Derived, "RFC 6749 §5.1"), "The lifetime is only recommended: null is as good as absent.",
        |issuer, _| says(issuer, "expires_in", Some("null")), accepts),
    row("body-deep", (Either, Derived, "RFC 8259 §9"), "A member nested 100,000 deep: a limit is fine, a stack that overflows is not.",
        |issuer, _| strikes(issuer, FaultKind::Nested(100_000)), survives),
    row("body-endless", (Refuse, Derived, "RFC 9110 §17.5"), "64 MiB in chunks: who reads them reads for ever.",
        |issuer, _| strikes(issuer, FaultKind::Endless(64 * MIB)), hangs_up),
    row("body-slow", (Refuse, Derived, "RFC 9112 §9.5"), "A byte a second: a request has a deadline as a whole, not from byte to byte.",
        |issuer, _| strikes(issuer, FaultKind::SlowBody(Duration::from_secs(1))), hangs_up),
    row("head-slow", (Refuse, Derived, "RFC 9112 §9.5"), "The same from the status line on.",
        |issuer, _| strikes(issuer, FaultKind::Slow(Duration::from_secs(1))), hangs_up),
    row("body-gzip-bomb", (Refuse, Derived, "RFC 9110 §17.5"), "16 MiB in 16 KiB, compressed though nobody asked for it.",
        |issuer, _| strikes(issuer, FaultKind::Gzip(16 * MIB)), refuses),
    row("body-cut", (Refuse, Must, "RFC 9112 §8"), "The whole JSON, but the length promised one more byte: it is incomplete.",
        |issuer, _| strikes(issuer, FaultKind::Overstated), refuses),
    row("body-unterminated", (Refuse, Must, "RFC 9112 §8"), "The whole JSON in a chunk, but no last chunk: it is incomplete.",
        |issuer, _| strikes(issuer, FaultKind::Unterminated), refuses),
    row("token-301", (Refuse, Derived, "RFC 9700 §4.12"), "The token endpoint leads to another origin.", |issuer, to| leads(issuer, 301, to), keeps_its_secrets),
    row("token-302", (Refuse, Derived, "RFC 9700 §4.12"), "The same with 302.", |issuer, to| leads(issuer, 302, to), keeps_its_secrets),
    row("token-303", (Refuse, Derived, "RFC 9700 §4.12"), "The same with 303.", |issuer, to| leads(issuer, 303, to), keeps_its_secrets),
    row("token-307", (Refuse, Derived, "RFC 9700 §4.12"), "The same with 307, which repeats the body: code, verifier and secret.",
        |issuer, to| leads(issuer, 307, to), keeps_its_secrets),
    row("token-308", (Refuse, Derived, "RFC 9700 §4.12"), "The same with 308.", |issuer, to| leads(issuer, 308, to), keeps_its_secrets),
];

const ESCAPES: &str = r#"{"error":"invalid_grant","error_description":"\u001b[2Jgone"}"#;

fn says(issuer: &Issuer, name: &'static str, json: Option<&str>) {
    strikes(issuer, FaultKind::Member { name, json: json.map(str::to_owned) });
}

fn spoils(issuer: &Issuer, how: Malformed) {
    strikes(issuer, FaultKind::Malformed(how));
}

fn leads(issuer: &Issuer, status: u16, to: &str) {
    strikes(issuer, FaultKind::RedirectTo { status, url: to.to_owned() });
}

fn strikes(issuer: &Issuer, kind: FaultKind) {
    issuer.fault(Fault::new(Endpoint::Token, kind).always());
}
