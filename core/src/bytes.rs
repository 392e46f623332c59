//! Sets of bytes, as the grammars have them, and a reader. The standard library's ways to cut are for any text, and take the room for it.

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

    #[inline]
    fn take(&mut self, place: Option<usize>) -> &'a [u8] {
        let (before, rest) = self.0.split_at_checked(place.unwrap_or(self.0.len())).unwrap_or_default();
        self.0 = rest;
        before
    }

    /// Passes over a prefix, if that is what comes.
    #[inline(never)]
    pub(crate) fn skip(&mut self, prefix: &[u8]) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What was read since: what is still to be read then.
    pub(crate) fn before(self, then: Self) -> &'a [u8] {
        self.0.get(..self.0.len().wrapping_sub(then.0.len())).unwrap_or_default()
    }
}
