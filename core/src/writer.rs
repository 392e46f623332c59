//! Writes into the caller's buffer, and counts on when it is full: an error can then say how much was needed.

use crate::{base64::Alphabet, error::Error, form};

/// A cursor over the caller's buffer. What no longer fits is counted, not written.
pub(crate) struct Writer<'o> {
    buffer: &'o mut [u8],
    len: usize,
}

impl<'o> Writer<'o> {
    pub(crate) const fn new(buffer: &'o mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Bytes written so far, those that did not fit included.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The next `count` bytes of the buffer, if it has them; the cursor moves on either way.
    fn take(&mut self, count: usize) -> Option<&mut [u8]> {
        let start = self.len;
        self.len = start.saturating_add(count);
        self.buffer.get_mut(start..self.len)
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if let Some(room) = self.take(bytes.len()) {
            for (to, from) in room.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A decimal number without leading zeros.
    pub(crate) fn decimal(&mut self, number: u32) {
        let mut digits = [0; 10];
        let mut first = digits.len();
        let mut rest = number;
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' | (rest % 10) as u8;
            rest /= 10;
            first = at;
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.get(first..).unwrap_or_default());
    }

    /// `application/x-www-form-urlencoded` (RFC 6749 Appendix B).
    pub(crate) fn form(&mut self, bytes: &[u8]) {
        form::encode(bytes, &mut |piece| self.bytes(piece));
    }

    /// `&name=value`, or `name=value` at the start of a body or query.
    #[inline(never)]
    pub(crate) fn field(&mut self, first: bool, name: &str, value: &[u8]) {
        if !first {
            self.str("&");
        }
        self.str(name);
        self.str("=");
        self.form(value);
    }

    /// base64url without padding (RFC 7636 Appendix A).
    pub(crate) fn base64url(&mut self, bytes: &[u8]) {
        bytes.chunks(3).for_each(|group| self.quad(Alphabet::Url, group));
    }

    /// The credentials of `client_secret_basic`: both halves form-encoded, joined by a colon, in base64 (RFC 6749 §2.3.1).
    pub(crate) fn basic(&mut self, id: &[u8], secret: &[u8]) {
        let mut group = [0; 3];
        let mut filled = 0usize;
        // Three bytes make four characters, so no second buffer is needed.
        let mut put = |bytes: &[u8]| {
            for byte in bytes {
                if let Some(place) = group.get_mut(filled) {
                    *place = *byte;
                }
                filled = filled.saturating_add(1);
                if filled == group.len() {
                    self.quad(Alphabet::Standard, &group);
                    filled = 0;
                }
            }
        };
        form::encode(id, &mut put);
        put(b":");
        form::encode(secret, &mut put);
        if filled > 0 {
            self.quad(Alphabet::Standard, group.get(..filled).unwrap_or_default());
        }
    }

    #[inline(never)]
    fn quad(&mut self, alphabet: Alphabet, group: &[u8]) {
        let (quad, len) = alphabet.quad(group);
        self.bytes(quad.get(..len).unwrap_or_default());
    }

    /// What was written.
    ///
    /// # Errors
    /// [`Error::Capacity`] with the bytes that everything would have taken.
    pub(crate) fn finish(self) -> Result<&'o [u8], Error> {
        let needed = self.len;
        let buffer: &'o [u8] = self.buffer;
        buffer.get(..needed).ok_or(Error::Capacity { needed })
    }
}

/// What this crate wrote as ASCII, read back as text.
pub(crate) fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_says_how_much_was_needed() {
        let mut buffer = [0; 4];
        let mut writer = Writer::new(&mut buffer);
        writer.str("abc");
        writer.decimal(12_345);
        writer.base64url(&[1, 2, 3]);
        writer.basic(b"a", b"b");
        assert_eq!(writer.finish(), Err(Error::Capacity { needed: 3 + 5 + 4 + 4 }));
    }

    // R050
    #[test]
    fn basic_credentials_are_form_encoded_before_base64() {
        let table: [(&str, &str, &str); 4] = [
            ("web", "s3cr3t:/?%+ &=~", "d2ViOnMzY3IzdCUzQSUyRiUzRiUyNSUyQislMjYlM0QlN0U="),
            ("web client:1", "x", "d2ViK2NsaWVudCUzQTE6eA=="),
            ("a", "", "YTo="),
            ("ä", "%", "JUMzJUE0OiUyNQ=="),
        ];
        for (id, secret, expected) in table {
            let mut buffer = [0; 128];
            let mut writer = Writer::new(&mut buffer);
            writer.basic(id.as_bytes(), secret.as_bytes());
            assert_eq!(text(writer.finish().unwrap()), expected, "{id}:{secret}");
        }
    }

    #[test]
    fn numbers_have_no_leading_zeros() {
        for (number, expected) in [(0, "0"), (7, "7"), (10, "10"), (u32::MAX, "4294967295")] {
            let mut buffer = [0; 10];
            let mut writer = Writer::new(&mut buffer);
            writer.decimal(number);
            assert_eq!(text(writer.finish().unwrap()), expected);
        }
    }
}
