//! One flight: errands and requests in a row, until nothing is left to be done. At most one at a time.

use core::time::Duration;
use std::sync::Arc;

use gatepass::{Error as Fault, Head, Input, Output, SignInReason, StateName, Ticket, Timestamp, Version, Why};

use super::{Driver, Error, OwnedRequest, error::Cause};
use crate::{
    error::StoreError,
    host,
    store::{Record, Store, Swap},
};

/// What is to be done, outside of any lock.
#[derive(Debug)]
#[must_use = "the flight is not over until this is done and told"]
#[allow(clippy::exhaustive_enums, clippy::large_enum_variant)]
pub enum Step {
    /// Run it where blocking is allowed, and hand the answer to [`Driver::stored`].
    Store(Errand),
    /// Ask [`Driver::departs`], send it, and tell the answer: [`Driver::head`], [`body`](Driver::body) and
    /// [`end`](Driver::end), or [`not_sent`](Driver::not_sent) or [`no_response`](Driver::no_response).
    Send(OwnedRequest),
}

/// One call of the store, with all that it needs.
pub struct Errand {
    store: Arc<dyn Store>,
    swap: Option<(Option<Version>, Record)>,
}

impl Errand {
    /// Runs it; it may block.
    #[must_use]
    pub fn run(self) -> Answered {
        Answered(match self.swap {
            None => self.store.load().map(Swap::Superseded),
            Some((expected, record)) => self.store.swap(expected, record.as_bytes()),
        })
    }
}

impl core::fmt::Debug for Errand {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.swap.is_some() { "Errand(swap)" } else { "Errand(load)" })
    }
}

/// What the store answered.
#[derive(Debug)]
pub struct Answered(Result<Swap, StoreError>);

impl Answered {
    /// The store's thread is lost, with whatever it did.
    #[must_use]
    pub fn lost(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self(Err(StoreError::Other(Box::new(error))))
    }
}

/// What is on its way.
#[derive(Clone, Copy, Debug)]
enum Outstanding {
    Load,
    /// A load that the session did not ask for: somebody may have signed in elsewhere. What it knew already counts again where
    /// a sign-in came to nothing; otherwise it has said what is wrong with it.
    Look {
        revives: bool,
    },
    Save(Ticket),
    Sent {
        ticket: Ticket,
        deadline: Timestamp,
        has_left: bool,
    },
}

/// The flight under way, and what became of the last one.
#[derive(Debug, Default)]
pub(super) struct Flight {
    is_led: bool,
    /// Counts flights, the present one included.
    number: u64,
    /// It ends as soon as nothing disturbs a sign-in.
    ends_idle: bool,
    outstanding: Option<Outstanding>,
    /// What its callers are told.
    failure: Option<(u64, Error)>,
    /// The last in which the store was looked at without need.
    looked: u64,
    /// What went wrong last.
    pub(super) cause: Option<Cause>,
}

impl Flight {
    pub(super) const fn is_led(&self) -> bool {
        self.is_led
    }

    /// How many have ended.
    pub(super) const fn ended(&self) -> u64 {
        if self.is_led { self.number.saturating_sub(1) } else { self.number }
    }

    pub(super) const fn has_looked(&self, since: u64) -> bool {
        self.looked > since
    }

    /// What a flight after that one failed with.
    pub(super) fn failure(&self, since: u64) -> Option<&Error> {
        self.failure.as_ref().filter(|(number, _)| *number > since).map(|(_, error)| error)
    }

    fn fail(&mut self, error: Error) {
        self.failure = Some((self.number, error));
    }
}

/// Why nothing is to be done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rest {
    SignIn(SignInReason),
    SigningIn,
    Wait(Timestamp, Why),
    Sleep,
}

/// What the session wants, with its own copy.
enum Polled {
    Step(Outstanding, Step),
    Rest(Rest),
}

impl Driver {
    /// Begins a flight, if there is anything to be done.
    pub(super) fn lead(&mut self, ends_idle: bool) -> Result<Result<Step, Rest>, Error> {
        let polled = self.poll()?;
        Ok(match polled {
            Polled::Rest(rest) => Err(rest),
            Polled::Step(outstanding, step) => Ok(self.take_off(ends_idle, outstanding, step)),
        })
    }

    /// Begins a flight that looks at the store.
    pub(super) fn look(&mut self, reason: SignInReason) -> Step {
        let revives = matches!(
            reason,
            SignInReason::Cancelled | SignInReason::Declined | SignInReason::TimedOut | SignInReason::Failed | SignInReason::Interaction
        );
        let errand = Step::Store(Errand { store: Arc::clone(&self.store), swap: None });
        let step = self.take_off(false, Outstanding::Look { revives }, errand);
        self.flight.looked = self.flight.number;
        step
    }

    fn take_off(&mut self, ends_idle: bool, outstanding: Outstanding, step: Step) -> Step {
        self.flight.is_led = true;
        self.flight.ends_idle = ends_idle;
        self.flight.number = self.flight.number.saturating_add(1);
        self.flight.outstanding = Some(outstanding);
        step
    }

    /// The next step of the flight under way; `None` when it has ended: tell those who follow.
    pub fn next_step(&mut self) -> Option<Step> {
        // A step that was not told: nobody knows what became of it.
        self.settle();
        let failed = self.flight.failure.as_ref().is_some_and(|(number, _)| *number == self.flight.number);
        if failed || (self.flight.ends_idle && self.is_idle()) {
            self.flight.is_led = false;
            return None;
        }
        match self.poll() {
            Ok(Polled::Step(outstanding, step)) => {
                self.flight.outstanding = Some(outstanding);
                return Some(step);
            }
            Ok(Polled::Rest(_)) => {}
            Err(error) => self.flight.fail(error),
        }
        self.flight.is_led = false;
        None
    }

    /// Ends the flight wherever it is: for the guard of whoever runs it. Harmless when it has ended.
    pub fn abandon(&mut self) {
        self.settle();
        self.flight.is_led = false;
    }

    /// Answers for a step that nobody answered.
    fn settle(&mut self) {
        match self.flight.outstanding.take() {
            None | Some(Outstanding::Load | Outstanding::Look { .. }) => {}
            Some(Outstanding::Save(ticket)) => self.tell(Input::NotSaved(ticket)),
            Some(Outstanding::Sent { ticket, has_left: false, .. }) => self.tell(Input::NotSent(ticket)),
            Some(Outstanding::Sent { ticket, has_left: true, .. }) => self.tell(Input::NoResponse(ticket)),
        }
    }

    /// Asks the session whose move it is.
    fn poll(&mut self) -> Result<Polled, Error> {
        let now = self.now();
        if let Some((until, why)) = self.pause {
            if now.as_millis() < until.as_millis() && matches!(self.session.state(), StateName::Loading | StateName::RedeemReady) {
                return Ok(Polled::Rest(Rest::Wait(until, why)));
            }
            self.pause = None;
        }
        loop {
            let room = self.out.len();
            let errand = |swap| Step::Store(Errand { store: Arc::clone(&self.store), swap });
            let needed = match self.session.poll(&self.config, now, &mut self.out) {
                Ok(output) => {
                    let polled = match output {
                        Output::Load => Polled::Step(Outstanding::Load, errand(None)),
                        Output::Save(save) => {
                            let swap = (save.expected(), Record::from(save.record()));
                            Polled::Step(Outstanding::Save(save.ticket()), errand(Some(swap)))
                        }
                        Output::Send(request) => {
                            let sent = Outstanding::Sent { ticket: request.ticket(), deadline: request.deadline(), has_left: false };
                            Polled::Step(sent, Step::Send(OwnedRequest::new(&request, request.deadline().since(now))))
                        }
                        Output::SignIn(reason) => Polled::Rest(Rest::SignIn(reason)),
                        Output::Visit(_) | Output::AwaitRedirect(_) => Polled::Rest(Rest::SigningIn),
                        Output::AwaitResponse(until) => Polled::Rest(Rest::Wait(until, Why::InDoubt)),
                        Output::Wait(until, why) => Polled::Rest(Rest::Wait(until, why)),
                        Output::Sleep(_) => Polled::Rest(Rest::Sleep),
                    };
                    self.note_renewal(true);
                    return Ok(polled);
                }
                Err(Fault::Capacity { needed }) if needed > room => needed,
                Err(error) => return Err(error.into()),
            };
            self.out = zeroize::Zeroizing::new(vec![0; needed]);
        }
    }

    /// The store answered.
    pub fn stored(&mut self, answered: Answered) {
        let Some(outstanding) = self.flight.outstanding.take() else { return };
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
            (Outstanding::Save(_), Ok(Swap::Superseded(found))) => self.handle(Input::Superseded(found.as_ref().map(Record::as_bytes))),
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
        let is_asked = matches!(self.session.state(), StateName::Loading | StateName::Vacant | StateName::Waiting);
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

    /// Ask right before the first byte: how long the request may take, or `None` when it must not leave any more, which is then
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
            Ok(gatepass::Status::More) => true,
            Ok(gatepass::Status::Advanced | gatepass::Status::Unchanged) => {
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
        goes_on
    }

    /// Tells what needs no answer. What it means is the session's to say.
    fn tell(&mut self, input: Input<'_>) {
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
        told.map(|_| ()).map_err(Error::from)
    }

    /// Sees whether the generation that serves is another; one that was merely loaded is no renewal.
    fn note_renewal(&mut self, is_news: bool) {
        let now = self.now();
        let Some(token) = self.session.access_token(now) else { return };
        let generation = Some(token.generation());
        if generation == self.generation {
            return;
        }
        self.generation = generation;
        if is_news {
            self.renewals = self.renewals.saturating_add(1);
            let life = token.expires_at().map_or(u64::MAX, |moment| u64::try_from(moment.since(now).as_millis()).unwrap_or(u64::MAX));
            self.renewed = Some((token.generation(), life));
        }
    }
}
