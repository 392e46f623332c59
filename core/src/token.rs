//! The token endpoint's answer, success or error (RFC 6749 §5), read as it arrives and kept in place.

mod reading;
#[cfg(test)]
mod tests;

pub(crate) use reading::Reading;

use crate::{arena::Span, config::Config, error::Violation, policy::Quirks, refusal::Code, spelling::Spelling};

/// The members that have a meaning here. The first of them are texts that are kept.
pub(crate) const NAMES: [&str; 7] = ["access_token", "refresh_token", "scope", "error", "error_description", "token_type", "expires_in"];
const TEXTS: usize = 5;

/// What a name in the answer is to us: its place among [`NAMES`], and behind them that among the application's members.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug)]
pub(crate) struct Field(u8);

impl Field {
    pub(crate) const ACCESS: Self = Self(0);
    pub(crate) const REFRESH: Self = Self(1);
    pub(crate) const SCOPE: Self = Self(2);
    pub(crate) const ERROR: Self = Self(3);
    pub(crate) const DESCRIPTION: Self = Self(4);
    const TYPE: Self = Self(5);
    const EXPIRES_IN: Self = Self(6);
    const UNKNOWN: Self = Self(u8::MAX);

    const fn bit(self) -> u32 {
        1u32.wrapping_shl(self.0 as u32)
    }
}

/// The longest life of a token that is believed: ten years, in seconds.
const MAX_LIFETIME: u32 = 315_360_000;

/// What an answer held, as far as it was read. The smallest fields are first, where the shortest instructions reach.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
#[repr(C)]
pub(crate) struct Answer {
    fault: Option<Violation>,
    field: Field,
    /// Those of the fields that said nothing, and count as if they were not there.
    absent: u8,
    /// Those whose values did not fit.
    unkept: u8,
    digits: Digits,
    is_bearer: bool,
    scope_is_bad: bool,
    /// The name or the token type that is being read.
    word: Spelling,
    /// The same name, held against those of the application's members.
    own: Spelling,
    /// What the error code means, whether there was room for it or not.
    pub(crate) meaning: Code,
    /// The quirks that were needed so far.
    pub(crate) quirks: Quirks,
    /// Fields seen, a bit each.
    seen: u32,
    /// `expires_in` as far as it was read, in seconds; zero is unknown.
    lifetime: u32,
    /// Bytes of wanted values that did not fit.
    pub(crate) lost_bytes: u32,
    /// By [`Field`].
    texts: [Span; TEXTS],
    #[cfg(feature = "members")]
    pub(crate) members: crate::member::Members,
}

/// Where in the number of `expires_in`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Digits {
    None,
    Whole,
    /// Past a decimal point: what follows does not count.
    Fraction,
    Bad,
}

impl Answer {
    /// Before its first byte.
    pub(crate) const NEW: Self = Self {
        texts: [Span::NONE; TEXTS],
        #[cfg(feature = "members")]
        members: crate::member::Members::NONE,
        lost_bytes: 0,
        seen: 0,
        lifetime: 0,
        absent: 0,
        unkept: 0,
        word: Spelling::NONE,
        own: Spelling::NONE,
        meaning: Code::NONE,
        quirks: Quirks::NONE,
        fault: None,
        field: Field::UNKNOWN,
        digits: Digits::None,
        is_bearer: false,
        scope_is_bad: false,
    };

    /// What was kept of a text.
    pub(crate) fn text(&self, field: Field) -> Span {
        self.texts.get(usize::from(field.0)).copied().unwrap_or(Span::NONE)
    }

    /// The application's members, as one JSON object.
    pub(crate) const fn members(&self) -> Span {
        #[cfg(feature = "members")]
        return self.members.span;
        #[cfg(not(feature = "members"))]
        Span::NONE
    }

    const fn saw(&self, fields: u32) -> bool {
        self.seen & !(self.absent as u32) & fields != 0
    }

    /// Whether the answer says `error`, in whatever form.
    pub(crate) const fn is_error(&self) -> bool {
        self.saw(Field::ERROR.bit())
    }

    /// Whether it says this, and there was no room for it.
    pub(crate) const fn lost(&self, field: Field) -> bool {
        self.unkept as u32 & field.bit() != 0
    }

    /// The access token's life in seconds, if the server said it.
    pub(crate) fn lifetime(&self) -> Option<u32> {
        (self.lifetime != 0).then_some(self.lifetime)
    }

    /// The scope granted: `None` when the answer does not say.
    pub(crate) fn granted(&self) -> Option<Span> {
        // RFC 6749 §5.1: absent means as requested. Malformed must not: then nothing is known to be granted.
        self.saw(Field::SCOPE.bit()).then_some(if self.scope_is_bad { Span::NONE } else { self.text(Field::SCOPE) })
    }

    /// Whether it may be believed, and holds what it must: as a success (RFC 6749 §5.1) if its status is that of one and it says no
    /// error, else as an error (§5.2). Gives which.
    ///
    /// # Errors
    /// The first [`Violation`] that was met.
    pub(crate) fn check(&mut self, config: &Config<'_>, status: u16) -> Result<bool, Violation> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let tokens = Field::ACCESS.bit() | Field::REFRESH.bit();
        if self.is_error() {
            return if self.saw(tokens) { Err(Violation::Contradiction) } else { Ok(false) };
        }
        if status != 200 {
            return Err(Violation::Member);
        }
        if !self.is_bearer {
            if self.saw(Field::TYPE.bit()) {
                return Err(Violation::TokenType);
            }
            if !config.allows(Quirks::MISSING_TOKEN_TYPE) {
                return Err(Violation::Member);
            }
            self.quirks = self.quirks.union(Quirks::MISSING_TOKEN_TYPE);
        }
        if self.saw(Field::ACCESS.bit()) { Ok(true) } else { Err(Violation::Member) }
    }

    /// Closes the object of the application's members.
    #[cfg(feature = "members")]
    pub(crate) fn close(&mut self, arena: &mut crate::arena::Arena<'_>) {
        match self.members.close(arena) {
            Ok(Some(moved)) => self.make_way(moved),
            Ok(None) => {}
            Err(_) => self.lost_bytes = self.lost_bytes.saturating_add(1),
        }
    }

    /// Follows what moved for the application's members.
    #[cfg(feature = "members")]
    fn make_way(&mut self, moved: crate::arena::Moved) {
        for span in &mut self.texts {
            span.make_way(moved);
        }
    }
}
