//! The inside of a string (RFC 8259 §7): runs that are as they are written, escapes, and UTF-8.

use super::{Event, JsonError, Listener, Next, State, before};

/// What a string is.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// The name of a member.
    Name,
    /// A value.
    Text,
}

impl Role {
    const fn piece(self, bytes: &[u8]) -> Event<'_> {
        match self {
            Self::Name => Event::Name(bytes),
            Self::Text => Event::Text(bytes),
        }
    }

    const fn end(self) -> (Event<'static>, Next) {
        match self {
            Self::Name => (Event::NameEnd, Next::Colon),
            Self::Text => (Event::TextEnd, Next::After),
        }
    }
}

/// Where in a string a text stands. `high` is the first half of a surrogate pair, whose second half
/// must be the next escape.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Between escapes.
    Run(Utf8),
    /// After the escape of a first half: a backslash must follow.
    Half { high: u16 },
    /// After a backslash.
    Escape { high: Option<u16> },
    /// In the digits of `\u`: their value so far, and how many are to come.
    Hex { high: Option<u16>, value: u16, left: u8 },
}

impl Part {
    /// After the opening quote.
    pub(super) const START: Self = Self::Run(Utf8::WHOLE);

    /// Reads a run or escapes as far as they go.
    pub(super) fn read<'i, L: Listener + ?Sized>(
        mut self,
        role: Role,
        input: &'i [u8],
        to: &mut L,
    ) -> Result<(State, &'i [u8]), JsonError> {
        let mut rest = input;
        while let Some((&byte, after)) = rest.split_first() {
            #[cfg(test)]
            super::tests::count_step();
            self = match (self, byte) {
                (Self::Run(utf8), _) => return utf8.run(role, rest, to),
                (Self::Half { high }, b'\\') => Self::Escape { high: Some(high) },
                (Self::Escape { high }, b'u') => Self::Hex { high, value: 0, left: 4 },
                (Self::Half { .. } | Self::Escape { high: Some(_) }, _) => {
                    return Err(JsonError::Utf8);
                }
                (Self::Escape { high: None }, _) => {
                    to.on(role.piece(&[unescape(byte).ok_or(JsonError::Syntax)?]));
                    Self::START
                }
                (Self::Hex { high, value, left }, _) => {
                    let value = (value << 4) | hex(byte).ok_or(JsonError::Syntax)?;
                    match left.wrapping_sub(1) {
                        0 => Self::unit(high, value, role, to)?,
                        left => Self::Hex { high, value, left },
                    }
                }
            };
            rest = after;
        }
        Ok((State::String(role, self), rest))
    }

    /// Takes an escaped UTF-16 code unit, and tells the character that it is or completes.
    fn unit<L: Listener + ?Sized>(high: Option<u16>, unit: u16, role: Role, to: &mut L) -> Result<Self, JsonError> {
        let ten_bits = |half: u16| u32::from(half & 0x3FF);
        let code = match (high, unit) {
            (None, 0xD800..=0xDBFF) => return Ok(Self::Half { high: unit }),
            (Some(high), 0xDC00..=0xDFFF) => ((ten_bits(high) << 10) | ten_bits(unit)).wrapping_add(0x1_0000),
            (None, 0xDC00..=0xDFFF) | (Some(_), _) => return Err(JsonError::Utf8),
            (None, _) => u32::from(unit),
        };
        // By hand, since `char::encode_utf8` has a panic path for a short buffer.
        let tail = |bits: u32| 0x80 | (bits & 0x3F) as u8;
        let mut tell = |character: &[u8]| to.on(role.piece(character));
        match code {
            0..0x80 => tell(&[code as u8]),
            0x80..0x800 => tell(&[0xC0 | (code >> 6) as u8, tail(code)]),
            0x800..0x1_0000 => tell(&[0xE0 | (code >> 12) as u8, tail(code >> 6), tail(code)]),
            0x1_0000.. => tell(&[0xF0 | (code >> 18) as u8, tail(code >> 12), tail(code >> 6), tail(code)]),
        }
        Ok(Self::START)
    }
}

/// What a byte after a backslash stands for, `u` apart.
const fn unescape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// The value of a hexadecimal digit.
fn hex(byte: u8) -> Option<u16> {
    char::from(byte).to_digit(16).map(|digit| digit as u16)
}

/// Where in a UTF-8 sequence a text stands: how many bytes are to come, and the least and the greatest
/// that the next may be (the Unicode Standard, table 3-7). The bounds of the second byte are what
/// refuses overlong forms, surrogates and what is beyond U+10FFFF.
#[derive(Clone, Copy)]
pub(super) struct Utf8 {
    left: u8,
    least: u8,
    greatest: u8,
}

impl Utf8 {
    /// Between two sequences.
    const WHOLE: Self = Self::tail(0);

    /// Before so many bytes, of which none is special.
    const fn tail(left: u8) -> Self {
        Self { left, least: 0x80, greatest: 0xBF }
    }

    /// Reads as far as nothing is escaped, so that what is told is a part of the chunk.
    fn run<'i, L: Listener + ?Sized>(mut self, role: Role, input: &'i [u8], to: &mut L) -> Result<(State, &'i [u8]), JsonError> {
        let mut rest = input;
        let (part, left) = loop {
            #[cfg(test)]
            super::tests::count_step();
            let Some((&byte, after)) = rest.split_first() else {
                break (Ok(Some(Part::Run(self))), rest);
            };
            (self, rest) = match (self.left, byte) {
                (0, b'"') => break (Ok(None), after),
                (0, b'\\') => break (Ok(Some(Part::Escape { high: None })), after),
                (0, ..0x20) => break (Err(JsonError::Syntax), rest),
                (0, ..0x80) => (self, after_plain(rest)),
                _ => match self.next(byte) {
                    Some(next) => (next, after),
                    None => break (Err(JsonError::Utf8), rest),
                },
            };
        };
        let piece = before(input, rest);
        if !piece.is_empty() {
            to.on(role.piece(piece));
        }
        if let Some(part) = part? {
            return Ok((State::String(role, part), left));
        }
        let (end, next) = role.end();
        to.on(end);
        Ok((State::Between(next), left))
    }

    /// After one more byte, which is not ASCII.
    fn next(self, byte: u8) -> Option<Self> {
        if self.left > 0 {
            let fits = (self.least..=self.greatest).contains(&byte);
            return fits.then_some(Self::tail(self.left.wrapping_sub(1)));
        }
        let (left, least, greatest) = match byte {
            0xC2..=0xDF => (1, 0x80, 0xBF),
            0xE0 => (2, 0xA0, 0xBF),
            0xED => (2, 0x80, 0x9F),
            0xE1..=0xEF => (2, 0x80, 0xBF),
            0xF0 => (3, 0x90, 0xBF),
            0xF1..=0xF3 => (3, 0x80, 0xBF),
            0xF4 => (3, 0x80, 0x8F),
            _ => return None,
        };
        Some(Self { left, least, greatest })
    }
}

/// What follows the characters at the start of `bytes` that a string holds as they are: ASCII but the
/// quote, the backslash and the control characters. By words and blocks of them, since tokens are made of
/// nothing else; a machine with vectors judges a block at once.
fn after_plain(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<32>() {
        let (words, _) = block.as_chunks();
        if words.iter().fold(0, |found, word| found | special(u64::from_le_bytes(*word))) != 0 {
            break;
        }
        rest = after;
    }
    while let Some((word, after)) = rest.split_first_chunk() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            let plain = special.trailing_zeros() >> 3;
            return rest.get(plain as usize..).unwrap_or_default();
        }
        rest = after;
    }
    while let Some((byte, after)) = rest.split_first()
        && matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=0x7F)
    {
        rest = after;
    }
    rest
}

/// Sets the top bit of each byte that is not plain. A subtraction may borrow from the byte above such
/// a one, so that only the lowest of the bits is certain; it is the one asked for.
const fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const QUOTE_OR_CONTROL: u64 = EACH.wrapping_mul(0x21);
    const BACKSLASH: u64 = EACH.wrapping_mul(b'\\' as u64);
    // `^ 0x02` takes the quote, 0x22, to 0x20, next to the control characters, and leaves these among
    // themselves: what is ASCII and then below 0x21 is a quote or a control character. What is not ASCII
    // keeps its top bit through one of the subtractions at least: 0xDC the first, all else the second.
    let quote_or_control = (word ^ EACH.wrapping_mul(0x02)).wrapping_sub(QUOTE_OR_CONTROL);
    let backslash = (word ^ BACKSLASH).wrapping_sub(EACH);
    (quote_or_control | backslash) & EACH.wrapping_mul(0x80)
}
