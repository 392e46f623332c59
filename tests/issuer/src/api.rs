//! What access tokens are for: a protected API and the user information endpoint (RFC 6750).

use crate::fault::Endpoint;
use crate::grants::Access;
use crate::http::Request;
use crate::response::Response;
use crate::shared::{Shared, lock};
use serde_json::json;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Answers a request to the API: who asks, with what rights, and what arrived.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    let response = serve(shared, request);
    shared.count(|counts| match response.status {
        200 => counts.api_ok += 1,
        401 => counts.api_401 += 1,
        403 => counts.api_403 += 1,
        _ => {}
    });
    response
}

fn serve(shared: &Shared, request: &Request) -> Response {
    let access = match authorize(shared, request) {
        Ok(access) => access,
        Err(response) => return response,
    };
    if request.path.starts_with("/api/admin") && !access.scope.split(' ').any(|name| name == "admin") {
        return challenge(403, "insufficient_scope", "this needs more", Some("admin"));
    }
    if !METHODS.contains(&request.method.as_str()) {
        return Response::plain(405).with("allow", &METHODS.join(", "));
    }
    Response::secret(
        200,
        &json!({
            "sub": shared.settings.subject,
            "client_id": access.client_id,
            "scope": access.scope,
            "aud": access.audience,
            "exp": access.expires_ms / 1_000,
            "method": request.method,
            "body_len": request.body.len(),
        }),
    )
}

/// Answers a request for user information: the subject.
pub(crate) fn userinfo(shared: &Shared, request: &Request) -> Response {
    match authorize(shared, request) {
        Ok(_) if request.method != "GET" && request.method != "POST" => Response::plain(405).with("allow", "GET, POST"),
        Ok(_) => Response::secret(200, &json!({ "sub": shared.settings.subject })),
        Err(response) => response,
    }
}

/// The access token of a request, or the refusal. Only the header field counts: a token in a URL is a
/// token in a log (RFC 6750 §2.3).
fn authorize(shared: &Shared, request: &Request) -> Result<Access, Response> {
    let credentials = request.header("authorization").and_then(|value| value.split_once(' '));
    let Some((_, token)) = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        let response = Response::plain(401);
        return Err(response.with("www-authenticate", "Bearer realm=\"api\""));
    };
    let found = lock(&shared.grants).access(token, shared.clock.now_ms()).cloned();
    found.ok_or_else(|| challenge(401, "invalid_token", "the access token is unknown, expired or revoked", None))
}

/// A refusal with its challenge (RFC 6750 §3).
pub(crate) fn challenge(status: u16, code: &str, description: &str, scope: Option<&str>) -> Response {
    let mut value = format!("Bearer realm=\"api\", error=\"{code}\", error_description=\"{description}\"");
    if let Some(scope) = scope {
        value.push_str(&format!(", scope=\"{scope}\""));
    }
    Response::error(status, code, description).with("www-authenticate", &value)
}

/// Whether the endpoint takes access tokens, and so answers with challenges.
pub(crate) const fn is_protected(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Api | Endpoint::Userinfo)
}
