//! One flight: errands and requests in a row, until nothing is left to be done. At most one at a time.

use gatepass::{Error as Fault, Input, Output, SignInReason, StateName, Ticket, Timestamp, Version, Why};
use zeroize::Zeroize as _;

use super::{Driver, Error, OwnedRequest, error::Cause};
use crate::{
    error::StoreError,
    store::{AsyncStore, Record, Store, Swap},
};

/// What is to be done, outside of any lock.
#[derive(Debug)]
#[must_use = "the flight is not over until this is done and told"]
#[allow(clippy::exhaustive_enums, clippy::large_enum_variant)]
pub enum Step {
    /// Run it at the store, and hand the answer to [`Driver::stored`].
    Store(Errand),
    /// Ask [`Driver::departs`], send it, and tell the answer: [`Driver::head`], [`body`](Driver::body) and
    /// [`end`](Driver::end), or [`not_sent`](Driver::not_sent) or [`no_response`](Driver::no_response).
    Send(OwnedRequest),
}

/// One call of the store, with all that it needs but the store.
pub struct Errand(Call);

enum Call {
    Load,
    Swap(Option<Version>, Record),
    SwapIntent(Option<Version>, Record),
}

impl Errand {
    /// Runs it; it may block.
    #[must_use]
    pub fn run(self, store: &dyn Store) -> Answered {
        Answered(match self.0 {
            Call::Load => store.load().map(Swap::Superseded),
            Call::Swap(expected, record) => store.swap(expected, record.as_bytes()),
            Call::SwapIntent(expected, record) => store.swap_intent(expected, record.as_bytes()),
        })
    }

    /// Runs it, without blocking.
    pub async fn run_async(self, store: &dyn AsyncStore) -> Answered {
        Answered(match self.0 {
            Call::Load => store.load().await.map(Swap::Superseded),
            Call::Swap(expected, record) => store.swap(expected, record.as_bytes()).await,
            Call::SwapIntent(expected, record) => store.swap_intent(expected, record.as_bytes()).await,
        })
    }
}

impl core::fmt::Debug for Errand {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if matches!(self.0, Call::Load) { "Errand(load)" } else { "Errand(swap)" })
    }
}

/// What the store answered.
#[derive(Debug)]
pub struct Answered(pub(super) Result<Swap, StoreError>);

impl Answered {
    /// The store's thread is lost, with whatever it did.
    #[must_use]
    pub fn lost(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self(Err(StoreError::Other(Box::new(error))))
    }
}

/// What is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outstanding {
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
    pub(super) outstanding: Option<Outstanding>,
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

    pub(super) fn fail(&mut self, error: Error) {
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
        let step = self.take_off(false, Outstanding::Look { revives }, Step::Store(Errand(Call::Load)));
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
    pub(super) fn settle(&mut self) {
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
            let repeats_at_once =
                matches!(self.session.state(), StateName::Loading | StateName::Leaving | StateName::Waiting | StateName::RedeemReady);
            if now.as_millis() < until.as_millis() && repeats_at_once {
                return Ok(Polled::Rest(Rest::Wait(until, why)));
            }
            self.pause = None;
        }
        loop {
            let room = self.out.len();
            let needed = match self.session.poll(&self.config, now, &mut self.out) {
                Ok(output) => {
                    let mut saves = None;
                    let polled = match output {
                        Output::Load => Polled::Step(Outstanding::Load, Step::Store(Errand(Call::Load))),
                        Output::Save(save) => {
                            let (expected, record) = (save.expected(), Record::from(save.record()));
                            saves = Version::of(save.record()).ok();
                            let is_intent = self.session.state() == StateName::SavingIntent;
                            let call = if is_intent { Call::SwapIntent(expected, record) } else { Call::Swap(expected, record) };
                            Polled::Step(Outstanding::Save(save.ticket()), Step::Store(Errand(call)))
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
                    // A token or a record would lie here until the next one.
                    self.out.as_mut_slice().zeroize();
                    self.saves = saves;
                    self.note_renewal(true);
                    self.note_sign_in();
                    return Ok(polled);
                }
                Err(Fault::Capacity { needed }) if needed > room => needed,
                Err(error) => {
                    self.out.as_mut_slice().zeroize();
                    return Err(error.into());
                }
            };
            self.out = zeroize::Zeroizing::new(vec![0; needed]);
        }
    }
}
