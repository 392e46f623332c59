//! Step 4 of the rotation protocol, in doubt: a refresh may have been served, and nobody knows.

use super::{
    After, Lease, Pause, Refresh, State, Turn, What,
    rotation::{HOUR, Holder},
    turn::doubled,
};
use crate::{
    audience::Target,
    output::{Status, Why},
    policy::{Overlap, Rotation},
    time::Left,
};

/// When a refresh token that may have been sent for its generation may be sent once more.
pub(crate) enum Repeat {
    /// The server has an overlap that covers the lease, and this is the first.
    AtOnce,
    /// When the lease has lapsed, later with each attempt.
    From(Left),
    /// It was risked as often as the policy allows.
    Never,
}

impl Turn<'_, '_> {
    /// A request may have been served. The intent stays in the store until its lease lapses.
    pub(crate) fn doubt(&mut self, refresh: &Refresh, answered: bool, retry_after: u32) -> Status {
        let later = Left(retry_after);
        if refresh.lease == Lease::Unneeded {
            let mut pause = self.back_off(1_000, HOUR, Why::InDoubt);
            pause.left = pause.left.max(later);
            return self.live(pause);
        }
        if answered {
            self.machine.held.answered = self.machine.held.answered.saturating_add(1);
        }
        self.repeat_after_lapse();
        self.go(State::InDoubt(None), Pause::new(later, Why::InDoubt))
    }

    /// Sends of this generation may have left: whether and when one more may leave. It is one for each lapse of a lease.
    pub(crate) fn repeat(&self, intent: Holder) -> Repeat {
        let (policy, held) = (&self.config.policy, &self.machine.held);
        if held.attempts >= policy.max_attempts || held.answered >= policy.max_answered {
            return Repeat::Never;
        }
        let covered = policy.rotation == Rotation::Rotating(Overlap::Covers) && held.attempts == 1;
        match intent {
            Holder::Me | Holder::Nobody if covered => Repeat::AtOnce,
            Holder::Me | Holder::Another => Repeat::From(self.machine.timers.limit),
            Holder::Nobody => Repeat::From(Left::NOTHING),
        }
    }

    /// The next send of this generation waits until the lease of the last has lapsed, and longer with each.
    pub(crate) fn repeat_after_lapse(&mut self) {
        self.machine.timers.limit = self.machine.timers.lapse.plus(self.longer());
    }

    /// How much longer than the lease a repeat waits: nothing for the first, then the lease doubled for each, at most an
    /// hour, and some jitter.
    fn longer(&self) -> u32 {
        let held = &self.machine.held;
        let Some(doublings) = held.attempts.checked_sub(2) else { return 0 };
        let wait = doubled(self.lease(), doublings.into(), HOUR);
        wait.saturating_add(self.machine.holder.jitter(held.revision, wait >> 2))
    }

    /// The request has taken too long, and is given up; the answer to a refresh may still come.
    pub(crate) fn give_up(&mut self) {
        let given_up = self.machine.state.refresh().map(|refresh| refresh.target);
        self.unreadable(false, 0);
        if let State::InDoubt(late) = &mut self.machine.state {
            *late = given_up;
        }
    }

    /// Its answer has come: a success commits wherever its generation still stands (step 3).
    pub(crate) fn come_late(&mut self, target: Target) {
        let refresh = Refresh { target, lease: Lease::Held, after: After::Live };
        self.machine.timers.limit = Left(self.config.policy.timeout);
        self.machine.state = State::Sent(What::Refresh(refresh));
    }
}
