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
//! A change that meets another record in the store is settled in the room of its step (`*_superseded`); what is the same for
//! all of them is in `store.rs`.

use super::{Live, Pause, Turn, in_doubt::Repeat};
use crate::{
    audience::Target,
    output::{SignInReason, Why},
    record::{Held, Tokens},
    time::{Timestamp, millis},
};

/// What is next for a grant that nobody is changing at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Refresh, for this audience: save an intent, or send at once where none is needed.
    Claim(Target),
    /// Look at the store.
    Look,
    Sleep(Timestamp),
    Wait(Timestamp, Why),
    SignIn(SignInReason),
}

/// Whose intent is on a grant, and when its lease lapses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    /// Sent, and its answer was lost.
    Me(Timestamp),
    Another(Timestamp),
}

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);
/// The longest back-off: an hour, in milliseconds.
pub(crate) const HOUR: u64 = 3_600_000;

impl Turn<'_, '_> {
    pub(crate) fn next_live(&self, live: &Live) -> Next {
        self.next(&live.held, &live.tokens, live.pause, Holder::Nobody)
    }

    pub(crate) fn next(&self, held: &Held, tokens: &Tokens, pause: Pause, intent: Holder) -> Next {
        let target = self.wanted(tokens);
        let own = self.next_for(Target::OWN, held, tokens, pause, intent);
        // The grant's own token goes first.
        if target == Target::OWN || own == Next::Claim(Target::OWN) {
            return own;
        }
        match (self.next_for(target, held, tokens, pause, intent), own) {
            (Next::Wait(until, why), Next::Sleep(due)) => Next::Wait(until.earlier(due), why),
            (next, _) => next,
        }
    }

    /// The one rule of when a refresh may be sent, and what to do until then.
    fn next_for(&self, target: Target, held: &Held, tokens: &Tokens, pause: Pause, intent: Holder) -> Next {
        let pause = self.pause_of(target, pause);
        let now = self.now;
        let (serves, expiry) = self.service(tokens, target);
        let expiry = expiry.unwrap_or(NEVER);
        let or_sleep = |next: Next| if serves { Next::Sleep(expiry) } else { next };
        if tokens.refresh.is_empty() {
            return or_sleep(Next::SignIn(SignInReason::Expired));
        }
        if pause.why == Why::Interaction && !pause.until.reached(now) {
            return or_sleep(Next::SignIn(SignInReason::Interaction));
        }
        let mut at = pause.until;
        let mut why = pause.why;
        if intent == Holder::Nobody && serves {
            at = at.later(self.due(tokens));
        }
        if intent != Holder::Nobody || held.attempts > 0 {
            match self.repeat(held, intent) {
                Repeat::Never => return or_sleep(Next::SignIn(SignInReason::InDoubt)),
                Repeat::AtOnce => {}
                Repeat::From(lapse) => {
                    // A token that still serves is better than a risk.
                    at = at.later(lapse).later(if serves { expiry } else { at });
                    if !lapse.reached(now) {
                        why = if matches!(intent, Holder::Another(_)) { Why::AnotherHolder } else { Why::InDoubt };
                    }
                }
            }
        }
        if at.reached(now) && tokens.room_to_refresh() > self.bytes.len() {
            // The next refresh token would be lost, and with it the grant of every other holder.
            or_sleep(Next::Wait(now.plus(HOUR), Why::TooSmall))
        } else if at.reached(now) {
            Next::Claim(target)
        } else if serves {
            Next::Sleep(at.earlier(expiry))
        } else {
            Next::Wait(at, why)
        }
    }

    /// When an access token that still serves is refreshed.
    fn due(&self, tokens: &Tokens) -> Timestamp {
        let Some(expiry) = tokens.life.expiry(self.now) else { return NEVER };
        let life = u64::from(tokens.life.lifetime).saturating_mul(1000);
        let ahead = millis(self.config.policy.ahead).min(life / 4);
        Timestamp::from_millis(expiry.as_millis().saturating_sub(ahead))
    }
}
