//! Revocation (RFC 7009): the token of a grant that its user ended, or of one that came too late.

use super::{Change, Pause, Revoke, State, Turn, What, Whose, rotation::HOUR};
use crate::{
    arena::Span,
    error::{Error, Refusal, Violation},
    output::{SignInReason, Status, Why},
    record::{ACCESS, REFRESH},
    request::Draft,
    time::Left,
};

impl Turn<'_, '_> {
    /// The revocation was answered (RFC 7009 §2.2): the body says nothing that matters.
    pub(crate) fn revoked(&mut self, revoke: Revoke, status: u16, later: u32) -> Result<Status, Error> {
        let error: Error = match status {
            // 200 also for a token that is unknown; 400 for one that cannot be revoked here.
            200 | 400 => return Ok(self.revocation_is_over(revoke.whose)),
            429 | 500..=599 => return Ok(self.revoke_again(later)),
            401 | 403 => Error::Refused(Refusal::Client),
            300..=399 => Violation::Redirected.into(),
            _ => Violation::Status.into(),
        };
        // It was not revoked, and only a person can mend why: it is said, tried again a few times, and then given up.
        if revoke.tries >= 2 {
            self.revocation_is_over(revoke.whose)
        } else {
            self.revoke_again(later)
        };
        Err(error)
    }

    /// Later, as long as the record keeps the token; a token that no record keeps is tried three times.
    #[inline(never)]
    pub(crate) fn revoke_again(&mut self, later: u32) -> Status {
        let State::Sent(What::Revoke(revoke)) = self.machine.state else { return Status::Unchanged };
        let tries = revoke.tries.saturating_add(1);
        if revoke.whose == Whose::Orphan && tries >= 3 {
            return self.revocation_is_over(revoke.whose);
        }
        let mut pause = self.back_off(1_000, HOUR, Why::Revocation);
        pause.left = pause.left.max(Left(later));
        self.ready(What::Revoke(Revoke { tries, ..revoke }), pause)
    }

    /// A token on its way to being revoked, if there is one and where to.
    pub(crate) fn begin_revocation(&mut self, whose: Whose) -> Status {
        self.leave_one_token();
        if !self.machine.tokens.has(ACCESS) && !self.machine.tokens.has(REFRESH) {
            return match whose {
                Whose::Stored => self.vacate(SignInReason::SignedOut),
                Whose::Orphan => self.reload(),
            };
        }
        self.ready(What::Revoke(Revoke { whose, tries: 0 }), Pause::NONE)
    }

    /// Wipes everything but the token by which the grant is revoked, if it can be.
    pub(crate) fn leave_one_token(&mut self) {
        let [access, refresh, ..] = self.machine.tokens.texts;
        match refresh.is_empty() {
            _ if !self.config.can_revoke() => self.leave(Span::NONE, Span::NONE),
            false => self.leave(Span::NONE, refresh),
            true => self.leave(access, Span::NONE),
        }
    }

    /// The revocation request (RFC 7009 §2.1).
    pub(crate) fn write_revocation(&self, draft: &mut Draft<'_>) {
        let [access, refresh, ..] = self.machine.tokens.texts;
        let (token, hint) = if refresh.is_empty() { (access, "access_token") } else { (refresh, "refresh_token") };
        draft.field("token", self.text(token));
        draft.plain("token_type_hint=").str(hint);
    }

    /// The revocation is answered, or given up.
    pub(crate) fn revocation_is_over(&mut self, whose: Whose) -> Status {
        match whose {
            Whose::Orphan => self.reload(),
            Whose::Stored => {
                self.leave(Span::NONE, Span::NONE);
                self.save(Change::Forget)
            }
        }
    }
}
