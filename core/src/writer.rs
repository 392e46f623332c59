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

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if let Some(room) = self.take(bytes.len()) {
            for (to, from) in room.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
    }

    /// Words of 32 bits, little-endian.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.bytes(&word.to_le_bytes()));
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// `name=value`, form-encoded.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) {
        self.str(name);
        self.str("=");
        form::encode(value, self);
    }

    /// `&name=value`, or nothing for nothing.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn parameter(&mut self, name: &str, value: &[u8]) {
        if !value.is_empty() {
            self.str("&");
            self.field(name, value);
        }
    }

    /// base64url without padding (RFC 7636 Appendix A).
    pub(crate) fn base64url(&mut self, bytes: &[u8]) {
        let start = self.len;
        self.bytes(bytes);
        self.base64(start, Alphabet::Url);
    }

    /// The credentials of `client_secret_basic`: both halves form-encoded, joined by a colon, in base64 (RFC 6749 §2.3.1).
    #[cfg(feature = "secrets")]
    pub(crate) fn basic(&mut self, id: &[u8], secret: &[u8]) {
        let start = self.len;
        form::encode(id, self);
        self.str(":");
        form::encode(secret, self);
        self.base64(start, Alphabet::Standard);
        let padding = start.wrapping_sub(self.len) % 4;
        self.bytes(b"==".get(..padding).unwrap_or_default());
    }

    /// Turns what was written from `start` on into base64, in its place.
    #[inline(never)]
    fn base64(&mut self, start: usize, alphabet: Alphabet) {
        let count = self.len.wrapping_sub(start);
        self.len = start;
        if let Some(room) = self.take(count.wrapping_add(count.div_ceil(3))) {
            alphabet.encode(room, count);
        }
    }

    /// What was written, and a [checksum](checksum) of it behind.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(crate) fn seal(mut self, begin: u64) -> Result<&'o [u8], Error> {
        let sum = checksum(begin, self.buffer.get(..self.len).unwrap_or_default());
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

/// A number's decimal digits, each on its own: they need no buffer.
pub(crate) fn decimal<'d>(number: usize) -> impl Iterator<Item = &'d [u8]> {
    let mut unit = 1usize;
    while number.checked_div(unit).is_some_and(|units| units > 9) {
        unit = unit.wrapping_mul(10);
    }
    core::iter::from_fn(move || {
        let digit = number.checked_div(unit)? % 10;
        unit /= 10;
        b"0123456789".get(digit..)?.get(..1)
    })
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
            assert_eq!(decimal(number).map(text).collect::<std::string::String>(), std::format!("{number}"));
        }
    }
}
