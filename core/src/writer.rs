//! Writes into the caller's buffer, and counts on when it is full: an error can then say how much was needed.

use crate::{base64::Alphabet, digest::checksum, error::Error, form};

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

    /// Words of 32 bits, little-endian.
    #[inline(never)]
    pub(crate) fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.bytes(&word.to_le_bytes()));
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
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

    /// What was written, and a checksum of it behind.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(crate) fn seal(mut self) -> Result<&'o [u8], Error> {
        let sum = checksum(self.buffer.get(..self.len).unwrap_or_default());
        self.bytes(&sum.to_le_bytes());
        self.finish()
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

/// A number's decimal digits, each a text of its own: they need no buffer.
pub(crate) fn decimal<'d>(number: usize) -> impl Iterator<Item = &'d str> {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let count = number.checked_ilog10().unwrap_or(0);
    let digit = move |at| number.checked_div(10usize.saturating_pow(at))?.checked_rem(10).and_then(|digit| DIGITS.get(digit).copied());
    (0..=count).rev().filter_map(digit)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_full_buffer_says_how_much_was_needed() {
        let mut buffer = [0; 4];
        let mut writer = Writer::new(&mut buffer);
        writer.str("abc");
        writer.str("12345");
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
    fn a_number_is_written_in_decimal_without_leading_zeros() {
        for number in [0, 1, 9, 10, 99, 100, 101, 4_294_967_295] {
            assert_eq!(decimal(number).collect::<std::string::String>(), std::format!("{number}"));
        }
    }
}
