//! A token endpoint's answer on its way from the tokenizer into the arena.

#![expect(clippy::wildcard_enum_match_arm, reason = "a value of any other kind than the grammar names is refused")]

use super::{Answer, FIELDS, Field, Lifetime, MAX_LIFETIME, NAMES};
use crate::{
    arena::{Arena, Span},
    config::Config,
    error::Violation,
    json::{Event, Listener},
    policy::Quirks,
    scope::is_scope_byte,
    spelling::{go_on, parts, whole},
};

/// An answer being read into the arena.
pub(crate) struct Reading<'x, 'c> {
    pub(crate) answer: &'x mut Answer,
    pub(crate) arena: Arena<'x>,
    pub(crate) config: &'x Config<'c>,
}

impl Listener for Reading<'_, '_> {
    fn on(&mut self, event: Event<'_>) {
        // Closing brackets count for the depth before, opening ones for the depth after.
        if matches!(event, Event::ObjectEnd | Event::ArrayEnd) {
            self.answer.depth = self.answer.depth.saturating_sub(1);
        }
        match self.answer.depth {
            0 => {
                if !matches!(event, Event::ObjectStart | Event::ObjectEnd) {
                    self.fault(Violation::Json);
                }
            }
            1 => match event {
                Event::Name(piece) => self.name(piece),
                Event::NameEnd => self.name_end(),
                _ => self.value(event),
            },
            _ => self.value(event),
        }
        if matches!(event, Event::ObjectStart | Event::ArrayStart) {
            self.answer.depth = self.answer.depth.saturating_add(1);
        }
    }
}

impl Reading<'_, '_> {
    fn fault(&mut self, violation: Violation) {
        self.answer.fault.get_or_insert(violation);
    }

    /// Tolerates an oddity if the policy does.
    fn quirk(&mut self, quirk: Quirks) {
        if self.config.allows(quirk) {
            self.answer.quirks = self.answer.quirks.union(quirk);
        } else {
            self.fault(Violation::Member);
        }
    }

    /// Strikes out the names that this one is not.
    fn name(&mut self, piece: &[u8]) {
        let start = usize::from(self.answer.position);
        let left = go_on(&NAMES, start, piece) | go_on(self.config.members(), start, piece) << NAMES.len();
        self.answer.candidates = if start == 0 { left } else { self.answer.candidates & left };
        // A name longer than any known has no candidates left, so the count may stop where it is.
        self.answer.position = self.answer.position.saturating_add(u8::try_from(piece.len()).unwrap_or(u8::MAX));
    }

    fn name_end(&mut self) {
        let len = usize::from(core::mem::take(&mut self.answer.position));
        let left = if len == 0 { 0 } else { self.answer.candidates };
        let own = || whole(self.config.members(), left >> NAMES.len(), len).map(|at| at.saturating_add(NAMES.len()));
        let found = whole(&NAMES, left, len).or_else(own);
        self.answer.field = match found {
            None => Field::Unknown,
            Some(at) => {
                let bit = 1u32.wrapping_shl(at as u32);
                if self.answer.seen & bit != 0 {
                    self.fault(Violation::Member);
                }
                self.answer.seen |= bit;
                FIELDS.get(at).copied().unwrap_or(Field::Member(at.saturating_sub(FIELDS.len()) as u8))
            }
        };
        self.answer.overflowed = false;
        match self.answer.field {
            Field::Access => self.answer.access = self.arena.open(),
            Field::Refresh => self.answer.refresh = self.arena.open(),
            Field::Scope => self.answer.scope = self.arena.open(),
            Field::Error => self.answer.code = self.arena.open(),
            Field::Description => self.answer.description = self.arena.open(),
            Field::Member(_) | Field::Type | Field::ExpiresIn | Field::Unknown => {}
        }
    }

    fn value(&mut self, event: Event<'_>) {
        // Nothing is kept of an answer that is not believed any more.
        if self.answer.fault.is_some() {
            return;
        }
        match self.answer.field {
            Field::Unknown => {}
            Field::Access | Field::Refresh => self.token(event),
            Field::Type => self.token_type(event),
            Field::ExpiresIn => self.expires_in(event),
            Field::Scope => self.scope(event),
            Field::Error | Field::Description => self.words(event),
            Field::Member(at) if cfg!(feature = "members") => self.member(at, event),
            Field::Member(_) => {}
        }
    }

    /// `null` for an optional member: as if it were not there.
    fn absent(&mut self) {
        self.quirk(Quirks::NULL_IS_ABSENT);
        if let Some(at) = FIELDS.iter().position(|known| *known == self.answer.field) {
            self.answer.absent |= 1u32.wrapping_shl(at as u32);
        }
    }

    /// Makes room for the refresh token: it outlives the access token, and is lost for good if it is not kept.
    fn make_room(&mut self, needed: usize) {
        let answer = &mut *self.answer;
        if !self.arena.fits(needed) {
            let access = core::mem::take(&mut answer.access);
            answer.lost = answer.lost.saturating_add(access.len() as u32);
            let behind = &mut [&mut answer.refresh, &mut answer.scope, &mut answer.code, &mut answer.description, &mut answer.members.span];
            self.arena.remove(access, behind);
        }
        if !self.arena.fits(needed) && !answer.scope.is_empty() {
            let scope = core::mem::take(&mut answer.scope);
            answer.lost = answer.lost.saturating_add(scope.len() as u32);
            answer.lost_scope = true;
            self.arena.remove(scope, &mut [&mut answer.refresh, &mut answer.code, &mut answer.description, &mut answer.members.span]);
        }
    }

    /// Adds to the value at the end of the arena. What does not fit is given back whole, and counted.
    fn keep(&mut self, piece: &[u8]) {
        if self.answer.field == Field::Refresh && !self.answer.overflowed {
            self.make_room(piece.len());
        }
        let span = match self.answer.field {
            Field::Access => &mut self.answer.access,
            Field::Refresh => &mut self.answer.refresh,
            Field::Scope => &mut self.answer.scope,
            Field::Error => &mut self.answer.code,
            _ => &mut self.answer.description,
        };
        if !self.answer.overflowed {
            if self.arena.grow(span, piece).is_ok() {
                return;
            }
            self.answer.overflowed = true;
            self.answer.lost = self.answer.lost.saturating_add(span.len() as u32);
            self.arena.truncate(self.arena.used().saturating_sub(span.len()));
            *span = Span::default();
            self.answer.lost_refresh |= self.answer.field == Field::Refresh;
            self.answer.lost_scope |= self.answer.field == Field::Scope;
        }
        self.answer.lost = self.answer.lost.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
    }

    /// `access_token`, `refresh_token`: 1*VSCHAR (RFC 6749 Appendix A.12, A.17).
    fn token(&mut self, event: Event<'_>) {
        let refresh = self.answer.field == Field::Refresh;
        match event {
            Event::Text(piece) => {
                if piece.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
                    self.keep(piece);
                } else {
                    self.fault(Violation::Member);
                }
            }
            Event::TextEnd => {
                let empty = if refresh { self.answer.refresh.is_empty() } else { self.answer.access.is_empty() };
                if empty && !self.answer.overflowed && self.answer.fault.is_none() {
                    if refresh { self.absent() } else { self.fault(Violation::Member) }
                }
            }
            Event::Null if refresh => self.absent(),
            _ => self.fault(Violation::Member),
        }
    }

    /// `token_type`: only `Bearer` is understood, in any case (RFC 6749 §7.1).
    fn token_type(&mut self, event: Event<'_>) {
        const BEARER: &[u8] = b"bearer";
        match event {
            Event::Text(piece) => {
                let start = usize::from(self.answer.position);
                let same = BEARER
                    .get(start..)
                    .and_then(|rest| rest.get(..piece.len()))
                    .is_some_and(|expected| expected.eq_ignore_ascii_case(piece));
                self.answer.is_bearer = same && (start == 0 || self.answer.is_bearer);
                self.answer.position = self.answer.position.saturating_add(u8::try_from(piece.len()).unwrap_or(u8::MAX));
            }
            Event::TextEnd => {
                let len = core::mem::take(&mut self.answer.position);
                self.answer.is_bearer &= usize::from(len) == BEARER.len();
            }
            Event::Null => self.absent(),
            _ => self.fault(Violation::Member),
        }
    }

    /// `expires_in`: digits, and whatever providers send instead. It never loses the tokens beside it.
    fn expires_in(&mut self, event: Event<'_>) {
        match event {
            Event::Number(piece) => self.seconds(piece),
            Event::Text(piece) => {
                self.quirk(Quirks::EXPIRES_IN_STRING);
                self.seconds(piece);
            }
            Event::NumberEnd | Event::TextEnd => {
                let digits = core::mem::take(&mut self.answer.position) > 0;
                if !digits || self.answer.lifetime() == Some(0) {
                    self.answer.lifetime = Lifetime::Unknown;
                }
                if self.answer.lifetime == Lifetime::Unknown {
                    self.quirk(Quirks::EXPIRES_IN_IGNORED);
                }
            }
            Event::Null => self.absent(),
            Event::True | Event::False | Event::ObjectStart | Event::ArrayStart => self.quirk(Quirks::EXPIRES_IN_IGNORED),
            Event::ObjectEnd | Event::ArrayEnd | Event::Name(_) | Event::NameEnd => {}
        }
    }

    fn seconds(&mut self, piece: &[u8]) {
        // The number within an object or array is none of ours.
        if self.answer.depth != 1 {
            return;
        }
        for byte in piece {
            let first = self.answer.position == 0;
            self.answer.position = 1;
            self.answer.lifetime = match (self.answer.lifetime, byte) {
                (Lifetime::Unknown, b'0'..=b'9') if first => Lifetime::Seconds(u32::from(byte & 15)),
                (Lifetime::Seconds(sum), b'0'..=b'9') => {
                    Lifetime::Seconds(sum.saturating_mul(10).saturating_add(u32::from(byte & 15)).min(MAX_LIFETIME))
                }
                (Lifetime::Seconds(sum), b'.') => Lifetime::Fraction(sum),
                (Lifetime::Fraction(sum), b'0'..=b'9') => Lifetime::Fraction(sum),
                _ => Lifetime::Unknown,
            };
            if matches!(self.answer.lifetime, Lifetime::Fraction(_)) {
                self.quirk(Quirks::EXPIRES_IN_FRACTION);
            }
        }
    }

    /// `scope`: tokens with spaces between; an array or commas where that is tolerated (RFC 6749 §3.3).
    fn scope(&mut self, event: Event<'_>) {
        match event {
            Event::Text(piece) => {
                let splits = self.config.allows(Quirks::SCOPE_COMMAS);
                for (part, comma) in parts(piece, |byte| splits && byte == b',') {
                    self.answer.scope_is_bad |= !part.iter().all(|byte| *byte == b' ' || is_scope_byte(*byte));
                    self.keep(part);
                    if comma.is_some() {
                        self.quirk(Quirks::SCOPE_COMMAS);
                        self.keep(b" ");
                    }
                }
            }
            Event::TextEnd => {
                if self.answer.depth > 1 {
                    self.keep(b" ");
                }
            }
            Event::ArrayStart if self.answer.depth == 1 => self.quirk(Quirks::SCOPE_ARRAY),
            // The space behind the last token.
            Event::ArrayEnd if self.answer.depth == 1 => self.arena.shrink(&mut self.answer.scope),
            Event::Null if self.answer.depth == 1 => self.absent(),
            _ => self.answer.scope_is_bad = true,
        }
    }

    /// `error`, `error_description`: what may be shown is kept if it fits, anything else is dropped (RFC 6749 §5.2).
    fn words(&mut self, event: Event<'_>) {
        let error = self.answer.field == Field::Error;
        let span = if error { &mut self.answer.code } else { &mut self.answer.description };
        match event {
            Event::Text(piece) if self.answer.depth == 1 => {
                if error {
                    self.answer.meaning.read(piece);
                }
                let shown = piece.iter().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
                if !self.answer.overflowed && (!shown || self.arena.grow(span, piece).is_err()) {
                    self.answer.overflowed = true;
                    self.arena.truncate(self.arena.used().saturating_sub(span.len()));
                    *span = Span::default();
                }
            }
            Event::Null if error && self.answer.depth == 1 => self.absent(),
            _ => {}
        }
    }

    /// A member of the application's, kept as it came.
    fn member(&mut self, at: u8, event: Event<'_>) {
        let name = self.config.members().get(usize::from(at)).copied().unwrap_or_default();
        let depth = self.answer.depth;
        let answer = &mut *self.answer;
        let lost = answer.members.take(&mut self.arena, name, depth, event);
        answer.lost = answer.lost.saturating_add(lost);
        if let Some(moved) = answer.members.settle(&mut self.arena) {
            // It was moved in front of what came before it.
            answer.make_way(moved);
        }
    }
}
