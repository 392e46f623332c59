//! `application/x-www-form-urlencoded`, written and read (RFC 6749 Appendix B).
//!
//! Writing follows the URL standard's serializer: letters, digits and `*-._` stay, a space becomes `+`, all else `%XX`.
//! Reading is strict: an escape that is cut short or not hexadecimal is refused, never passed through.

use crate::{
    bytes::{Reader, Set},
    writer::Writer,
};

/// Writes bytes encoded.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn encode(bytes: &[u8], out: &mut Writer<'_>) {
    let mut rest = Reader(bytes);
    loop {
        out.bytes(rest.run(&Set::FORM));
        let Some((byte, after)) = rest.0.split_first() else { return };
        match byte {
            b' ' => out.str("+"),
            byte => out.bytes(&[b'%', hex(byte >> 4), hex(byte & 15)]),
        }
        rest.0 = after;
    }
}

fn hex(nibble: u8) -> u8 {
    b"0123456789ABCDEF".get(usize::from(nibble)).copied().unwrap_or_default()
}

/// A form-encoded name or value as it was received.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a>(&'a [u8]);

/// An escape that is cut short or not hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BadEscape;

impl<'a> Encoded<'a> {
    /// The encoding of nothing.
    pub(crate) const NONE: Self = Self(&[]);

    /// The decoded bytes, one at a time. After an error there are no more.
    pub(crate) const fn decoded(self) -> Decoded<'a> {
        Decoded(self.0)
    }

    /// Its front, as far as that stands for itself in any form, where several bytes are judged at once; and what follows, decoded.
    pub(crate) fn split_front(self) -> (&'a [u8], Decoded<'a>) {
        let mut rest = Reader(self.0);
        let front = if cfg!(target_pointer_width = "64") { rest.run(&Set::FORM) } else { &[] };
        (front, Decoded(rest.0))
    }

    /// It, if its escapes are whole, and all that it stands for is allowed. So must be what a form leaves as it is: of that nobody asks.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn checked(self, allowed: fn(u8) -> bool) -> Option<Checked<'a>> {
        let (front, rest) = self.split_front();
        let mut len = front.len();
        for byte in rest {
            byte.ok().filter(|byte| allowed(*byte))?;
            len = len.wrapping_add(1);
        }
        Some(Checked { value: self, len })
    }

    /// Whether it stands for exactly this text, which comes in parts. Not constant in time: for names and public values.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn is(self, parts: &[&[u8]]) -> bool {
        let mut decoded = self.decoded();
        parts.iter().all(|part| part.iter().all(|byte| decoded.next() == Some(Ok(*byte)))) && decoded.next().is_none()
    }

    /// Whether it stands for no bytes at all.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// What stands for so many bytes, all of them allowed. Only [`Encoded::checked`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Checked<'a> {
    pub(crate) value: Encoded<'a>,
    len: usize,
}

impl Checked<'_> {
    pub(crate) const fn len(self) -> usize {
        self.len
    }

    /// Writes what it stands for.
    pub(crate) fn write(self, out: &mut Writer<'_>) {
        let (front, rest) = self.value.split_front();
        out.bytes(front);
        for byte in rest {
            out.bytes(&[byte.unwrap_or_default()]);
        }
    }
}

/// See [`Encoded::decoded`].
pub(crate) struct Decoded<'a>(&'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = Result<u8, BadEscape>;

    // Linked once where flash is scarce; elsewhere a call for each byte would cost more than the byte.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn next(&mut self) -> Option<Self::Item> {
        let (first, tail) = self.0.split_first()?;
        self.0 = tail;
        Some(match first {
            b'+' => Ok(b' '),
            b'%' => self.escape(),
            byte => Ok(*byte),
        })
    }
}

impl Decoded<'_> {
    fn escape(&mut self) -> Result<u8, BadEscape> {
        let (digits, after) = core::mem::take(&mut self.0).split_at_checked(2).ok_or(BadEscape)?;
        let byte = digits.iter().try_fold(0u8, |byte, digit| Some(byte << 4 | value(*digit)?)).ok_or(BadEscape)?;
        self.0 = after;
        Ok(byte)
    }
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit & 15),
        _ if digit.is_ascii_hexdigit() => Some((digit & 15).wrapping_add(9)),
        _ => None,
    }
}

/// The `name=value` pairs of a query, in order; empty pairs are skipped, a missing `=` is an empty value.
pub(crate) struct Pairs<'a>(pub(crate) Reader<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (Encoded<'a>, Encoded<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.0.0.is_empty() {
            let mut pair = Reader(self.0.until(b'&'));
            if !pair.0.is_empty() {
                return Some((Encoded(pair.until(b'=')), Encoded(pair.0)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::{string::String, vec::Vec};

    fn encoded(bytes: &[u8]) -> String {
        let mut buffer = std::vec![0; bytes.len().saturating_mul(3)];
        let mut out = Writer::new(&mut buffer);
        encode(bytes, &mut out);
        crate::writer::text(out.finish().unwrap()).into()
    }

    // R049
    #[test]
    fn the_vector_of_appendix_b_is_reproduced() {
        assert_eq!(encoded(" %&+£€".as_bytes()), "+%25%26%2B%C2%A3%E2%82%AC");
    }

    // R049
    #[test]
    fn every_byte_is_written_as_the_url_standard_says() {
        for byte in 0..=255u8 {
            let theirs: String = form_urlencoded::byte_serialize(&[byte]).collect();
            assert_eq!(encoded(&[byte]), theirs, "{byte:#x}");
        }
    }

    // R027
    #[test]
    fn an_escape_that_is_cut_short_or_not_hexadecimal_is_refused() {
        for text in ["%", "%4", "a%", "%zz", "%4g", "%%41", "%+1", "% 41"] {
            assert!(Encoded(text.as_bytes()).decoded().any(|byte| byte.is_err()), "{text:?}");
            assert!(Encoded(text.as_bytes()).checked(|_| true).is_none(), "{text:?}");
        }
        for text in ["%41", "%4a%4A", "+", "a+b", ""] {
            assert!(Encoded(text.as_bytes()).decoded().all(|byte| byte.is_ok()), "{text:?}");
        }
        assert!(Encoded(b"ab%00").checked(|byte| byte != 0).is_none() && Encoded(b"ab%01").checked(|byte| byte != 0).is_some());
    }

    // R027
    #[test]
    fn a_name_is_compared_after_decoding() {
        assert!(Encoded(b"c%6Fde").is(&[b"code"]) && Encoded(b"c%6Fde").is(&[b"co", b"", b"de"]));
        for other in [&b"Code"[..], b"cod", b"codes", b"", b"code%", b"cod%6"] {
            assert!(!Encoded(other).is(&[b"code"]) && !Encoded(other).is(&[b"co", b"de"]), "{other:?}");
        }
        assert!(Pairs(Reader(b"&&a&b==c")).map(|(n, v)| (n.0, v.0)).eq([(&b"a"[..], &b""[..]), (b"b", b"=c")]));
    }

    proptest! {
        // R049
        #[test]
        fn what_is_written_is_read_back(bytes: Vec<u8>) {
            let text = encoded(&bytes);
            let back: Result<Vec<u8>, BadEscape> = Encoded(text.as_bytes()).decoded().collect();
            prop_assert_eq!(back.unwrap(), &bytes[..]);
            let checked = Encoded(text.as_bytes()).checked(|_| true).unwrap();
            let mut buffer = std::vec![0; bytes.len()];
            let mut out = Writer::new(&mut buffer);
            checked.write(&mut out);
            prop_assert_eq!((out.finish().unwrap(), checked.len()), (&bytes[..], bytes.len()));
        }

        // R049
        #[test]
        fn what_is_written_is_what_a_second_implementation_writes(text: String) {
            let theirs: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            prop_assert_eq!(encoded(text.as_bytes()), theirs);
        }
    }
}
