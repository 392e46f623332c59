//! Step 3 of the rotation protocol, outcome: what an answer of the server does to the grant.

use super::{After, Change, Errand, Flight, Pause, Redeem, Refresh, Saving, State, Turn, What, Whose, rotation::HOUR};
use crate::{
    audience::Target,
    error::{Error, Refusal},
    life::Life,
    output::{SignInReason, Status, Why},
    record::{Head, Held, Kind, Tokens},
    time::Moment,
    token::Field,
};

impl Turn<'_, '_> {
    /// Nobody knows what became of a request: no answer, an unreadable one, or one that settles nothing.
    pub(crate) fn unreadable(&mut self, answered: bool, retry_after: u64) -> Status {
        if let Some(base) = self.machine.state.redeem() {
            // A code is never sent twice, whatever became of it (RFC 6749 §10.5).
            return self.vacate(base, SignInReason::Failed);
        }
        if let Some(refresh) = self.machine.state.refresh() {
            let refresh = *refresh;
            self.keep();
            return match refresh.after {
                After::SignOut => self.sign_out_held(),
                After::Live => self.doubt(&refresh, answered, retry_after),
            };
        }
        self.revoke_again(retry_after)
    }

    /// The request never left.
    pub(crate) fn not_sent(&mut self) -> Status {
        if let State::Sent(Flight { what: What::Redeem(redeem), .. }) = &self.machine.state {
            let redeem = *redeem;
            let pause = self.back_off(1_000, 60_000, Why::Offline);
            return self.go(State::Ready(What::Redeem(Redeem { pause, ..redeem })));
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
        let (errand, asked) = (reading.errand, reading.asked);
        let answer = &reading.answer;
        let (lost, lost_refresh, lost_scope) = (answer.lost_bytes, answer.lost(Field::REFRESH), answer.lost(Field::SCOPE));
        let granted = answer.granted();
        let old = self.machine.tokens;
        let new = Tokens {
            access: answer.text(Field::ACCESS),
            refresh: answer.text(Field::REFRESH),
            members: answer.members(),
            scope: granted.unwrap_or(old.scope),
            scope_known: (granted.is_some() || old.scope_known) && !lost_scope,
            life: Life::new(asked, answer.lifetime()),
            minted: self.machine.held.generation.saturating_add(1),
            ..old
        };
        self.machine.tokens = new;
        self.machine.failures = 0;
        self.machine.said = super::Said::default();
        let mut pause = if new.access.is_empty() { self.back_off(HOUR, HOUR, Why::TooSmall) } else { Pause::NONE };
        let full = Error::Capacity { needed: (self.machine.used as usize).saturating_add(lost as usize) };
        let mut kept = if lost > 0 { Err(full) } else { Ok(()) };
        let refresh = match errand {
            Errand::Redeem(base) => {
                self.keep();
                if new.access.is_empty() && new.refresh.is_empty() {
                    self.vacate(base, SignInReason::TooSmall);
                } else {
                    let floor = self.machine.floor.max(base.map_or(0, |base| base.revision));
                    self.machine.held = Held { generation: 1, revision: floor.saturating_add(1), ..self.machine.held };
                    self.save(Change::SignIn { pause }, base);
                }
                return kept.map(|()| Status::Advanced);
            }
            Errand::Refresh(refresh) => refresh,
        };
        // A response without a refresh token keeps the old one (RFC 6749 §6) and advances the generation.
        if lost_refresh && refresh.after == After::SignOut {
            // The token that was used up still names the family that is to end.
            self.machine.tokens = old;
        } else if new.refresh.is_empty() && !lost_refresh {
            self.machine.tokens.refresh = old.refresh;
        }
        if refresh.target == Target::OWN {
            self.keep();
        } else {
            let joined = self.join(&old, refresh.target);
            if joined.is_err() {
                pause = self.back_off(HOUR, HOUR, Why::TooSmall);
                kept = joined;
            }
            self.refuse(refresh.target, core::mem::replace(&mut pause, Pause::NONE));
        }
        self.wish_is_answered(refresh.target);
        let before = self.step();
        let held = &mut self.machine.held;
        (held.attempts, held.answered) = (0, 0);
        let lost_grant = lost_refresh && refresh.after == After::Live;
        if !lost_grant {
            held.generation = held.generation.saturating_add(1);
        }
        match refresh.after {
            After::Live if lost_grant => self.save_cleared(before, SignInReason::TooSmall),
            After::SignOut => self.sign_out_of(Some(before)),
            After::Live => self.save(Change::Commit { pause }, Some(before)),
        };
        kept.map(|()| Status::Advanced)
    }

    /// A definite OAuth error (RFC 6749 §5.2), or one that says that it is none.
    pub(crate) fn refused(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let refusal = reading.answer.meaning.meaning();
        let errand = reading.errand;
        self.machine.said = super::Said { code: reading.answer.text(Field::ERROR), description: reading.answer.text(Field::DESCRIPTION) };
        match errand {
            Errand::Redeem(base) => {
                let reason = match refusal {
                    Refusal::Interaction => SignInReason::Interaction,
                    Refusal::AccessDenied => SignInReason::Declined,
                    _ => SignInReason::Failed,
                };
                self.vacate(base, reason);
            }
            Errand::Refresh(refresh) => self.refresh_refused(&refresh, refusal),
        }
        Err(Error::Refused(refusal))
    }

    fn refresh_refused(&mut self, refresh: &Refresh, refusal: Refusal) {
        self.keep();
        if refresh.after == After::SignOut {
            self.sign_out_held();
            return;
        }
        if refusal != Refusal::Unavailable {
            self.wish_is_answered(refresh.target);
        }
        match refusal {
            Refusal::Unavailable => self.doubt(refresh, true, 0),
            // It clears only the family and generation that sent it.
            Refusal::InvalidGrant => {
                let before = self.step();
                self.save_cleared(before, SignInReason::Ended)
            }
            Refusal::Interaction | Refusal::AccessDenied => self.give_back_refused(refresh, Pause::new(Moment::NEVER, Why::Interaction)),
            // Whatever is asked for, this client is refused.
            Refusal::Client => {
                let pause = self.back_off(60_000, HOUR, Why::Refused);
                self.give_back(refresh, pause)
            }
            Refusal::Request | Refusal::Other => {
                let pause = self.back_off(60_000, HOUR, Why::Refused);
                self.give_back_refused(refresh, pause)
            }
        };
    }

    /// This generation has ended: no token of it is kept.
    fn save_cleared(&mut self, before: crate::record::Version, reason: SignInReason) -> Status {
        self.machine.tokens = Tokens::NONE;
        self.keep();
        self.save(Change::Clear { reason }, Some(before))
    }

    /// Another record stands where new tokens were to be: they commit over a live or cleared one of their family that is not
    /// ahead of them, whoever holds an intent on it.
    pub(crate) fn commit_superseded(&mut self, saving: &Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let (mine, theirs) = (self.machine.held, head.held);
        if theirs.family != mine.family {
            self.orphan(head, record)
        } else if theirs.generation >= mine.generation {
            // A higher generation wins, and nothing is revoked.
            self.adopt(head, record)
        } else if head.kind == Kind::SignedOut {
            self.orphan(head, record)
        } else {
            Ok(self.again(saving, &theirs))
        }
    }

    /// Another record stands where a generation was to end: only that very one ends.
    pub(crate) fn clear_superseded(&mut self, saving: &Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let (mine, theirs) = (self.machine.held, head.held);
        let is_it = theirs.family == mine.family && theirs.generation == mine.generation && head.kind == Kind::Live;
        if is_it { Ok(self.again(saving, &theirs)) } else { self.adopt(head, record) }
    }

    /// A success that meets a sign-out or another family: revoked at once if the policy says so; then the store counts.
    pub(crate) fn orphan(&mut self, head: &Head, record: &[u8]) -> Result<Status, Error> {
        if !(self.config.policy.revoke_orphans && self.config.can_revoke()) {
            return self.adopt(head, record);
        }
        self.seen(&head.held);
        self.machine.held = head.held;
        Ok(self.begin_revocation(Whose::Orphan))
    }
}
