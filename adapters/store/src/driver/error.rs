//! What can go wrong with a client that is always signed in, and the cure.

use core::{error, fmt, time::Duration};
use std::sync::Arc;

use gatepass::{SignInReason, Why};

use crate::error::StoreError;

/// Anything that carried a cause.
pub(super) type Cause = Arc<dyn error::Error + Send + Sync>;

/// Why there is no token, or no response. It may be cloned: many callers wait for one flight.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A person must sign in.
    SignInRequired {
        /// Why.
        reason: SignInReason,
        /// What the server said, if it said something: its code, and its description. Checked text.
        refusal: Option<String>,
    },
    /// A sign-in is under way: finish or cancel it.
    SignInUnderWay,
    /// It takes longer than the caller's patience.
    Waiting {
        /// What is waited for.
        why: Why,
        /// When it may go on, counted from the moment of this error.
        after: Duration,
        /// What went wrong last, if something did.
        cause: Option<Arc<dyn error::Error + Send + Sync>>,
    },
    /// The core refused a call, or what a server or the store said.
    Core(gatepass::Error),
    /// The store failed, in a way that a repeat does not cure.
    Store(Arc<StoreError>),
    /// The API request failed in the HTTP library: downcast the source for its own error.
    Transport(Arc<dyn error::Error + Send + Sync>),
    /// The URL is not of an origin that was named to get the token. Nothing was sent.
    OriginNotAllowed {
        /// Scheme, host and port of the URL; empty when it has none that could be named.
        origin: String,
    },
    /// The request carries an `Authorization` of its own. Nothing was sent.
    AlreadyAuthorized,
    /// No origin was named, or one is no `https` URL.
    Origins,
    /// The HTTP library refused its options.
    Build(Arc<dyn error::Error + Send + Sync>),
}

impl Error {
    /// Whether a person must sign in before anything else can help.
    #[must_use]
    pub const fn is_sign_in_required(&self) -> bool {
        matches!(self, Self::SignInRequired { .. })
    }

    /// An error of the HTTP library.
    #[must_use]
    pub fn transport(error: impl error::Error + Send + Sync + 'static) -> Self {
        Self::Transport(Arc::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignInRequired { reason, refusal } => {
                f.write_str(explain(*reason))?;
                refusal.as_ref().map_or(Ok(()), |refusal| write!(f, " (the server said: {refusal})"))
            }
            Self::SignInUnderWay => f.write_str("a sign-in is under way: finish it, or cancel it"),
            Self::Waiting { why, after, cause } => {
                write!(f, "{}; it may go on in {} s", waited_for(*why), after.as_secs().saturating_add(1))?;
                cause.as_ref().map_or(Ok(()), |cause| write!(f, " (last: {cause})"))
            }
            Self::Core(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the request failed: {error}"),
            Self::OriginNotAllowed { origin } => {
                write!(f, "{origin} is not among the origins that get the token; name it when the client is built, if it should")
            }
            Self::AlreadyAuthorized => f.write_str("the request has an Authorization field already; remove it, the client adds its own"),
            Self::Origins => f.write_str(
                "name one or more origins that get the token, each an https URL (http needs the named opt-in, and a loopback literal), each for one audience",
            ),
            Self::Build(error) => write!(f, "the HTTP client cannot be built; check its options: {error}"),
        }
    }
}

const fn explain(reason: SignInReason) -> &'static str {
    match reason {
        SignInReason::NoGrant => "nobody is signed in; sign in first",
        SignInReason::SignedOut => "signed out; sign in again",
        SignInReason::Expired => {
            "the access token expired and cannot be refreshed; sign in again (the scope offline_access often gives a refresh token)"
        }
        SignInReason::Ended => "the server ended the grant; sign in again",
        SignInReason::Interaction => "the server wants the person to be there; sign in again",
        SignInReason::InDoubt => "refreshes were lost too often to risk another; sign in again",
        SignInReason::TimedOut => "nobody came back from the browser in time; sign in again",
        SignInReason::Cancelled => "the sign-in was cancelled; sign in again",
        SignInReason::Declined => "access was declined; sign in again to try once more",
        SignInReason::Failed => "the code could not be redeemed; sign in again",
        SignInReason::TooSmall => "the tokens did not fit into the session; build the client with a larger one and sign in again",
        _ => "sign in again",
    }
}

const fn waited_for(why: Why) -> &'static str {
    match why {
        Why::AnotherHolder => "another process refreshes the token",
        Why::InDoubt => "a refresh was sent and its answer was lost; it is repeated when that is safe",
        Why::Refused => "the server refused for a reason that only a change of configuration may cure",
        Why::Offline => "the server cannot be reached; check the network",
        Why::Store => "the store fails; the tokens are kept in memory",
        Why::Interaction => "the server wants the person to be there",
        Why::Revocation => "signed out here, but the server has not confirmed the revocation",
        Why::TooSmall => "the access token did not fit into the session; build the client with a larger one",
        _ => "the session waits",
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Core(error) => Some(error),
            Self::Store(error) => Some(&**error),
            Self::Transport(error) | Self::Build(error) => Some(&**error),
            Self::Waiting { cause, .. } => cause.as_ref().map(|cause| &**cause as &(dyn error::Error + 'static)),
            Self::SignInRequired { .. }
            | Self::SignInUnderWay
            | Self::OriginNotAllowed { .. }
            | Self::AlreadyAuthorized
            | Self::Origins => None,
        }
    }
}

impl From<gatepass::Error> for Error {
    fn from(error: gatepass::Error) -> Self {
        Self::Core(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
