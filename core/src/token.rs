//! The token endpoint's answer, success or error (RFC 6749 §5), read as it arrives and kept in place.

mod reading;
#[cfg(test)]
mod tests;

pub(crate) use reading::Reading;

use crate::{
    arena::{Moved, Span},
    config::Config,
    error::{Error, Violation},
    member::Members,
    policy::Quirks,
    refusal::Code,
};

/// The members that have a meaning here.
pub(crate) const NAMES: [&str; 7] = ["access_token", "refresh_token", "token_type", "expires_in", "scope", "error", "error_description"];

/// What a name in the answer is to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Access,
    Refresh,
    Type,
    ExpiresIn,
    Scope,
    Error,
    Description,
    /// One of the application's, by its place in the configuration.
    Member(u8),
    Unknown,
}

const FIELDS: [Field; NAMES.len()] =
    [Field::Access, Field::Refresh, Field::Type, Field::ExpiresIn, Field::Scope, Field::Error, Field::Description];

/// The longest life of a token that is believed: ten years, in seconds.
const MAX_LIFETIME: u32 = 315_360_000;

/// What an answer held, as far as it was read.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Answer {
    pub(crate) access: Span,
    pub(crate) refresh: Span,
    pub(crate) scope: Span,
    pub(crate) members: Members,
    pub(crate) code: Span,
    pub(crate) description: Span,
    /// What the code means, whether there was room for it or not.
    pub(crate) meaning: Code,
    /// The quirks that were needed so far.
    pub(crate) quirks: Quirks,
    /// Bytes of wanted values that did not fit.
    pub(crate) lost: u32,
    /// Whether the refresh token is among them.
    pub(crate) lost_refresh: bool,
    /// Whether the scope is.
    pub(crate) lost_scope: bool,
    fault: Option<Violation>,
    /// Names seen: the bits of [`NAMES`], then those of the application's members.
    seen: u32,
    /// Those of them that said nothing, and count as if they were not there.
    absent: u32,
    /// While a name is read: the names that it can still be, and how much of it was read.
    candidates: u32,
    /// Bytes of the name, the token type or the string read so far.
    position: u8,
    field: Field,
    depth: u8,
    lifetime: Lifetime,
    is_bearer: bool,
    scope_is_bad: bool,
    overflowed: bool,
}

/// `expires_in` while and after it is read, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lifetime {
    Unknown,
    Seconds(u32),
    /// Past a decimal point: what follows does not count.
    Fraction(u32),
}

impl Answer {
    pub(crate) fn new() -> Self {
        Self {
            access: Span::default(),
            refresh: Span::default(),
            scope: Span::default(),
            members: Members::default(),
            code: Span::default(),
            description: Span::default(),
            meaning: Code::default(),
            quirks: Quirks::NONE,
            lost: 0,
            lost_refresh: false,
            lost_scope: false,
            fault: None,
            seen: 0,
            absent: 0,
            candidates: 0,
            position: 0,
            field: Field::Unknown,
            depth: 0,
            lifetime: Lifetime::Unknown,
            is_bearer: false,
            scope_is_bad: false,
            overflowed: false,
        }
    }

    fn saw(&self, field: Field) -> bool {
        FIELDS.iter().position(|known| *known == field).is_some_and(|at| (self.seen & !self.absent) >> at & 1 == 1)
    }

    /// Whether the answer says `error`, in whatever form.
    pub(crate) fn is_error(&self) -> bool {
        self.saw(Field::Error)
    }

    /// The access token's life in seconds, if the server said it.
    pub(crate) const fn lifetime(&self) -> Option<u32> {
        match self.lifetime {
            Lifetime::Seconds(seconds) | Lifetime::Fraction(seconds) => Some(seconds),
            Lifetime::Unknown => None,
        }
    }

    /// The scope granted: `None` when the answer does not say.
    pub(crate) fn granted(&self) -> Option<Span> {
        // RFC 6749 §5.1: absent means as requested. Malformed must not: then nothing is known to be granted.
        self.saw(Field::Scope).then_some(if self.scope_is_bad { Span::default() } else { self.scope })
    }

    /// Whether it may be believed as a whole, apart from what is missing.
    ///
    /// # Errors
    /// The first [`Violation`] that was met.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.fault {
            Some(fault) => Err(fault.into()),
            None => Ok(()),
        }
    }

    /// Whether it holds what a success must (RFC 6749 §5.1).
    ///
    /// # Errors
    /// The [`Violation`] that it is instead.
    pub(crate) fn check_success(&mut self, config: &Config<'_>) -> Result<(), Error> {
        self.check()?;
        if self.is_error() {
            return Err(Violation::Contradiction.into());
        }
        if !self.saw(Field::Type) && config.allows(Quirks::MISSING_TOKEN_TYPE) {
            self.quirks = self.quirks.union(Quirks::MISSING_TOKEN_TYPE);
        } else if !self.is_bearer {
            return Err(if self.saw(Field::Type) { Violation::TokenType } else { Violation::Member }.into());
        }
        if self.saw(Field::Access) { Ok(()) } else { Err(Violation::Member.into()) }
    }

    /// Whether it says what an error must (RFC 6749 §5.2).
    ///
    /// # Errors
    /// The [`Violation`] that it is instead.
    pub(crate) fn check_error(&self) -> Result<(), Error> {
        self.check()?;
        match (self.is_error(), self.saw(Field::Access) || self.saw(Field::Refresh)) {
            (true, false) => Ok(()),
            (true, true) => Err(Violation::Contradiction.into()),
            (false, _) => Err(Violation::Member.into()),
        }
    }

    /// Follows what moved for the application's members.
    pub(crate) fn make_way(&mut self, moved: Moved) {
        for span in [&mut self.access, &mut self.refresh, &mut self.scope, &mut self.code, &mut self.description] {
            span.make_way(moved);
        }
    }
}
