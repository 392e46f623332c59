//! Revocation (RFC 7009): the token of a grant that its user ended, or of one that came too late.

use super::{Change, Pause, Revoke, State, Turn, What, Whose, rotation::HOUR};
use crate::{
    error::{Error, Refusal, Violation},
    output::{SignInReason, Status, Why},
    record::{Held, Tokens},
    request::{Draft, Request},
    time::millis,
};

impl Turn<'_, '_> {
    /// The revocation was answered (RFC 7009 §2.2): the body says nothing that matters.
    pub(crate) fn revoked(&mut self, revoke: Revoke, status: u16, later: u64) -> Result<Status, Error> {
        let error: Error = match status {
            // 200 also for a token that is unknown; 400 for one that cannot be revoked here.
            200 | 400 => return Ok(self.revocation_is_over(revoke)),
            429 | 500..=599 => return Ok(self.revoke_again(revoke, later)),
            401 | 403 => Error::Refused(Refusal::Client),
            300..=399 => Violation::Redirected.into(),
            _ => Violation::Status.into(),
        };
        // It was not revoked, and only a person can mend why: it is said, tried again a few times, and then given up.
        if revoke.tries >= 2 {
            self.revocation_is_over(revoke)
        } else {
            self.revoke_again(revoke, later)
        };
        Err(error)
    }

    /// Later, as long as the record keeps the token; a token that no record keeps is tried three times.
    pub(crate) fn revoke_again(&mut self, revoke: Revoke, later: u64) -> Status {
        let tries = revoke.tries.saturating_add(1);
        if revoke.whose == Whose::Orphan && tries >= 3 {
            return self.revocation_is_over(revoke);
        }
        let mut pause = self.back_off(1_000, HOUR, Why::Revocation);
        pause.until = pause.until.later(self.now.plus(later));
        self.go(State::Ready(What::Revoke(Revoke { pause, tries, ..revoke })))
    }

    /// A token on its way to being revoked, if there is one and where to.
    pub(crate) fn begin_revocation(&mut self, held: Held, tokens: Tokens, whose: Whose) -> Status {
        let is_refresh = !tokens.refresh.is_empty();
        let mut token = if is_refresh { tokens.refresh } else { tokens.access };
        if token.is_empty() || !self.config.can_revoke() {
            return match whose {
                Whose::Stored => self.vacate(Some(held.version()), SignInReason::SignedOut),
                Whose::Orphan => self.reload(),
            };
        }
        let mut said = self.machine.said;
        self.keep(&mut [&mut token, &mut said.code, &mut said.description]);
        self.machine.said = said;
        self.go(State::Ready(What::Revoke(Revoke { held, token, is_refresh, whose, pause: Pause::NONE, tries: 0 })))
    }

    /// The revocation request (RFC 7009 §2.1).
    pub(crate) fn revoke<'o>(&mut self, revoke: Revoke, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let endpoint = self.config.server.revocation.unwrap_or(self.config.server.token);
        let mut draft = Draft::post(self.config, endpoint, out);
        draft.field("token", self.text(revoke.token));
        draft.field("token_type_hint", if revoke.is_refresh { b"refresh_token" } else { b"access_token" });
        let timeout = millis(self.config.policy.timeout);
        self.hand_out(draft, What::Revoke(revoke), self.now.plus(timeout), self.now.plus(timeout.saturating_mul(2)))
    }

    /// The revocation is answered, or given up.
    pub(crate) fn revocation_is_over(&mut self, revoke: Revoke) -> Status {
        self.keep_tokens(&mut Tokens::default());
        match revoke.whose {
            Whose::Orphan => self.reload(),
            Whose::Stored => {
                let held = Held { revision: revoke.held.revision.saturating_add(1), ..revoke.held };
                self.save(Change::Forget, Some(revoke.held.version()), held, Tokens::default())
            }
        }
    }
}
