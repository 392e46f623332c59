//! SHA-256, and short digests of what must not change under a session.

use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes: the code challenge before base64url (RFC 7636 §4.2).
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A digest of 64 bits over fields that are told apart by their lengths.
pub(crate) struct Digest(Sha256);

impl Digest {
    pub(crate) fn new(purpose: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.text(&[purpose]);
        digest
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// One text, however many parts it comes in.
    #[inline(never)]
    pub(crate) fn text(&mut self, parts: &[&str]) {
        let len = parts.iter().fold(0u64, |len, part| len.wrapping_add(part.len() as u64));
        self.0.update(len.to_le_bytes());
        for part in parts {
            self.0.update(part);
        }
    }

    pub(crate) fn finish(self) -> [u8; 8] {
        let hash: [u8; 32] = self.0.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = hash;
        [a, b, c, d, e, f, g, h]
    }
}

/// A checksum of 64 bits (FNV-1a): for bits that rotted and writes that tore, not against a forger, who would have to
/// write the store first.
pub(crate) fn checksum<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
