//! Sets of bytes, as the grammars have them, and how bytes are cut. The standard library's searches are for any text, and take the room for it.

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

    /// What of some bytes is of the set, up to the first that is not; and the rest.
    #[inline(never)]
    pub(crate) fn split<'a>(&self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let len = bytes.iter().position(|byte| !self.has(*byte)).unwrap_or(bytes.len());
        bytes.split_at_checked(len).unwrap_or_default()
    }
}

/// What stands before the first `end`, or all of it. What follows that byte is left.
#[inline(never)]
pub(crate) fn take<'a>(rest: &mut &'a [u8], end: u8) -> &'a [u8] {
    let len = rest.iter().position(|byte| *byte == end).unwrap_or(rest.len());
    let (taken, after) = rest.split_at_checked(len).unwrap_or_default();
    *rest = after.get(1..).unwrap_or_default();
    taken
}
