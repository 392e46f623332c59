//! Time is an argument: the caller's clocks, read by the caller.

use core::time::Duration;

/// A moment on the caller's clocks, handed to every verb that may depend on time.
///
/// The first reading is monotonic: milliseconds since any fixed moment of the caller's choosing. Leases, back-offs and
/// the lives of tokens count on it. Where a grant is shared with other holders it must go on counting while the machine is
/// suspended (on Linux `CLOCK_BOOTTIME`, not `CLOCK_MONOTONIC`).
///
/// The second is a wall clock in seconds since 1970, and optional: it only carries the expiry of a stored token across a
/// restart. A device without one leaves it out; a token that it loads has an unknown expiry and is used until a resource
/// server rejects it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timestamp {
    millis: u64,
    unix: u64,
}

impl Timestamp {
    /// A moment with only the monotonic reading, in milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis, unix: 0 }
    }

    /// The same moment with the wall clock's reading, in seconds since 1970-01-01 UTC. Zero means unknown.
    #[must_use]
    pub const fn with_unix_seconds(self, seconds: u64) -> Self {
        Self { millis: self.millis, unix: seconds }
    }

    /// The monotonic reading, in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// How long until this moment, counted from `now`; zero when it has passed.
    #[must_use]
    pub const fn since(self, now: Self) -> Duration {
        Duration::from_millis(self.millis.saturating_sub(now.millis))
    }

    /// The wall clock's reading, zero when unknown.
    pub(crate) const fn unix(self) -> u64 {
        self.unix
    }

    /// The monotonic reading alone.
    pub(crate) const fn moment(self) -> Moment {
        Moment(self.millis)
    }
}

/// A moment on the monotonic clock alone, in milliseconds: all that the machine waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// Long past.
    pub(crate) const START: Self = Self(0);
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// This moment and some milliseconds more.
    #[inline(never)]
    pub(crate) const fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This moment and some milliseconds less.
    pub(crate) const fn minus(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// As the caller reads it.
    pub(crate) const fn stamp(self) -> Timestamp {
        Timestamp::from_millis(self.0)
    }

    /// Whether this moment has come.
    pub(crate) const fn reached(self, now: Self) -> bool {
        now.0 >= self.0
    }

    /// The earlier of two moments.
    pub(crate) const fn earlier(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    /// The later of two moments.
    pub(crate) const fn later(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }
}

/// `Retry-After` in its form of seconds (RFC 9110 §10.2.3), capped at a day. The form of a date needs a wall clock that a
/// device may not have, and counts as absent.
pub(crate) fn retry_after(value: &str) -> u64 {
    const DAY: u32 = 86_400;
    let digits = value.trim_ascii();
    if digits.is_empty() {
        return 0;
    }
    let mut seconds = 0u32;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() {
            return 0;
        }
        seconds = seconds.saturating_mul(10).saturating_add(u32::from(byte & 15)).min(DAY);
    }
    u64::from(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    // R110
    #[test]
    fn retry_after_is_read_in_seconds_and_capped_at_a_day() {
        let table = [
            ("0", 0),
            ("7", 7_000),
            (" 120 ", 120_000),
            ("99999999999999999999999", 86_400_000),
            ("", 0),
            ("-1", 0),
            ("1.5", 0),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ];
        for (value, expected) in table {
            assert_eq!(retry_after(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_moment_never_overflows() {
        assert_eq!(Moment::NEVER.plus(1), Moment::NEVER);
        assert_eq!(Moment::START.minus(1), Moment::START);
        let end = Moment::NEVER.stamp();
        assert_eq!(end.since(Timestamp::from_millis(0)), Duration::from_millis(u64::MAX));
        assert_eq!(Timestamp::from_millis(0).since(end), Duration::ZERO);
    }
}
