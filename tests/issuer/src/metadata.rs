//! What the server says about itself (RFC 8414 §3.2).

use crate::fault::Endpoint;
use crate::http::Request;
use crate::response::Response;
use crate::shared::Shared;
use serde_json::{Value, json};

/// Answers a request for either metadata document: they are the same.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Response {
    if request.method != "GET" {
        return Response::plain(405).with("allow", "GET");
    }
    let url = |endpoint| format!("{}{}", shared.origin, shared.settings.dialect.path(endpoint));
    let mut document = json!({
        "issuer": shared.issuer(),
        "authorization_endpoint": url(Endpoint::Authorize),
        "token_endpoint": url(Endpoint::Token),
        "revocation_endpoint": url(Endpoint::Revoke),
        "userinfo_endpoint": url(Endpoint::Userinfo),
        "jwks_uri": url(Endpoint::Jwks),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "offline_access", "read", "write", "admin"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    });
    if let Some(members) = document.as_object_mut() {
        members.extend(shared.settings.metadata_members.clone());
        // A member that a test sets to null is one that the server does not announce.
        members.retain(|_, value| *value != Value::Null);
    }
    Response::json(200, &document)
}

/// Answers a request for the key set.
pub(crate) fn jwks(shared: &Shared, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" => Response::json(200, &shared.signer.jwks()),
        _ => Response::plain(405).with("allow", "GET"),
    }
}
