//! The tokens of one generation, and what lies beside them.

use crate::{
    arena::Span,
    life::Life,
    time::{Left, Moment},
};

/// Texts of a grant: so many of [`Tokens::texts`] are stored.
pub(crate) const TEXTS: usize = 6;
/// The access token.
pub(crate) const ACCESS: usize = 0;
/// The refresh token.
pub(crate) const REFRESH: usize = 1;
/// The scope.
pub(crate) const SCOPE: usize = 2;
/// The application's members.
pub(crate) const MEMBERS: usize = 3;
/// The resources of the grant's own access token, as parameters (`&resource=..`).
pub(crate) const RESOURCES: usize = 4;
/// The access tokens for other audiences.
pub(crate) const OTHERS: usize = 5;
/// The code that the server refused with.
pub(crate) const CODE: usize = 6;
/// What it said beside.
pub(crate) const DESCRIPTION: usize = 7;

/// The tokens of one generation, as they lie in the arena, and what the server said when it last refused.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Tokens {
    pub(crate) texts: [Span; TEXTS + 2],
    /// The access token's.
    pub(crate) life: Life,
    /// The generation that the access token came with: a refresh for another audience leaves it as it is.
    pub(crate) minted: u32,
    /// Whether the scope is known; if not, it is the server's default.
    pub(crate) scope_known: bool,
}

impl Tokens {
    /// None.
    pub(crate) const NONE: Self = Self { texts: [Span::NONE; TEXTS + 2], life: Life::NONE, minted: 0, scope_known: false };

    /// Whether there is a text.
    pub(crate) fn has(&self, text: usize) -> bool {
        matches!(self.texts.get(text), Some(span) if !span.is_empty())
    }

    /// The room for these, and for another refresh token and members as long as these: whatever else an answer has makes way.
    pub(crate) fn room_to_refresh(&self) -> usize {
        let [_, refresh, _, members, ..] = self.texts;
        let more = refresh.len().saturating_add(members.len());
        self.texts.iter().take(TEXTS).fold(more, |room, span| room.saturating_add(span.len()))
    }

    /// What is left of the access token, as far as anybody knows; nothing, where there is none.
    pub(crate) fn left(&self, now: Moment) -> Left {
        if self.has(ACCESS) { self.life.left(now) } else { Left::NOTHING }
    }
}
