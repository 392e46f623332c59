//! Step 2 of the rotation protocol, send: while the lease holds, or not at all.

use super::{Change, Flight, Lease, Pause, Ready, Refresh, State, Turn};
use crate::{
    audience::Target,
    error::Error,
    output::Status,
    record::{REFRESH, RESOURCES},
    request::{Draft, Request},
    time::Left,
};

impl Turn<'_, '_> {
    /// The request: its deadline lies within half of the lease, so that it is safe while two clocks agree within a factor of
    /// two.
    #[inline(never)]
    pub(crate) fn refresh<'o>(&mut self, refresh: &Refresh, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let tokens = &self.machine.tokens;
        let mut draft = Draft::post(self.config, self.config.server.token, out);
        draft.field("grant_type", b"refresh_token");
        draft.field("refresh_token", self.text(tokens.texts[REFRESH]));
        match self.config.audience(refresh.target) {
            Some(audience) => audience.write(&mut draft),
            // Where others were granted too, the server must be told which of them (RFC 8707 §2.2).
            None if self.config.has_resources() => draft.encoded(self.text(tokens.texts[RESOURCES])),
            None => {}
        }
        match refresh.lease {
            Lease::Left(left) => {
                let timeout = Left(self.config.policy.timeout);
                let deadline = timeout.min(left.minus(self.lease() >> 1));
                self.hand_out(draft, deadline, left)
            }
            Lease::Unneeded => self.hand_out_within(draft),
        }
    }

    /// Half of the lease is gone: it must not leave any more.
    pub(crate) fn is_late(&self, lease: Lease) -> bool {
        matches!(lease, Lease::Left(left) if left.minus(self.lease() >> 1).is_over())
    }

    /// The intent is given back: nothing was sent, or the server refused for a reason that leaves the grant as it was.
    pub(crate) fn give_back(&mut self, refresh: &Refresh, pause: Pause) -> Status {
        match refresh.lease {
            Lease::Unneeded => self.live(pause),
            Lease::Left(_) => {
                self.machine.held.attempts = self.machine.held.attempts.saturating_sub(1);
                self.save(Change::GiveBack { pause })
            }
        }
    }

    /// The same, where one audience may have been refused and nothing else.
    pub(crate) fn give_back_refused(&mut self, refresh: &Refresh, pause: Pause) -> Status {
        if refresh.target == Target::OWN {
            return self.give_back(refresh, pause);
        }
        self.refuse(refresh.target, pause);
        self.give_back(refresh, Pause::NONE)
    }

    /// Gives a request out that no lease bounds: the timeout alone does, and twice of it for a silent driver.
    pub(crate) fn hand_out_within<'o>(&mut self, draft: Draft<'o>) -> Result<Request<'o>, Error> {
        let timeout = self.config.policy.timeout;
        self.hand_out(draft, Left(timeout), Left(timeout).plus(timeout))
    }

    /// Numbers a request and gives it out, once it is known to fit.
    fn hand_out<'o>(&mut self, draft: Draft<'o>, deadline: Left, left: Left) -> Result<Request<'o>, Error> {
        self.number();
        let request = draft.finish(self.config, self.machine.ticket, deadline.stamp(self.machine.now))?;
        if let State::Ready(Ready { what, .. }) = self.machine.state {
            self.machine.state = State::Sent(Flight { what, asked: self.clocks(), left });
        }
        Ok(request)
    }
}
