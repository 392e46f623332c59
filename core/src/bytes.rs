//! Sets of bytes, as the grammars have them, and a reader. The standard library's ways to cut are for any text, and take the room for it.

/// A printable ASCII byte (VSCHAR of RFC 6749 Appendix A).
pub(crate) const fn is_vschar(byte: u8) -> bool {
    // As signed numbers: one comparison, also of vectors.
    (byte.wrapping_add(1) as i8) > 0x20
}

/// A set of ASCII bytes: a bit for each.
struct Bits([u32; 4]);

impl Bits {
    const fn of(bytes: &[u8]) -> Self {
        let mut bits = 0u128;
        let mut rest = bytes;
        while let Some((byte, tail)) = rest.split_first() {
            bits |= 1 << (*byte & 127);
            rest = tail;
        }
        Self([bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32])
    }

    const fn alphanumeric_and(others: &[u8]) -> Self {
        let Self([a, b, c, d]) = Self::of(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        let Self([e, f, g, h]) = Self::of(others);
        Self([a | e, b | f, c | g, d | h])
    }

    #[expect(clippy::indexing_slicing, reason = "ASCII has four words, and no other byte is looked up")]
    const fn has(&self, byte: u8) -> bool {
        byte.is_ascii() && self.0[(byte >> 5) as usize] >> (byte & 31) & 1 == 1
    }
}

/// A set of ASCII bytes, as it is looked at: in [`Bits`] where flash is scarce, elsewhere in a mark for each byte, so that several are judged
/// at once.
pub(crate) struct Set {
    #[cfg(not(target_pointer_width = "64"))]
    bits: Bits,
    #[cfg(target_pointer_width = "64")]
    marks: [bool; 256],
    #[cfg(target_pointer_width = "64")]
    common: Common,
}

/// Which [common bytes](is_common) a set has all of.
#[cfg(target_pointer_width = "64")]
#[derive(Clone, Copy)]
enum Common {
    None,
    WithoutSlash,
    WithSlash,
}

/// What most tokens, codes and names are made of alone: letters, digits, `-`, `.`, `_`. Told by comparisons of signed numbers and not by a
/// table, so that a machine with vectors judges a block at once. The slash stands between the dot and the digits: with it there is a
/// comparison less.
#[cfg(target_pointer_width = "64")]
const fn is_common<const SLASH: bool>(byte: u8) -> bool {
    // Brought up until the last is the greatest number that there is.
    const fn within(byte: u8, first: u8, last: u8) -> bool {
        let up = 0x7f_u8.wrapping_sub(last);
        byte.wrapping_add(up) as i8 >= first.wrapping_add(up) as i8
    }
    (within(byte | 0x20, b'a', b'z') | within(byte, b'-', b'9') | (byte == b'_')) & (SLASH | (byte != b'/'))
}

/// What follows the blocks of 32 common bytes at the start of others.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn after_common<const SLASH: bool>(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<32>()
        && block.iter().fold(true, |all, byte| all & is_common::<SLASH>(*byte))
    {
        rest = after;
    }
    rest
}

impl Set {
    /// What a URI may have, the percent sign of its escapes apart (RFC 3986 §2).
    pub(crate) const URI: Self = Self::of(Bits::alphanumeric_and(b"-._~:/?[]@!$&'()*+,;="));
    /// The name of a host, or its IPv4 address.
    pub(crate) const HOST: Self = Self::of(Bits::alphanumeric_and(b"-._"));
    /// The scheme of a URI (RFC 3986 §3.1).
    pub(crate) const SCHEME: Self = Self::of(Bits::alphanumeric_and(b"+-."));
    /// What a form leaves as it is.
    pub(crate) const FORM: Self = Self::of(Bits::alphanumeric_and(b"*-._"));
    /// A token68, what it is padded with apart (RFC 9110 §11.2).
    pub(crate) const TOKEN68: Self = Self::of(Bits::alphanumeric_and(b"-._~+/"));
    /// An IPv6 address.
    pub(crate) const ADDRESS: Self = Self::of(Bits::of(b"0123456789ABCDEFabcdef:."));
    /// A port.
    pub(crate) const DIGITS: Self = Self::of(Bits::of(b"0123456789"));

    #[cfg(not(target_pointer_width = "64"))]
    const fn of(bits: Bits) -> Self {
        Self { bits }
    }

    #[cfg(target_pointer_width = "64")]
    const fn of(bits: Bits) -> Self {
        let (mut marks, mut byte) = ([false; 256], 0u8);
        // What is common with a slash is what is common, and the slash.
        let (mut has_common, has_slash) = (true, bits.has(b'/'));
        let mut rest: &mut [bool] = &mut marks;
        while let Some((mark, after)) = rest.split_first_mut() {
            *mark = bits.has(byte);
            has_common &= *mark || !is_common::<false>(byte);
            byte = byte.wrapping_add(1);
            rest = after;
        }
        let common = match (has_common, has_slash) {
            (false, _) => Common::None,
            (true, false) => Common::WithoutSlash,
            (true, true) => Common::WithSlash,
        };
        Self { marks, common }
    }

    pub(crate) fn has(&self, byte: u8) -> bool {
        #[cfg(target_pointer_width = "64")]
        return self.marks.get(usize::from(byte)).is_some_and(|mark| *mark);
        #[cfg(not(target_pointer_width = "64"))]
        self.bits.has(byte)
    }

    /// What follows the bytes of the set at the start of others. Blocks of 32 and of 8 are judged at once.
    // So that the compiler knows the set.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    fn after<'b>(&self, rest: &'b [u8]) -> &'b [u8] {
        #[cfg(target_pointer_width = "64")]
        let rest = {
            let mut rest = match self.common {
                _ if rest.len() < 32 => rest,
                Common::None => rest,
                Common::WithSlash => after_common::<true>(rest),
                Common::WithoutSlash => after_common::<false>(rest),
            };
            while let Some((eight, after)) = rest.split_first_chunk::<8>()
                && eight.iter().fold(true, |all, byte| all & self.has(*byte))
            {
                rest = after;
            }
            rest
        };
        let count = rest.iter().position(|byte| !self.has(*byte)).unwrap_or(rest.len());
        rest.get(count..).unwrap_or_default()
    }
}

/// What begins with the first such byte, or nothing.
fn from_first(rest: &[u8], byte: u8) -> &[u8] {
    #[cfg(target_pointer_width = "64")]
    let rest = {
        const EACH: u64 = u64::MAX / 0xff;
        let mut rest = rest;
        while let Some((word, after)) = rest.split_first_chunk() {
            let differ = u64::from_le_bytes(*word) ^ EACH.wrapping_mul(byte.into());
            // The lowest of the bits is that of the first zero; one above it may be borrowed.
            let zeros = differ.wrapping_sub(EACH) & !differ & EACH.wrapping_mul(0x80);
            if zeros != 0 {
                return rest.get((zeros.trailing_zeros() >> 3) as usize..).unwrap_or_default();
            }
            rest = after;
        }
        rest
    };
    let count = rest.iter().position(|next| *next == byte).unwrap_or(rest.len());
    rest.get(count..).unwrap_or_default()
}

/// What is still to be read of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The bytes before the next `end`, or all; that one is passed over.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn until(&mut self, end: u8) -> &'a [u8] {
        let before = self.up_to(from_first(self.0, end));
        self.0 = self.0.get(1..).unwrap_or_default();
        before
    }

    /// The bytes before the next that is not of the set, or all.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn run(&mut self, set: &Set) -> &'a [u8] {
        self.up_to(set.after(self.0))
    }

    /// Passes over a prefix, if that is what comes.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn skip(&mut self, prefix: &[u8]) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What of it was read, where that is what is still to be read `then`.
    pub(crate) fn before(self, then: Self) -> &'a [u8] {
        self.0.get(..self.0.len().wrapping_sub(then.0.len())).unwrap_or_default()
    }

    /// Reads up to the `rest` of it.
    fn up_to(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let read = self.before(Self(rest));
        self.0 = rest;
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exhaustive::one_in;

    #[test]
    fn a_set_has_what_its_grammar_says_and_nothing_else() {
        let others: [(Set, &[u8]); 5] = [
            (Set::URI, b"-._~:/?[]@!$&'()*+,;="),
            (Set::HOST, b"-._"),
            (Set::SCHEME, b"+-."),
            (Set::FORM, b"*-._"),
            (Set::TOKEN68, b"-._~+/"),
        ];
        for byte in 0..=255u8 {
            for (set, others) in &others {
                assert_eq!(set.has(byte), byte.is_ascii_alphanumeric() || others.contains(&byte), "{byte:#x}");
            }
            assert_eq!(Set::ADDRESS.has(byte), byte.is_ascii_hexdigit() || b":.".contains(&byte), "{byte:#x}");
            assert_eq!(Set::DIGITS.has(byte), byte.is_ascii_digit(), "{byte:#x}");
        }
    }

    #[test]
    fn the_first_of_its_kind_is_found_wherever_it_stands() {
        for len in 0..=24 {
            for at in 0..=len {
                // One bit from what is looked for: what a borrow would take for it. And a letter among digits.
                let (mut text, mut digits) = ([b'<'; 24], [b'7'; 24]);
                if let (Some(byte), Some(letter)) = (text[..len].get_mut(at), digits[..len].get_mut(at)) {
                    (*byte, *letter) = (b'=', b'a');
                }
                let mut reader = Reader(&text[..len]);
                assert_eq!((reader.until(b'=').len(), reader.0.len()), (at, len.saturating_sub(at + 1)), "{len}");
                let mut reader = Reader(&digits[..len]);
                assert_eq!((reader.run(&Set::DIGITS).len(), reader.0.len()), (at, len - at), "{len}");
            }
        }
    }

    #[test]
    fn a_run_ends_at_the_first_byte_that_is_not_of_the_set_however_long_it_is() {
        let sets = [Set::URI, Set::HOST, Set::SCHEME, Set::FORM, Set::TOKEN68, Set::ADDRESS, Set::DIGITS];
        for (set, fill) in sets.iter().flat_map(|set| [(set, b'7'), (set, b'z')]) {
            for at in (0..72).step_by(one_in(5)) {
                for byte in (0..=255u8).step_by(one_in(17)) {
                    let mut text = [fill; 72];
                    text[at] = byte;
                    let end = text.iter().position(|byte| !set.has(*byte)).unwrap_or(72);
                    assert_eq!(Reader(&text).run(set).len(), end, "{fill:#x} {at} {byte:#x}");
                }
            }
        }
    }

    #[test]
    fn what_is_read_and_what_is_left_are_the_whole() {
        for (text, before, after) in [("a=b=c", "a", "b=c"), ("=b", "", "b"), ("a=", "a", ""), ("ab", "ab", ""), ("", "", "")] {
            let mut reader = Reader(text.as_bytes());
            assert_eq!((reader.until(b'='), reader.0), (before.as_bytes(), after.as_bytes()), "{text}");
        }
        for (text, run, rest) in [("12a3", "12", "a3"), ("a12", "", "a12"), ("12", "12", ""), ("", "", "")] {
            let mut reader = Reader(text.as_bytes());
            assert_eq!((reader.run(&Set::DIGITS), reader.0), (run.as_bytes(), rest.as_bytes()), "{text}");
            assert_eq!(Reader(text.as_bytes()).before(reader), run.as_bytes(), "{text}");
        }
        let mut reader = Reader(b"https");
        assert!(reader.skip(b"http") && !reader.skip(b"ss") && reader.skip(b"") && reader.skip(b"s") && !reader.skip(b"s"));
    }
}
