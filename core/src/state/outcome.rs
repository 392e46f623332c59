//! Step 3 of the rotation protocol, outcome: what an answer of the server does to the grant.

use super::{After, Change, Errand, Pause, Refresh, State, Turn, What, rotation::HOUR, store::Verdict};
use crate::{
    arena::Span,
    audience::Target,
    error::{Error, Refusal},
    life::Life,
    output::{SignInReason, Status, Why},
    record::{ACCESS, CODE, DESCRIPTION, Head, Kind, MEMBERS, REFRESH, SCOPE},
    time::Left,
    token::Field,
};

impl Turn<'_, '_> {
    /// Nobody knows what became of a request: no answer, an unreadable one, or one that settles nothing.
    #[inline(never)]
    pub(crate) fn unreadable(&mut self, answered: bool, retry_after: u32) -> Status {
        if let Some(refresh) = self.machine.state.refresh() {
            let refresh = *refresh;
            self.keep();
            return match refresh.after {
                After::SignOut => self.sign_out_held(),
                After::Live => self.doubt(&refresh, answered, retry_after),
            };
        }
        if let State::Sent(What::Revoke(_)) = self.machine.state {
            return self.revoke_again(retry_after);
        }
        // A code is never sent twice, whatever became of it (RFC 6749 §4.1.2).
        self.vacate(SignInReason::Failed)
    }

    /// The request never left.
    pub(crate) fn not_sent(&mut self) -> Status {
        if let State::Sent(what @ What::Redeem(_)) = self.machine.state {
            let pause = self.back_off(1_000, 60_000, Why::Offline);
            return self.ready(what, pause);
        }
        let Some(refresh) = self.machine.state.refresh() else { return self.revoke_again(0) };
        let refresh = *refresh;
        self.keep();
        if refresh.after == After::SignOut {
            return self.sign_out_held();
        }
        let pause = self.back_off(1_000, 60_000, Why::Offline);
        self.give_back(&refresh, pause)
    }

    /// A token response (RFC 6749 §5.1).
    pub(crate) fn succeeded(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let errand = reading.errand;
        let asked = self.clocks().before(self.machine.timers.since);
        let answer = &reading.answer;
        let (lost, lost_refresh, lost_scope) = (answer.lost_bytes, answer.lost(Field::REFRESH), answer.lost(Field::SCOPE));
        let old = self.machine.tokens;
        let new = &mut self.machine.tokens;
        new.texts[ACCESS] = answer.text(Field::ACCESS);
        new.texts[REFRESH] = answer.text(Field::REFRESH);
        new.texts[MEMBERS] = answer.members();
        if let Some(granted) = answer.granted() {
            new.texts[SCOPE] = granted;
            new.scope_known = true;
        }
        new.scope_known &= !lost_scope;
        new.life = Life::new(asked, answer.lifetime());
        new.minted = self.machine.held.generation.saturating_add(1);
        let (has_access, has_refresh) = (new.has(ACCESS), new.has(REFRESH));
        self.machine.failures = 0;
        self.forget_refusal();
        let mut pause = if has_access { Pause::NONE } else { self.back_off(HOUR, HOUR, Why::TooSmall) };
        let full = Error::Capacity { needed: (self.machine.used as usize).saturating_add(lost as usize) };
        let mut kept = if lost > 0 { Err(full) } else { Ok(Status::Advanced) };
        let Errand::Refresh(refresh) = errand else {
            self.keep();
            if has_access || has_refresh {
                self.machine.held.generation = 1;
                self.save(Change::SignIn { pause });
            } else {
                self.vacate(SignInReason::TooSmall);
            }
            return kept;
        };
        // A response without a refresh token keeps the old one (RFC 6749 §6) and advances the generation.
        if lost_refresh && refresh.after == After::SignOut {
            // The token that was used up still names the family that is to end.
            self.machine.tokens = old;
        } else if !has_refresh && !lost_refresh {
            self.machine.tokens.texts[REFRESH] = old.texts[REFRESH];
        }
        if refresh.target == Target::OWN {
            self.keep();
        } else {
            if let Err(full) = self.join(&old, refresh.target) {
                pause = self.back_off(HOUR, HOUR, Why::TooSmall);
                kept = Err(full);
            }
            self.refuse(refresh.target, core::mem::replace(&mut pause, Pause::NONE));
        }
        self.wish_is_answered(refresh.target);
        let held = &mut self.machine.held;
        (held.attempts, held.answered) = (0, 0);
        if lost_refresh && refresh.after == After::Live {
            self.save_cleared(SignInReason::TooSmall);
            return kept;
        }
        held.generation = held.generation.saturating_add(1);
        match refresh.after {
            After::SignOut => self.sign_out_held(),
            After::Live => self.save(Change::Commit { pause }),
        };
        kept
    }

    /// A definite OAuth error (RFC 6749 §5.2), or one that says that it is none.
    pub(crate) fn refused(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let refusal = reading.answer.meaning.meaning();
        let errand = reading.errand;
        self.machine.tokens.texts[CODE] = reading.answer.text(Field::ERROR);
        self.machine.tokens.texts[DESCRIPTION] = reading.answer.text(Field::DESCRIPTION);
        match errand {
            Errand::Redeem => self.vacate(match refusal {
                Refusal::Interaction => SignInReason::Interaction,
                Refusal::AccessDenied => SignInReason::Declined,
                _ => SignInReason::Failed,
            }),
            Errand::Refresh(refresh) => self.refresh_refused(&refresh, refusal),
        };
        Err(Error::Refused(refusal))
    }

    fn refresh_refused(&mut self, refresh: &Refresh, refusal: Refusal) -> Status {
        self.keep();
        if refresh.after == After::SignOut {
            return self.sign_out_held();
        }
        if refusal != Refusal::Unavailable {
            self.wish_is_answered(refresh.target);
        }
        match refusal {
            Refusal::Unavailable => self.doubt(refresh, true, 0),
            // It clears only the family and generation that sent it.
            Refusal::InvalidGrant => self.save_cleared(SignInReason::Ended),
            Refusal::Interaction | Refusal::AccessDenied => self.give_back_refused(refresh, Pause::new(Left::NEVER, Why::Interaction)),
            Refusal::Client | Refusal::Request | Refusal::Other => {
                let pause = self.back_off(60_000, HOUR, Why::Refused);
                // Whatever is asked for, this client is refused.
                if refusal == Refusal::Client { self.give_back(refresh, pause) } else { self.give_back_refused(refresh, pause) }
            }
        }
    }

    /// This generation has ended: no token of it is kept.
    fn save_cleared(&mut self, reason: SignInReason) -> Status {
        self.leave(Span::NONE, Span::NONE);
        self.save(Change::Clear { reason })
    }

    /// Another record stands where new tokens were to be: they commit over a live or cleared one of their family that is not
    /// ahead of them, whoever holds an intent on it.
    pub(crate) fn commit_meets(&self, head: &Head<'_>) -> Verdict {
        if !self.is_mine(head) {
            Verdict::Orphan
        } else if head.generation() >= self.machine.held.generation {
            // A higher generation wins, and nothing is revoked.
            Verdict::Adopt
        } else if head.kind() == Kind::SignedOut {
            Verdict::Orphan
        } else {
            Verdict::Again
        }
    }

    /// Another record stands where a generation was to end: only that very one ends.
    pub(crate) fn clear_meets(&self, head: &Head<'_>) -> Verdict {
        if self.is_held(head) { Verdict::Again } else { Verdict::Adopt }
    }
}
