//! What a server's error codes mean to a client: told apart once, here.

use crate::error::Refusal;

/// By code (RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6, and what providers add).
pub(crate) fn classify(code: &[u8]) -> Refusal {
    match code {
        b"invalid_grant" => Refusal::InvalidGrant,
        b"access_denied" => Refusal::AccessDenied,
        b"login_required" | b"consent_required" | b"interaction_required" | b"account_selection_required" | b"mfa_required" => {
            Refusal::Interaction
        }
        b"invalid_client" | b"unauthorized_client" => Refusal::Client,
        b"invalid_request" | b"invalid_scope" | b"invalid_target" | b"unsupported_grant_type" | b"unsupported_response_type" => {
            Refusal::Request
        }
        b"server_error" | b"temporarily_unavailable" => Refusal::Unavailable,
        _ => Refusal::Other,
    }
}

/// What a server said with its refusal: checked text, safe to print on a terminal, not to put into HTML unescaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefusalText<'s> {
    pub(crate) code: &'s str,
    pub(crate) description: &'s str,
}

impl<'s> RefusalText<'s> {
    /// The error code (`invalid_grant`); empty when it was not fit to show.
    #[must_use]
    pub const fn code(&self) -> &'s str {
        self.code
    }

    /// The description; empty when there was none fit to show, or no room for it.
    #[must_use]
    pub const fn description(&self) -> &'s str {
        self.description
    }
}
