//! One call: what every step of the machine has at hand.

use super::{After, Machine, Pause, State, What};
use crate::{
    arena::{Arena, Span},
    audience::Target,
    config::Config,
    error::{Error, Misuse},
    output::{SignInReason, Status, Why},
    record::{Held, Tokens},
    time::{Left, Moment, Timestamp},
};

/// One call: the machine, its bytes, and what the caller lent.
pub(crate) struct Turn<'t, 'c> {
    pub(crate) machine: &'t mut Machine,
    pub(crate) bytes: &'t mut [u8],
    pub(crate) config: &'t Config<'c>,
    /// The reading that was handed in. The deadline of a request counts from it: after a later one, of another thread or a clock that was
    /// set back, it comes too early and never too late for a lease.
    pub(crate) now: Moment,
    /// The wall clock, in seconds since 1970; zero where there is none.
    pub(crate) unix: u32,
}

/// What a caller gets for an input that answers nothing asked.
pub(crate) const NOT_NOW: Result<Status, Error> = Err(Error::Misuse(Misuse::NotNow));

impl Turn<'_, '_> {
    #[inline(never)]
    pub(crate) fn arena(&mut self) -> Arena<'_> {
        Arena::new(self.bytes, &mut self.machine.used)
    }

    /// There is a grant, and nobody has an intent on it.
    #[inline(never)]
    pub(crate) fn live(&mut self, pause: Pause) -> Status {
        self.go(State::Live, pause)
    }

    /// A request is to be handed out.
    #[inline(never)]
    pub(crate) fn ready(&mut self, what: What, pause: Pause) -> Status {
        self.go(State::Ready(what), pause)
    }

    /// The store must be asked.
    #[inline(never)]
    pub(crate) fn load(&mut self, after: After) -> Status {
        self.go(State::Loading(after), Pause::NONE)
    }

    /// Goes on to the next state, and pauses there.
    pub(crate) fn go(&mut self, state: State, pause: Pause) -> Status {
        self.machine.state = state;
        self.machine.timers.pause = pause;
        Status::Advanced
    }

    /// Lets go of the grant.
    #[inline(never)]
    pub(crate) fn vacate(&mut self, reason: SignInReason) -> Status {
        self.machine.want = Target::OWN;
        self.let_go();
        self.machine.state = State::Vacant(reason);
        Status::Advanced
    }

    /// Both clocks.
    pub(crate) fn clocks(&self) -> Timestamp {
        self.now.stamp().with_unix_seconds(self.unix.into())
    }

    /// Wipes everything.
    pub(crate) fn wipe(&mut self) {
        self.forget_refusal();
        self.let_go();
    }

    /// Wipes everything but what the server said.
    #[inline(never)]
    pub(crate) fn let_go(&mut self) {
        self.machine.held = Held::NONE;
        self.leave(Span::NONE, Span::NONE);
    }

    /// Wipes everything but what the server said, and one token or none.
    #[inline(never)]
    pub(crate) fn leave(&mut self, access: Span, refresh: Span) {
        let [.., code, description] = self.machine.tokens.texts;
        let texts = [access, refresh, Span::NONE, Span::NONE, Span::NONE, Span::NONE, code, description];
        self.machine.tokens = Tokens { texts, ..Tokens::NONE };
        self.keep();
    }

    /// What the server said is of no use any more; its bytes go with the next wipe.
    pub(crate) fn forget_refusal(&mut self) {
        let [.., code, description] = &mut self.machine.tokens.texts;
        (*code, *description) = (Span::NONE, Span::NONE);
    }

    /// Wipes everything but the tokens, and what the server said.
    #[inline(never)]
    pub(crate) fn keep(&mut self) {
        Arena::new(self.bytes, &mut self.machine.used).keep(&mut self.machine.tokens.texts);
    }

    /// # Errors
    /// [`Error::Capacity`] where the arena has not so many bytes in all.
    pub(crate) fn has_room(&self, needed: usize) -> Result<(), Error> {
        if needed > self.bytes.len() { Err(Error::Capacity { needed }) } else { Ok(()) }
    }

    #[inline(never)]
    pub(crate) fn text(&self, span: Span) -> &[u8] {
        crate::arena::get(self.bytes, span)
    }

    /// The next request or change is another.
    pub(crate) const fn number(&mut self) {
        self.machine.ticket.0 = self.machine.ticket.0.wrapping_add(1);
    }

    /// One more failure in a row: not before `first` doubled for each, at most `most`, and some jitter (milliseconds).
    #[inline(never)]
    pub(crate) fn back_off(&mut self, first: u32, most: u32, why: Why) -> Pause {
        let wait = doubled(first, self.machine.failures.into(), most);
        self.machine.failures = self.machine.failures.wrapping_add(1).min(16);
        let salt = self.machine.ticket.0 ^ self.machine.stored.revision;
        Pause::new(Left(wait).plus(self.machine.holder.jitter(salt, wait >> 2)), why)
    }

    pub(crate) fn lease(&self) -> u32 {
        self.config.policy.lease
    }
}

/// A wait doubled so often, and no longer than the longest.
pub(crate) const fn doubled(first: u32, times: u32, longest: u32) -> u32 {
    // Where the doubled one is above the longest, it may be above all numbers.
    if times > 31 || first > longest >> times { longest } else { first << times }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_the_longest() {
        let table = [
            (1, 0, 7, 1),
            (1, 2, 7, 4),
            (1, 3, 7, 7),
            (5, 2, 7, 7),
            (3, 0, 2, 2),
            (1, 31, u32::MAX, 1 << 31),
            (1, 32, u32::MAX, u32::MAX),
            (2, 31, u32::MAX, u32::MAX),
        ];
        for (first, times, longest, expected) in table {
            assert_eq!(doubled(first, times, longest), expected, "{first} doubled {times} times");
        }
    }
}
