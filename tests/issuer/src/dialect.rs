//! Dialects: where the endpoints are, and how a refusal is worded.

use crate::fault::Endpoint;
use crate::response::Response;

/// Whose habits the server imitates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The RFCs as written: `/authorize`, `/token`, `/revoke`, an issuer without a trailing slash, JWT
    /// access tokens (RFC 9068).
    #[default]
    Plain,
    /// Auth0: `/authorize`, `/oauth/token`, `/oauth/revoke`, an issuer with a trailing slash, a JWT only
    /// for an `audience` and an opaque access token otherwise, refused grants with 403.
    Auth0,
}

/// Why the token or revocation endpoint refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    InvalidRequest(&'static str),
    InvalidClient { basic: bool },
    InvalidCode,
    WrongVerifier,
    InvalidRefreshToken,
    InvalidScope,
    InvalidTarget,
    UnsupportedGrantType,
    NotYourToken,
    Broken,
}

impl Dialect {
    /// The path of an endpoint. Metadata has two; this is the one of RFC 8414.
    pub(crate) const fn path(self, endpoint: Endpoint) -> &'static str {
        match (endpoint, self) {
            (Endpoint::Authorize, _) => "/authorize",
            (Endpoint::Token, Self::Plain) => "/token",
            (Endpoint::Token, Self::Auth0) => "/oauth/token",
            (Endpoint::Revoke, Self::Plain) => "/revoke",
            (Endpoint::Revoke, Self::Auth0) => "/oauth/revoke",
            (Endpoint::Api, _) => "/api",
            (Endpoint::Userinfo, _) => "/userinfo",
            (Endpoint::Metadata, _) => "/.well-known/oauth-authorization-server",
            (Endpoint::Jwks, Self::Plain) => "/jwks",
            (Endpoint::Jwks, Self::Auth0) => "/.well-known/jwks.json",
        }
    }

    /// The endpoint of a path.
    pub(crate) fn route(self, path: &str) -> Option<Endpoint> {
        if path == "/.well-known/openid-configuration" {
            return Some(Endpoint::Metadata);
        }
        if path.starts_with("/api/") {
            return Some(Endpoint::Api);
        }
        let all =
            [Endpoint::Authorize, Endpoint::Token, Endpoint::Revoke, Endpoint::Api, Endpoint::Userinfo, Endpoint::Metadata, Endpoint::Jwks];
        all.into_iter().find(|endpoint| self.path(*endpoint) == path)
    }

    /// The answer that says so (RFC 6749 §5.2).
    pub(crate) fn refuse(self, refusal: Refusal) -> Response {
        match self {
            Self::Plain => plain(refusal),
            Self::Auth0 => auth0(refusal),
        }
    }
}

fn plain(refusal: Refusal) -> Response {
    let grant = |description| Response::error(400, "invalid_grant", description);
    match refusal {
        Refusal::InvalidRequest(description) => Response::error(400, "invalid_request", description),
        Refusal::InvalidClient { basic } => {
            let answer = Response::error(401, "invalid_client", "client authentication failed");
            if basic { answer.with("www-authenticate", "Basic realm=\"token\"") } else { answer }
        }
        Refusal::InvalidCode => grant("the code is unknown, expired, used, or not yours"),
        Refusal::WrongVerifier => grant("the code verifier does not match the challenge"),
        Refusal::InvalidRefreshToken => grant("the refresh token is unknown, used, revoked, or not yours"),
        Refusal::InvalidScope => Response::error(400, "invalid_scope", "more than was granted"),
        Refusal::InvalidTarget => Response::error(400, "invalid_target", "not one of ours"),
        Refusal::UnsupportedGrantType => Response::error(400, "unsupported_grant_type", "not one of ours"),
        Refusal::NotYourToken => grant("the token was issued to another client"),
        Refusal::Broken => Response::error(500, "server_error", "no random bytes"),
    }
}

fn auth0(refusal: Refusal) -> Response {
    match refusal {
        Refusal::InvalidClient { .. } => Response::error(401, "access_denied", "Unauthorized"),
        Refusal::InvalidCode => Response::error(403, "invalid_grant", "Invalid authorization code"),
        Refusal::WrongVerifier => Response::error(403, "invalid_grant", "Failed to verify code verifier"),
        Refusal::InvalidRefreshToken => Response::error(403, "invalid_grant", "Unknown or invalid refresh token."),
        Refusal::UnsupportedGrantType => Response::error(403, "unsupported_grant_type", "Unsupported grant type."),
        Refusal::InvalidRequest(_) | Refusal::InvalidScope | Refusal::InvalidTarget | Refusal::NotYourToken | Refusal::Broken => {
            plain(refusal)
        }
    }
}
