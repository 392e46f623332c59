//! Lies in the metadata.

use super::Expected::Refuse;
use super::Level::{Derived, Must};
use super::judge::{calls_nobody_else, goes_no_further, hangs_up};
use super::{Case, row};
use crate::fault::{Endpoint, Fault, FaultKind};
use crate::issuer::Issuer;

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    row("metadata-other-issuer", (Refuse, Must, "RFC 8414 §3.3"), "The document is another issuer's: its endpoints must not be used.",
        |issuer, _| says(issuer, "issuer", "\"https://evil.example\""), goes_no_further),
    row("metadata-issuer-with-slash", (Refuse, Must, "RFC 8414 §3.3"), "An issuer is compared to the letter: one more slash is another one.",
        |issuer, _| says(issuer, "issuer", &format!("\"{}/\"", issuer.url())), goes_no_further),
    row("metadata-http-token", (Refuse, Derived, "RFC 6749 §3.2"), "A token endpoint without TLS on a host that is not loopback.",
        |issuer, _| says(issuer, "token_endpoint", "\"http://as.example/token\""), goes_no_further),
    row("metadata-http-authorization", (Refuse, Derived, "RFC 6749 §3.1"), "An authorization endpoint without TLS on a host that is not loopback.",
        |issuer, _| says(issuer, "authorization_endpoint", "\"http://as.example/authorize\""), goes_no_further),
    row("metadata-javascript", (Refuse, Derived, "RFC 6749 §3.1"), "An endpoint is an https URL; this one runs in whatever opens it (CVE-2025-6514).",
        |issuer, _| says(issuer, "authorization_endpoint", "\"javascript:alert(1)//\""), goes_no_further),
    row("metadata-file", (Refuse, Derived, "RFC 6749 §3.1"), "An endpoint is an https URL; this one opens a file of the person's.",
        |issuer, _| says(issuer, "authorization_endpoint", "\"file:///etc/passwd\""), goes_no_further),
    row("metadata-redirect", (Refuse, Derived, "RFC 9700 §4.12"), "Who follows it asks an origin that nobody named.",
        |issuer, elsewhere| strikes(issuer, FaultKind::RedirectTo { status: 307, url: elsewhere.to_owned() }), calls_nobody_else),
    row("metadata-endless", (Refuse, Derived, "RFC 9110 §17.5"), "64 MiB in chunks: who reads them reads for ever.",
        |issuer, _| strikes(issuer, FaultKind::Endless(64 << 20)), hangs_up),
];

fn says(issuer: &Issuer, name: &'static str, json: &str) {
    strikes(issuer, FaultKind::Member { name, json: Some(json.to_owned()) });
}

fn strikes(issuer: &Issuer, kind: FaultKind) {
    issuer.fault(Fault::new(Endpoint::Metadata, kind).always());
}
