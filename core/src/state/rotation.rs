//! The rotation protocol, steps 1, 2 and 4: intent, send, and what to do when nobody knows what became of it.
//!
//! Step 3 (outcome) is in `outcome.rs`, the store's answers in `store.rs`, sign-out (step 5) in `sign_out.rs`.

use super::{After, Change, Claimed, Flight, Lease, Live, Pause, Refresh, Saving, State, Turn, What};
use crate::{
    audience::Target,
    error::Error,
    output::{SignInReason, Status, Why},
    policy::{Overlap, Rotation},
    record::{Held, Tokens},
    request::{Draft, Request, Ticket},
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

/// Whose intent is on a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Nobodys,
    /// Mine, sent, and its answer was lost.
    Mine(Timestamp),
    Anothers(Timestamp),
}

const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);
/// The longest back-off: an hour, in milliseconds.
pub(crate) const HOUR: u64 = 3_600_000;

impl Turn<'_, '_> {
    pub(crate) fn next_live(&self, live: &Live) -> Next {
        self.next(&live.held, &live.tokens, live.pause, Intent::Nobodys)
    }

    pub(crate) fn next_in_doubt(&self, claimed: &Claimed) -> Next {
        self.next(&claimed.held, &claimed.tokens, claimed.pause, Intent::Mine(claimed.lapse))
    }

    pub(crate) fn next_waiting(&self, claimed: &Claimed) -> Next {
        let look = claimed.pause.until.earlier(claimed.lapse);
        if claimed.lapse.reached(self.now) {
            self.next(&claimed.held, &claimed.tokens, Pause::NONE, Intent::Anothers(claimed.lapse))
        } else if look.reached(self.now) {
            Next::Look
        } else {
            Next::Wait(look, Why::AnotherHolder)
        }
    }

    fn next(&self, held: &Held, tokens: &Tokens, pause: Pause, intent: Intent) -> Next {
        let target = self.wanted(tokens);
        let own = self.next_for(Target::OWN, held, tokens, pause, intent);
        // The grant's own token goes first.
        if target == Target::OWN || own == Next::Claim(Target::OWN) { own } else { self.next_for(target, held, tokens, pause, intent) }
    }

    /// The one rule of when a refresh may be sent, and what to do until then.
    fn next_for(&self, target: Target, held: &Held, tokens: &Tokens, pause: Pause, intent: Intent) -> Next {
        let policy = &self.config.policy;
        let pause = pause.of(target);
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
        if intent == Intent::Nobodys && serves {
            at = at.later(self.due(tokens));
        }
        // Sends of this generation may have left: a repeat is a risk, so it is bounded, waits for the lease to lapse, and is
        // not run while an access token still serves.
        if intent != Intent::Nobodys || held.attempts > 0 {
            if held.attempts >= policy.max_attempts || held.answered >= policy.max_answered {
                return or_sleep(Next::SignIn(SignInReason::InDoubt));
            }
            let lapse = match intent {
                Intent::Mine(lapse) | Intent::Anothers(lapse) => lapse.plus(self.longer(held)),
                Intent::Nobodys => now,
            };
            let covered = policy.rotation == Rotation::Rotating(Overlap::Covers) && held.attempts == 1;
            if !(covered && matches!(intent, Intent::Mine(_) | Intent::Nobodys)) {
                at = at.later(lapse);
                if serves {
                    at = at.later(expiry);
                }
                if !lapse.reached(now) {
                    why = if matches!(intent, Intent::Anothers(_)) { Why::AnotherHolder } else { Why::InDoubt };
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

    /// How much longer than the lease a repeat waits: nothing for the first, then the lease doubled for each, at most an
    /// hour, and some jitter.
    fn longer(&self, held: &Held) -> u64 {
        let Some(doublings) = held.attempts.checked_sub(2) else { return 0 };
        let wait = self.lease().saturating_mul(1u64.checked_shl(doublings.into()).unwrap_or(u64::MAX)).min(HOUR);
        wait.saturating_add(self.machine.holder.jitter(held.revision, wait / 4))
    }

    /// When an access token that still serves is refreshed.
    fn due(&self, tokens: &Tokens) -> Timestamp {
        let Some(expiry) = tokens.life.expiry(self.now) else { return NEVER };
        let life = u64::from(tokens.life.lifetime).saturating_mul(1000);
        let ahead = millis(self.config.policy.ahead).min(life / 4);
        Timestamp::from_millis(expiry.as_millis().saturating_sub(ahead))
    }

    /// Step 1, intent: before a refresh leaves, the store learns that it may.
    pub(crate) fn claim(&mut self, held: Held, mut tokens: Tokens, target: Target) -> Status {
        self.machine.said = super::Said::default();
        self.keep_tokens(&mut tokens);
        if self.config.policy.rotation == Rotation::Fixed {
            let refresh = Refresh { held, tokens, attempts: held.attempts, target, lease: Lease::Unneeded, after: After::Live };
            return self.go(State::Ready(What::Refresh(refresh)));
        }
        let change = Change::Intent { since: None, attempts: held.attempts, target };
        let after = Held { revision: held.revision.saturating_add(1), attempts: held.attempts.saturating_add(1), ..held };
        self.save(change, Some(held.version()), after, tokens)
    }

    /// Hands a change to the store, from the next poll on.
    pub(crate) fn save(&mut self, change: Change, expected: Option<crate::record::Version>, held: Held, tokens: Tokens) -> Status {
        let ticket = self.ticket();
        self.go(State::Saving(Saving { change, expected, held, tokens, ticket, pause: Pause::NONE }))
    }

    /// Step 2, send: the deadline lies within half of the lease, so that it is safe while two clocks agree within a factor of
    /// two.
    pub(crate) fn refresh<'o>(&mut self, refresh: Refresh, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let timeout = millis(self.config.policy.timeout);
        let (deadline, until) = match refresh.lease {
            Lease::Since(since) => (self.now.plus(timeout).earlier(since.plus(self.lease() / 2)), since.plus(self.lease())),
            Lease::Unneeded => (self.now.plus(timeout), self.now.plus(timeout.saturating_mul(2))),
        };
        let mut draft = Draft::post(self.config, self.config.server.token, out);
        draft.field("grant_type", b"refresh_token");
        draft.field("refresh_token", self.text(refresh.tokens.refresh));
        if let Some(audience) = self.config.audience(refresh.target) {
            audience.write(&mut draft);
        }
        self.hand_out(draft, What::Refresh(refresh), deadline, until)
    }

    /// The intent is given back: nothing was sent, or the server refused for a reason that leaves the grant as it was.
    pub(crate) fn give_back(&mut self, refresh: Refresh, pause: Pause) -> Status {
        let Refresh { held, tokens, attempts, lease, .. } = refresh;
        match lease {
            Lease::Unneeded => self.go(State::Live(Live { held, tokens, pause })),
            Lease::Since(_) => {
                let after = Held { revision: held.revision.saturating_add(1), attempts, ..held };
                self.save(Change::GiveBack { pause }, Some(held.version()), after, tokens)
            }
        }
    }

    /// Step 4, in doubt: the request may have been served. The intent stays in the store until its lease lapses.
    pub(crate) fn doubt(&mut self, refresh: Refresh, answered: bool, retry_after: u64) -> Status {
        let Refresh { mut held, tokens, lease, .. } = refresh;
        let Lease::Since(since) = lease else {
            let mut pause = self.back_off(1_000, HOUR, Why::InDoubt);
            pause.until = pause.until.later(self.now.plus(retry_after));
            return self.go(State::Live(Live { held, tokens, pause }));
        };
        if answered {
            held.answered = held.answered.saturating_add(1);
        }
        let pause = Pause::new(self.now.plus(retry_after), Why::InDoubt);
        self.go(State::InDoubt(Claimed { held, tokens, pause, lapse: since.plus(self.lease()), looks: 0, late: (Ticket(0), Target::OWN) }))
    }

    /// The lapse came before the answer, which may still come.
    pub(crate) fn lapse(&mut self, flight: Flight) -> Status {
        let status = self.unreadable(flight, false, 0);
        if let (State::InDoubt(claimed), What::Refresh(refresh)) = (&mut self.machine.state, flight.what) {
            claimed.late = (flight.ticket, refresh.target);
        }
        status
    }

    /// Its answer has come: a success commits wherever its generation still stands (step 3). A lifetime counts from the intent.
    pub(crate) fn come_late(&self, claimed: &Claimed) -> Flight {
        let Claimed { held, tokens, lapse, late: (ticket, target), .. } = *claimed;
        let since = Timestamp::from_millis(lapse.as_millis().saturating_sub(self.lease()));
        let attempts = held.attempts.saturating_sub(1);
        let refresh = Refresh { held, tokens, attempts, target, lease: Lease::Since(since), after: After::Live };
        let until = self.now.plus(millis(self.config.policy.timeout));
        Flight { what: What::Refresh(refresh), ticket, asked: since, until }
    }

    /// When to look at the store again while another holder refreshes: briefly, then longer, with jitter.
    pub(crate) fn look(&self, looks: u8) -> Pause {
        let step = 100u64.checked_shl(u32::from(looks)).unwrap_or(u64::MAX).min(2_000);
        let jitter = self.machine.holder.jitter(u64::from(looks) ^ self.machine.floor, step);
        Pause::new(self.now.plus(step / 2).plus(jitter), Why::AnotherHolder)
    }
}
