//! The rotation protocol: when a refresh may be sent. Each of its steps has a room of its own:
//!
//! | step | room |
//! |---|---|
//! | 1 intent | `intent.rs` |
//! | 2 send | `send.rs` |
//! | 3 outcome | `outcome.rs` |
//! | 4 in doubt | `in_doubt.rs` |
//! | 5 sign-in, sign-out | `sign_in.rs`, `sign_out.rs` |
//! | 6 without an intent | `intent.rs`, where one is taken; `outcome.rs`, where an answer has no refresh token |
//!
//! A change that meets another record in the store is settled in the room of its step (`*_meets`); what is the same for
//! all of them is in `store.rs`.

use super::{Pause, Turn, in_doubt::Repeat};
use crate::{
    audience::Target,
    output::{SignInReason, Why},
    record::REFRESH,
    time::Left,
};

/// What is next for a grant that nobody is changing at the moment.
#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// Refresh, for this audience: save an intent, or send at once where none is needed.
    Claim(Target),
    /// Look at the store.
    Look,
    Sleep(Left),
    Wait(Pause),
    SignIn(SignInReason),
}

/// Whose intent is on a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    /// Sent, and its answer was lost.
    Me,
    Another,
}

/// The longest back-off: an hour, in milliseconds.
pub(crate) const HOUR: u32 = 3_600_000;

impl Turn<'_, '_> {
    /// What is next for the grant at hand.
    pub(crate) fn next(&self, intent: Holder) -> Next {
        let target = self.wanted();
        let own = self.next_for(Target::OWN, intent);
        // The grant's own token goes first.
        if target == Target::OWN || matches!(own, Next::Claim(_)) {
            return own;
        }
        match (self.next_for(target, intent), own) {
            (Next::Wait(pause), Next::Sleep(due)) => Next::Wait(Pause::new(pause.left.min(due), pause.why)),
            (next, _) => next,
        }
    }

    /// The one rule of when a refresh may be sent, and what to do until then.
    fn next_for(&self, target: Target, intent: Holder) -> Next {
        let pause = self.pause_of(target);
        let service = self.service(target);
        let serves = !service.is_over();
        let or_sleep = |next: Next| if serves { Next::Sleep(service) } else { next };
        if !self.machine.tokens.has(REFRESH) {
            return or_sleep(Next::SignIn(SignInReason::Expired));
        }
        if pause.why == Why::Interaction && !pause.left.is_over() {
            return or_sleep(Next::SignIn(SignInReason::Interaction));
        }
        let mut at = pause.left;
        let mut why = pause.why;
        if intent == Holder::Nobody && serves {
            at = at.max(self.due());
        }
        if intent != Holder::Nobody || self.machine.held.attempts > 0 {
            match self.repeat(intent) {
                Repeat::Never => return or_sleep(Next::SignIn(SignInReason::InDoubt)),
                Repeat::AtOnce => {}
                Repeat::From(repeat) => {
                    // A token that still serves is better than a risk.
                    at = at.max(repeat).max(service);
                    if !repeat.is_over() {
                        why = if intent == Holder::Another { Why::AnotherHolder } else { Why::InDoubt };
                    }
                }
            }
        }
        if at.is_over() && self.machine.tokens.room_to_refresh() > self.bytes.len() {
            // The next refresh token would be lost, and with it the grant of every other holder.
            or_sleep(Next::Wait(Pause::new(Left(HOUR), Why::TooSmall)))
        } else if at.is_over() {
            Next::Claim(target)
        } else if serves {
            Next::Sleep(at.min(service))
        } else {
            Next::Wait(Pause::new(at, why))
        }
    }

    /// When the grant's own access token is refreshed while it still serves.
    fn due(&self) -> Left {
        let life = &self.machine.tokens.life;
        let left = life.left(self.now);
        if left == Left::NEVER { left } else { left.minus(self.config.policy.ahead.min(life.lifetime.saturating_mul(250))) }
    }
}
