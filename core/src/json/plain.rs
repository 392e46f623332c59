//! Shortcuts for members that are as nearly all are: neither spaces nor escapes in the way, and whole. Only for speed: of all else nothing is
//! read here.

use core::slice;

use super::{Event, Kind, Tokenizer, count_looks, may, string::skip_plain};

impl Tokenizer {
    /// A name or a text, with the `,` or `:` before it, or a number. The tokenizer stands between names and values.
    #[inline(always)]
    pub(super) fn plain<'i>(&mut self, rest: &mut slice::Iter<'i, u8>) -> Option<Event<'i>> {
        let (kind, then, inside) = match rest.as_slice() {
            [b':', b'"', inside @ ..] if self.at == may::COLON => (Kind::Text, may::COMMA | may::END, inside),
            [b',', b'"', inside @ ..] if self.at == may::COMMA | may::END && self.in_object() => (Kind::Name, may::COLON, inside),
            [b'"', inside @ ..] if self.at == may::NAME | may::END => (Kind::Name, may::COLON, inside),
            // Of all digits but the zero, another may follow.
            [b':', inside @ ..] if self.at == may::COLON && matches!(inside, [b'1'..=b'9', ..]) => {
                (Kind::Number, may::COMMA | may::END, inside)
            }
            _ => return None,
        };
        let mut after = inside.iter();
        if kind == Kind::Number {
            while after.as_slice().first().is_some_and(u8::is_ascii_digit) {
                after.next();
            }
        } else {
            skip_plain(&mut after);
        }
        let piece = inside.get(..inside.len().wrapping_sub(after.len()))?;
        count_looks(piece.len());
        let ends = if kind == Kind::Number { matches!(after.as_slice(), [b',' | b'}', ..]) } else { after.next() == Some(&b'"') };
        if !ends {
            return None;
        }
        *rest = after;
        self.at = then;
        Some(Event { kind, depth: self.depth, piece, whole: true })
    }
}
