//! From a request to an answer: remember it, take a fault, process it or not, spoil the answer or not.

use crate::api::{self, is_protected};
use crate::authorize;
use crate::counts::Seen;
use crate::fault::{Endpoint, FaultKind};
use crate::form::Form;
use crate::http::Request;
use crate::metadata;
use crate::response::Response;
use crate::revoke;
use crate::shared::Shared;
use crate::spoil;
use crate::token;
use crate::wire::Manner;
use serde_json::json;
use std::time::SystemTime;

/// The answer to a request, and how it is to leave.
pub(crate) fn respond(shared: &Shared, request: &Request, connection: u64) -> (Response, Manner) {
    let endpoint = shared.settings.dialect.route(&request.path);
    remember(shared, request, endpoint, connection);
    let Some(endpoint) = endpoint else {
        return (Response::plain(404), Manner::Whole);
    };
    let Some(fault) = shared.faults.take(endpoint) else {
        return (process(shared, request, endpoint, false), Manner::Whole);
    };
    shared.count(|counts| counts.faults += 1);
    if let Some((answer, manner)) = instead(shared, endpoint, &fault) {
        return (answer, manner);
    }
    let keep = fault == FaultKind::WithoutRefreshToken;
    let answer = process(shared, request, endpoint, keep);
    afterwards(endpoint, fault, answer)
}

fn remember(shared: &Shared, request: &Request, endpoint: Option<Endpoint>, connection: u64) {
    let body = core::str::from_utf8(&request.body).ok().filter(|_| request.is_form());
    let form = Form::parse(body.unwrap_or(&request.query)).unwrap_or_default();
    let grant_type = form.get("grant_type").unwrap_or("").to_owned();
    shared.count(|counts| {
        counts.requests += 1;
        match endpoint {
            Some(Endpoint::Authorize) => counts.authorize_requests += 1,
            Some(Endpoint::Token) => {
                counts.token_requests += 1;
                counts.code_requests += u64::from(grant_type == "authorization_code");
                counts.refresh_requests += u64::from(grant_type == "refresh_token");
            }
            Some(Endpoint::Revoke) => counts.revoke_requests += 1,
            Some(Endpoint::Api) => counts.api_requests += 1,
            Some(Endpoint::Userinfo) => counts.userinfo_requests += 1,
            Some(Endpoint::Metadata) => counts.metadata_requests += 1,
            Some(Endpoint::Jwks) | None => {}
        }
    });
    shared.remember(Seen {
        time: SystemTime::now(),
        connection,
        endpoint,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        form: form.into_pairs(),
        body_len: request.body.len(),
    });
}

fn process(shared: &Shared, request: &Request, endpoint: Endpoint, keep: bool) -> Response {
    match endpoint {
        Endpoint::Authorize => authorize::answer(shared, request),
        Endpoint::Token => token::answer(shared, request, keep),
        Endpoint::Revoke => revoke::answer(shared, request),
        Endpoint::Api => api::answer(shared, request),
        Endpoint::Userinfo => api::userinfo(shared, request),
        Endpoint::Metadata => metadata::answer(shared, request),
        Endpoint::Jwks => metadata::jwks(shared, request),
    }
}

/// What a fault does instead of the processing; `None` when the request is processed.
fn instead(shared: &Shared, endpoint: Endpoint, fault: &FaultKind) -> Option<(Response, Manner)> {
    let answer = match fault {
        FaultKind::DropBefore => return Some((Response::empty(500), Manner::Nothing)),
        FaultKind::DelayBefore(delay) => {
            let stopped = shared.stop.sleep(*delay);
            return stopped.then(|| (Response::empty(503), Manner::Nothing));
        }
        FaultKind::Status(status) => Response::plain(*status),
        FaultKind::TooMany { retry_after } => Response::plain(429).with("retry-after", &retry_after.to_string()),
        FaultKind::ErrorCode { status, code } => oauth_error(endpoint, *status, code),
        FaultKind::Json { status, text } => Response::body(*status, "application/json", text.clone().into_bytes()),
        FaultKind::Challenge(value) => Response::plain(401).with("www-authenticate", value),
        FaultKind::RedirectTo { status, url } => Response::empty(*status).with("location", url),
        FaultKind::DropDuring
        | FaultKind::DropAfter
        | FaultKind::StatusAfter(_)
        | FaultKind::ErrorCodeAfter { .. }
        | FaultKind::Location(_)
        | FaultKind::Slow(_)
        | FaultKind::SlowBody(_)
        | FaultKind::Delay(_)
        | FaultKind::Giant(_)
        | FaultKind::Endless(_)
        | FaultKind::Gzip(_)
        | FaultKind::Member { .. }
        | FaultKind::Nested(_)
        | FaultKind::Malformed(_)
        | FaultKind::Chunked(_)
        | FaultKind::Unterminated
        | FaultKind::Overstated
        | FaultKind::WithoutRefreshToken => return None,
    };
    Some((answer, Manner::Whole))
}

/// What a fault does to an answer that was earned.
fn afterwards(endpoint: Endpoint, fault: FaultKind, answer: Response) -> (Response, Manner) {
    match fault {
        FaultKind::DropDuring => (answer, Manner::Half),
        FaultKind::DropAfter => (answer, Manner::Nothing),
        FaultKind::Slow(delay) => (answer, Manner::Slow(delay)),
        FaultKind::Delay(delay) => (answer, Manner::Late(delay)),
        FaultKind::SlowBody(delay) => (answer, Manner::SlowBody(delay)),
        FaultKind::Chunked(size) => (answer, Manner::Chunked(size)),
        FaultKind::Unterminated => (answer, Manner::Unterminated),
        FaultKind::Overstated => (answer, Manner::Overstated),
        FaultKind::Endless(bytes) => (spoil::giant(answer, bytes), Manner::Chunked(usize::MAX)),
        FaultKind::Gzip(bytes) => (spoil::gzip(spoil::giant(answer, bytes)), Manner::Whole),
        FaultKind::Member { name, json } => (spoil::member(answer, name, json.as_deref()), Manner::Whole),
        FaultKind::Location(edits) => (spoil::location(answer, &edits), Manner::Whole),
        FaultKind::StatusAfter(status) => (Response::plain(status), Manner::Whole),
        FaultKind::ErrorCodeAfter { status, code } => (oauth_error(endpoint, status, &code), Manner::Whole),
        FaultKind::Giant(bytes) => (spoil::giant(answer, bytes), Manner::Whole),
        FaultKind::Nested(depth) => (spoil::nested(answer, depth), Manner::Whole),
        FaultKind::Malformed(how) => (spoil::malformed(answer, how), Manner::Whole),
        FaultKind::WithoutRefreshToken
        | FaultKind::DelayBefore(_)
        | FaultKind::DropBefore
        | FaultKind::Status(_)
        | FaultKind::TooMany { .. }
        | FaultKind::ErrorCode { .. }
        | FaultKind::Json { .. }
        | FaultKind::Challenge(_)
        | FaultKind::RedirectTo { .. } => (answer, Manner::Whole),
    }
}

fn oauth_error(endpoint: Endpoint, status: u16, code: &str) -> Response {
    if is_protected(endpoint) {
        return api::challenge(status, code, "a fault was asked for", None);
    }
    Response::secret(status, &json!({ "error": code, "error_description": "a fault was asked for" }))
}
