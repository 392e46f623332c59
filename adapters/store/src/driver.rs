//! What a driver is but for the transport: the session, its errands at the store, and one flight at a time.
//!
//! A [`Driver`] owns configuration and session. It does no I/O and never blocks: it says what is to be done ([`Step`]), an
//! adapter does it wherever blocking or awaiting is right, and tells the outcome. It belongs behind a `Mutex` that is held for
//! no longer than a call. The store stays with the adapter, which lends it to each [`Errand`]: one for a
//! [`Store`](crate::Store), one for an [`AsyncStore`](crate::AsyncStore).
//!
//! ```text
//! caller ── want ──> Ready           the goal is reached
//!                    Lead(step, ..)  this caller starts the flight: do the step, tell, ask `next_step`, until there is none
//!                    Follow          a flight is under way: wait until it has ended, ask again
//!                    Until(moment)   nobody can do anything before: wait, ask again
//!                    Err(..)         a person must act, or patience is at its end
//! ```
//!
//! A flight belongs to the driver, not to the caller that leads it: whoever runs one holds a guard that calls
//! [`Driver::abandon`] when it is dropped, so that neither a panic nor a cancelled future wedges the session.

mod discovery;
mod error;
mod flight;
mod goal;
mod origins;
mod owned;
mod renewals;
mod settings;
mod sign_in;
mod status;
#[cfg(test)]
mod tests;
mod token;
mod told;
mod want;

use std::sync::Arc;

use gatepass::{Config, Session, StateName, Timestamp, Version, Why};
use zeroize::Zeroizing;

pub use discovery::Discover;
pub use error::Error;
pub use flight::{Answered, Errand, Step};
pub use goal::{Call, Goal};
pub use origins::Origins;
pub use owned::OwnedRequest;
pub use settings::Settings;
pub use status::Status;
pub use token::{Token, is_invalid_token};
pub use want::Want;

/// The clock of a driver.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Bytes of the session that a driver declares by itself.
pub const CAPACITY: usize = 1 << 16;

/// Configuration and session, and what is under way. See the [module](self).
pub struct Driver {
    config: Config<'static>,
    session: Box<Session>,
    clock: Clock,
    is_relaxed: bool,
    /// Where the session writes; replaced by a larger one when it asks for that.
    out: Zeroizing<Vec<u8>>,
    flight: flight::Flight,
    /// What the last save was to store.
    saves: Option<Version>,
    /// The sign-in whose redirect was accepted last.
    sign_in: Option<sign_in::Outcome>,
    /// Whether the store's last answer says that its tokens are there.
    is_sign_in_saved: bool,
    /// Not before this moment: for what the session would have repeated at once.
    pause: Option<(Timestamp, Why)>,
    failures: u32,
    seen: Vec<(renewals::For, renewals::Seen)>,
}

impl Driver {
    fn new(config: Config<'static>, session: Box<Session>, clock: Clock, is_relaxed: bool) -> Self {
        Self {
            config,
            session,
            clock,
            is_relaxed,
            out: Zeroizing::new(vec![0; 4096]),
            flight: flight::Flight::default(),
            saves: None,
            sign_in: None,
            is_sign_in_saved: false,
            pause: None,
            failures: 0,
            seen: Vec::new(),
        }
    }

    /// Now, on the driver's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether nothing is under way that a sign-in or a look would disturb.
    fn is_idle(&self) -> bool {
        matches!(self.session.state(), StateName::Vacant | StateName::Live | StateName::InDoubt | StateName::Waiting)
    }

    fn is_signing_in(&self) -> bool {
        matches!(self.session.state(), StateName::Visiting | StateName::AwaitingRedirect)
    }
}

impl core::fmt::Debug for Driver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Driver").field("config", &self.config).field("session", &self.session).finish_non_exhaustive()
    }
}
