//! Proof Key for Code Exchange (RFC 7636), S256 alone, and `state`.

use crate::{digest::sha256, writer::Writer};

/// Characters of a code verifier: 32 octets in base64url, as RFC 7636 §4.1 recommends.
const VERIFIER: usize = 43;
/// Characters of the secrets: of the verifier, and of `state`, which is 20 octets in base64url.
pub(crate) const LEN: usize = VERIFIER + 27;

/// The secrets of one sign-in, as [`Entropy::write_secrets`](crate::entropy::Entropy::write_secrets) wrote them.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'a>(pub(crate) &'a [u8]);

impl<'a> Secrets<'a> {
    /// The code verifier (RFC 7636 §4.1).
    pub(crate) fn verifier(self) -> &'a [u8] {
        self.0.get(..VERIFIER).unwrap_or_default()
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    pub(crate) fn write_challenge(self, out: &mut Writer<'_>) {
        out.base64url(&sha256(self.verifier()));
    }

    /// `state`, as it is sent and must come back.
    pub(crate) fn state(self) -> &'a [u8] {
        self.0.get(VERIFIER..).unwrap_or_default()
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
        let mut buffer = [0; LEN];
        let mut out = Writer::new(&mut buffer);
        Entropy::from_bytes(octets).unwrap().write_secrets(&mut out);
        let secrets = Secrets(out.finish().unwrap());
        for (text, octets) in [(secrets.verifier(), &octets[..32]), (secrets.state(), &octets[32..52])] {
            assert_eq!(text, Base64UrlUnpadded::encode_string(octets).as_bytes());
        }
    }
}
