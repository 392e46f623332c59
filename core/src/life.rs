//! How long an access token lives, as far as this instance knows.

use crate::time::{Left, Moment, Timestamp};

/// A lifetime that nobody knows.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// The life of an access token.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Life {
    /// When it was asked for, or taken out of the store: what is left counts from here.
    pub(crate) asked: Moment,
    /// When it was asked for, in seconds since 1970; zero if nobody knows.
    pub(crate) unix: u32,
    /// Its life in seconds from then (`unix`), as it is stored; [`UNKNOWN`] if nobody knows.
    pub(crate) lifetime: u32,
    /// Seconds that were left of it at `asked`, as far as this instance knows: a clock that is missing or wrong hides it from this
    /// instance, and from no other.
    pub(crate) left: u32,
}

impl Life {
    /// Of no token.
    pub(crate) const NONE: Self = Self { asked: Moment::START, unix: 0, lifetime: 0, left: 0 };

    /// Of a token that has just arrived.
    pub(crate) fn new(asked: Timestamp, lifetime: Option<u32>) -> Self {
        let lifetime = lifetime.unwrap_or(UNKNOWN);
        Self { asked: asked.moment(), unix: asked.unix(), lifetime, left: lifetime }
    }

    /// Of a stored token. An expiry counts only when the wall clock says so much and did not go backwards.
    pub(crate) fn stored(unix: u32, lifetime: u32, now: Timestamp) -> Self {
        let is_known = lifetime != UNKNOWN && unix > 0 && now.unix() >= unix;
        let left = if is_known { lifetime.saturating_sub(now.unix().wrapping_sub(unix)) } else { UNKNOWN };
        Self { asked: now.moment(), unix, lifetime, left }
    }

    /// When the token expires; `None` when nobody knows, also because the clock went backwards.
    pub(crate) fn expiry(&self, now: Moment) -> Option<Moment> {
        (self.left != UNKNOWN && self.asked <= now).then(|| self.asked.plus_seconds(self.left))
    }

    /// What is left of it, as far as anybody knows; by a reading from before it was asked for, as of another thread, all of it.
    pub(crate) fn left(&self, now: Moment) -> Left {
        if self.left == UNKNOWN { Left::NEVER } else { self.asked.plus_seconds(self.left).left(now.max(self.asked)) }
    }

    /// What of it lies in memory beside a token: [`LIFE_LEN`] bytes.
    pub(crate) fn write(&self, to: &mut crate::writer::Writer<'_>) {
        to.bytes(&self.unix.to_le_bytes());
        to.bytes(&self.lifetime.to_le_bytes());
        to.bytes(&self.asked.0.to_le_bytes());
        to.bytes(&self.left.to_le_bytes());
    }

    /// What [`Life::write`] wrote.
    pub(crate) const fn read(bytes: [u8; LIFE_LEN]) -> Self {
        let [a, b, c, d, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x] = bytes;
        Self {
            asked: Moment(u64::from_le_bytes([m, n, o, p, q, r, s, t])),
            unix: u32::from_le_bytes([a, b, c, d]),
            lifetime: u32::from_le_bytes([i, j, k, l]),
            left: u32::from_le_bytes([u, v, w, x]),
        }
    }
}

/// Bytes of a [`Life`] in memory.
pub(crate) const LIFE_LEN: usize = 20;
