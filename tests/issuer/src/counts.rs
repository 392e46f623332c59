//! What the server saw and did, for tests to ask.

use crate::fault::Endpoint;
use std::time::SystemTime;

/// Numbers since the start, or since the last [`reset_counts`](crate::Issuer::reset_counts). A request
/// is counted once it has been read in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections accepted, those of [`visit`](crate::Issuer::visit) included.
    pub connections: u64,
    /// Requests of any kind.
    pub requests: u64,
    /// Requests to the authorization endpoint.
    pub authorize_requests: u64,
    /// Authorization codes issued.
    pub codes_issued: u64,
    /// Requests to the token endpoint, of any grant type, refused and faulty ones included.
    pub token_requests: u64,
    /// Of these, with `grant_type=authorization_code`.
    pub code_requests: u64,
    /// Of these, with `grant_type=refresh_token`.
    pub refresh_requests: u64,
    /// Codes redeemed.
    pub code_successes: u64,
    /// Refreshes that issued tokens, also when a fault then lost the answer.
    pub refresh_successes: u64,
    /// Of these, with the previous refresh token within the overlap.
    pub overlap_successes: u64,
    /// Refresh tokens presented after they had been replaced, outside the overlap.
    pub reuse_detections: u64,
    /// Codes presented a second time.
    pub code_reuses: u64,
    /// Families ended, for whatever reason.
    pub families_revoked: u64,
    /// Requests to the revocation endpoint.
    pub revoke_requests: u64,
    /// Of these, those that ended a live token.
    pub revocations: u64,
    /// Requests to the metadata documents.
    pub metadata_requests: u64,
    /// Requests to the protected API.
    pub api_requests: u64,
    /// API requests that were served, also when a fault then lost the answer.
    pub api_ok: u64,
    /// API requests that were refused with 401, by the API and not by a fault.
    pub api_401: u64,
    /// API requests that were refused with 403, likewise.
    pub api_403: u64,
    /// Requests to the user information endpoint.
    pub userinfo_requests: u64,
    /// Requests that a fault struck.
    pub faults: u64,
    /// Answers that the client hung up on before their end.
    pub answers_abandoned: u64,
}

/// One request as it arrived. It holds secrets in clear: this server is for tests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seen {
    /// When it had been read in full, on the machine's clock.
    pub time: SystemTime,
    /// The connection it came on: 1 for the first accepted.
    pub connection: u64,
    /// The endpoint, if the path names one.
    pub endpoint: Option<Endpoint>,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, not decoded.
    pub query: String,
    /// Header fields in the order sent, names as spelt by the client.
    pub headers: Vec<(String, String)>,
    /// The parameters of a form body, or else of the query, decoded; empty if they cannot be.
    pub form: Vec<(String, String)>,
    /// The length of the body in bytes.
    pub body_len: usize,
}

impl Seen {
    /// The first header field of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The first parameter of this name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        let found = self.form.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }
}
