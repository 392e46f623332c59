//! What a server's error codes mean to a client: told apart once, here.

use crate::{error::Refusal, spelling::Spelling};

/// The codes that mean something to a client (RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6, and
/// what providers add).
pub(crate) const CODES: [&str; 16] = [
    "invalid_grant",
    "access_denied",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
    "mfa_required",
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unsupported_grant_type",
    "unsupported_response_type",
    "server_error",
    "temporarily_unavailable",
];

/// What they mean, in that order.
const MEANINGS: [Refusal; CODES.len()] = [
    Refusal::InvalidGrant,
    Refusal::AccessDenied,
    Refusal::Interaction,
    Refusal::Interaction,
    Refusal::Interaction,
    Refusal::Interaction,
    Refusal::Interaction,
    Refusal::Client,
    Refusal::Client,
    Refusal::Request,
    Refusal::Request,
    Refusal::Request,
    Refusal::Request,
    Refusal::Request,
    Refusal::Unavailable,
    Refusal::Unavailable,
];

/// A code that is read in pieces: what it means must not depend on whether there is room to keep it.
#[cfg_attr(feature = "model", derive(Clone))]
#[derive(Debug, Default)]
pub(crate) struct Code(Spelling);

impl Code {
    pub(crate) const NONE: Self = Self(Spelling::NONE);

    pub(crate) fn read(&mut self, piece: &[u8]) {
        self.0.read(&CODES, piece);
    }

    pub(crate) fn meaning(&self) -> Refusal {
        let known = self.0.whole(&CODES);
        known.and_then(|at| MEANINGS.get(usize::from(at)).copied()).unwrap_or(Refusal::Other)
    }
}

/// What a code means.
pub(crate) fn classify(code: &[u8]) -> Refusal {
    let mut read = Code::default();
    read.read(code);
    read.meaning()
}

/// What a server said with its refusal: checked text, safe to print on a terminal, not to put into HTML unescaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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

#[cfg(test)]
mod tests {
    use super::*;

    // R072
    #[test]
    fn a_code_means_the_same_however_it_is_cut() {
        for (code, refusal) in CODES.into_iter().zip(MEANINGS) {
            let code = code.as_bytes();
            for cut in 0..=code.len() {
                let mut read = Code::default();
                let (head, tail) = code.split_at(cut);
                read.read(head);
                read.read(tail);
                assert_eq!(read.meaning(), refusal);
            }
        }
        for other in [&b""[..], b"invalid", b"invalid_grants", b"INVALID_GRANT", b"x"] {
            assert_eq!(classify(other), Refusal::Other);
        }
    }
}
