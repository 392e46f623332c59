//! What the core takes as arguments and a machine with an operating system has: clocks, and entropy.

use std::time::SystemTime;

use gatepass::{Entropy, Timestamp};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// 64 bytes of the system's generator.
///
/// # Errors
/// [`StoreError::Entropy`] when the system has none to give.
pub fn entropy() -> Result<Entropy, StoreError> {
    let mut bytes = Zeroizing::new([0; 64]);
    getrandom::fill(&mut *bytes).map_err(|_| StoreError::Entropy)?;
    Entropy::from_bytes(*bytes).map_err(|_| StoreError::Entropy)
}

/// Now, on both clocks.
///
/// Leases must go on counting while the machine is suspended, or a laptop that wakes up sends a refresh for which another
/// machine has taken over. So the monotonic reading is
///
/// - on Linux and Android `CLOCK_BOOTTIME`,
/// - on macOS and iOS `CLOCK_MONOTONIC`, which there counts during sleep,
/// - on Windows `Instant`, the performance counter, which counts during sleep,
/// - elsewhere `Instant`, which may stand still while the machine is suspended: after a wake-up a lease may seem younger than it is, and a
///   refresh that another holder repeats meanwhile may be sent twice.
///
/// The wall clock is the system's, in seconds since 1970; it only carries an expiry across a restart.
#[must_use]
pub fn now() -> Timestamp {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_millis(monotonic_millis()).with_unix_seconds(unix)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn monotonic_millis() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_vendor = "apple")]
    let clock = ClockId::Monotonic;
    #[cfg(not(target_vendor = "apple"))]
    let clock = ClockId::Boottime;
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let millis = u64::try_from(time.tv_nsec).unwrap_or_default() / 1_000_000;
    seconds.saturating_mul(1_000).saturating_add(millis)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn monotonic_millis() -> u64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_go_back_and_entropy_is_accepted() {
        let before = now();
        assert!(now().as_millis() >= before.as_millis());
        assert!(entropy().is_ok());
    }
}
