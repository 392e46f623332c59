//! Proof Key for Code Exchange (RFC 7636), S256 alone, and `state`.

use crate::{digest::sha256, writer::Writer};

/// Octets that become the code verifier, as RFC 7636 §4.1 recommends.
pub(crate) const VERIFIER_OCTETS: usize = 32;
/// Octets that become `state`: 160 bits (RFC 6749 §10.10).
pub(crate) const STATE_OCTETS: usize = 20;
/// Characters of the code verifier.
const VERIFIER_LEN: usize = base64url_len(VERIFIER_OCTETS);
/// Characters of both.
pub(crate) const SECRETS_LEN: usize = VERIFIER_LEN.wrapping_add(base64url_len(STATE_OCTETS));

const fn base64url_len(octets: usize) -> usize {
    octets.wrapping_mul(4).div_ceil(3)
}

/// The secrets of one sign-in, as [`Entropy::write_secrets`](crate::entropy::Entropy::write_secrets) wrote them.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'a>(pub(crate) &'a [u8]);

impl<'a> Secrets<'a> {
    /// The code verifier (RFC 7636 §4.1).
    pub(crate) fn verifier(self) -> &'a [u8] {
        self.0.get(..VERIFIER_LEN).unwrap_or_default()
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    pub(crate) fn write_challenge(self, out: &mut Writer<'_>) {
        out.base64url(&sha256(self.verifier()));
    }

    /// `state`, as it is sent and must come back.
    pub(crate) fn state(self) -> &'a [u8] {
        self.0.get(VERIFIER_LEN..).unwrap_or_default()
    }

    /// Whether they are base64url alone.
    pub(crate) fn are_good(self) -> bool {
        self.0.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::Entropy;
    use base64ct::{Base64UrlUnpadded, Encoding};

    // R018 R020
    #[test]
    fn the_vector_of_appendix_b_is_reproduced() {
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        Secrets(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").write_challenge(&mut out);
        assert_eq!(out.finish().unwrap(), b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    // R010 R011 R017
    #[test]
    fn verifier_and_state_are_32_and_20_octets_of_the_entropy_in_base64url() {
        let octets: [u8; 64] = core::array::from_fn(|i| (i * 37) as u8);
        let mut buffer = [0; SECRETS_LEN];
        let mut out = Writer::new(&mut buffer);
        Entropy::from_bytes(octets).unwrap().write_secrets(&mut out);
        let secrets = Secrets(out.finish().unwrap());
        assert!(secrets.are_good());
        for (text, octets) in [(secrets.verifier(), &octets[..32]), (secrets.state(), &octets[32..52])] {
            assert_eq!(text, Base64UrlUnpadded::encode_string(octets).as_bytes());
        }
    }
}
