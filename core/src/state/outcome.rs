//! Step 3 of the rotation protocol, outcome: what an answer of the server does to the grant.

use super::{After, Change, Flight, Pause, Redeem, Refresh, Saving, State, Turn, What, Whose, rotation::HOUR};
use crate::{
    arena::Span,
    audience::Target,
    error::{Error, Refusal},
    life::Life,
    output::{SignInReason, Status, Why},
    record::{Head, Held, Kind, Tokens},
    time::Timestamp,
};

impl Turn<'_, '_> {
    /// Nobody knows what became of a request: no answer, an unreadable one, or one that settles nothing.
    pub(crate) fn unreadable(&mut self, flight: Flight, answered: bool, retry_after: u64) -> Status {
        match flight.what {
            // A code is never sent twice, whatever became of it (RFC 6749 §10.5).
            What::Redeem(redeem) => self.vacate(redeem.pending.base, SignInReason::Failed),
            What::Refresh(mut refresh) => {
                self.keep_tokens(&mut refresh.tokens);
                match refresh.after {
                    After::SignOut => self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version())),
                    After::Live => self.doubt(refresh, answered, retry_after),
                }
            }
            What::Revoke(revoke) => self.revoke_again(revoke, retry_after),
        }
    }

    /// The request never left.
    pub(crate) fn not_sent(&mut self, flight: Flight) -> Status {
        match flight.what {
            What::Redeem(redeem) => {
                let pause = self.back_off(1_000, 60_000, Why::Offline);
                self.go(State::Ready(What::Redeem(Redeem { pause, ..redeem })))
            }
            What::Refresh(mut refresh) => {
                self.keep_tokens(&mut refresh.tokens);
                if refresh.after == After::SignOut {
                    return self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version()));
                }
                let pause = self.back_off(1_000, 60_000, Why::Offline);
                self.give_back(refresh, pause)
            }
            What::Revoke(revoke) => self.revoke_again(revoke, 0),
        }
    }

    /// A token response (RFC 6749 §5.1).
    pub(crate) fn succeeded(&mut self, flight: Flight) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let answer = &reading.answer;
        let (lost, lost_refresh, lost_scope) = (answer.lost, answer.lost_refresh, answer.lost_scope);
        let granted = answer.granted();
        let mut tokens = Tokens {
            access: answer.access,
            refresh: answer.refresh,
            scope: Span::NONE,
            members: answer.members.span,
            resources: Span::NONE,
            others: Span::NONE,
            scope_known: true,
            life: Life::new(flight.asked, answer.lifetime()),
            minted: 1,
        };
        self.machine.failures = 0;
        self.machine.said = super::Said::default();
        let has_no_access_token = tokens.access.is_empty();
        let mut pause = if has_no_access_token { self.back_off(HOUR, HOUR, Why::TooSmall) } else { Pause::NONE };
        let full = Error::Capacity { needed: (self.machine.used as usize).saturating_add(lost as usize) };
        let mut kept = if lost > 0 { Err(full) } else { Ok(()) };
        let settled = match flight.what {
            What::Redeem(Redeem { pending, .. }) => {
                tokens.scope = granted.unwrap_or(pending.scope);
                tokens.scope_known = (granted.is_some() || !pending.scope.is_empty()) && !lost_scope;
                tokens.resources = pending.parameters.tail(pending.resources as usize);
                self.keep_tokens(&mut tokens);
                let revision = self.machine.floor.saturating_add(1).max(pending.base.map_or(0, |base| base.revision).saturating_add(1));
                let held = Held { family: pending.family, generation: 1, revision, ..Held::default() };
                if tokens.access.is_empty() && tokens.refresh.is_empty() {
                    self.vacate(pending.base, SignInReason::TooSmall)
                } else {
                    self.save(Change::SignIn { pause }, pending.base, held, tokens)
                }
            }
            What::Refresh(refresh) => {
                // A response without a refresh token keeps the old one (RFC 6749 §6) and advances the generation.
                if lost_refresh && refresh.after == After::SignOut {
                    // The token that was used up still names the family that is to end.
                    tokens = refresh.tokens;
                } else if tokens.refresh.is_empty() && !lost_refresh {
                    tokens.refresh = refresh.tokens.refresh;
                }
                let before = refresh.held;
                let generation = before.generation.saturating_add(1);
                tokens.minted = generation;
                tokens.others = refresh.tokens.others;
                tokens.resources = refresh.tokens.resources;
                tokens.scope = granted.unwrap_or(refresh.tokens.scope);
                tokens.scope_known = (granted.is_some() || refresh.tokens.scope_known) && !lost_scope;
                if refresh.target == Target::OWN {
                    self.keep_tokens(&mut tokens);
                } else {
                    let joined = self.join(&mut tokens, &refresh);
                    if joined.is_err() {
                        pause = self.back_off(HOUR, HOUR, Why::TooSmall);
                        kept = joined;
                    }
                    self.refuse(refresh.target, core::mem::replace(&mut pause, Pause::NONE));
                }
                self.wish_is_answered(refresh.target);
                let held = Held { generation, revision: before.revision.saturating_add(1), attempts: 0, answered: 0, ..before };
                match refresh.after {
                    After::Live if lost_refresh => self.save(
                        Change::Clear { reason: SignInReason::TooSmall },
                        Some(before.version()),
                        Held { generation: before.generation, ..held },
                        Tokens::default(),
                    ),
                    After::SignOut => self.sign_out_of(Held { revision: before.revision, ..held }, tokens, Some(before.version())),
                    After::Live => self.save(Change::Commit { pause }, Some(before.version()), held, tokens),
                }
            }
            What::Revoke(_) => Status::Unchanged,
        };
        kept.map(|()| settled)
    }

    /// A definite OAuth error (RFC 6749 §5.2), or one that says that it is none.
    pub(crate) fn refused(&mut self, flight: Flight) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let refusal = reading.answer.meaning.meaning();
        self.machine.said = super::Said { code: reading.answer.code, description: reading.answer.description };
        match flight.what {
            What::Redeem(redeem) => {
                let reason = match refusal {
                    Refusal::Interaction => SignInReason::Interaction,
                    Refusal::AccessDenied => SignInReason::Declined,
                    _ => SignInReason::Failed,
                };
                self.vacate(redeem.pending.base, reason);
            }
            What::Refresh(refresh) => self.refresh_refused(refresh, refusal),
            What::Revoke(_) => {}
        }
        Err(Error::Refused(refusal))
    }

    fn refresh_refused(&mut self, mut refresh: Refresh, refusal: Refusal) {
        self.keep_tokens(&mut refresh.tokens);
        if refresh.after == After::SignOut {
            self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version()));
            return;
        }
        if refusal != Refusal::Unavailable {
            self.wish_is_answered(refresh.target);
        }
        match refusal {
            Refusal::Unavailable => self.doubt(refresh, true, 0),
            // It clears only the family and generation that sent it.
            Refusal::InvalidGrant => {
                let held = Held { revision: refresh.held.revision.saturating_add(1), ..refresh.held };
                self.keep_tokens(&mut Tokens::default());
                self.save(Change::Clear { reason: SignInReason::Ended }, Some(refresh.held.version()), held, Tokens::default())
            }
            Refusal::Interaction | Refusal::AccessDenied => {
                self.give_back_refused(refresh, Pause::new(Timestamp::from_millis(u64::MAX), Why::Interaction))
            }
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

    /// Another record stands where new tokens were to be: they commit over a live or cleared one of their family that is not
    /// ahead of them, whoever holds an intent on it.
    pub(crate) fn commit_superseded(&mut self, saving: Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let (mine, theirs) = (saving.held, head.held);
        if theirs.family != mine.family {
            self.orphan(saving.tokens, theirs, head, record)
        } else if theirs.generation >= mine.generation {
            // A higher generation wins, and nothing is revoked.
            self.adopt(head, record)
        } else if head.kind == Kind::SignedOut {
            self.orphan(saving.tokens, theirs, head, record)
        } else {
            Ok(self.again(saving, &theirs))
        }
    }

    /// Another record stands where a generation was to end: only that very one ends.
    pub(crate) fn clear_superseded(&mut self, saving: Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let (mine, theirs) = (saving.held, head.held);
        let is_it = theirs.family == mine.family && theirs.generation == mine.generation && head.kind == Kind::Live;
        if is_it { Ok(self.again(saving, &theirs)) } else { self.adopt(head, record) }
    }

    /// A success that meets a sign-out or another family: revoked at once if the policy says so; then the store counts.
    pub(crate) fn orphan(&mut self, mut tokens: Tokens, theirs: Held, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let revoke = self.config.policy.revoke_orphans && self.config.can_revoke();
        if !revoke {
            return self.adopt(head, record);
        }
        self.machine.floor = self.machine.floor.max(theirs.revision);
        self.keep_tokens(&mut tokens);
        Ok(self.begin_revocation(theirs, tokens, Whose::Orphan))
    }
}
