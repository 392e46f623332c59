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
    unix: u32,
}

impl Timestamp {
    /// A moment with only the monotonic reading, in milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis, unix: 0 }
    }

    /// The same moment with the wall clock's reading, in seconds since 1970-01-01 UTC. Zero means unknown, and so does what is beyond 32
    /// bits (February 2106).
    #[must_use]
    pub const fn with_unix_seconds(self, seconds: u64) -> Self {
        Self { millis: self.millis, unix: if seconds > u32::MAX as u64 { 0 } else { seconds as u32 } }
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
    pub(crate) const fn unix(self) -> u32 {
        self.unix
    }

    /// So many milliseconds before, on both clocks; rather earlier than later.
    pub(crate) const fn before(self, millis: u32) -> Self {
        let seconds = millis.div_ceil(1000);
        Self { millis: self.millis.saturating_sub(millis as u64), unix: self.unix.saturating_sub(seconds) }
    }

    /// The monotonic reading alone.
    pub(crate) const fn moment(self) -> Moment {
        Moment(self.millis)
    }
}

/// A moment on the monotonic clock alone, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// Long past.
    pub(crate) const START: Self = Self(0);

    /// This moment and some seconds more.
    #[inline(never)]
    pub(crate) const fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add((seconds as u64).wrapping_mul(1000)))
    }

    /// As the caller reads it.
    pub(crate) const fn stamp(self) -> Timestamp {
        Timestamp::from_millis(self.0)
    }

    /// What is left until this moment.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) const fn left(self, now: Self) -> Left {
        let millis = self.0.saturating_sub(now.0);
        // A moment that comes at all is not the one that never does.
        Left(if millis < u32::MAX as u64 { millis as u32 } else { u32::MAX - 1 })
    }
}

/// What is left until a moment, in milliseconds: all that the machine waits for. Of one that has come nothing is left. What is further
/// off than 49 days is so far off and no further, and is looked at again then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Left(pub(crate) u32);

impl Left {
    /// It has come.
    pub(crate) const NOTHING: Self = Self(0);
    /// It never comes.
    pub(crate) const NEVER: Self = Self(u32::MAX);

    /// Whether the moment has come.
    pub(crate) const fn is_over(self) -> bool {
        self.0 == 0
    }

    /// What is left until some milliseconds later.
    pub(crate) const fn plus(self, millis: u32) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// What is left until some milliseconds earlier.
    pub(crate) const fn minus(self, millis: u32) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Time went on.
    pub(crate) const fn age(&mut self, elapsed: Self) {
        if self.0 != Self::NEVER.0 {
            self.0 = self.0.saturating_sub(elapsed.0);
        }
    }

    /// The moment, as the caller reads it.
    #[inline(never)]
    pub(crate) const fn stamp(self, now: Moment) -> Timestamp {
        Timestamp::from_millis(if self.0 == Self::NEVER.0 { u64::MAX } else { now.0.saturating_add(self.0 as u64) })
    }
}

/// `Retry-After` in its form of seconds (RFC 9110 §10.2.3), capped at a day. The form of a date needs a wall clock that a
/// device may not have, and counts as absent.
pub(crate) fn retry_after(value: &str) -> u32 {
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
    seconds.saturating_mul(1000)
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
    fn what_is_left_shrinks_to_nothing_and_what_never_comes_does_not() {
        let [mut left, mut never] = [Left(10), Left::NEVER];
        for expected in [3, 0, 0] {
            left.age(Left(7));
            never.age(Left(7));
            assert_eq!((left, never), (Left(expected), Left::NEVER));
        }
    }

    #[test]
    fn a_wall_clock_beyond_32_bits_is_unknown() {
        for (seconds, read) in [(1, 1), (u64::from(u32::MAX), u32::MAX), (u64::from(u32::MAX) + 1, 0), (u64::MAX, 0)] {
            assert_eq!(Timestamp::from_millis(7).with_unix_seconds(seconds).unix(), read);
        }
    }

    #[test]
    fn a_moment_never_overflows() {
        assert_eq!(Moment(u64::MAX).plus_seconds(1), Moment(u64::MAX));
        assert_eq!(Moment(u64::MAX).left(Moment::START).plus(7), Left::NEVER);
        assert_eq!(Moment::START.left(Moment(7)), Left::NOTHING);
        for far in [u64::from(u32::MAX) - 1, u32::MAX.into(), u64::MAX] {
            assert_eq!(Moment(far).left(Moment::START), Left(u32::MAX - 1), "what comes is not what never does");
        }
        assert_eq!(Left(7).stamp(Moment(u64::MAX - 1)), Moment(u64::MAX).stamp());
        let end = Left::NEVER.stamp(Moment(1));
        assert_eq!(end.since(Timestamp::from_millis(0)), Duration::from_millis(u64::MAX));
        assert_eq!(Timestamp::from_millis(0).since(end), Duration::ZERO);
    }
}
