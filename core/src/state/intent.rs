//! Step 1 of the rotation protocol, intent: before a refresh leaves, the store learns that it may; the others wait.

use super::{
    After, Change, Claimed, Lease, Pause, Refresh, Saving, State, Turn, What,
    rotation::{Holder, Next},
};
use crate::{
    audience::Target,
    error::Error,
    output::{Status, Why},
    policy::Rotation,
    record::{Head, Held, Tokens},
};

impl Turn<'_, '_> {
    /// Begins a refresh: with an intent, where the refresh token may rotate (step 6).
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

    pub(crate) fn next_waiting(&self, claimed: &Claimed) -> Next {
        let look = claimed.pause.until.earlier(claimed.lapse);
        if claimed.lapse.reached(self.now) {
            self.next(&claimed.held, &claimed.tokens, Pause::NONE, Holder::Another(claimed.lapse))
        } else if look.reached(self.now) {
            Next::Look
        } else {
            Next::Wait(look, Why::AnotherHolder)
        }
    }

    /// When to look at the store again while another holder refreshes: briefly, then longer, with jitter.
    pub(crate) fn look(&self, looks: u8) -> Pause {
        let step = 100u64.checked_shl(u32::from(looks)).unwrap_or(u64::MAX).min(2_000);
        let jitter = self.machine.holder.jitter(u64::from(looks) ^ self.machine.floor, step);
        Pause::new(self.now.plus(step / 2).plus(jitter), Why::AnotherHolder)
    }

    /// The look at the store told nothing new.
    pub(crate) fn looked(&mut self) -> Status {
        let State::Waiting(claimed) = self.machine.state else { return Status::Unchanged };
        let looks = claimed.looks.saturating_add(1);
        self.go(State::Waiting(Claimed { looks, pause: self.look(looks), ..claimed }))
    }

    /// Another record stands where the intent was to be: one of this generation without an intent is tried again at once.
    pub(crate) fn intent_superseded(
        &mut self,
        saving: Saving,
        attempts: u16,
        target: Target,
        head: &Head,
        record: &[u8],
    ) -> Result<Status, Error> {
        let (mine, theirs) = (saving.held, head.held);
        if !head.says_as(mine.family, mine.generation, attempts) {
            return self.adopt(head, record);
        }
        self.machine.floor = self.machine.floor.max(theirs.revision);
        let held = Held { revision: theirs.revision.saturating_add(1), attempts: attempts.saturating_add(1), ..theirs };
        Ok(self.save(Change::Intent { since: None, attempts, target }, Some(theirs.version()), held, saving.tokens))
    }
}
