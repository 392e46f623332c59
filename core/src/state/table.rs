//! The transition table as data: what every state does with every event.

mod event;
mod rows;

pub use event::Event;
pub use rows::TABLE;

use super::StateName;
use crate::{
    error::{Error, Misuse, Refusal, Violation},
    output::{Output, Status},
};

/// One row of the transition table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Transition {
    /// What the session is.
    pub from: StateName,
    /// What happens.
    pub event: Event,
    /// Under what the row holds.
    pub given: Given,
    /// What the session is then.
    pub to: StateName,
    /// What the caller is told.
    pub reply: Reply,
}

/// Under what a row holds, beside state and event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Given {
    /// Always.
    Always,
    /// There is a refresh token, and it may rotate.
    Rotating,
    /// There is a refresh token that never changes.
    Fixed,
    /// There is no refresh token.
    NoRefreshToken,
    /// The refresh token may rotate, and the configuration knows of an overlap that covers the lease.
    Overlap,
    /// The refresh token may rotate, and nobody knows of an overlap.
    NoOverlap,
    /// The server has a revocation endpoint.
    CanRevoke,
    /// It has none.
    CannotRevoke,
    /// The store may still hold a grant: its record was neither signed out nor ended when it was last seen.
    MayHold,
    /// The store held nothing when it was last asked, or a grant that was signed out or ended.
    HoldsNone,
    /// The request was given up for time alone: its answer may still come.
    Awaited,
    /// It ended in another way, or was another holder's: no answer to it counts.
    NotAwaited,
}

impl Given {
    /// In words; empty for [`Given::Always`].
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::Rotating => "rotating",
            Self::Fixed => "fixed refresh token",
            Self::NoRefreshToken => "no refresh token",
            Self::Overlap => "known overlap",
            Self::NoOverlap => "no known overlap",
            Self::CanRevoke => "can revoke",
            Self::CannotRevoke => "cannot revoke",
            Self::MayHold => "the store may hold a grant",
            Self::HoldsNone => "the store holds no grant",
            Self::Awaited => "an answer may still come",
            Self::NotAwaited => "no answer counts any more",
        }
    }
}

/// What the caller is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reply {
    /// [`Status::Advanced`].
    Advanced,
    /// [`Status::More`].
    More,
    /// [`Status::Unchanged`].
    Unchanged,
    /// [`Error::Misuse`].
    Misuse(Misuse),
    /// [`Error::Capacity`].
    Capacity,
    /// [`Error::Refused`].
    Refused(Refusal),
    /// [`Error::Violation`].
    Violation(Violation),
    /// [`Output`], by its name.
    Asks(Move),
}

impl From<Result<Status, Error>> for Reply {
    fn from(result: Result<Status, Error>) -> Self {
        match result {
            Ok(Status::Advanced) => Self::Advanced,
            Ok(Status::More) => Self::More,
            Ok(Status::Unchanged) => Self::Unchanged,
            Err(Error::Misuse(misuse)) => Self::Misuse(misuse),
            Err(Error::Capacity { .. }) => Self::Capacity,
            Err(Error::Refused(refusal)) => Self::Refused(refusal),
            Err(Error::Violation(violation)) => Self::Violation(violation),
        }
    }
}

/// Whose move it is: an [`Output`] by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Move {
    /// [`Output::Load`].
    Load,
    /// [`Output::SignIn`].
    SignIn,
    /// [`Output::Visit`].
    Visit,
    /// [`Output::AwaitRedirect`].
    AwaitRedirect,
    /// [`Output::Save`].
    Save,
    /// [`Output::Send`].
    Send,
    /// [`Output::AwaitResponse`].
    AwaitResponse,
    /// [`Output::Wait`].
    Wait,
    /// [`Output::Sleep`].
    Sleep,
}

impl From<&Output<'_>> for Move {
    fn from(output: &Output<'_>) -> Self {
        match output {
            Output::Load => Self::Load,
            Output::SignIn(_) => Self::SignIn,
            Output::Visit(_) => Self::Visit,
            Output::AwaitRedirect(_) => Self::AwaitRedirect,
            Output::Save(_) => Self::Save,
            Output::Send(_) => Self::Send,
            Output::AwaitResponse(_) => Self::AwaitResponse,
            Output::Wait(..) => Self::Wait,
            Output::Sleep(_) => Self::Sleep,
        }
    }
}
