//! What a caller wants, and how long it is willing to wait.

use core::time::Duration;

use gatepass::Timestamp;

use super::{Driver, sign_in::Outcome};

/// What a caller wants of a driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Goal {
    /// The grant's own access token, with so much life left.
    Token(Duration),
    /// An access token for another audience, by its name in the configuration, with so much life left.
    TokenFor(&'static str, Duration),
    /// That the store was asked; no request is sent for it.
    Loaded,
    /// That nothing is under way, so that a sign-in can begin; no request is sent for it.
    Idle,
    /// That the sign-in whose redirect was accepted last before [`Driver::call`] is complete, and saved: that one, and no other
    /// grant. Call it under the same lock as [`Driver::redirect`].
    SignedIn,
    /// That the store has the tokens that the server has issued; no request is sent for it.
    Saved,
    /// That the grant has ended, here and at the server.
    SignedOut,
}

/// One caller's wish, for as long as it lasts.
#[derive(Debug)]
pub struct Call {
    pub(super) goal: Goal,
    /// When patience is at its end.
    pub(super) until: Timestamp,
    /// The last flight that had ended when it began: failures of later ones concern it.
    pub(super) since: u64,
    /// Renewals of what it wants when it began.
    pub(super) renewals: u64,
    /// Whether it did its one thing: ask for a refresh, or sign out.
    pub(super) has_asked: bool,
    /// The sign-in that it is about.
    pub(super) sign_in: Option<Outcome>,
}

impl Driver {
    /// Begins a wish. A back-off that lasts longer than `patience` becomes an error; a flight under way is always waited for,
    /// since it has deadlines of its own.
    #[must_use]
    pub fn call(&self, goal: Goal, patience: Duration) -> Call {
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let until = Timestamp::from_millis(self.now().as_millis().saturating_add(patience));
        let audience = if let Goal::TokenFor(name, _) = goal { Some(name) } else { None };
        let renewals = self.seen(audience).renewals;
        Call { goal, until, since: self.flight.ended(), renewals, has_asked: false, sign_in: self.sign_in.clone() }
    }
}
