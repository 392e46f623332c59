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

/// A checksum of 64 bits: for bits that rotted and writes that tore, not against a forger, who would have to write the store first.
/// Each word (little-endian, the last filled up with zeros) takes sums to sums one to one, so that a change within one word is always
/// seen. It begins with the length, so that the filling is no part of the text, and with what else it belongs to.
#[inline(never)]
pub(crate) fn checksum(begin: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let sum = words.iter().fold(begin ^ bytes.len() as u64, |sum, word| mixed(sum ^ u64::from_le_bytes(*word)));
    mixed(sum ^ last)
}

/// What stands before a checksum, if it belongs to that: the counterpart of [`Writer::seal`](crate::writer::Writer::seal).
pub(crate) fn unsealed(begin: u64, bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_last_chunk()?;
    (checksum(begin, body) == u64::from_le_bytes(*sum)).then_some(body)
}

/// One to one, with the upper half folded into the lower, or a flip of the highest bit would stay one.
const fn mixed(word: u64) -> u64 {
    (word ^ word >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustive::one_in;

    #[test]
    fn fields_are_told_apart_by_their_lengths() {
        assert_eq!(digest(&[&[b"ab", b"c"]]), digest(&[&[b"a", b"", b"bc"]]));
        assert_ne!(digest(&[&[b"ab"], &[b"c"]]), digest(&[&[b"a"], &[b"bc"]]));
        assert_ne!(digest(&[&[b"ab"]]), digest(&[&[b"ab"], &[b""]]));
    }

    #[test]
    fn the_checksum_of_a_text_is_this_number() {
        assert_eq!(checksum(0xffff_0000_0000_000f, b"gatepass-9"), 0xf21e_d0be_9252_f469);
    }

    #[test]
    fn a_flip_of_any_two_bits_of_a_text_is_seen() {
        let text: [u8; 45] = core::array::from_fn(|at| (at as u8).wrapping_mul(7));
        let sum = checksum(0, &text);
        let flipped =
            |text: [u8; 45], bit: usize| core::array::from_fn(|at| if at == bit / 8 { text[at] ^ 1 << (bit % 8) } else { text[at] });
        for first in (0..8 * text.len()).step_by(one_in(7)) {
            for second in (0..first).step_by(one_in(11)) {
                assert_ne!(checksum(0, &flipped(flipped(text, first), second)), sum, "{first} {second}");
            }
        }
    }

    #[test]
    fn a_change_within_a_word_is_always_seen_and_so_are_zeros_more_or_less() {
        let text: [u8; 45] = core::array::from_fn(|at| (at as u8).wrapping_mul(7));
        let sum = checksum(0, &text);
        for at in 0..text.len() {
            for change in 1..=255 {
                let mut changed = text;
                changed[at] ^= change;
                assert_ne!(checksum(0, &changed), sum, "{at} {change:#x}");
            }
        }
        for len in 0..=64 {
            let zeros = [0; 65];
            assert_ne!(checksum(0, &zeros[..len]), checksum(0, &zeros[..=len]), "{len}");
        }
    }
}
