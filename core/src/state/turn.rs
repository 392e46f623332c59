//! One call: what every step of the machine has at hand.

use super::{Machine, Pause, Said, State, Vacant};
use crate::{
    arena::{Arena, Span},
    audience::Target,
    config::Config,
    error::{Error, Misuse},
    output::{SignInReason, Status, Why},
    record::{Held, Tokens, Version},
    request::Ticket,
    time::{Moment, Timestamp},
};

/// One call: the machine, its bytes, and what the caller lent.
pub(crate) struct Turn<'t, 'c> {
    pub(crate) machine: &'t mut Machine,
    pub(crate) bytes: &'t mut [u8],
    pub(crate) config: &'t Config<'c>,
    pub(crate) now: Moment,
    /// The wall clock, in seconds since 1970; zero where there is none.
    pub(crate) unix: u64,
}

/// What a caller gets for an input that answers nothing asked.
pub(crate) const NOT_NOW: Result<Status, Error> = Err(Error::Misuse(Misuse::NotNow));

impl Turn<'_, '_> {
    #[inline(never)]
    pub(crate) fn arena(&mut self) -> Arena<'_> {
        Arena::new(self.bytes, &mut self.machine.used)
    }

    /// Goes on to the next state.
    #[inline(never)]
    pub(crate) fn go(&mut self, state: State) -> Status {
        self.machine.state = state;
        Status::Advanced
    }

    /// Both clocks.
    pub(crate) fn clocks(&self) -> Timestamp {
        self.now.stamp().with_unix_seconds(self.unix)
    }

    /// Wipes everything.
    pub(crate) fn wipe(&mut self) {
        self.machine.said = Said::default();
        self.let_go();
    }

    /// Wipes everything but the tokens, what the server said, and one span more.
    pub(crate) fn keep_also(&mut self, also: &mut Span) {
        let Machine { tokens, said, used, .. } = &mut *self.machine;
        let [a, b, c, d, e, f] = tokens.spans();
        Arena::new(self.bytes, used).keep(&mut [a, b, c, d, e, f, &mut said.code, &mut said.description, also]);
    }

    /// Wipes everything but the tokens, and what the server said.
    pub(crate) fn keep(&mut self) {
        self.keep_also(&mut { Span::NONE });
    }

    /// Lets go of the grant.
    pub(crate) fn vacate(&mut self, base: Option<Version>, reason: SignInReason) -> Status {
        self.machine.want = Target::OWN;
        self.let_go();
        self.go(State::Vacant(Vacant { base, reason }))
    }

    /// Wipes everything but what the server said.
    pub(crate) fn let_go(&mut self) {
        self.machine.held = Held::NONE;
        self.machine.tokens = Tokens::NONE;
        self.keep();
    }

    /// What the store holds, before the grant at hand becomes the next write of it.
    pub(crate) fn step(&mut self) -> Version {
        let before = self.machine.held.version();
        self.machine.held = self.machine.held.next();
        before
    }

    #[inline(never)]
    pub(crate) fn text(&self, span: Span) -> &[u8] {
        crate::arena::get(self.bytes, span)
    }

    pub(crate) fn ticket(&mut self) -> Ticket {
        self.machine.tickets = self.machine.tickets.wrapping_add(1);
        Ticket(self.machine.tickets)
    }

    /// One more failure in a row: not before `first` doubled for each, at most `most`, and some jitter (milliseconds).
    pub(crate) fn back_off(&mut self, first: u64, most: u64, why: Why) -> Pause {
        let factor = 1u64.checked_shl(u32::from(self.machine.failures)).unwrap_or(u64::MAX);
        self.machine.failures = self.machine.failures.saturating_add(1).min(40);
        let wait = first.saturating_mul(factor).min(most);
        let salt = u64::from(self.machine.tickets) ^ self.machine.floor;
        Pause::new(self.now.plus(wait).plus(self.machine.holder.jitter(salt, wait / 4)), why)
    }

    pub(crate) fn lease(&self) -> u64 {
        self.config.policy.lease.into()
    }
}
