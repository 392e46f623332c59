//! Proof Key for Code Exchange (RFC 7636), S256 alone, and `state`: both from the same entropy, made anew on demand.

use crate::{digest::sha256, entropy::VERIFIER, writer::Writer};

/// Characters of a code verifier: 32 octets in base64url.
const VERIFIER_LEN: usize = 43;
/// Characters of `state`: 20 octets in base64url.
pub(crate) const STATE_LEN: usize = 27;

/// The secrets of one sign-in: the octets that [`Entropy::secrets`](crate::entropy::Entropy::secrets) gave.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'a>(pub(crate) &'a [u8]);

impl Secrets<'_> {
    /// The code verifier (RFC 7636 §4.1).
    pub(crate) fn write_verifier(self, out: &mut Writer<'_>) {
        out.base64url(self.0.get(..VERIFIER).unwrap_or_default());
    }

    /// `BASE64URL(SHA256(ASCII(code_verifier)))` (RFC 7636 §4.2).
    pub(crate) fn write_challenge(self, out: &mut Writer<'_>) {
        let mut verifier = zeroize::Zeroizing::new([0; VERIFIER_LEN]);
        let mut ascii = Writer::new(verifier.as_mut_slice());
        self.write_verifier(&mut ascii);
        out.base64url(&sha256(ascii.finish().unwrap_or_default()));
    }

    /// `state`, as it is sent.
    pub(crate) fn write_state(self, out: &mut Writer<'_>) {
        out.base64url(self.0.get(VERIFIER..).unwrap_or_default());
    }

    /// `state`, as it must come back.
    pub(crate) fn state(self) -> [u8; STATE_LEN] {
        let mut state = [0; STATE_LEN];
        self.write_state(&mut Writer::new(&mut state));
        state
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::entropy::SECRETS;
    use base64ct::{Base64UrlUnpadded, Encoding};

    fn challenge(octets: &[u8; SECRETS]) -> std::string::String {
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        Secrets(octets).write_challenge(&mut out);
        core::str::from_utf8(out.finish().unwrap()).unwrap().into()
    }

    // R018 R020
    #[test]
    fn the_vector_of_appendix_b_is_reproduced() {
        let mut octets = [0; SECRETS];
        Base64UrlUnpadded::decode("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", &mut octets[..VERIFIER]).unwrap();
        assert_eq!(challenge(&octets), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    // R010 R011 R017
    #[test]
    fn verifier_and_state_have_the_length_and_alphabet_of_their_grammars() {
        let octets: [u8; SECRETS] = core::array::from_fn(|i| (i * 37) as u8);
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        Secrets(&octets).write_verifier(&mut out);
        let verifier = out.finish().unwrap();
        assert_eq!(verifier.len(), VERIFIER_LEN);
        for byte in verifier.iter().chain(&Secrets(&octets).state()) {
            assert!(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'), "{byte:#x}");
        }
    }
}
