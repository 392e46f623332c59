//! A token endpoint's answer on its way from the tokenizer into the arena.

#![expect(clippy::wildcard_enum_match_arm, reason = "a value of any other kind than the grammar names is refused")]

use super::{Answer, Digits, Field, MAX_LIFETIME, NAMES};
use crate::{
    arena::{Arena, Span},
    bytes::is_vschar,
    config::Config,
    error::Violation,
    json::{Event, Kind, Listener},
    policy::Quirks,
    scope::is_scope_byte,
};

/// An answer being read into the arena.
pub(crate) struct Reading<'x, 'c> {
    pub(crate) answer: &'x mut Answer,
    pub(crate) arena: Arena<'x>,
    pub(crate) config: &'x Config<'c>,
}

impl Listener for Reading<'_, '_> {
    #[inline(never)]
    fn on(&mut self, event: Event<'_>) {
        // Nothing is kept of an answer that is not believed any more.
        if self.answer.fault.is_some() {
            return;
        }
        match (event.depth, event.kind) {
            (0, Kind::ObjectStart | Kind::ObjectEnd) => {}
            (0, Kind::Mark) => self.quirk(Quirks::BYTE_ORDER_MARK),
            (0, _) => self.fault(Violation::Json),
            (1, Kind::Name) => self.name(event),
            _ => self.value(event),
        }
    }
}

impl Reading<'_, '_> {
    /// Of one event no two faults differ, so that the first stays.
    fn fault(&mut self, violation: Violation) {
        self.answer.fault = Some(violation);
    }

    /// Tolerates an oddity if the policy does. What is not believed any more needs none.
    #[inline(never)]
    fn quirk(&mut self, quirk: Quirks) {
        if !self.config.allows(quirk) {
            self.fault(Violation::Member);
        } else if self.answer.fault.is_none() {
            self.answer.quirks = self.answer.quirks.union(quirk);
        }
    }

    fn name(&mut self, Event { piece, whole, .. }: Event<'_>) {
        let answer = &mut *self.answer;
        let members = self.config.members();
        let mut known = answer.word.next(&NAMES, piece, whole);
        if cfg!(feature = "members") {
            let own = answer.own.next(members, piece, whole);
            known = known.or(own.map(|at| at.saturating_add(NAMES.len() as u8)));
        }
        answer.field = known.map_or(Field::UNKNOWN, Field);
        if answer.field == Field::UNKNOWN {
            return;
        }
        let bit = answer.field.bit();
        if answer.seen & bit != 0 {
            self.fault(Violation::Member);
        }
        self.answer.seen |= bit;
        let open = self.arena.open();
        if let Some(text) = self.text() {
            *text = open;
        }
    }

    fn value(&mut self, event: Event<'_>) {
        match self.answer.field {
            Field::ACCESS | Field::REFRESH => self.token(event),
            Field::SCOPE => self.scope(event),
            Field::ERROR | Field::DESCRIPTION => self.words(event),
            Field::TYPE => self.token_type(event),
            Field::EXPIRES_IN => self.expires_in(event),
            Field::UNKNOWN => {}
            #[cfg(feature = "members")]
            Field(at) => self.member(at.wrapping_sub(NAMES.len() as u8), event),
            #[cfg(not(feature = "members"))]
            Field(_) => {}
        }
    }

    /// `null` for an optional member: as if it were not there.
    fn absent(&mut self) {
        self.quirk(Quirks::NULL_IS_ABSENT);
        self.answer.absent |= self.answer.field.bit() as u8;
    }

    /// What is kept of the text that is being read, at the end of the arena.
    fn text(&mut self) -> Option<&mut Span> {
        self.answer.texts.get_mut(usize::from(self.answer.field.0))
    }

    /// Adds to the text that is being read; what does not fit is given back whole.
    fn keep(&mut self, piece: &[u8]) {
        let field = self.answer.field;
        let lost = self.answer.lost(field);
        if !lost && field == Field::REFRESH {
            // It outlives the access token, and is lost for good if it is not kept.
            if !self.arena.fits(piece.len()) {
                self.lose(Field::ACCESS, 0);
            }
            if !self.arena.fits(piece.len()) {
                self.lose(Field::SCOPE, 0);
            }
        }
        let Some(text) = self.answer.texts.get_mut(usize::from(field.0)) else { return };
        if lost || self.arena.grow(text, piece).is_err() {
            self.lose(field, piece.len());
        }
    }

    /// A text is not kept, nor are so many bytes more of it. They are counted, unless they are words for a person.
    fn lose(&mut self, field: Field, more: usize) {
        let answer = &mut *self.answer;
        let Some(text) = answer.texts.get_mut(usize::from(field.0)) else { return };
        let dead = core::mem::take(text);
        let lost = dead.len().saturating_add(more);
        if lost == 0 {
            return;
        }
        answer.unkept |= field.bit() as u8;
        if field <= Field::SCOPE {
            answer.lost_bytes = answer.lost_bytes.saturating_add(u32::try_from(lost).unwrap_or(u32::MAX));
        }
        if !dead.is_empty() {
            self.arena.remove(dead);
            for text in &mut answer.texts {
                text.close_up(dead);
            }
            #[cfg(feature = "members")]
            answer.members.span.close_up(dead);
        }
    }

    /// `access_token`, `refresh_token`: 1*VSCHAR (RFC 6749 Appendix A.12, A.17).
    fn token(&mut self, Event { kind, piece, .. }: Event<'_>) {
        let field = self.answer.field;
        match kind {
            Kind::Text if !piece.is_empty() => {
                if piece.iter().fold(true, |all, byte| all & is_vschar(*byte)) {
                    self.keep(piece);
                } else {
                    self.fault(Violation::Member);
                }
            }
            // The end of one whose pieces have come.
            Kind::Text if !self.answer.text(field).is_empty() || self.answer.lost(field) => {}
            Kind::Text | Kind::Null if field == Field::REFRESH => self.absent(),
            _ => self.fault(Violation::Member),
        }
    }

    /// `token_type`: only `Bearer` is understood, in any case (RFC 6749 §7.1).
    fn token_type(&mut self, Event { kind, piece, whole, .. }: Event<'_>) {
        const BEARER: &str = "bearer";
        let known = &[BEARER];
        match kind {
            Kind::Text => {
                // A piece that is longer than the word is none of it, in whatever case.
                let mut lower = [0; BEARER.len()];
                for (lower, byte) in lower.iter_mut().zip(piece) {
                    // The word is of letters alone, and nothing but a letter becomes one by this bit.
                    *lower = byte | 0x20;
                }
                self.answer.is_bearer = self.answer.word.next(known, lower.get(..piece.len()).unwrap_or(piece), whole).is_some();
            }
            Kind::Null => self.absent(),
            _ => self.fault(Violation::Member),
        }
    }

    /// `expires_in`: digits, and whatever providers send instead. It never loses the tokens beside it.
    fn expires_in(&mut self, Event { kind, depth, piece, whole }: Event<'_>) {
        match kind {
            Kind::Number | Kind::Text => {
                if kind == Kind::Text && !piece.is_empty() {
                    self.quirk(Quirks::EXPIRES_IN_STRING);
                }
                // The number within an object or array is none of ours.
                if depth == 1 {
                    self.seconds(piece);
                }
                if whole && !matches!(self.answer.digits, Digits::Whole | Digits::Fraction) {
                    self.answer.lifetime = 0;
                }
                if whole && self.answer.lifetime == 0 {
                    self.quirk(Quirks::EXPIRES_IN_IGNORED);
                }
            }
            Kind::Null => self.absent(),
            Kind::True | Kind::False | Kind::ObjectStart | Kind::ArrayStart => self.quirk(Quirks::EXPIRES_IN_IGNORED),
            _ => {}
        }
    }

    fn seconds(&mut self, piece: &[u8]) {
        for byte in piece {
            let answer = &mut *self.answer;
            answer.digits = match (answer.digits, byte) {
                (Digits::None | Digits::Whole, b'0'..=b'9') => {
                    let sum = answer.lifetime.wrapping_mul(10).wrapping_add(u32::from(byte & 15));
                    answer.lifetime = sum.min(MAX_LIFETIME);
                    Digits::Whole
                }
                (Digits::Whole, b'.') | (Digits::Fraction, b'0'..=b'9') => Digits::Fraction,
                _ => Digits::Bad,
            };
            if answer.digits == Digits::Fraction {
                self.quirk(Quirks::EXPIRES_IN_FRACTION);
            }
        }
    }

    /// `scope`: tokens with spaces between; an array or commas where that is tolerated (RFC 6749 §3.3).
    fn scope(&mut self, Event { kind, depth, piece, whole }: Event<'_>) {
        match kind {
            Kind::Text => {
                self.answer.scope_is_bad |= !are_words(piece);
                self.keep(piece);
                if self.config.allows(Quirks::SCOPE_COMMAS) && piece.contains(&b',') {
                    self.quirk(Quirks::SCOPE_COMMAS);
                    let kept = self.answer.text(Field::SCOPE).tail(piece.len());
                    for byte in self.arena.get_mut(kept) {
                        if *byte == b',' {
                            *byte = b' ';
                        }
                    }
                }
                if whole && depth > 1 {
                    self.keep(b" ");
                }
            }
            Kind::ArrayStart if depth == 1 => self.quirk(Quirks::SCOPE_ARRAY),
            // The space behind the last token.
            Kind::ArrayEnd if depth == 1 => {
                if let Some(scope) = self.answer.texts.get_mut(usize::from(Field::SCOPE.0)) {
                    self.arena.shrink(scope)
                }
            }
            Kind::Null if depth == 1 => self.absent(),
            _ => self.answer.scope_is_bad = true,
        }
    }

    /// `error`, `error_description`: what may be shown is kept if it fits, anything else is dropped (RFC 6749 §5.2).
    fn words(&mut self, Event { kind, depth, piece, .. }: Event<'_>) {
        let error = self.answer.field == Field::ERROR;
        match kind {
            _ if depth != 1 => {}
            Kind::Text => {
                if error {
                    self.answer.meaning.read(piece);
                }
                if are_words(piece) {
                    self.keep(piece);
                } else {
                    self.lose(self.answer.field, piece.len());
                }
            }
            Kind::Null if error => self.absent(),
            _ => {}
        }
    }

    /// A member of the application's, kept as it came.
    #[cfg(feature = "members")]
    fn member(&mut self, at: u8, event: Event<'_>) {
        let name = self.config.members().get(usize::from(at)).copied().unwrap_or_default();
        let answer = &mut *self.answer;
        let lost = answer.members.take(&mut self.arena, name, event);
        answer.lost_bytes = answer.lost_bytes.saturating_add(lost);
        if let Some(moved) = answer.members.settle(&mut self.arena) {
            // It was moved in front of what came before it.
            answer.make_way(moved);
        }
    }
}

/// Tokens of a scope with spaces between, and what may be shown of an error: the two grammars are one (RFC 6749 Appendix A.4, A.7, A.8).
fn are_words(piece: &[u8]) -> bool {
    piece.iter().all(|byte| *byte == b' ' || is_scope_byte(*byte))
}
