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
    output::{SignInReason, Why},
    policy::Quirks,
    record::{Held, Kind, Tokens, Version},
    request::Ticket,
    time::{Left, Moment},
    token,
};

/// What a session is. Spans point into its arena.
///
/// What is held of a grant lies beside it, in [`Machine::held`] and [`Machine::tokens`], so that it is not copied with each step of its
/// life: from [`Live`](Self::Live) on it is that grant (while a change is saved, as it will be then), in a sign-in what is known of the
/// one to come, and before that nothing. Beside it, too, lie what the store holds, the number of what was handed out last, and the
/// [timers](Timers), since every state has them.
///
/// A new session is zeros, so that a static one takes no flash: hence the representation, and the first variant.
#[derive(Debug)]
#[repr(u8)]
#[cfg_attr(feature = "model", derive(Clone, Hash))]
pub(crate) enum State {
    /// Nothing is known: the store must be asked.
    Loading(After),
    /// There is no grant that could be used.
    Vacant(SignInReason),
    /// A sign-in has begun, and the browser must be sent.
    Visiting(Pending),
    /// The browser was sent.
    AwaitingRedirect(Pending),
    /// There is a grant, and nobody has an intent on it.
    Live,
    /// My own refresh was sent, and nobody knows what became of it. If it was given up for time alone, its answer may still come: whom it
    /// was for.
    InDoubt(Option<Target>),
    /// Another holder has an intent.
    Waiting(Looks),
    /// A change waits for the store.
    Saving(Change),
    /// A request waits to be handed out.
    Ready(What),
    /// A request was handed out.
    Sent(What),
    /// Its answer is arriving.
    Reading(Reading),
}

/// A sign-in that waits for the person. Family, scope and resources are those of the grant to come.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pending {
    pub(crate) secrets: Span,
    pub(crate) redirect_uri: Span,
    /// The parameters of the authorization request between its scope and its resources, encoded.
    pub(crate) parameters: Span,
}

/// How often the store was looked at while another holder had an intent.
pub(crate) type Looks = u8;

/// What runs beside the state: what is left of each, and how long the last request has been out.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Timers {
    /// Until then nothing is asked for, handed out or refreshed; while another holder has an intent, the store is not looked at.
    pub(crate) pause: Pause,
    /// When the lease of an intent lapses; it never does before it was handed out. In a sign-in, when the person has taken too long.
    pub(crate) lapse: Left,
    /// When even a silent driver has lost the request that was handed out; with an intent on the grant, when a refresh of the same
    /// generation may be sent again.
    pub(crate) limit: Left,
    /// How long ago the last request was handed out, in milliseconds: lifetimes count from there, on the safe side.
    pub(crate) since: u32,
}

impl Timers {
    /// None runs.
    pub(crate) const NONE: Self = Self { pause: Pause::NONE, lapse: Left::NOTHING, limit: Left::NOTHING, since: 0 };
}

/// Nothing is done while any of this is left, and why.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Pause {
    pub(crate) left: Left,
    pub(crate) why: Why,
}

impl Pause {
    /// It is over, so nobody is told its reason.
    pub(crate) const NONE: Self = Self::new(Left::NOTHING, Why::AnotherHolder);

    pub(crate) const fn new(left: Left, why: Why) -> Self {
        Self { left, why }
    }
}

/// The changes, by the names of the rotation protocol.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Change {
    /// The first tokens of a family; the pause follows when it is made.
    SignIn { pause: Pause },
    /// I am about to refresh. The lease counts from when this was first handed out.
    Intent { target: Target },
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
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Refresh {
    /// For whom the access token is.
    pub(crate) target: Target,
    pub(crate) lease: Lease,
    pub(crate) after: After,
}

/// Under what a refresh is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) enum Lease {
    /// An intent that was saved, until its lease lapses.
    Held,
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

/// An answer of the token endpoint that is arriving. What was sent for it is not needed any more.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Reading {
    pub(crate) errand: Errand,
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
    Redeem,
    Refresh(Refresh),
}

/// A session without its bytes.
#[derive(Debug)]
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Machine {
    pub(crate) tokens: Tokens,
    /// What is held of a grant: see [`State`].
    pub(crate) held: Held,
    /// What the store holds, as far as this session has seen; where it holds nothing, the highest revision that was seen: no lower one is
    /// ever adopted.
    pub(crate) stored: Version,
    /// The latest reading of the clock: what is left of anything counts from here.
    pub(crate) now: Moment,
    /// The number of the request or the change that was handed out last.
    pub(crate) ticket: Ticket,
    /// Bytes of the arena in use.
    pub(crate) used: Offset,
    pub(crate) quirks: Quirks,
    /// Failures in a row, of whatever kind: back-offs grow with it.
    pub(crate) failures: u8,
    /// This instance's name; nobody's until entropy was handed in.
    pub(crate) holder: Id,
    /// The configuration's digest; zero until one was lent.
    pub(crate) digest: [u8; 8],
    /// For whom the application wants an access token beside the grant's own.
    pub(crate) want: Target,
    /// Audiences that were refused, until when, and why.
    #[cfg(feature = "audiences")]
    pub(crate) refused: ([Target; 2], [Left; 2], [Why; 2]),
    /// The access token of the family in the store that a resource server rejected last: whom it was for, and the generation that it came
    /// with; zero is none.
    pub(crate) rejected: (Target, u32),
    pub(crate) timers: Timers,
    pub(crate) state: State,
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
            | Self::Sent(What::Refresh(refresh))
            | Self::Reading(Reading { errand: Errand::Refresh(refresh), .. }) => Some(refresh),
            _ => None,
        }
    }

    /// Whether the tokens at hand are those of a grant that lives.
    pub(crate) const fn has_grant(&self) -> bool {
        match self {
            Self::Live | Self::InDoubt(_) | Self::Waiting(_) => true,
            Self::Saving(change) => matches!(change.says().0, Kind::Live),
            _ => self.refresh().is_some(),
        }
    }
}

/// For [`Machine::refused`].
#[cfg(feature = "audiences")]
pub(crate) const NOBODY_REFUSED: ([Target; 2], [Left; 2], [Why; 2]) = ([Target::OWN; 2], [Left::NOTHING; 2], [Why::AnotherHolder; 2]);

impl Machine {
    pub(crate) const fn new() -> Self {
        Self {
            tokens: Tokens::NONE,
            held: Held::NONE,
            stored: Version::NOTHING,
            now: Moment::START,
            ticket: Ticket(0),
            used: 0,
            quirks: Quirks::NONE,
            failures: 0,
            holder: Id::NOBODY,
            digest: [0; 8],
            want: Target::OWN,
            #[cfg(feature = "audiences")]
            refused: NOBODY_REFUSED,
            rejected: (Target::OWN, 0),
            timers: Timers::NONE,
            state: State::Loading(After::Live),
        }
    }

    /// Time went on.
    pub(crate) fn age(&mut self, elapsed: Left) {
        #[cfg(feature = "audiences")]
        self.refused.1.iter_mut().for_each(|left| left.age(elapsed));
        let Timers { pause, lapse, limit, since } = &mut self.timers;
        *since = since.saturating_add(elapsed.0);
        for left in [&mut pause.left, lapse, limit] {
            left.age(elapsed);
        }
    }
}
