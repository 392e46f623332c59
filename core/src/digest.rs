//! SHA-256, and short digests of what must not change under a session.

use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes: the code challenge before base64url (RFC 7636 §4.2).
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    hash(false, &[&[bytes]])
}

/// A digest of 64 bits over fields that are told apart by their lengths, each in however many parts it comes; the first says what for.
pub(crate) fn digest(fields: &[&[&[u8]]]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = hash(true, fields);
    [a, b, c, d, e, f, g, h]
}

/// One function for both: what the hash is set up and finished with is not small.
#[inline(never)]
fn hash(with_lengths: bool, fields: &[&[&[u8]]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        if with_lengths {
            let len = field.iter().fold(0usize, |len, part| len.wrapping_add(part.len()));
            hash.update((len as u64).to_le_bytes());
        }
        for part in *field {
            hash.update(part);
        }
    }
    let mut out = [0; 32];
    hash.finalize_into((&mut out).into());
    out
}

/// A checksum of 64 bits (FNV-1a): for bits that rotted and writes that tore, not against a forger, who would have to
/// write the store first.
#[inline(never)]
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_by_their_lengths() {
        assert_eq!(digest(&[&[b"ab", b"c"]]), digest(&[&[b"a", b"", b"bc"]]));
        assert_ne!(digest(&[&[b"ab"], &[b"c"]]), digest(&[&[b"a"], &[b"bc"]]));
        assert_ne!(digest(&[&[b"ab"]]), digest(&[&[b"ab"], &[b""]]));
    }
}
