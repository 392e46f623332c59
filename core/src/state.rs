//! The machine: what a session can be, and every way from one to the next.
//!
//! One private enum, each variant with exactly its data; the grant itself lies beside it. The transitions are in the rooms below, each a part of the
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
mod turn;

pub use name::StateName;
pub use table::{Event, Given, Move, Reply, TABLE, Transition};
pub(crate) use turn::{NOT_NOW, Turn};

use crate::{
    arena::{Offset, Span},
    audience::Target,
    entropy::Id,
    json::Tokenizer,
    output::{Generation, SignInReason, Why},
    policy::Quirks,
    record::{Held, Kind, Tokens, Version},
    request::Ticket,
    time::{Moment, Timestamp},
    token,
};

/// What a session is. Spans point into its arena.
///
/// What is held of a grant lies beside it, in [`Machine::held`] and [`Machine::tokens`], so that it is not copied with each step of its
/// life: from [`Live`](Self::Live) on it is that grant (while a change is saved, as it will be then), in a sign-in what is known of the
/// one to come, and before that nothing.
///
/// A new session is zeros, so that a static one takes no flash: hence the representation, and the first variant.
#[derive(Debug)]
#[repr(u8)]
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
    Live(Pause),
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

/// A sign-in that waits for the person. Family, scope and resources are those of the grant to come.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pending {
    pub(crate) base: Option<Version>,
    pub(crate) until: Moment,
    pub(crate) secrets: Span,
    pub(crate) redirect_uri: Span,
    /// The parameters of the authorization request, encoded; the resources come last.
    pub(crate) parameters: Span,
}

/// A grant with an intent on it: mine (in doubt) or another holder's.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Claimed {
    pub(crate) pause: Pause,
    /// When the lease lapses, on this clock.
    pub(crate) lapse: Moment,
    /// How often the store was looked at meanwhile.
    pub(crate) looks: u8,
    /// My request that was given up for time alone, and whom it was for: its answer may still come. Ticket zero is none.
    pub(crate) late: (Ticket, Target),
}

/// Not before this moment, and why.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pause {
    pub(crate) until: Moment,
    pub(crate) why: Why,
}

impl Pause {
    /// It is over, so nobody is told its reason.
    pub(crate) const NONE: Self = Self::new(Moment::START, Why::AnotherHolder);

    pub(crate) const fn new(until: Moment, why: Why) -> Self {
        Self { until, why }
    }
}

/// A change on its way to the store, which then holds [`Machine::held`] and [`Machine::tokens`].
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Saving {
    pub(crate) change: Change,
    /// What the store must hold for the change to be made; `None` is nothing at all.
    pub(crate) expected: Option<Version>,
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
    Intent { since: Option<Moment>, attempts: u16, target: Target },
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
    Since(Moment),
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

/// The one token that is left is revoked: the refresh token, if there is one.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Revoke {
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
    pub(crate) until: Moment,
}

/// An answer of the token endpoint that is arriving. What was sent for it is not needed any more.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Reading {
    pub(crate) errand: Errand,
    pub(crate) ticket: Ticket,
    pub(crate) asked: Timestamp,
    pub(crate) until: Moment,
    pub(crate) status: u16,
    /// Bytes of the body so far.
    pub(crate) received: u32,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) answer: token::Answer,
}

/// What an answer is to.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Errand {
    /// A code, for a grant in place of this.
    Redeem(Option<Version>),
    Refresh(Refresh),
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
    /// What is held of a grant: see [`State`].
    pub(crate) held: Held,
    pub(crate) tokens: Tokens,
    /// This instance's name; nothing until entropy was handed in.
    pub(crate) holder: Id,
    /// The configuration's digest; zero until one was lent.
    pub(crate) digest: [u8; 8],
    /// The highest revision seen: nothing lower is ever adopted.
    pub(crate) floor: u64,
    pub(crate) tickets: u32,
    /// Bytes of the arena in use.
    pub(crate) used: Offset,
    pub(crate) said: Said,
    /// For whom the application wants an access token beside the grant's own.
    pub(crate) want: Target,
    /// Audiences that were refused, until when, and why.
    #[cfg(feature = "audiences")]
    pub(crate) refused: ([Target; 2], [Moment; 2], [Why; 2]),
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

impl State {
    /// The refresh on its way, from when it may be sent until its answer is there.
    pub(crate) const fn refresh(&self) -> Option<&Refresh> {
        match self {
            Self::Ready(What::Refresh(refresh))
            | Self::Sent(Flight { what: What::Refresh(refresh), .. })
            | Self::Reading(Reading { errand: Errand::Refresh(refresh), .. }) => Some(refresh),
            _ => None,
        }
    }

    /// The code on its way, and what its grant replaces.
    pub(crate) const fn redeem(&self) -> Option<Option<Version>> {
        match self {
            Self::Ready(What::Redeem(Redeem { pending, .. })) | Self::Sent(Flight { what: What::Redeem(Redeem { pending, .. }), .. }) => {
                Some(pending.base)
            }
            Self::Reading(Reading { errand: Errand::Redeem(base), .. }) => Some(*base),
            _ => None,
        }
    }

    /// Whether the tokens at hand are those of a grant that lives.
    pub(crate) const fn has_grant(&self) -> bool {
        match self {
            Self::Live(_) | Self::InDoubt(_) | Self::Waiting(_) => true,
            Self::Saving(saving) => matches!(saving.change.says().0, Kind::Live),
            _ => self.refresh().is_some(),
        }
    }
}

/// For [`Machine::refused`].
#[cfg(feature = "audiences")]
pub(crate) const NOBODY_REFUSED: ([Target; 2], [Moment; 2], [Why; 2]) = ([Target::OWN; 2], [Moment::START; 2], [Why::AnotherHolder; 2]);

impl Machine {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Loading(Loading { pause: Pause::NONE, after: After::Live }),
            held: Held::NONE,
            tokens: Tokens::NONE,
            holder: Id([0; 12]),
            digest: [0; 8],
            floor: 0,
            tickets: 0,
            used: 0,
            said: Said { code: Span::NONE, description: Span::NONE },
            want: Target::OWN,
            #[cfg(feature = "audiences")]
            refused: NOBODY_REFUSED,
            rejected: Generation::NONE,
            quirks: Quirks::NONE,
            failures: 0,
        }
    }
}
