//! Shortcuts for names and values that are as nearly all are: whole, with neither spaces nor escapes in the way. Only for speed: anything
//! else is left unread.

use core::slice;

use super::{Event, Kind, Tokenizer, count_looks, may, string::skip_plain};

impl Tokenizer {
    /// Reads a name or a text with the quotes and the `,` or `:` before it, or a number with its `:`. The tokenizer stands between names
    /// and values.
    #[inline(always)]
    pub(super) fn whole_item<'i>(&mut self, rest: &mut slice::Iter<'i, u8>) -> Option<Event<'i>> {
        let (kind, then, inside) = match rest.as_slice() {
            [b':', b'"', inside @ ..] if self.at == may::BEHIND_NAME => (Kind::Text, may::BEHIND_VALUE, inside),
            [b',', b'"', inside @ ..] if self.at == may::BEHIND_VALUE && self.in_object() => (Kind::Name, may::BEHIND_NAME, inside),
            [b'"', inside @ ..] if self.at == may::NAME | may::END => (Kind::Name, may::BEHIND_NAME, inside),
            // Of all digits but the zero, another may follow.
            [b':', inside @ ..] if self.at == may::BEHIND_NAME && matches!(inside, [b'1'..=b'9', ..]) => {
                (Kind::Number, may::BEHIND_VALUE, inside)
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
        // A quote belongs to its string. What ends a number does not, and before it comes nobody knows whether more digits do.
        let ends = if kind == Kind::Number { matches!(after.as_slice(), [b',' | b'}', ..]) } else { after.next() == Some(&b'"') };
        if !ends {
            return None;
        }
        *rest = after;
        self.at = then;
        Some(Event { kind, depth: self.depth, piece, whole: true })
    }
}
