//! Step 1 of the rotation protocol, intent: before a refresh leaves, the store learns that it may; the others wait.

use super::{
    After, Change, Lease, Pause, Refresh, State, Timers, Turn, What,
    rotation::{Holder, Next},
    store::Verdict,
};
use crate::{
    audience::Target,
    output::{Status, Why},
    policy::Rotation,
    record::{Head, Held, Kind},
    time::Left,
};

impl Turn<'_, '_> {
    /// Begins a refresh: with an intent, where the refresh token may rotate (step 6).
    pub(crate) fn claim(&mut self, target: Target) -> Status {
        self.forget_refusal();
        self.keep();
        if self.config.policy.rotation == Rotation::Fixed {
            return self.ready(What::Refresh(Refresh { target, lease: Lease::Unneeded, after: After::Live }), Pause::NONE);
        }
        self.save_intent(target)
    }

    pub(crate) fn save_intent(&mut self, target: Target) -> Status {
        self.machine.held.attempts = self.machine.held.attempts.saturating_add(1);
        self.machine.timers.lapse = Left::NEVER;
        self.save(Change::Intent { target })
    }

    pub(crate) fn next_waiting(&self) -> Next {
        let Timers { pause, lapse, .. } = self.machine.timers;
        let look = pause.left.min(lapse);
        if lapse.is_over() {
            self.next(Holder::Another)
        } else if look.is_over() {
            Next::Look
        } else {
            Next::Wait(Pause::new(look, Why::AnotherHolder))
        }
    }

    /// When to look at the store again while another holder refreshes: briefly, then longer, with jitter.
    pub(crate) fn look(&self, looks: u8) -> Pause {
        let step = (100u32 << looks.min(5)).min(2_000);
        let jitter = self.machine.holder.jitter(u32::from(looks) ^ self.machine.stored.revision, step);
        Pause::new(Left(step >> 1).plus(jitter), Why::AnotherHolder)
    }

    /// The look at the store told nothing new.
    pub(crate) fn looked(&mut self) -> Status {
        let State::Waiting(looks) = self.machine.state else { return Status::Unchanged };
        let looks = looks.saturating_add(1);
        self.go(State::Waiting(looks), self.look(looks))
    }

    /// Another record stands where the intent was to be: one of this generation without an intent is tried again at once.
    pub(crate) fn intent_meets(&self, head: &Head<'_>) -> Verdict {
        let Held { generation, attempts, .. } = self.machine.held;
        let theirs = head.held();
        let is_free = head.kind() == Kind::Live && head.lease() == 0;
        let same = self.is_mine(head) && theirs.generation == generation && theirs.attempts.wrapping_add(1) == attempts;
        if is_free && same { Verdict::Again } else { Verdict::Adopt }
    }
}
