//! Writing, base64url, and the form encoding.

/// Bytes in a buffer of the caller's, from its beginning. What does not fit panics: the buffers here are large enough.
pub(super) struct Out<'o> {
    bytes: &'o mut [u8],
    len: usize,
}

impl<'o> Out<'o> {
    pub(super) fn new(bytes: &'o mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// As `application/x-www-form-urlencoded`.
    pub(super) fn encoded(&mut self, bytes: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let mut rest = bytes;
        loop {
            let plain = rest.iter().position(|byte| !PLAIN[usize::from(*byte)]).unwrap_or(rest.len());
            self.put(&rest[..plain]);
            let Some((byte, after)) = rest[plain..].split_first() else { return };
            match byte {
                b' ' => self.put(b"+"),
                _ => self.put(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
            }
            rest = after;
        }
    }
}

/// What the form encoding leaves as it is.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*');
        byte += 1;
    }
    plain
};

/// Base64url without padding.
pub(super) fn base64url(bytes: &[u8], text: &mut [u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |word: u32, shift: u32| ALPHABET[(word >> shift) as usize & 63];
    let (groups, last) = bytes.as_chunks::<3>();
    let (texts, rest) = text.as_chunks_mut::<4>();
    for ([a, b, c], text) in groups.iter().zip(texts) {
        let word = u32::from_be_bytes([0, *a, *b, *c]);
        *text = [letter(word, 18), letter(word, 12), letter(word, 6), letter(word, 0)];
    }
    let word = last.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - last.len()));
    for (text, shift) in rest.iter_mut().zip([18, 12, 6]) {
        *text = letter(word, shift);
    }
}

/// Decodes a value of a query: how many bytes it has. Nothing for a bad escape, and for one that does not fit.
pub(super) fn decode(value: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut at, mut len) = (0, 0);
    while let Some(byte) = value.get(at) {
        let (byte, step) = match byte {
            b'%' => (hex(*value.get(at + 1)?)? << 4 | hex(*value.get(at + 2)?)?, 3),
            b'+' => (b' ', 1),
            _ => (*byte, 1),
        };
        *out.get_mut(len)? = byte;
        (at, len) = (at + step, len + 1);
    }
    Some(len)
}

fn hex(digit: u8) -> Option<u8> {
    Some(match digit {
        b'0'..=b'9' => digit - b'0',
        b'A'..=b'F' => digit - b'A' + 10,
        b'a'..=b'f' => digit - b'a' + 10,
        _ => return None,
    })
}
