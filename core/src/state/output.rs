//! Polling: time goes on, then the state says whose move it is. And the input that answers.

use super::{
    Change, NOT_NOW, Pause, State, Timers, Turn, What,
    rotation::{Holder, Next},
};
use crate::{
    audience::Target,
    error::{Error, Misuse, Violation},
    output::{Input, Output, Save, SignInReason, Status},
    record::{REFRESH, Write},
    request::Ticket,
    state::Machine,
    time::Left,
};

impl<'c> Turn<'_, 'c> {
    /// Whose move is it? What time alone does is done first.
    pub(crate) fn poll(&mut self, out: &'c mut [u8]) -> Result<Output<'c>, Error> {
        let now = self.machine.now;
        loop {
            let Timers { pause, lapse, limit, .. } = self.machine.timers;
            let next = match &self.machine.state {
                State::Vacant(reason) => return Ok(Output::SignIn(*reason)),
                State::Visiting(_) | State::AwaitingRedirect(_) | State::Ready(What::Redeem(_)) if lapse.is_over() => {
                    self.vacate(SignInReason::TimedOut);
                    continue;
                }
                State::Visiting(pending) => return self.visit(pending, out),
                State::AwaitingRedirect(_) => return Ok(Output::AwaitRedirect(lapse.stamp(now))),
                State::Loading(_) | State::Saving(_) | State::Ready(_) if !pause.left.is_over() => {
                    return Ok(Output::Wait(pause.left.stamp(now), pause.why));
                }
                State::Loading(_) => return Ok(Output::Load),
                State::Saving(_) => return self.hand_save(out),
                // Half of the lease is gone before the request could be sent: it must not be sent any more.
                State::Ready(What::Refresh(refresh)) if self.is_late(refresh.lease) => {
                    let refresh = *refresh;
                    self.give_back(&refresh, Pause::NONE);
                    continue;
                }
                State::Ready(what) => {
                    let what = *what;
                    return self.send(what, out).map(Output::Send);
                }
                State::Sent(_) | State::Reading(_) => {
                    if !limit.is_over() {
                        return Ok(Output::AwaitResponse(limit.stamp(now)));
                    }
                    // Even a driver that lost it would have said so by now.
                    self.give_up();
                    continue;
                }
                State::Live => self.next(Holder::Nobody),
                State::InDoubt(_) => self.next(Holder::Me),
                State::Waiting(_) => self.next_waiting(),
            };
            match next {
                Next::Claim(target) => self.claim(target),
                // Nothing that is held can make its life longer.
                Next::SignIn(reason) if !self.machine.tokens.has(REFRESH) => self.vacate(reason),
                Next::SignIn(reason) => return Ok(Output::SignIn(reason)),
                Next::Look => return Ok(Output::Load),
                Next::Sleep(left) => return Ok(Output::Sleep(left.stamp(now))),
                Next::Wait(pause) => return Ok(Output::Wait(pause.left.stamp(now), pause.why)),
            };
        }
    }

    /// Gives a change out; an intent's lease counts from the first time.
    fn hand_save<'o>(&mut self, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        let longest = self.lease();
        let Machine { state: State::Saving(change), held, tokens, holder, stored, ticket, timers, .. } = &mut *self.machine else {
            return Ok(Output::Load);
        };
        let (kind, has_intent) = change.says();
        let lease = if has_intent { longest } else { 0 };
        let record = Write { held, writer: *holder, lease, kind, tokens }.write(self.config, self.bytes, out)?;
        if has_intent && timers.lapse == Left::NEVER {
            timers.lapse = Left(longest);
        }
        Ok(Output::Save(Save { ticket: *ticket, expected: *stored, record }))
    }

    /// Takes what happened.
    pub(crate) fn handle(&mut self, input: Input<'_>) -> Result<Status, Error> {
        match input {
            Input::Found(record, entropy) => match self.machine.state {
                State::Loading(_) | State::Vacant(_) | State::Waiting(_) => self.found(record, entropy),
                _ => NOT_NOW,
            },
            Input::Visited => match self.machine.state {
                State::Visiting(pending) => Ok(self.go(State::AwaitingRedirect(pending), Pause::NONE)),
                State::AwaitingRedirect(_) => Ok(Status::Unchanged),
                _ => NOT_NOW,
            },
            Input::Redirect(uri) => match self.machine.state {
                State::Visiting(pending) | State::AwaitingRedirect(pending) if !self.machine.timers.lapse.is_over() => {
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
            Input::NotSaved(ticket) => Ok(self.saving(ticket).map_or(Status::Unchanged, |_| self.store_failed())),
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
            State::Sent(_) if self.machine.ticket == ticket => Some(false),
            State::Reading(_) if self.machine.ticket == ticket => Some(true),
            _ => None,
        }
    }

    /// Awaits the request of this number again, if it was given up for time alone.
    fn take_up(&mut self, ticket: Ticket) {
        if let State::InDoubt(Some(target)) = self.machine.state
            && self.machine.ticket == ticket
        {
            self.come_late(target);
        }
    }

    /// The change of this number, if it is on its way.
    fn saving(&self, ticket: Ticket) -> Option<Change> {
        match self.machine.state {
            State::Saving(change) if self.machine.ticket == ticket => Some(change),
            _ => None,
        }
    }
}
