//! base64 (RFC 4648), encoded alone: the library for it checks its rooms, and links a panic where it is built for size.

/// The alphabets of RFC 4648 §4 and §5.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Standard,
    Url,
}

impl Alphabet {
    /// Fills a room with what its first `count` bytes are in base64, without padding: from behind, so that each is read before its place
    /// is taken.
    pub(crate) fn encode(self, room: &mut [u8], count: usize) {
        let mut from = count;
        // What is not written yet, and how many bits of it there are.
        let (mut rest, mut bits) = (0i32, room.len().wrapping_mul(6).wrapping_sub(count.wrapping_mul(8)));
        for to in (0..room.len()).rev() {
            if bits < 6 {
                from = from.wrapping_sub(1);
                rest |= i32::from(room.get(from).copied().unwrap_or(0)) << bits;
                bits = bits.wrapping_add(8);
            }
            if let Some(place) = room.get_mut(to) {
                *place = self.digit(rest & 63);
            }
            rest >>= 6;
            bits = bits.wrapping_sub(6);
        }
    }

    /// What is encoded is secret: neither a branch nor a place in memory depends on it.
    fn digit(self, six: i32) -> u8 {
        let (down, up) = if self == Self::Url { (13, 49) } else { (15, 3) };
        let past = |last: i32, by: i32| last.wrapping_sub(six) >> 6 & by;
        (six.wrapping_add(65).wrapping_add(past(25, 6)).wrapping_sub(past(51, 75)).wrapping_sub(past(61, down)).wrapping_add(past(62, up))) as u8
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
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
        for number in 0..1u32 << 24 {
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
        let long: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(Alphabet::Standard, &long), Base64Unpadded::encode_string(&long));
    }
}
