//! Step 2 of the rotation protocol, send: while the lease holds, or not at all.

use super::{Change, Lease, Pause, Refresh, State, Turn, What};
use crate::{
    audience::Target,
    config::Config,
    error::Error,
    output::Status,
    record::{REFRESH, RESOURCES},
    request::{Draft, Request},
    time::Left,
};

impl<'c> Turn<'_, 'c> {
    /// Numbers the request and gives it out, once it is known to fit. The deadline of a refresh lies within half of its lease, so that it
    /// is safe while two clocks agree within a factor of two; a request that no lease bounds has the timeout, and twice of it for a silent
    /// driver.
    #[inline(never)]
    pub(crate) fn send(&mut self, what: What, out: &'c mut [u8]) -> Result<Request<'c>, Error> {
        let Config { server, policy, .. } = self.config;
        let endpoint = if matches!(what, What::Revoke(_)) { server.revocation.unwrap_or(server.token) } else { server.token };
        let mut draft = Draft::post(self.config, endpoint, out);
        match &what {
            What::Redeem(redeem) => self.write_redeem(redeem, &mut draft),
            What::Refresh(refresh) => self.write_refresh(refresh.target, &mut draft),
            What::Revoke(_) => self.write_revocation(&mut draft),
        }
        let timeout = Left(policy.timeout);
        let (deadline, limit) = match what {
            What::Refresh(Refresh { lease: Lease::Held, .. }) => (timeout.min(self.sendable()), self.machine.timers.lapse),
            _ => (timeout, timeout.plus(policy.timeout)),
        };
        self.number();
        let request = draft.finish(self.config, self.machine.ticket, deadline.stamp(self.now))?;
        self.machine.timers.limit = limit;
        self.machine.timers.since = 0;
        self.machine.state = State::Sent(what);
        Ok(request)
    }

    /// The refresh request (RFC 6749 §6).
    fn write_refresh(&self, target: Target, draft: &mut Draft<'_>) {
        let tokens = &self.machine.tokens;
        draft.plain("grant_type=refresh_token");
        draft.field("refresh_token", self.text(tokens.texts[REFRESH]));
        match self.config.audience(target) {
            Some(audience) => audience.write(draft),
            // Where others were granted too, the server must be told which of them (RFC 8707 §2.2).
            None if self.config.has_resources() => draft.encoded(self.text(tokens.texts[RESOURCES])),
            None => {}
        }
    }

    /// How long a refresh may still leave: within the first half of its lease.
    fn sendable(&self) -> Left {
        self.machine.timers.lapse.minus(self.lease() >> 1)
    }

    /// Half of the lease is gone: it must not leave any more.
    pub(crate) fn is_late(&self, lease: Lease) -> bool {
        lease == Lease::Held && self.sendable().is_over()
    }

    /// The intent is given back: nothing was sent, or the server refused for a reason that leaves the grant as it was.
    pub(crate) fn give_back(&mut self, refresh: &Refresh, pause: Pause) -> Status {
        match refresh.lease {
            Lease::Unneeded => self.live(pause),
            Lease::Held => {
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
}
