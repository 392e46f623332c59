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

    /// This moment and some milliseconds more, on the monotonic clock alone.
    pub(crate) const fn plus(self, millis: u64) -> Self {
        Self { millis: self.millis.saturating_add(millis), unix: 0 }
    }

    /// Whether this moment has come.
    pub(crate) const fn reached(self, now: Self) -> bool {
        now.millis >= self.millis
    }

    /// The earlier of two moments.
    pub(crate) const fn earlier(self, other: Self) -> Self {
        if other.millis < self.millis { other } else { self }
    }

    /// The later of two moments.
    pub(crate) const fn later(self, other: Self) -> Self {
        if other.millis > self.millis { other } else { self }
    }
}

/// The milliseconds of a duration, saturating: policies are given as [`Duration`], the machine counts in milliseconds.
pub(crate) const fn millis(duration: Duration) -> u64 {
    let millis = duration.as_millis();
    if millis > u64::MAX as u128 { u64::MAX } else { millis as u64 }
}

/// `Retry-After` in its form of seconds (RFC 9110 §10.2.3), capped at a day. The form of a date needs a wall clock that a
/// device may not have, and counts as absent.
pub(crate) fn retry_after(value: &str) -> u64 {
    const DAY: u64 = 86_400;
    let digits = value.trim_ascii();
    if digits.is_empty() {
        return 0;
    }
    let mut seconds = 0u64;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() {
            return 0;
        }
        seconds = seconds.saturating_mul(10).saturating_add(u64::from(byte & 15)).min(DAY);
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
    fn a_moment_never_overflows() {
        let end = Timestamp::from_millis(u64::MAX);
        assert_eq!(end.plus(1), end);
        assert_eq!(end.since(Timestamp::from_millis(0)), Duration::from_millis(u64::MAX));
        assert_eq!(Timestamp::from_millis(0).since(end), Duration::ZERO);
    }
}
