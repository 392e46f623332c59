//! base64 (RFC 4648), encoded alone: the library for it checks its rooms, and links a panic where it is built for size.

/// The alphabets of RFC 4648 §4 and §5.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    #[cfg(feature = "secrets")]
    Standard,
    Url,
}

impl Alphabet {
    /// Fills a room with what its first `count` bytes are in base64, without padding: from behind, so that each is read before its place
    /// is taken.
    pub(crate) fn encode(self, room: &mut [u8], count: usize) {
        // Where a register holds eight digits, what makes whole ones is made in a quarter of the time.
        let words = if cfg!(target_pointer_width = "64") { count / 6 } else { 0 };
        let mut from = count;
        // What is not written yet, and how many bits of it there are.
        let (mut rest, mut bits) = (0usize, room.len().wrapping_mul(6).wrapping_sub(count.wrapping_mul(8)));
        for to in (words.wrapping_mul(8)..room.len()).rev() {
            if bits < 6 {
                from = from.wrapping_sub(1);
                rest |= usize::from(room.get(from).copied().unwrap_or(0)) << bits;
                bits = bits.wrapping_add(8);
            }
            if let Some(place) = room.get_mut(to) {
                *place = self.digits(rest & 63) as u8;
            }
            rest >>= 6;
            bits = bits.wrapping_sub(6);
        }
        for word in (0..words).rev() {
            // The two bytes behind are there, since the room is a third larger than what was in it.
            let Some(bytes) = room.get(word.wrapping_mul(6)..).and_then(<[u8]>::first_chunk) else { return };
            let six = u64::from_be_bytes(*bytes) >> 16;
            let six = six << 8 & 0x00ff_ffff_0000_0000 | six & 0x00ff_ffff;
            let six = six << 4 & 0x0fff_0000_0fff_0000 | six & 0x0fff_0000_0fff;
            let six = six << 2 & 0x3f00_3f00_3f00_3f00 | six & 0x003f_003f_003f_003f;
            if let Some(places) = room.get_mut(word.wrapping_mul(8)..).and_then(<[u8]>::first_chunk_mut) {
                *places = (self.digits(six as usize) as u64).to_be_bytes();
            }
        }
    }

    /// The digits of these six bits in each byte of a word. They are secret: neither a branch nor a place in memory depends on them.
    const fn digits(self, sixes: usize) -> usize {
        const EACH: usize = usize::MAX / 0xff;
        const fn past(sixes: usize, last: usize) -> usize {
            // No byte carries into its neighbour.
            sixes.wrapping_add(EACH.wrapping_mul(0x7f_usize.wrapping_sub(last))) >> 7 & EACH
        }
        let (down, up) = if matches!(self, Self::Url) { (13, 49) } else { (15, 3) };
        let letters = sixes.wrapping_add(EACH * 65).wrapping_add(past(sixes, 25).wrapping_mul(6));
        let numbers = letters.wrapping_sub(past(sixes, 51).wrapping_mul(75)).wrapping_sub(past(sixes, 61).wrapping_mul(down));
        numbers.wrapping_add(past(sixes, 62).wrapping_mul(up))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::exhaustive::one_in;
    use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
    use std::{string::String, vec::Vec};

    fn encode(alphabet: Alphabet, bytes: &[u8]) -> String {
        let mut room = bytes.to_vec();
        room.extend(core::iter::repeat_n(0xff, bytes.len().div_ceil(3)));
        alphabet.encode(&mut room, bytes.len());
        String::from_utf8(room).unwrap()
    }

    #[test]
    fn every_group_is_encoded_as_another_implementation_does() {
        for number in (0..1u32 << 24).step_by(one_in(16 * 4099)) {
            let [_, a, b, c] = number.to_be_bytes();
            // Each of the four digits, and each length, with all of its values.
            if number % 4099 == 0 || a == 0 || (b, c) == (0, 0) {
                for group in [&[a, b, c][..], &[b, c], &[c]] {
                    let mut url = [0; 4];
                    assert_eq!(encode(Alphabet::Url, group), Base64UrlUnpadded::encode(group, &mut url).unwrap());
                    assert_eq!(encode(Alphabet::Standard, group), Base64Unpadded::encode(group, &mut url).unwrap());
                }
            }
        }
        let long: Vec<u8> = (0..=255).rev().collect();
        for len in (0..=long.len()).step_by(one_in(7)) {
            assert_eq!(encode(Alphabet::Standard, &long[..len]), Base64Unpadded::encode_string(&long[..len]));
            assert_eq!(encode(Alphabet::Url, &long[..len]), Base64UrlUnpadded::encode_string(&long[..len]));
        }
    }
}
