//! Sets of bytes, as the grammars have them, and a reader. The standard library's ways to cut are for any text, and take the room for it.

/// A printable ASCII byte (VSCHAR of RFC 6749 Appendix A).
pub(crate) const fn is_vschar(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e)
}

/// A set of ASCII bytes: a bit for each.
pub(crate) struct Set([u32; 4]);

impl Set {
    /// What a URI may have, the percent sign of its escapes apart (RFC 3986 §2).
    pub(crate) const URI: Self = Self::alphanumeric_and(b"-._~:/?[]@!$&'()*+,;=");
    /// The name of a host, or its IPv4 address.
    pub(crate) const HOST: Self = Self::alphanumeric_and(b"-._");
    /// The scheme of a URI (RFC 3986 §3.1).
    pub(crate) const SCHEME: Self = Self::alphanumeric_and(b"+-.");
    /// What a form leaves as it is.
    pub(crate) const FORM: Self = Self::alphanumeric_and(b"*-._");
    /// A token68, what it is padded with apart (RFC 9110 §11.2).
    pub(crate) const TOKEN68: Self = Self::alphanumeric_and(b"-._~+/");
    /// An IPv6 address.
    pub(crate) const ADDRESS: Self = Self::of(b"0123456789ABCDEFabcdef:.");
    /// A port.
    pub(crate) const DIGITS: Self = Self::of(b"0123456789");

    const fn alphanumeric_and(others: &[u8]) -> Self {
        let Self([a, b, c, d]) = Self::of(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        let Self([e, f, g, h]) = Self::of(others);
        Self([a | e, b | f, c | g, d | h])
    }

    const fn of(bytes: &[u8]) -> Self {
        let mut bits = 0u128;
        let mut rest = bytes;
        while let Some((byte, tail)) = rest.split_first() {
            bits |= 1 << (*byte & 127);
            rest = tail;
        }
        Self([bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32])
    }

    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 5)).is_some_and(|bits| bits >> (byte & 31) & 1 == 1)
    }
}

/// What is still to be read of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The bytes before the next `end`, or all; that one is passed over.
    #[inline(never)]
    pub(crate) fn until(&mut self, end: u8) -> &'a [u8] {
        let before = self.take(self.0.iter().position(|byte| *byte == end));
        self.0 = self.0.get(1..).unwrap_or_default();
        before
    }

    /// The bytes before the next that is not of the set, or all.
    #[inline(never)]
    pub(crate) fn run(&mut self, set: &Set) -> &'a [u8] {
        self.take(self.0.iter().position(|byte| !set.has(*byte)))
    }

    /// Passes over a prefix, if that is what comes.
    #[inline(never)]
    pub(crate) fn skip(&mut self, prefix: &[u8]) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What of it was read, where that is what is still to be read `then`.
    pub(crate) fn before(self, then: Self) -> &'a [u8] {
        self.0.get(..self.0.len().wrapping_sub(then.0.len())).unwrap_or_default()
    }

    fn take(&mut self, len: Option<usize>) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(len.unwrap_or(self.0.len())).unwrap_or_default();
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
