//! Polling: time goes on, then the state says whose move it is. And the input that answers.

use super::{Change, Claimed, Flight, Loading, NOT_NOW, Reading, Redeem, Revoke, Saving, State, Turn, What, rotation::Next};
use crate::{
    audience::Target,
    error::{Error, Misuse, Violation},
    output::{Input, Output, Save, SignInReason, Status},
    record::Draft,
    request::Ticket,
};

impl Turn<'_, '_> {
    /// Whose move is it?
    pub(crate) fn poll<'o>(&mut self, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        while self.advance() {}
        match &self.machine.state {
            State::Loading(Loading { pause, .. }) if !pause.until.reached(self.now) => Ok(Output::Wait(pause.until, pause.why)),
            State::Loading(_) => Ok(Output::Load),
            State::Vacant(vacant) => Ok(Output::SignIn(vacant.reason)),
            State::Visiting(pending) => self.visit(pending, out),
            State::AwaitingRedirect(pending) => Ok(Output::AwaitRedirect(pending.until)),
            State::Live(live) => Ok(say(self.next_live(live))),
            State::InDoubt(claimed) => Ok(say(self.next_in_doubt(claimed))),
            State::Waiting(claimed) => Ok(say(self.next_waiting(claimed))),
            State::Saving(Saving { pause, .. }) if !pause.until.reached(self.now) => Ok(Output::Wait(pause.until, pause.why)),
            State::Saving(saving) => {
                let saving = *saving;
                self.hand_save(saving, out)
            }
            State::Ready(What::Revoke(Revoke { pause, .. }) | What::Redeem(Redeem { pause, .. })) if !pause.until.reached(self.now) => {
                Ok(Output::Wait(pause.until, pause.why))
            }
            State::Ready(what) => {
                let request = match *what {
                    What::Redeem(redeem) => self.redeem(redeem, out),
                    What::Refresh(refresh) => self.refresh(refresh, out),
                    What::Revoke(revoke) => self.revoke(revoke, out),
                };
                request.map(Output::Send)
            }
            State::Sent(flight) | State::Reading(Reading { flight, .. }) => Ok(Output::AwaitResponse(flight.until)),
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
            State::Live(live) => {
                let live = *live;
                match self.next_live(&live) {
                    Next::Claim(target) => self.claim(live.held, live.tokens, target),
                    Next::SignIn(reason) if live.tokens.refresh.is_empty() => self.vacate(Some(live.held.version()), reason),
                    _ => return false,
                };
            }
            State::InDoubt(claimed) => {
                let Claimed { held, tokens, .. } = *claimed;
                let Next::Claim(target) = self.next_in_doubt(claimed) else { return false };
                self.claim(held, tokens, target);
            }
            State::Waiting(claimed) => {
                let Claimed { held, tokens, .. } = *claimed;
                let Next::Claim(target) = self.next_waiting(claimed) else { return false };
                self.claim(held, tokens, target);
            }
            // Half of the lease is gone before the request could be sent: it must not be sent any more.
            State::Ready(What::Refresh(refresh)) if self.is_late(refresh.lease) => {
                let refresh = *refresh;
                self.give_back(refresh, super::Pause::NONE);
            }
            // Even a driver that lost it would have said so by now.
            State::Sent(flight) | State::Reading(Reading { flight, .. }) if flight.until.reached(self.now) => {
                let flight = *flight;
                self.lapse(flight);
            }
            _ => return false,
        }
        true
    }

    /// Gives a change out; an intent's lease counts from the first time.
    fn hand_save<'o>(&mut self, mut saving: Saving, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        let (kind, has_intent) = saving.change.says();
        let lease = if has_intent { u32::try_from(self.lease()).unwrap_or(u32::MAX) } else { 0 };
        let draft = Draft { held: saving.held, writer: self.machine.holder, lease, kind, tokens: saving.tokens };
        let record = draft.write(self.config, self.bytes, out)?;
        if let Change::Intent { since: since @ None, .. } = &mut saving.change {
            *since = Some(self.now);
            self.go(State::Saving(saving));
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
            Input::Head(ticket, head) => match self.flight(ticket).or_else(|| self.late(ticket)) {
                Some((flight, false)) => self.head(flight, head),
                _ => Ok(Status::Unchanged),
            },
            Input::Body(ticket, chunk) => match self.flight(ticket) {
                Some((_, true)) => self.body(chunk),
                _ => Ok(Status::Unchanged),
            },
            Input::End(ticket) => match self.flight(ticket) {
                Some((_, true)) => self.end(),
                _ => Ok(Status::Unchanged),
            },
            Input::NotSent(ticket) => Ok(match self.flight(ticket) {
                Some((flight, false)) => self.not_sent(flight),
                // A part of the answer arrived, so something was sent.
                Some((flight, true)) => self.unreadable(flight, true, 0),
                None => Status::Unchanged,
            }),
            Input::NoResponse(ticket) => match self.flight(ticket) {
                Some((flight, answered)) => {
                    self.unreadable(flight, answered, 0);
                    Err(Violation::NoResponse.into())
                }
                None => Ok(Status::Unchanged),
            },
            Input::Saved(ticket) => Ok(self.saving(ticket).map_or(Status::Unchanged, |saving| self.saved(saving))),
            Input::NotSaved(ticket) => Ok(self.saving(ticket).map_or(Status::Unchanged, |saving| self.not_saved(saving))),
            Input::Superseded(record) => self.superseded(record),
            Input::Refresh => self.want_refresh(Target::OWN),
            Input::RefreshFor(audience) => {
                let target = self.config.target(audience).ok_or(Misuse::Audience)?;
                self.want_refresh(target)
            }
            Input::TokenRejected(generation) => self.token_rejected(generation),
            Input::Cancel => self.cancel(),
        }
    }

    /// The request of this number, if it is on its way, and whether its answer is arriving.
    fn flight(&self, ticket: Ticket) -> Option<(Flight, bool)> {
        match &self.machine.state {
            State::Sent(flight) if flight.ticket == ticket => Some((*flight, false)),
            State::Reading(reading) if reading.flight.ticket == ticket => Some((reading.flight, true)),
            _ => None,
        }
    }

    /// The request of this number, if it was given up for time alone.
    fn late(&self, ticket: Ticket) -> Option<(Flight, bool)> {
        match &self.machine.state {
            State::InDoubt(claimed) if claimed.late.0 == ticket && ticket != Ticket(0) => Some((self.come_late(claimed), false)),
            _ => None,
        }
    }

    fn saving(&self, ticket: Ticket) -> Option<Saving> {
        match self.machine.state {
            State::Saving(saving) if saving.ticket == ticket => Some(saving),
            _ => None,
        }
    }
}

const fn say<'o>(next: Next) -> Output<'o> {
    match next {
        // A claim has advanced before; a moment that lies in the past says to poll again.
        Next::Claim(_) | Next::Look => Output::Load,
        Next::Sleep(until) => Output::Sleep(until),
        Next::Wait(until, why) => Output::Wait(until, why),
        Next::SignIn(reason) => Output::SignIn(reason),
    }
}
