//! Step 4 of the rotation protocol, in doubt: a refresh may have been served, and nobody knows.

use super::{
    After, Claimed, Flight, Lease, Pause, Refresh, State, Turn, What,
    rotation::{HOUR, Holder, Next},
};
use crate::{
    audience::Target,
    output::{Status, Why},
    policy::{Overlap, Rotation},
    request::Ticket,
    time::Moment,
};

/// When a refresh token that may have been sent for its generation may be sent once more.
pub(crate) enum Repeat {
    /// The server has an overlap that covers the lease, and this is the first.
    AtOnce,
    /// When the lease has lapsed, later with each attempt.
    From(Moment),
    /// It was risked as often as the policy allows.
    Never,
}

impl Turn<'_, '_> {
    /// A request may have been served. The intent stays in the store until its lease lapses.
    pub(crate) fn doubt(&mut self, refresh: &Refresh, answered: bool, retry_after: u64) -> Status {
        let later = self.now.plus(retry_after);
        let Lease::Since(since) = refresh.lease else {
            let mut pause = self.back_off(1_000, HOUR, Why::InDoubt);
            pause.until = pause.until.later(later);
            return self.go(State::Live(pause));
        };
        if answered {
            self.machine.held.answered = self.machine.held.answered.saturating_add(1);
        }
        let (pause, lapse) = (Pause::new(later, Why::InDoubt), since.plus(self.lease()));
        self.go(State::InDoubt(Claimed { pause, lapse, looks: 0, late: (Ticket(0), Target::OWN) }))
    }

    /// Sends of this generation may have left: whether and when one more may leave. It is one for each lapse of a lease.
    pub(crate) fn repeat(&self, intent: Holder) -> Repeat {
        let (policy, held) = (&self.config.policy, &self.machine.held);
        if held.attempts >= policy.max_attempts || held.answered >= policy.max_answered {
            return Repeat::Never;
        }
        let covered = policy.rotation == Rotation::Rotating(Overlap::Covers) && held.attempts == 1;
        match intent {
            Holder::Me(_) | Holder::Nobody if covered => Repeat::AtOnce,
            Holder::Me(lapse) | Holder::Another(lapse) => Repeat::From(lapse.plus(self.longer())),
            Holder::Nobody => Repeat::From(self.now),
        }
    }

    /// How much longer than the lease a repeat waits: nothing for the first, then the lease doubled for each, at most an
    /// hour, and some jitter.
    fn longer(&self) -> u64 {
        let held = &self.machine.held;
        let Some(doublings) = held.attempts.checked_sub(2) else { return 0 };
        let wait = self.lease().saturating_mul(1u64.checked_shl(doublings.into()).unwrap_or(u64::MAX)).min(HOUR);
        wait.saturating_add(self.machine.holder.jitter(held.revision, wait / 4))
    }

    pub(crate) fn next_in_doubt(&self, claimed: &Claimed) -> Next {
        self.next(claimed.pause, Holder::Me(claimed.lapse))
    }

    /// The lapse came before the answer, which may still come.
    pub(crate) fn lapse(&mut self, ticket: Ticket) -> Status {
        let target = self.machine.state.refresh().map_or(Target::OWN, |refresh| refresh.target);
        let status = self.unreadable(false, 0);
        if let State::InDoubt(claimed) = &mut self.machine.state {
            claimed.late = (ticket, target);
        }
        status
    }

    /// Its answer has come: a success commits wherever its generation still stands (step 3). A lifetime counts from the intent.
    pub(crate) fn come_late(&self, claimed: &Claimed) -> Flight {
        let Claimed { lapse, late: (ticket, target), .. } = *claimed;
        let since = lapse.minus(self.lease());
        let attempts = self.machine.held.attempts.saturating_sub(1);
        let refresh = Refresh { attempts, target, lease: Lease::Since(since), after: After::Live };
        let until = self.now.plus(self.config.policy.timeout.into());
        Flight { what: What::Refresh(refresh), ticket, asked: since.stamp(), until }
    }
}
