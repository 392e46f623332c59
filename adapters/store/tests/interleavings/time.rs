//! A clock that stands still, but where a waiter's time has come.

use core::{cell::Cell, time::Duration};

use gatepass::Timestamp;

std::thread_local! {
    // Milliseconds.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// So many seconds after the sign-in.
pub fn begin(seconds: u64) {
    NOW.set((1_000 + seconds) * 1_000);
}

pub fn now() -> Timestamp {
    Timestamp::from_millis(NOW.get()).with_unix_seconds(1_800_000_000 + NOW.get() / 1_000)
}

/// When something that begins now and lasts so long has ended.
pub fn end_of(wait: Duration) -> u64 {
    NOW.get() + u64::try_from(wait.as_millis()).unwrap()
}

pub fn advance_to(moment: u64) {
    NOW.set(NOW.get().max(moment));
}

/// Any other thread or task may go on here.
pub fn switch() {
    shuttle::thread::sleep(Duration::ZERO);
}
