//! Step 2 of the rotation protocol, send: while the lease holds, or not at all.

use super::{Change, Flight, Lease, Live, Pause, Refresh, State, Turn, What};
use crate::{
    audience::Target,
    error::Error,
    output::Status,
    record::Held,
    request::{Draft, Request},
    time::{Timestamp, millis},
};

impl Turn<'_, '_> {
    /// The request: its deadline lies within half of the lease, so that it is safe while two clocks agree within a factor of
    /// two.
    pub(crate) fn refresh<'o>(&mut self, refresh: Refresh, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let timeout = millis(self.config.policy.timeout);
        let (deadline, until) = match refresh.lease {
            Lease::Since(since) => (self.now.plus(timeout).earlier(since.plus(self.lease() / 2)), since.plus(self.lease())),
            Lease::Unneeded => (self.now.plus(timeout), self.now.plus(timeout.saturating_mul(2))),
        };
        let mut draft = Draft::post(self.config, self.config.server.token, out);
        draft.field("grant_type", b"refresh_token");
        draft.field("refresh_token", self.text(refresh.tokens.refresh));
        match self.config.audience(refresh.target) {
            Some(audience) => audience.write(&mut draft),
            // Where others were granted too, the server must be told which of them (RFC 8707 §2.2).
            None if self.config.has_resources() => draft.encoded(self.text(refresh.tokens.resources)),
            None => {}
        }
        self.hand_out(draft, What::Refresh(refresh), deadline, until)
    }

    /// Half of the lease is gone: it must not leave any more.
    pub(crate) fn is_late(&self, lease: Lease) -> bool {
        matches!(lease, Lease::Since(since) if since.plus(self.lease() / 2).reached(self.now))
    }

    /// The intent is given back: nothing was sent, or the server refused for a reason that leaves the grant as it was.
    pub(crate) fn give_back(&mut self, refresh: Refresh, pause: Pause) -> Status {
        let Refresh { held, tokens, attempts, lease, .. } = refresh;
        match lease {
            Lease::Unneeded => self.go(State::Live(Live { held, tokens, pause })),
            Lease::Since(_) => {
                let after = Held { revision: held.revision.saturating_add(1), attempts, ..held };
                self.save(Change::GiveBack { pause }, Some(held.version()), after, tokens)
            }
        }
    }

    /// The same, where one audience may have been refused and nothing else.
    pub(crate) fn give_back_refused(&mut self, refresh: Refresh, pause: Pause) -> Status {
        if refresh.target == Target::OWN {
            return self.give_back(refresh, pause);
        }
        self.refuse(refresh.target, pause);
        self.give_back(refresh, Pause::NONE)
    }

    /// Numbers a request and gives it out, once it is known to fit.
    pub(crate) fn hand_out<'o>(
        &mut self,
        draft: Draft<'o>,
        what: What,
        deadline: Timestamp,
        until: Timestamp,
    ) -> Result<Request<'o>, Error> {
        let ticket = self.ticket();
        let request = draft.finish(self.config, ticket, deadline)?;
        self.go(State::Sent(Flight { what, ticket, asked: self.now, until }));
        Ok(request)
    }
}
