//! What a server's error codes mean to a client: told apart once, here.

use crate::error::Refusal;

/// The codes that mean something to a client (RFC 6749 §4.1.2.1 and §5.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6, and
/// what providers add).
const CODES: [(&[u8], Refusal); 16] = [
    (b"invalid_grant", Refusal::InvalidGrant),
    (b"access_denied", Refusal::AccessDenied),
    (b"login_required", Refusal::Interaction),
    (b"consent_required", Refusal::Interaction),
    (b"interaction_required", Refusal::Interaction),
    (b"account_selection_required", Refusal::Interaction),
    (b"mfa_required", Refusal::Interaction),
    (b"invalid_client", Refusal::Client),
    (b"unauthorized_client", Refusal::Client),
    (b"invalid_request", Refusal::Request),
    (b"invalid_scope", Refusal::Request),
    (b"invalid_target", Refusal::Request),
    (b"unsupported_grant_type", Refusal::Request),
    (b"unsupported_response_type", Refusal::Request),
    (b"server_error", Refusal::Unavailable),
    (b"temporarily_unavailable", Refusal::Unavailable),
];

/// A code that is read in pieces: what it means must not depend on whether there is room to keep it.
#[cfg_attr(feature = "model", derive(Clone))]
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// The bits of [`CODES`] that it is not.
    struck: u16,
    len: usize,
}

impl Code {
    pub(crate) fn read(&mut self, piece: &[u8]) {
        for (at, (known, _)) in CODES.iter().enumerate() {
            if !known.get(self.len..).is_some_and(|rest| rest.starts_with(piece)) {
                self.struck |= 1u16.wrapping_shl(at as u32);
            }
        }
        self.len = self.len.saturating_add(piece.len());
    }

    pub(crate) fn meaning(&self) -> Refusal {
        let mut known = CODES.iter().enumerate().filter(|(at, _)| self.struck >> at & 1 == 0);
        known.find(|(_, (code, _))| code.len() == self.len).map_or(Refusal::Other, |(_, (_, refusal))| *refusal)
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
        for (code, refusal) in CODES {
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
