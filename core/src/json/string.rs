//! The inside of a string (RFC 8259 §7): runs that are as they are written, escapes, and UTF-8.

use core::slice;

use super::{JsonError, State, Step, Tokenizer};

/// What may follow in a UTF-8 sequence once a byte of a string was read, given what might follow before it; `None` where the
/// byte may not, or ends the run.
///
/// A nibble for each byte to come, the next lowest; nothing between two sequences. Its bits are the quarters of `0x80..=0xBF` in
/// which the byte may be (the Unicode Standard, table 3-7). Those of the second byte are what refuses overlong forms,
/// surrogates and what is beyond U+10FFFF.
pub(super) fn go_on(to_come: u32, byte: u8) -> Option<u32> {
    if to_come != 0 {
        let fits = byte & 0xC0 == 0x80 && to_come >> (byte >> 4 & 3) & 1 == 1;
        return if fits { Some(to_come >> 4) } else { None };
    }
    match byte {
        0xC2..=0xDF => Some(0xF),
        0xE0.. => LEADS.get(usize::from(byte & 0x1F)).map(|to_come| u32::from(*to_come)),
        _ => None,
    }
}

/// What may follow after each of `0xE0..=0xF4`.
const LEADS: [u16; 21] = [
    0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF3, 0xFF, 0xFF, // of three bytes
    0xFFE, 0xFFF, 0xFFF, 0xFFF, 0xFF1, // of four
];

impl Tokenizer {
    /// Reads the byte that ends a run.
    pub(super) fn quote(&mut self, byte: u8) -> Step {
        match byte {
            _ if self.units != 0 || byte >= 0x80 => Step::Wrong(JsonError::Utf8),
            b'"' => Step::Whole,
            b'\\' => {
                self.state = State::Escape;
                Step::On
            }
            _ => Step::Wrong(JsonError::Syntax),
        }
    }

    /// Reads a byte of an escape.
    pub(super) fn escape(&mut self, byte: u8) -> Step {
        match (self.state, byte) {
            (State::Half, b'\\') => self.state = State::Escape,
            (State::Escape, b'u') => (self.state, self.at) = (State::Hex, 4),
            (State::Hex, _) => {
                let Some(digit) = char::from(byte).to_digit(16) else { return Step::Wrong(JsonError::Syntax) };
                self.units = self.units << 4 | digit;
                self.at = self.at.wrapping_sub(1);
                if self.at == 0 {
                    return self.code_unit();
                }
            }
            (State::Escape, _) if self.units == 0 => {
                self.units = match byte {
                    b'"' | b'\\' | b'/' => byte,
                    b'b' => 0x08,
                    b'f' => 0x0C,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return Step::Wrong(JsonError::Syntax),
                }
                .into();
                return Step::Character;
            }
            // The first half of a surrogate pair, alone.
            _ => return Step::Wrong(JsonError::Utf8),
        }
        Step::On
    }

    /// A UTF-16 code unit is complete: a character, or the first or second half of one.
    fn code_unit(&mut self) -> Step {
        let low = self.units & 0xFFFF;
        match self.units {
            0xD800..=0xDBFF => {
                self.state = State::Half;
                return Step::On;
            }
            0..0xD800 | 0xE000..0x1_0000 => {}
            0x1_0000.. if low & 0xFC00 == 0xDC00 => {
                let high = self.units >> 16;
                self.units = ((high & 0x3FF) << 10 | low & 0x3FF).wrapping_add(0x1_0000);
            }
            _ => return Step::Wrong(JsonError::Utf8),
        }
        Step::Character
    }
}

/// A character in UTF-8, at the end of four bytes. By hand, since `char::encode_utf8` has a panic path for a short buffer.
pub(super) fn encode(code: u32, bytes: &mut [u8; 4]) -> &[u8] {
    // From the last byte to the first, which says by its upper bits how many follow, and has less room for each.
    let (mut word, mut tails, mut rest, mut room) = (0, 0u32, code, 0x80);
    while rest >= room {
        word |= (0x80 | rest & 0x3F) << (tails << 3);
        tails = tails.wrapping_add(1);
        rest >>= 6;
        room = 0x40 >> tails;
    }
    let marks = 0x100u32.wrapping_sub(room << 1);
    *bytes = (word | (marks | rest) << (tails << 3)).to_be_bytes();
    bytes.get(3usize.wrapping_sub(tails as usize)..).unwrap_or_default()
}

/// Skips the characters that a string holds as they are: ASCII but the quote, the backslash and the control characters. By words and
/// blocks of them where there are words of 64 bits, since tokens are made of nothing else; a machine with vectors judges a block at once.
#[cfg_attr(target_pointer_width = "64", inline)]
pub(super) fn skip_plain(rest: &mut slice::Iter<'_, u8>) {
    #[cfg(target_pointer_width = "64")]
    {
        // Names and most texts end in their first words.
        let (mut bytes, mut has_ended) = after_plain_words(rest.as_slice(), 2);
        if !has_ended {
            // A block that was not plain has four words; what is shorter than one has three.
            (bytes, has_ended) = after_plain_words(after_plain_blocks(bytes), 4);
        }
        *rest = bytes.iter();
        if has_ended {
            return;
        }
    }
    while rest.as_slice().first().is_some_and(|byte| is_plain(*byte)) {
        rest.next();
    }
}

/// What follows the plain characters of at most `most` words, and whether that begins with a character that is not plain.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn after_plain_words(bytes: &[u8], most: usize) -> (&[u8], bool) {
    let mut rest = bytes;
    for _ in 0..most {
        let Some((word, after)) = rest.split_first_chunk() else { break };
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            let plain = special.trailing_zeros() >> 3;
            return (rest.get(plain as usize..).unwrap_or_default(), true);
        }
        rest = after;
    }
    (rest, false)
}

/// What follows the blocks of plain characters at the start of `bytes`. No branch for a byte, so that a compiler can judge a block at once.
#[cfg(target_pointer_width = "64")]
#[inline(never)]
fn after_plain_blocks(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk::<32>()
        && block.iter().fold(true, |all, byte| all & is_plain(*byte))
    {
        rest = after;
    }
    rest
}

/// Whether a string holds a byte as it is. As signed numbers, with the quote brought to the control characters: what is not ASCII is negative.
const fn is_plain(byte: u8) -> bool {
    ((byte ^ 2) as i8) > 0x20 && byte != b'\\'
}

/// Sets the top bit of each byte that is not plain. A subtraction may borrow from the byte above such
/// a one, so that only the lowest of the bits is certain; it is the one asked for.
#[cfg(target_pointer_width = "64")]
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
