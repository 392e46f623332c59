//! The machine: what a session can be, and every way from one to the next.
//!
//! One private enum, each variant with exactly its data. The transitions are in the rooms below, each a part of the
//! lifecycle; [`table`] lists them all as data, and the exhaustive test holds the two against each other.

#![expect(clippy::wildcard_enum_match_arm, reason = "in any other state an input is refused, and changes nothing")]

mod audience;
mod in_doubt;
mod intent;
mod name;
mod outcome;
mod output;
mod reading;
mod revocation;
mod rotation;
mod send;
mod sign_in;
mod sign_out;
mod store;
mod table;

pub use name::StateName;
pub use table::{Event, Given, Move, Reply, TABLE, Transition};

use crate::{
    arena::{Arena, Span},
    audience::Target,
    config::Config,
    entropy::Id,
    error::{Error, Misuse},
    json::Tokenizer,
    output::{Generation, SignInReason, Status, Why},
    policy::Quirks,
    record::{Held, Kind, Tokens, Version},
    request::Ticket,
    time::Timestamp,
    token,
};

/// What a session is. Spans point into its arena.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(crate) enum State {
    /// Nothing is known: the store must be asked.
    Loading(Loading),
    /// There is no grant that could be used.
    Vacant(Vacant),
    /// A sign-in has begun, and the browser must be sent.
    Visiting(Pending),
    /// The browser was sent.
    AwaitingRedirect(Pending),
    /// There is a grant, and nobody has an intent on it.
    Live(Live),
    /// My own refresh was sent, and nobody knows what became of it.
    InDoubt(Claimed),
    /// Another holder has an intent.
    Waiting(Claimed),
    /// A change waits for the store.
    Saving(Saving),
    /// A request waits to be handed out.
    Ready(What),
    /// A request was handed out.
    Sent(Flight),
    /// Its answer is arriving.
    Reading(Reading),
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Loading {
    pub(crate) pause: Pause,
    pub(crate) after: After,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Vacant {
    /// What the store holds instead, which a sign-in replaces.
    pub(crate) base: Option<Version>,
    pub(crate) reason: SignInReason,
}

/// A sign-in that waits for the person.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pending {
    pub(crate) base: Option<Version>,
    pub(crate) family: Id,
    pub(crate) until: Timestamp,
    pub(crate) secrets: Span,
    pub(crate) redirect_uri: Span,
    pub(crate) scope: Span,
    /// The parameters of the authorization request, encoded; the resources come last.
    pub(crate) parameters: Span,
    pub(crate) resources: u32,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Live {
    pub(crate) held: Held,
    pub(crate) tokens: Tokens,
    pub(crate) pause: Pause,
}

/// A grant with an intent on it: mine (in doubt) or another holder's.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Claimed {
    pub(crate) held: Held,
    pub(crate) tokens: Tokens,
    pub(crate) pause: Pause,
    /// When the lease lapses, on this clock.
    pub(crate) lapse: Timestamp,
    /// How often the store was looked at meanwhile.
    pub(crate) looks: u8,
    /// My request that was given up for time alone, and whom it was for: its answer may still come. Ticket zero is none.
    pub(crate) late: (Ticket, Target),
}

/// Not before this moment, and why.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pause {
    pub(crate) until: Timestamp,
    pub(crate) why: Why,
}

impl Pause {
    pub(crate) const NONE: Self = Self::new(Timestamp::from_millis(0), Why::Refused);

    pub(crate) const fn new(until: Timestamp, why: Why) -> Self {
        Self { until, why }
    }
}

/// A change on its way to the store.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Saving {
    pub(crate) change: Change,
    /// What the store must hold for the change to be made; `None` is nothing at all.
    pub(crate) expected: Option<Version>,
    /// What it holds when the change is made.
    pub(crate) held: Held,
    pub(crate) tokens: Tokens,
    pub(crate) ticket: Ticket,
    pub(crate) pause: Pause,
}

/// The changes, by the names of the rotation protocol.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Change {
    /// The first tokens of a family; the pause is what follows.
    SignIn { pause: Pause },
    /// I am about to refresh. The lease counts from `since`, when this was first handed out.
    Intent { since: Option<Timestamp>, attempts: u16, target: Target },
    /// I did not, or was refused for a reason that leaves the grant as it was.
    GiveBack { pause: Pause },
    /// The tokens of the next generation; likewise.
    Commit { pause: Pause },
    /// The server ended this generation.
    Clear { reason: SignInReason },
    /// The user ended this family; the token stays until its revocation is answered.
    SignOut,
    /// It was answered.
    Forget,
}

/// What a request is for.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum What {
    Redeem(Redeem),
    Refresh(Refresh),
    Revoke(Revoke),
}

/// A code on its way to becoming tokens. Only a redirect that was believed makes one.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Redeem {
    pub(crate) pending: Pending,
    pub(crate) code: Span,
    pub(crate) pause: Pause,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Refresh {
    pub(crate) held: Held,
    pub(crate) tokens: Tokens,
    /// What is left of the intent when it is given back: attempts before it.
    pub(crate) attempts: u16,
    /// For whom the access token is.
    pub(crate) target: Target,
    pub(crate) lease: Lease,
    pub(crate) after: After,
}

/// Under what a refresh is sent.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Lease {
    /// An intent that was saved; its lease counts from this moment.
    Since(Timestamp),
    /// None: the refresh token does not rotate.
    Unneeded,
}

/// What comes after a refresh, or after the store was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum After {
    Live,
    /// The user signed out meanwhile.
    SignOut,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Revoke {
    pub(crate) held: Held,
    /// The token that is revoked.
    pub(crate) token: Span,
    pub(crate) is_refresh: bool,
    pub(crate) whose: Whose,
    pub(crate) pause: Pause,
    pub(crate) tries: u8,
}

/// Whose token is revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Whose {
    /// That of a signed-out record.
    Stored,
    /// That of tokens which came too late for their grant.
    Orphan,
}

/// A request that was handed out.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Flight {
    pub(crate) what: What,
    pub(crate) ticket: Ticket,
    /// When it was handed out: lifetimes count from here, on the safe side.
    pub(crate) asked: Timestamp,
    /// When even a silent driver has lost it.
    pub(crate) until: Timestamp,
}

/// An answer of the token endpoint that is arriving.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Reading {
    pub(crate) flight: Flight,
    pub(crate) status: u16,
    /// Bytes of the body so far.
    pub(crate) received: u32,
    /// Bytes of a byte order mark that were skipped.
    pub(crate) mark: u8,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) answer: token::Answer,
}

/// What a server said with its refusal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    pub(crate) code: Span,
    pub(crate) description: Span,
}

/// A session without its bytes.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Machine {
    pub(crate) state: State,
    /// This instance's name; nothing until entropy was handed in.
    pub(crate) holder: Id,
    /// The configuration's digest; zero until one was lent.
    pub(crate) digest: [u8; 8],
    /// The highest revision seen: nothing lower is ever adopted.
    pub(crate) floor: u64,
    pub(crate) tickets: u32,
    /// Bytes of the arena in use.
    pub(crate) used: u32,
    pub(crate) said: Said,
    /// For whom the application wants an access token beside the grant's own.
    pub(crate) want: Target,
    /// Audiences that were refused, and for how long.
    pub(crate) refused: [(Target, Pause); 2],
    /// The access token that a resource server rejected last.
    pub(crate) rejected: Generation,
    pub(crate) quirks: Quirks,
    /// Failures in a row, of whatever kind: back-offs grow with it.
    pub(crate) failures: u8,
}

impl Change {
    /// What a record says that makes this change: its kind, and whether there is an intent on it.
    pub(crate) const fn says(&self) -> (Kind, bool) {
        match self {
            Self::Intent { .. } => (Kind::Live, true),
            Self::SignIn { .. } | Self::Commit { .. } | Self::GiveBack { .. } => (Kind::Live, false),
            Self::Clear { .. } => (Kind::Cleared, false),
            Self::SignOut | Self::Forget => (Kind::SignedOut, false),
        }
    }
}

impl Machine {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Loading(Loading { pause: Pause::NONE, after: After::Live }),
            holder: Id([0; 12]),
            digest: [0; 8],
            floor: 0,
            tickets: 0,
            used: 0,
            said: Said { code: Span::NONE, description: Span::NONE },
            want: Target::OWN,
            refused: [(Target::OWN, Pause::NONE); 2],
            rejected: Generation::NONE,
            quirks: Quirks::NONE,
            failures: 0,
        }
    }
}

/// One call: the machine, its bytes, and what the caller lent.
pub(crate) struct Turn<'t, 'c> {
    pub(crate) machine: &'t mut Machine,
    pub(crate) bytes: &'t mut [u8],
    pub(crate) config: &'t Config<'c>,
    pub(crate) now: Timestamp,
}

/// What a caller gets for an input that answers nothing asked.
pub(crate) const NOT_NOW: Result<Status, Error> = Err(Error::Misuse(Misuse::NotNow));

impl Turn<'_, '_> {
    pub(crate) fn arena(&mut self) -> Arena<'_> {
        Arena::new(self.bytes, &mut self.machine.used)
    }

    /// Goes on to the next state.
    pub(crate) fn go(&mut self, state: State) -> Status {
        self.machine.state = state;
        Status::Advanced
    }

    /// Wipes everything but these spans.
    pub(crate) fn keep(&mut self, spans: &mut [&mut Span]) {
        self.arena().keep(spans);
    }

    /// Wipes everything but these tokens, and what the server said.
    pub(crate) fn keep_tokens(&mut self, tokens: &mut Tokens) {
        let mut said = self.machine.said;
        let [a, b, c, d, e, f] = tokens.spans();
        self.keep(&mut [a, b, c, d, e, f, &mut said.code, &mut said.description]);
        self.machine.said = said;
    }

    /// Lets go of the grant.
    pub(crate) fn vacate(&mut self, base: Option<Version>, reason: SignInReason) -> Status {
        self.machine.want = Target::OWN;
        self.keep_tokens(&mut Tokens::default());
        self.go(State::Vacant(Vacant { base, reason }))
    }

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
        crate::time::millis(self.config.policy.lease)
    }
}
