//! Polling: time goes on, then the state says whose move it is. And the input that answers.

use super::{
    Change, Flight, Loading, NOT_NOW, Pause, Reading, Redeem, Revoke, Saving, State, Turn, What, rotation::Holder, rotation::Next,
};
use crate::{
    audience::Target,
    error::{Error, Misuse, Violation},
    output::{Input, Output, Save, SignInReason, Status},
    record::Draft,
    request::Ticket,
    state::Machine,
};

impl Turn<'_, '_> {
    /// Whose move is it?
    pub(crate) fn poll<'o>(&mut self, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        while self.advance() {}
        match &self.machine.state {
            State::Loading(Loading { pause, .. }) if !pause.until.reached(self.now) => Ok(wait(*pause)),
            State::Loading(_) => Ok(Output::Load),
            State::Vacant(vacant) => Ok(Output::SignIn(vacant.reason)),
            State::Visiting(pending) => self.visit(pending, out),
            State::AwaitingRedirect(pending) => Ok(Output::AwaitRedirect(pending.until.stamp())),
            State::Live(pause) => Ok(say(self.next(*pause, Holder::Nobody))),
            State::InDoubt(claimed) => Ok(say(self.next_in_doubt(claimed))),
            State::Waiting(claimed) => Ok(say(self.next_waiting(claimed))),
            State::Saving(Saving { pause, .. }) if !pause.until.reached(self.now) => Ok(wait(*pause)),
            State::Saving(_) => self.hand_save(out),
            State::Ready(What::Revoke(Revoke { pause, .. }) | What::Redeem(Redeem { pause, .. })) if !pause.until.reached(self.now) => {
                Ok(wait(*pause))
            }
            State::Ready(what) => {
                let request = match what {
                    What::Redeem(redeem) => {
                        let redeem = *redeem;
                        self.redeem(&redeem, out)
                    }
                    What::Refresh(refresh) => {
                        let refresh = *refresh;
                        self.refresh(&refresh, out)
                    }
                    What::Revoke(_) => self.revoke(out),
                };
                request.map(Output::Send)
            }
            State::Sent(Flight { until, .. }) | State::Reading(Reading { until, .. }) => Ok(Output::AwaitResponse(until.stamp())),
        }
    }

    /// What time alone does: one step, and whether there was one.
    fn advance(&mut self) -> bool {
        match &self.machine.state {
            State::Visiting(pending) | State::AwaitingRedirect(pending) if pending.until.reached(self.now) => {
                let base = pending.base;
                self.vacate(base, SignInReason::TimedOut);
            }
            State::Ready(What::Redeem(Redeem { pending, .. })) if pending.until.reached(self.now) => {
                let base = pending.base;
                self.vacate(base, SignInReason::TimedOut);
            }
            State::Live(pause) => {
                match self.next(*pause, Holder::Nobody) {
                    Next::Claim(target) => self.claim(target),
                    Next::SignIn(reason) if self.machine.tokens.refresh.is_empty() => {
                        let base = self.machine.held.version();
                        self.vacate(Some(base), reason)
                    }
                    _ => return false,
                };
            }
            State::InDoubt(claimed) => {
                let Next::Claim(target) = self.next_in_doubt(claimed) else { return false };
                self.claim(target);
            }
            State::Waiting(claimed) => {
                let Next::Claim(target) = self.next_waiting(claimed) else { return false };
                self.claim(target);
            }
            // Half of the lease is gone before the request could be sent: it must not be sent any more.
            State::Ready(What::Refresh(refresh)) if self.is_late(refresh.lease) => {
                let refresh = *refresh;
                self.give_back(&refresh, Pause::NONE);
            }
            // Even a driver that lost it would have said so by now.
            State::Sent(Flight { until, ticket, .. }) | State::Reading(Reading { until, ticket, .. }) if until.reached(self.now) => {
                let ticket = *ticket;
                self.lapse(ticket);
            }
            _ => return false,
        }
        true
    }

    /// Gives a change out; an intent's lease counts from the first time.
    fn hand_save<'o>(&mut self, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        let longest = u32::try_from(self.lease()).unwrap_or(u32::MAX);
        let Machine { state: State::Saving(saving), held, tokens, holder, .. } = &mut *self.machine else { return Ok(Output::Load) };
        let (kind, has_intent) = saving.change.says();
        let lease = if has_intent { longest } else { 0 };
        let record = Draft { held, writer: *holder, lease, kind, tokens }.write(self.config, self.bytes, out)?;
        if let Change::Intent { since: since @ None, .. } = &mut saving.change {
            *since = Some(self.now);
        }
        Ok(Output::Save(Save { ticket: saving.ticket, expected: saving.expected, record }))
    }

    /// Takes what happened.
    pub(crate) fn handle(&mut self, input: Input<'_>) -> Result<Status, Error> {
        match input {
            Input::Found(record, entropy) => match self.machine.state {
                State::Loading(_) | State::Vacant(_) | State::Waiting(_) => self.found(record, entropy),
                _ => NOT_NOW,
            },
            Input::Visited => match self.machine.state {
                State::Visiting(pending) => Ok(self.go(State::AwaitingRedirect(pending))),
                State::AwaitingRedirect(_) => Ok(Status::Unchanged),
                _ => NOT_NOW,
            },
            Input::Redirect(uri) => match self.machine.state {
                State::Visiting(pending) | State::AwaitingRedirect(pending) if !pending.until.reached(self.now) => {
                    self.redirect(pending, uri)
                }
                _ => NOT_NOW,
            },
            Input::Head(ticket, head) => {
                self.take_up(ticket);
                match self.awaits(ticket) {
                    Some(false) => self.head(head),
                    _ => Ok(Status::Unchanged),
                }
            }
            Input::Body(ticket, chunk) => match self.awaits(ticket) {
                Some(true) => self.body(chunk),
                _ => Ok(Status::Unchanged),
            },
            Input::End(ticket) => match self.awaits(ticket) {
                Some(true) => self.end(),
                _ => Ok(Status::Unchanged),
            },
            Input::NotSent(ticket) => Ok(match self.awaits(ticket) {
                Some(false) => self.not_sent(),
                // A part of the answer arrived, so something was sent.
                Some(true) => self.unreadable(true, 0),
                None => Status::Unchanged,
            }),
            Input::NoResponse(ticket) => match self.awaits(ticket) {
                Some(answered) => {
                    self.unreadable(answered, 0);
                    Err(Violation::NoResponse.into())
                }
                None => Ok(Status::Unchanged),
            },
            Input::Saved(ticket) => Ok(self.saving(ticket).map_or(Status::Unchanged, |change| self.saved(change))),
            Input::NotSaved(ticket) => Ok(self.saving(ticket).map_or(Status::Unchanged, |_| self.not_saved())),
            Input::Superseded(record) => self.superseded(record),
            Input::Refresh => self.want_refresh(Target::OWN),
            Input::RefreshFor(audience) => {
                let target = self.config.target(audience).ok_or(Misuse::Audience)?;
                self.want_refresh(target)
            }
            Input::TokenRejected(generation) => Ok(self.token_rejected(generation)),
            Input::Cancel => self.cancel(),
        }
    }

    /// Whether the request of this number is on its way, and then whether its answer is arriving.
    fn awaits(&self, ticket: Ticket) -> Option<bool> {
        match &self.machine.state {
            State::Sent(flight) if flight.ticket == ticket => Some(false),
            State::Reading(reading) if reading.ticket == ticket => Some(true),
            _ => None,
        }
    }

    /// Awaits the request of this number again, if it was given up for time alone.
    fn take_up(&mut self, ticket: Ticket) {
        if let State::InDoubt(claimed) = &self.machine.state
            && claimed.late.0 == ticket
            && ticket != Ticket(0)
        {
            let flight = self.come_late(claimed);
            self.go(State::Sent(flight));
        }
    }

    /// The change of this number, if it is on its way.
    fn saving(&self, ticket: Ticket) -> Option<Change> {
        match self.machine.state {
            State::Saving(saving) if saving.ticket == ticket => Some(saving.change),
            _ => None,
        }
    }
}

const fn say<'o>(next: Next) -> Output<'o> {
    match next {
        // A claim has advanced before; a moment that lies in the past says to poll again.
        Next::Claim(_) | Next::Look => Output::Load,
        Next::Sleep(until) => Output::Sleep(until.stamp()),
        Next::Wait(until, why) => wait(Pause::new(until, why)),
        Next::SignIn(reason) => Output::SignIn(reason),
    }
}

const fn wait<'o>(pause: Pause) -> Output<'o> {
    Output::Wait(pause.until.stamp(), pause.why)
}
