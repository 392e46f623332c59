//! Members of an answer that only the application knows, kept as one JSON object.
//!
//! They are written again from what the tokenizer read, so escapes that need not be are gone: `4\/a` is kept as `4/a`, and
//! a surrogate pair as the character it stands for.

#![cfg(feature = "members")]

use crate::{
    arena::{Arena, Moved, Span},
    error::Error,
    json::{Event, Kind},
};

/// The members kept so far, and the one that is being read.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Members {
    /// `{"name":value,...` and, once [`Members::close`] was called, `}`.
    pub(crate) span: Span,
    part: Span,
    stage: Stage,
    in_string: bool,
    /// The last byte of the member so far, whether it fitted or not.
    last: u8,
    overflowed: bool,
    /// Bytes that did not fit, since they were last asked for.
    lost: u32,
}

#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "model", derive(Clone))]
enum Stage {
    Before,
    Within,
    Whole,
}

impl Members {
    pub(crate) const NONE: Self =
        Self { span: Span::NONE, part: Span::NONE, stage: Stage::Before, in_string: false, last: 0, overflowed: false, lost: 0 };

    /// Takes the next event of a member's value. Gives the bytes that did not fit.
    pub(crate) fn take(&mut self, arena: &mut Arena<'_>, name: &str, event: Event<'_>) -> u32 {
        if self.stage == Stage::Before {
            self.stage = Stage::Within;
            self.overflowed = false;
            self.in_string = false;
            self.part = arena.open();
            let open: &[u8] = if self.span.is_empty() { b"{\"" } else { b",\"" };
            for piece in [open, name.as_bytes(), b"\":"] {
                self.push(arena, piece);
            }
        }
        self.write(arena, event);
        let goes_on = matches!(event.kind, Kind::ObjectStart | Kind::ArrayStart) || !event.whole;
        if !goes_on && event.depth == 1 {
            self.stage = Stage::Whole;
        }
        core::mem::take(&mut self.lost)
    }

    fn write(&mut self, arena: &mut Arena<'_>, Event { kind, piece, whole, .. }: Event<'_>) {
        match kind {
            Kind::Mark => {}
            Kind::ObjectStart => self.fresh(arena, b"{"),
            Kind::ArrayStart => self.fresh(arena, b"["),
            Kind::ObjectEnd => self.push(arena, b"}"),
            Kind::ArrayEnd => self.push(arena, b"]"),
            Kind::Name | Kind::Text => {
                if !core::mem::replace(&mut self.in_string, true) {
                    self.fresh(arena, b"\"");
                }
                self.escaped(arena, piece);
                if whole {
                    self.in_string = false;
                    self.push(arena, if kind == Kind::Name { b"\":" } else { b"\"" });
                }
            }
            Kind::Number => {
                if !core::mem::replace(&mut self.in_string, !whole) {
                    self.fresh(arena, piece);
                } else {
                    self.push(arena, piece);
                }
            }
            Kind::True => self.fresh(arena, b"true"),
            Kind::False => self.fresh(arena, b"false"),
            Kind::Null => self.fresh(arena, b"null"),
        }
    }

    /// Begins a name or value: behind a comma, unless it is the first of its container or the value of a name.
    fn fresh(&mut self, arena: &mut Arena<'_>, bytes: &[u8]) {
        if !matches!(self.last, b'{' | b'[' | b':') {
            self.push(arena, b",");
        }
        self.push(arena, bytes);
    }

    fn escaped(&mut self, arena: &mut Arena<'_>, piece: &[u8]) {
        const HEX: [u8; 16] = *b"0123456789abcdef";
        let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
        for (plain, byte) in parts(piece) {
            self.push(arena, plain);
            match byte {
                None => {}
                Some(byte @ (b'"' | b'\\')) => self.push(arena, &[b'\\', byte]),
                Some(byte) => self.push(arena, &[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]),
            }
        }
    }

    /// Adds to the member being read. One that does not fit is given back whole, and counted.
    fn push(&mut self, arena: &mut Arena<'_>, bytes: &[u8]) {
        self.last = bytes.last().copied().unwrap_or(self.last);
        if !self.overflowed {
            if arena.grow(&mut self.part, bytes).is_ok() {
                return;
            }
            self.overflowed = true;
            self.lost = self.lost.saturating_add(self.part.len() as u32);
            arena.truncate(arena.used().saturating_sub(self.part.len()));
            self.part = Span::default();
        }
        self.lost = self.lost.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }

    /// Joins a member that is whole to those before it, which may move what lies between.
    pub(crate) fn settle(&mut self, arena: &mut Arena<'_>) -> Option<Moved> {
        if self.stage != Stage::Whole {
            return None;
        }
        self.stage = Stage::Before;
        let part = core::mem::take(&mut self.part);
        if self.overflowed { None } else { arena.join(&mut self.span, part) }
    }

    /// Closes the object, if there is one.
    ///
    /// # Errors
    /// [`Error::Capacity`] when its brace is lost, and with it the object.
    pub(crate) fn close(&mut self, arena: &mut Arena<'_>) -> Result<Option<Moved>, Error> {
        if self.span.is_empty() {
            let needed = arena.used().saturating_add(1);
            return if self.overflowed { Err(Error::Capacity { needed }) } else { Ok(None) };
        }
        let brace = arena.add(b"}").inspect_err(|_| self.span = Span::NONE)?;
        Ok(arena.join(&mut self.span, brace))
    }
}

const fn special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f)
}

/// The pieces between the bytes that are escaped, each with the one that follows it. No iterator of the standard library does this without
/// a panic that is linked.
fn parts(piece: &[u8]) -> impl Iterator<Item = (&[u8], Option<u8>)> {
    let mut rest = Some(piece);
    core::iter::from_fn(move || {
        let bytes = rest?;
        let plain = bytes.iter().position(|byte| special(*byte)).unwrap_or(bytes.len());
        let (part, after) = bytes.split_at_checked(plain)?;
        let byte = after.split_first();
        rest = byte.map(|(_, after)| after);
        Some((part, byte.map(|(byte, _)| *byte)))
    })
}
