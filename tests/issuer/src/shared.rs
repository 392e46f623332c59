//! What all connections share, and the small things that everything uses.

use crate::builder::Settings;
use crate::clock::Clock;
use crate::counts::{Counts, Seen};
use crate::dialect::Dialect;
use crate::fault::Queue;
use crate::grants::Grants;
use crate::mint::Signer;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Requests remembered; the oldest are forgotten first.
const LOG_LIMIT: usize = 100_000;

/// The server behind every connection. No thread holds two of its locks at once, so none waits forever.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub(crate) origin: String,
    pub(crate) signer: Signer,
    pub(crate) clock: Clock,
    pub(crate) faults: Queue,
    pub(crate) stop: Stop,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) tunables: Mutex<Tunables>,
    /// Answers on their way.
    pub(crate) sending: AtomicUsize,
    counts: Mutex<Counts>,
    log: Mutex<VecDeque<Seen>>,
}

/// What a test may change while the server runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tunables {
    pub(crate) access_ttl: Duration,
    pub(crate) access_token_padding: usize,
    pub(crate) refresh_token_padding: usize,
    pub(crate) extra_members: Map<String, Value>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, tunables: Tunables, origin: String, signer: Signer) -> Self {
        Self {
            settings,
            origin,
            signer,
            clock: Clock::default(),
            faults: Queue::default(),
            stop: Stop::default(),
            grants: Mutex::default(),
            tunables: Mutex::new(tunables),
            sending: AtomicUsize::new(0),
            counts: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// The issuer identifier, byte for byte as it is in metadata, `iss` and tokens.
    pub(crate) fn issuer(&self) -> String {
        match self.settings.dialect {
            Dialect::Plain => self.origin.clone(),
            Dialect::Auth0 => format!("{}/", self.origin),
        }
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.counts));
    }

    pub(crate) fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    pub(crate) fn remember(&self, seen: Seen) {
        let mut log = lock(&self.log);
        if log.len() >= LOG_LIMIT {
            log.pop_front();
        }
        log.push_back(seen);
    }

    pub(crate) fn remembered(&self) -> Vec<Seen> {
        lock(&self.log).iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        lock(&self.log).clear();
    }
}

/// Whether the server is to stop, and a sleep that ends when it is.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn set(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Sleeps; `true` when the server stopped in the meantime.
    pub(crate) fn sleep(&self, duration: Duration) -> bool {
        let begun = Instant::now();
        let mut stopped = lock(&self.stopped);
        loop {
            let left = duration.saturating_sub(begun.elapsed());
            if *stopped || left.is_zero() {
                return *stopped;
            }
            stopped = self.changed.wait_timeout(stopped, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Locks, whatever happened to the last holder: a test that panicked elsewhere must not hang this one.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The words beside a status.
pub(crate) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
