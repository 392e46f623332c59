//! Step 2 of the rotation protocol, send: while the lease holds, or not at all.

use super::{Change, Flight, Lease, Pause, Refresh, State, Turn};
use crate::{
    audience::Target,
    error::Error,
    output::Status,
    request::{Draft, Request},
    time::Moment,
};

impl Turn<'_, '_> {
    /// The request: its deadline lies within half of the lease, so that it is safe while two clocks agree within a factor of
    /// two.
    pub(crate) fn refresh<'o>(&mut self, refresh: &Refresh, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let tokens = &self.machine.tokens;
        let mut draft = Draft::post(self.config, self.config.server.token, out);
        draft.field("grant_type", b"refresh_token");
        draft.field("refresh_token", self.text(tokens.refresh));
        match self.config.audience(refresh.target) {
            Some(audience) => audience.write(&mut draft),
            // Where others were granted too, the server must be told which of them (RFC 8707 §2.2).
            None if self.config.has_resources() => draft.encoded(self.text(tokens.resources)),
            None => {}
        }
        match refresh.lease {
            Lease::Since(since) => {
                let timeout = self.config.policy.timeout.into();
                let deadline = self.now.plus(timeout).earlier(since.plus(self.lease() / 2));
                self.hand_out(draft, deadline, since.plus(self.lease()))
            }
            Lease::Unneeded => self.hand_out_within(draft),
        }
    }

    /// Half of the lease is gone: it must not leave any more.
    pub(crate) fn is_late(&self, lease: Lease) -> bool {
        matches!(lease, Lease::Since(since) if since.plus(self.lease() / 2).reached(self.now))
    }

    /// The intent is given back: nothing was sent, or the server refused for a reason that leaves the grant as it was.
    pub(crate) fn give_back(&mut self, refresh: &Refresh, pause: Pause) -> Status {
        match refresh.lease {
            Lease::Unneeded => self.go(State::Live(pause)),
            Lease::Since(_) => {
                let before = self.step();
                self.machine.held.attempts = refresh.attempts;
                self.save(Change::GiveBack { pause }, Some(before))
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
        let deadline = self.now.plus(self.config.policy.timeout.into());
        let until = deadline.plus(self.config.policy.timeout.into());
        self.hand_out(draft, deadline, until)
    }

    /// Numbers a request and gives it out, once it is known to fit.
    fn hand_out<'o>(&mut self, draft: Draft<'o>, deadline: Moment, until: Moment) -> Result<Request<'o>, Error> {
        let ticket = self.ticket();
        let request = draft.finish(self.config, ticket, deadline.stamp())?;
        if let State::Ready(what) = self.machine.state {
            self.go(State::Sent(Flight { what, ticket, asked: self.clocks(), until }));
        }
        Ok(request)
    }
}
