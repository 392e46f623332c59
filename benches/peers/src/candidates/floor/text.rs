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
        let mut rest = &mut self.bytes[self.len..];
        let before = rest.len();
        for byte in bytes {
            let (code, len) = match byte {
                _ if PLAIN[usize::from(*byte)] => ([*byte, 0, 0], 1),
                b' ' => (*b"+\0\0", 1),
                _ => ([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]], 3),
            };
            rest[..len].copy_from_slice(&code[..len]);
            rest = &mut rest[len..];
        }
        let after = rest.len();
        self.len += before - after;
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
    for (group, text) in bytes.chunks(3).zip(text.chunks_mut(4)) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for (at, text) in text.iter_mut().enumerate() {
            *text = ALPHABET[(word >> (18 - 6 * at)) as usize & 63];
        }
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
