//! base64 (RFC 4648), encoded alone: the library for it checks its rooms, and links a panic where it is built for size.

/// The alphabets of RFC 4648 §4 and §5, with `=` behind and without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Standard,
    Url,
}

impl Alphabet {
    /// One to three bytes as four characters, of which so many count.
    pub(crate) fn quad(self, bytes: &[u8]) -> ([u8; 4], usize) {
        let all = bytes.iter().chain(&[0; 2]).take(3).fold(0, |all, byte| all << 8 | i32::from(*byte));
        let mut quad = [18, 12, 6, 0].map(|shift| self.digit(all >> shift & 63));
        let len = bytes.len().saturating_add(1);
        if self == Self::Url {
            return (quad, len);
        }
        quad.iter_mut().skip(len).for_each(|digit| *digit = b'=');
        (quad, 4)
    }

    /// What is encoded is secret: neither a branch nor a place in memory depends on it.
    fn digit(self, six: i32) -> u8 {
        let (at_62, at_63) = if self == Self::Url { (-13, 49) } else { (-15, 3) };
        let steps = [(25, 6), (51, -75), (61, at_62), (62, at_63)];
        let digit = six.wrapping_add(i32::from(b'A'));
        steps.iter().fold(digit, |digit, (last, by)| digit.wrapping_add((six.wrapping_sub(*last).wrapping_neg() >> 31) & by)) as u8
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use base64ct::{Base64, Base64UrlUnpadded, Encoding};
    use std::{string::String, vec::Vec};

    fn encode(alphabet: Alphabet, bytes: &[u8]) -> String {
        let all = bytes.chunks(3).flat_map(|group| {
            let (quad, len) = alphabet.quad(group);
            quad.into_iter().take(len)
        });
        String::from_utf8(all.collect()).unwrap()
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
                    assert_eq!(encode(Alphabet::Standard, group), Base64::encode(group, &mut url).unwrap());
                }
            }
        }
        let long: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(Alphabet::Standard, &long), Base64::encode_string(&long));
    }
}
