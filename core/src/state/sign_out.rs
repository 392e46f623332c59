//! Step 5 of the rotation protocol, sign-out: it names its family, and the record keeps a token until its revocation is
//! answered.

use super::{After, Change, Claimed, Flight, Live, Loading, Pause, Reading, Refresh, Revoke, Saving, State, Turn, Vacant, What, Whose};
use crate::{
    error::{Error, Misuse},
    output::{SignInReason, Status},
    record::{Head, Held, Kind, Tokens, Version},
};

impl Turn<'_, '_> {
    /// The user signs out.
    pub(crate) fn sign_out(&mut self) -> Result<Status, Error> {
        let (held, tokens, expected) = match &mut self.machine.state {
            State::Live(Live { held, tokens, .. })
            | State::InDoubt(Claimed { held, tokens, .. })
            | State::Waiting(Claimed { held, tokens, .. }) => (*held, *tokens, Some(held.version())),
            State::Ready(What::Refresh(Refresh { held, tokens, .. })) => (*held, *tokens, Some(held.version())),
            State::Saving(saving) => match saving.change {
                Change::Intent { .. } | Change::GiveBack { .. } | Change::Clear { .. } | Change::Commit { .. } => {
                    (Held { revision: saving.held.revision.saturating_sub(1), ..saving.held }, saving.tokens, saving.expected)
                }
                Change::SignOut | Change::Forget => return Ok(Status::Unchanged),
                // Its family is not in the store yet: first the save must be answered.
                Change::SignIn { .. } => return Err(Misuse::NotNow.into()),
            },
            // The answer on its way may hold the token that must be revoked: it is awaited, within its lease.
            State::Sent(Flight { what: What::Refresh(refresh), .. })
            | State::Reading(Reading { flight: Flight { what: What::Refresh(refresh), .. }, .. }) => {
                refresh.after = After::SignOut;
                return Ok(Status::Advanced);
            }
            // What the store holds is still to be ended.
            State::Loading(Loading { after: After::Live, pause }) => {
                let loading = Loading { after: After::SignOut, pause: *pause };
                return Ok(self.go(State::Loading(loading)));
            }
            State::Vacant(Vacant { base: Some(_), reason }) if !matches!(reason, SignInReason::SignedOut | SignInReason::Ended) => {
                return Ok(self.go(State::Loading(Loading { after: After::SignOut, pause: Pause::NONE })));
            }
            State::Vacant(_)
            | State::Loading(_)
            | State::Ready(What::Revoke(Revoke { whose: Whose::Stored, .. }))
            | State::Sent(Flight { what: What::Revoke(Revoke { whose: Whose::Stored, .. }), .. }) => return Ok(Status::Unchanged),
            State::Visiting(_) | State::AwaitingRedirect(_) | State::Ready(_) | State::Sent(_) | State::Reading(_) => {
                return Err(Misuse::NotNow.into());
            }
        };
        Ok(self.sign_out_of(held, tokens, expected))
    }

    /// Signs out of a family: everything is wiped but the token that is to be revoked.
    pub(crate) fn sign_out_of(&mut self, held: Held, tokens: Tokens, expected: Option<Version>) -> Status {
        let mut left = match (self.config.can_revoke(), tokens.refresh.is_empty()) {
            (false, _) => Tokens::default(),
            (true, false) => Tokens { refresh: tokens.refresh, ..Tokens::default() },
            (true, true) => Tokens { access: tokens.access, ..Tokens::default() },
        };
        self.keep_tokens(&mut left);
        let revision = expected.map_or(held.revision, |expected| expected.revision).saturating_add(1);
        self.save(Change::SignOut, expected, Held { revision, attempts: 0, answered: 0, ..held }, left)
    }

    /// Another record stands where the sign-out was to be: it is made over any of its family, and stops at any other,
    /// its own token revoked. Where the
    /// family went on meanwhile, its newest token is the one to revoke.
    pub(crate) fn sign_out_superseded(&mut self, saving: Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        let (mine, theirs) = (saving.held, head.held);
        if theirs.family != mine.family || (head.kind == Kind::SignedOut && theirs.generation < mine.generation) {
            // Nobody else has this token, and its family has ended.
            return self.orphan(saving.tokens, theirs, head, record);
        }
        if head.kind == Kind::SignedOut {
            return self.adopt(head, record);
        }
        self.machine.floor = self.machine.floor.max(theirs.revision);
        if theirs.generation > mine.generation && head.kind == Kind::Live {
            return Ok(self.sign_out_stored(head, record, saving.tokens));
        }
        let generation = theirs.generation.max(mine.generation);
        Ok(self.sign_out_of(Held { generation, ..theirs }, saving.tokens, Some(theirs.version())))
    }

    /// Signs out of a stored grant. Only the token that is to be revoked must fit; one that does not leaves the older one of
    /// its family, or none: a full buffer keeps nobody signed in.
    pub(crate) fn sign_out_stored(&mut self, head: &Head, record: &[u8], older: Tokens) -> Status {
        self.machine.floor = self.machine.floor.max(head.held.revision);
        let (text, is_refresh) = head.revocable(record);
        let mut tokens = older;
        if text.len() <= self.bytes.len() {
            self.keep(&mut []);
            self.machine.said = super::Said::default();
            let token = self.arena().add(text).unwrap_or_default();
            tokens = Tokens::default();
            *(if is_refresh { &mut tokens.refresh } else { &mut tokens.access }) = token;
        }
        self.sign_out_of(head.held, tokens, Some(head.held.version()))
    }

    /// The application gives up what it waits for.
    pub(crate) fn cancel(&mut self) -> Result<Status, Error> {
        match &self.machine.state {
            State::Visiting(pending) | State::AwaitingRedirect(pending) => {
                let base = pending.base;
                Ok(self.vacate(base, SignInReason::Cancelled))
            }
            State::Ready(What::Redeem(redeem)) => {
                let base = redeem.pending.base;
                Ok(self.vacate(base, SignInReason::Cancelled))
            }
            State::Ready(What::Revoke(revoke)) => {
                let revoke = Revoke { pause: Pause::NONE, ..*revoke };
                Ok(self.revocation_is_over(revoke))
            }
            _ => super::NOT_NOW,
        }
    }
}
