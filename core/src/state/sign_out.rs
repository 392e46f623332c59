//! Step 5 of the rotation protocol, sign-out: it names its family, and the record keeps a token until its revocation is
//! answered.

use super::{After, Change, Errand, Reading, Revoke, State, Turn, What, Whose, store::Verdict};
use crate::{
    error::{Error, Misuse},
    output::{SignInReason, Status},
    record::{Head, Kind},
};

impl Turn<'_, '_> {
    /// The user signs out.
    pub(crate) fn sign_out(&mut self) -> Result<Status, Error> {
        match &mut self.machine.state {
            State::Live | State::InDoubt(_) | State::Waiting(_) | State::Ready(What::Refresh(_)) => {}
            State::Saving(change) => match change {
                Change::Intent { .. } | Change::GiveBack { .. } | Change::Clear { .. } | Change::Commit { .. } => {}
                Change::SignOut | Change::Forget => return Ok(Status::Unchanged),
                // Its family is not in the store yet: first the save must be answered.
                Change::SignIn { .. } => return Err(Misuse::NotNow.into()),
            },
            // The answer on its way may hold the token that must be revoked: it is awaited, within its lease.
            State::Sent(What::Refresh(refresh)) | State::Reading(Reading { errand: Errand::Refresh(refresh), .. }) => {
                refresh.after = After::SignOut;
                return Ok(Status::Advanced);
            }
            // What the store holds is still to be ended.
            State::Loading(after @ After::Live) => {
                *after = After::SignOut;
                return Ok(Status::Advanced);
            }
            State::Vacant(reason)
                if !self.machine.stored.family.is_nobody() && !matches!(reason, SignInReason::SignedOut | SignInReason::Ended) =>
            {
                return Ok(self.load(After::SignOut));
            }
            State::Vacant(_)
            | State::Loading(_)
            | State::Ready(What::Revoke(Revoke { whose: Whose::Stored, .. }))
            | State::Sent(What::Revoke(Revoke { whose: Whose::Stored, .. })) => return Ok(Status::Unchanged),
            State::Visiting(_) | State::AwaitingRedirect(_) | State::Ready(_) | State::Sent(_) | State::Reading(_) => {
                return Err(Misuse::NotNow.into());
            }
        }
        Ok(self.sign_out_held())
    }

    /// Signs out of the grant that the store holds: everything is wiped but the token that is to be revoked.
    #[inline(never)]
    pub(crate) fn sign_out_held(&mut self) -> Status {
        self.leave_one_token();
        let held = &mut self.machine.held;
        (held.attempts, held.answered) = (0, 0);
        self.save(Change::SignOut)
    }

    /// Another record stands where the sign-out was to be: it is made over any of its family, and stops at any other,
    /// its own token revoked. Where the family went on meanwhile, its newest token is the one to revoke.
    pub(crate) fn sign_out_meets(&self, head: &Head<'_>) -> Verdict {
        let mine = self.machine.held.generation;
        match head.kind() {
            _ if !self.is_mine(head) => Verdict::Orphan,
            // Nobody else has this token, and its family has ended.
            Kind::SignedOut if head.generation() < mine => Verdict::Orphan,
            Kind::SignedOut => Verdict::Adopt,
            Kind::Live if head.generation() > mine => Verdict::SignOut,
            Kind::Live | Kind::Cleared => Verdict::Again,
        }
    }

    /// Signs out of a stored grant. Only the token that is to be revoked must fit; one that does not leaves the older one of
    /// its family, or none: a full buffer keeps nobody signed in.
    pub(crate) fn sign_out_stored(&mut self, head: &Head<'_>) -> Status {
        self.now_stored(head.version());
        let (text, number) = head.revocable();
        if text.len() <= self.bytes.len() {
            self.wipe();
            let token = self.arena().add(text).unwrap_or_default();
            if let Some(place) = self.machine.tokens.texts.get_mut(number) {
                *place = token;
            }
        }
        self.machine.held = head.held();
        self.sign_out_held()
    }

    /// The application gives up what it waits for.
    pub(crate) fn cancel(&mut self) -> Result<Status, Error> {
        match &self.machine.state {
            State::Visiting(_) | State::AwaitingRedirect(_) | State::Ready(What::Redeem(_)) => Ok(self.vacate(SignInReason::Cancelled)),
            State::Ready(What::Revoke(revoke)) => {
                let whose = revoke.whose;
                Ok(self.revocation_is_over(whose))
            }
            _ => super::NOT_NOW,
        }
    }
}
