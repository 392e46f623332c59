//! What the store and the server answered, told to the session.

use core::time::Duration;
use std::sync::Arc;

use gatepass::{Head, Input, StateName, Status, Ticket, Timestamp, Version, Why};

use super::{Answered, Driver, Error, flight::Outstanding};
use crate::{
    error::StoreError,
    host,
    store::{Record, Swap},
};

impl Driver {
    /// The store answered.
    pub fn stored(&mut self, answered: Answered) {
        let Some(outstanding) = self.flight.outstanding.take() else { return };
        self.is_sign_in_saved = self.session.state() == StateName::SavingSignIn
            && match (&outstanding, &answered.0) {
                (Outstanding::Save(_), Ok(Swap::Stored)) => true,
                (Outstanding::Save(_), Ok(Swap::Superseded(Some(found)))) => {
                    let family = Version::of(found.as_bytes()).ok().map(|found| found.family());
                    family.is_some() && family == self.saves.map(|saves| saves.family())
                }
                _ => false,
            };
        let told = match (outstanding, answered.0) {
            (Outstanding::Sent { .. }, _) => {
                self.flight.outstanding = Some(outstanding);
                return;
            }
            (Outstanding::Load | Outstanding::Look { .. }, Err(error)) => return self.not_loaded(error),
            (Outstanding::Save(ticket), Err(error)) => {
                self.flight.cause = Some(Arc::new(error));
                return self.tell(Input::NotSaved(ticket));
            }
            (Outstanding::Save(ticket), Ok(Swap::Stored)) => self.handle(Input::Saved(ticket)),
            (Outstanding::Save(_), Ok(Swap::Superseded(found))) => {
                match self.handle(Input::Superseded(found.as_ref().map(Record::as_bytes))) {
                    // The session waits as for a store that fails, and tries again.
                    Err(older @ Error::Core(gatepass::Error::Violation(gatepass::Violation::OlderRecord))) => {
                        self.flight.cause = Some(Arc::new(older));
                        return;
                    }
                    told => told,
                }
            }
            (Outstanding::Load | Outstanding::Look { .. }, Ok(Swap::Stored)) => return,
            (Outstanding::Look { revives: false }, Ok(Swap::Superseded(found))) => {
                self.handle(Input::Superseded(found.as_ref().map(Record::as_bytes)))
            }
            (_, Ok(Swap::Superseded(found))) => self.found(found.as_ref().map(Record::as_bytes)),
        };
        match told {
            Ok(()) => {
                self.failures = 0;
                self.pause = None;
            }
            // The session still wants the same, and would be told the same again.
            Err(error) => self.flight.fail(error),
        }
    }

    fn found(&mut self, record: Option<&[u8]>) -> Result<(), Error> {
        let is_asked = matches!(self.session.state(), StateName::Loading | StateName::Leaving | StateName::Vacant | StateName::Waiting);
        if is_asked { self.handle(Input::Found(record, &host::entropy()?)) } else { self.handle(Input::Superseded(record)) }
    }

    fn not_loaded(&mut self, error: StoreError) {
        if error.is_permanent() {
            return self.flight.fail(error.into());
        }
        self.flight.cause = Some(Arc::new(error));
        self.pause_for(Why::Store);
    }

    /// For what the session itself would repeat at once: a quarter of a second, and double each time, up to half a minute.
    fn pause_for(&mut self, why: Why) {
        let millis = 250u64.checked_shl(self.failures).unwrap_or(u64::MAX).min(30_000);
        self.failures = self.failures.saturating_add(1).min(16);
        self.pause = Some((Timestamp::from_millis(self.now().as_millis().saturating_add(millis)), why));
    }

    /// Ask right before it is sent: how long the request may take, or `None` when it must not leave any more, which is then
    /// told already.
    #[must_use = "past its deadline a request must not leave"]
    pub fn departs(&mut self) -> Option<Duration> {
        let now = self.now();
        match &mut self.flight.outstanding {
            Some(Outstanding::Sent { deadline, has_left, .. }) if now.as_millis() < deadline.as_millis() => {
                *has_left = true;
                Some(deadline.since(now))
            }
            _ => {
                self.settle();
                None
            }
        }
    }

    /// Whether the request that departed may still leave, for who can ask once more when the connection stands. Where it may
    /// not: [`not_sent`](Self::not_sent).
    #[must_use]
    pub fn may_leave(&self) -> bool {
        let now = self.now();
        matches!(self.flight.outstanding, Some(Outstanding::Sent { deadline, .. }) if now.as_millis() < deadline.as_millis())
    }

    /// The response's head; whether to go on reading.
    pub fn head(&mut self, status: u16, content_type: Option<&str>, retry_after: Option<&str>) -> bool {
        self.answer(|ticket| Input::Head(ticket, Head { status, content_type, retry_after }))
    }

    /// The next bytes of its body; whether to go on reading.
    pub fn body(&mut self, chunk: &[u8]) -> bool {
        self.answer(|ticket| Input::Body(ticket, chunk))
    }

    /// Its body ended as it should.
    pub fn end(&mut self) {
        self.answer(Input::End);
        self.flight.outstanding = None;
    }

    /// No byte of the request left this machine, and none will.
    pub fn not_sent(&mut self, error: impl core::error::Error + Send + Sync + 'static) {
        if let Some(Outstanding::Sent { has_left, .. }) = &mut self.flight.outstanding {
            *has_left = false;
        }
        self.flight.cause = Some(Arc::new(error));
        self.settle();
    }

    /// Some byte may have left, and no whole answer came.
    pub fn no_response(&mut self, error: impl core::error::Error + Send + Sync + 'static) {
        self.flight.cause = Some(Arc::new(error));
        self.settle();
    }

    fn answer<'i>(&mut self, input: impl FnOnce(Ticket) -> Input<'i>) -> bool {
        let Some(Outstanding::Sent { ticket, .. }) = self.flight.outstanding else { return false };
        let now = self.now();
        let goes_on = match self.session.handle(&self.config, now, input(ticket)) {
            Ok(Status::More) => true,
            Ok(Status::Advanced | Status::Unchanged) => {
                self.flight.cause = None;
                false
            }
            Err(error) => {
                self.flight.cause = Some(Arc::new(error));
                false
            }
        };
        if !goes_on {
            self.flight.outstanding = None;
        }
        self.note_renewal(true);
        self.note_sign_in();
        goes_on
    }

    /// Tells what needs no answer. What it means is the session's to say.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        if let Err(error) = self.handle(input)
            && self.flight.cause.is_none()
        {
            self.flight.cause = Some(Arc::new(error));
        }
        if self.session.state() == StateName::RedeemReady {
            self.pause_for(Why::Offline);
        }
    }

    pub(super) fn handle(&mut self, input: Input<'_>) -> Result<(), Error> {
        let is_news = self.session.state() != StateName::Loading;
        let now = self.now();
        let told = self.session.handle(&self.config, now, input);
        self.note_renewal(is_news);
        self.note_sign_in();
        told.map(|_| ()).map_err(Error::from)
    }
}
