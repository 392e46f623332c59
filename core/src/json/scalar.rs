//! Numbers (RFC 8259 §6) and the words of the grammar (§3).

use super::{Event, JsonError, Listener, Next, State, before};

/// Where in a number a text stands (RFC 8259 §6).
#[derive(Clone, Copy)]
pub(super) enum Number {
    /// Before its first byte.
    Start,
    /// After `-`.
    Minus,
    /// After a zero that no digit may follow.
    Zero,
    /// In the digits of the integer.
    Integer,
    /// After `.`: a digit must follow.
    Point,
    /// In the digits of the fraction.
    Fraction,
    /// After `e`: a sign or a digit must follow.
    Exponent,
    /// After the sign: a digit must follow.
    Sign,
    /// In the digits of the exponent.
    Power,
}

impl Number {
    /// Reads the number as far as it goes; only the byte after it says that it has ended.
    pub(super) fn read<'i, L: Listener + ?Sized>(mut self, input: &'i [u8], to: &mut L) -> Result<(State, &'i [u8]), JsonError> {
        let mut rest = input;
        while let Some((&byte, after)) = rest.split_first()
            && let Some(next) = self.next(byte)
        {
            (self, rest) = (next, after);
        }
        let piece = before(input, rest);
        if !piece.is_empty() {
            to.on(Event::Number(piece));
        }
        if rest.is_empty() {
            return Ok((State::Number(self), rest));
        }
        if !self.is_whole() {
            return Err(JsonError::Syntax);
        }
        to.on(Event::NumberEnd);
        Ok((State::Between(Next::After), rest))
    }

    const fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Start, b'-') => Self::Minus,
            (Self::Start | Self::Minus, b'0') => Self::Zero,
            (Self::Start | Self::Minus, b'1'..=b'9') => Self::Integer,
            (Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return None,
        })
    }

    /// Whether the number may end here.
    pub(super) const fn is_whole(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Power)
    }
}

/// The words of the grammar (RFC 8259 §3).
#[derive(Clone, Copy)]
pub(super) enum Literal {
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

impl Literal {
    /// Reads the literal, of which `at` bytes are read, as far as it goes.
    pub(super) fn read<'i, L: Listener + ?Sized>(self, at: u8, input: &'i [u8], to: &mut L) -> Result<(State, &'i [u8]), JsonError> {
        let (word, event) = match self {
            Self::True => (b"true".as_slice(), Event::True),
            Self::False => (b"false".as_slice(), Event::False),
            Self::Null => (b"null".as_slice(), Event::Null),
        };
        let (mut at, mut rest) = (at, input);
        for expected in word.iter().skip(usize::from(at)) {
            match rest.split_first() {
                Some((byte, after)) if byte == expected => {
                    (at, rest) = (at.wrapping_add(1), after);
                }
                Some(_) => return Err(JsonError::Syntax),
                None => return Ok((State::Literal(self, at), rest)),
            }
        }
        to.on(event);
        Ok((State::Between(Next::After), rest))
    }
}
