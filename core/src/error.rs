//! Errors by fault. They are `Copy`, hold no byte from outside, and name the cure.

use core::fmt;

/// Who is at fault, and what to do about it.
///
/// Errors explain; [`poll`](crate::Session::poll) decides. A caller may log any error and poll again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The caller: the call is wrong here, or an argument is. Nothing changed.
    Misuse(Misuse),
    /// A buffer is too small: the one that was lent, or the session's own (its `N`). Nothing was truncated.
    Capacity {
        /// Bytes that the buffer must have in all.
        needed: usize,
    },
    /// The server said no, in words that the protocol defines. Its own words are behind
    /// [`Session::refusal`](crate::Session::refusal).
    Refused(Refusal),
    /// The other side broke the protocol, or somebody plays it. Nothing of it was believed.
    Violation(Violation),
}

/// What the caller did wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misuse {
    /// This verb or input answers nothing that the session asked. Poll to see whose move it is.
    NotNow,
    /// The session belongs to another configuration than the one lent.
    OtherConfig,
    /// Entropy that is plainly not random: seed the generator first.
    Entropy,
    /// An endpoint or issuer that is not an absolute `https` URL (or loopback `http` without the named opt-in), or has a
    /// fragment, user information, or bytes that no URL has.
    Url,
    /// A redirect URI that is not absolute, has a fragment, is plain `http` elsewhere than on this machine (a loopback literal
    /// or `localhost`), has no path, or a private-use scheme without a dot (RFC 8252 §7.1).
    RedirectUri,
    /// A client identifier, secret or parameter that is empty, or holds bytes that its grammar does not allow.
    Parameter,
    /// A parameter that would be sent twice: it is reserved, given twice, or stands in the endpoint's own query
    /// (RFC 6749 §3.1).
    Repeated,
    /// A policy that cannot hold: a lease below two seconds or above a day, a time limit below one second, no attempts at all.
    Policy,
    /// The access token has bytes that no bearer header may carry (RFC 6750 §2.1). If the provider is known for such tokens,
    /// use the relaxed form.
    NotToken68,
    /// The grant has no refresh token, so its life cannot be made longer.
    NoRefreshToken,
    /// An audience that the configuration does not name: name it in
    /// [`Config::with_audiences`](crate::Config::with_audiences).
    Audience,
    /// A sign-in that names no resource of the grant's own, though the configuration names resources for others: name the own ones with
    /// [`AuthorizationCode::resources`](crate::AuthorizationCode::resources).
    Resource,
    /// A pending sign-in that was exported by another version or for another configuration, is damaged, or has already succeeded.
    Pending,
}

/// What the server refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// `invalid_grant`: the code or the refresh token is not good any more. Sign in again.
    InvalidGrant,
    /// `access_denied`: the person or the server declined.
    AccessDenied,
    /// The server wants the person to be there (`login_required`, `consent_required`, `interaction_required`,
    /// `mfa_required` and the like). Sign in again.
    Interaction,
    /// `invalid_client` or `unauthorized_client`: fix the client's registration or its credentials.
    Client,
    /// `invalid_request`, `invalid_scope`, `invalid_target` or the like: fix the request's parameters.
    Request,
    /// `temporarily_unavailable`, `server_error`, a 429 or a 5xx: later it may work.
    Unavailable,
    /// A code that this crate does not know.
    Other,
}

/// How the other side broke the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Violation {
    /// What arrived is not on the redirect URI of this sign-in (RFC 8252 §8.10, RFC 9700 §4.4.2.2).
    OtherUri,
    /// A parameter stands twice (RFC 6749 §3.1).
    Repeated,
    /// `state` is absent or another (RFC 6749 §10.12).
    State,
    /// `iss` is absent where it was announced, or another (RFC 9207 §2.4).
    Issuer,
    /// An escape or a byte that the grammar of a redirect does not allow.
    Redirect,
    /// Neither a code nor an error, or both (RFC 6749 §4.1.2).
    NoOutcome,
    /// A redirect from an endpoint that never may send one. It was not followed.
    Redirected,
    /// A status that this endpoint does not answer with.
    Status,
    /// Not `application/json`.
    ContentType,
    /// Not one JSON object, strictly (RFC 8259).
    Json,
    /// Longer than the limit that the request said.
    TooLong,
    /// A member is missing, empty, of the wrong type, or holds bytes that its grammar does not allow (RFC 6749 §5.1).
    Member,
    /// A token of a type that is not understood (RFC 6749 §7.1).
    TokenType,
    /// Tokens and an error in one answer.
    Contradiction,
    /// The metadata's `issuer` is not the one that was asked for (RFC 8414 §3.3). Nothing of it was used.
    OtherIssuer,
    /// The response ended early, or never came.
    NoResponse,
    /// A stored record that this crate did not write, that is damaged, or belongs to another issuer or client.
    Record,
    /// A stored record of a version that this crate does not know yet.
    RecordVersion,
    /// A stored record that is older than one seen before: the store went back, which it never may.
    OlderRecord,
}

/// What can be done about an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Remedy {
    /// Nothing: poll on, the session repeats when it is time.
    Poll,
    /// Sign in again.
    SignIn,
    /// Fix the call, the configuration or the registration; a repeat fails alike.
    Fix,
    /// Lend a larger buffer, or declare a larger session.
    Enlarge,
}

impl Error {
    /// What can be done about it.
    #[must_use]
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::Misuse(_) => Remedy::Fix,
            Self::Capacity { .. } => Remedy::Enlarge,
            Self::Refused(refusal) => match refusal {
                Refusal::InvalidGrant | Refusal::AccessDenied | Refusal::Interaction => Remedy::SignIn,
                Refusal::Client | Refusal::Request | Refusal::Other => Remedy::Fix,
                Refusal::Unavailable => Remedy::Poll,
            },
            Self::Violation(Violation::OtherIssuer | Violation::Record | Violation::RecordVersion | Violation::OlderRecord) => Remedy::Fix,
            Self::Violation(_) => Remedy::Poll,
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Misuse(misuse) => misuse.message(),
            Self::Capacity { .. } => "the buffer is too small",
            Self::Refused(refusal) => refusal.message(),
            Self::Violation(violation) => violation.message(),
        }
    }
}

impl Misuse {
    const fn message(self) -> &'static str {
        match self {
            Self::NotNow => "this call answers nothing that the session asked; poll to see whose move it is",
            Self::OtherConfig => "the session belongs to another configuration than the one lent",
            Self::Entropy => "the entropy is plainly not random; seed the generator first",
            Self::Url => {
                "an endpoint must be an absolute https URL without fragment or user information (plain http needs the named opt-in, and a loopback literal)"
            }
            Self::RedirectUri => {
                "the redirect URI must be absolute, without a fragment, with a path; https, http on this machine, or a private-use scheme with a dot"
            }
            Self::Parameter => "a client identifier, secret or parameter is empty or holds bytes that it may not",
            Self::Repeated => "a parameter would be sent twice: it is reserved, given twice, or in the endpoint's own query",
            Self::Policy => {
                "the policy cannot hold: the lease must be between two seconds and a day, each time limit a second or more, the attempts one or more"
            }
            Self::NotToken68 => {
                "the access token has bytes that a bearer header may not carry; if the provider is known for that, use the relaxed form"
            }
            Self::NoRefreshToken => "the grant has no refresh token; ask for one at sign-in (often the scope offline_access)",
            Self::Audience => "the configuration names no such audience; name it with Config::with_audiences",
            Self::Resource => "other resources are named, and none for the grant itself; name it with AuthorizationCode::resources",
            Self::Pending => "the pending sign-in is damaged, spent, or of another version or configuration; sign in afresh",
        }
    }
}

impl Refusal {
    const fn message(self) -> &'static str {
        match self {
            Self::InvalidGrant => "the server refused the grant (invalid_grant); sign in again",
            Self::AccessDenied => "access was denied; sign in again to try once more",
            Self::Interaction => "the server wants the person to be there; sign in again",
            Self::Client => "the server refused the client; check its identifier, secret and registration",
            Self::Request => "the server refused the request; check scope, audience, resource and redirect URI",
            Self::Unavailable => "the server cannot answer now; it is asked again later",
            Self::Other => "the server refused with a code of its own; see the refusal's text",
        }
    }
}

impl Violation {
    const fn message(self) -> &'static str {
        match self {
            Self::OtherUri => "not the redirect URI of this sign-in; still waiting for the right one",
            Self::Repeated => "a parameter stands twice; nothing of it was believed",
            Self::State => "the state is absent or another; still waiting for the right redirect",
            Self::Issuer => "the issuer is absent or another: a mix-up; still waiting for the right redirect",
            Self::Redirect => "the redirect has bytes or escapes that it may not have",
            Self::NoOutcome => "the redirect has neither a code nor an error, or both",
            Self::Redirected => "the endpoint answered with a redirect; it was not followed; check the endpoint's URL",
            Self::Status => "the endpoint answered with a status that it may not; check the endpoint's URL",
            Self::ContentType => "the answer is not application/json; check the endpoint's URL, or allow it as a named quirk",
            Self::Json => "the answer is not one strict JSON object",
            Self::TooLong => "the answer is longer than its limit",
            Self::Member => "a member of the answer is missing, empty, or malformed",
            Self::TokenType => "the token's type is not understood",
            Self::Contradiction => "the answer holds both tokens and an error",
            Self::OtherIssuer => {
                "the metadata names another issuer than the one asked for; check the issuer to the letter, a trailing slash counts"
            }
            Self::NoResponse => "the response ended early or never came",
            Self::Record => "the stored record is damaged, foreign, or of another issuer or client",
            Self::OlderRecord => "the store went back to an older record; it must be durable (for Redis: append-only file, fsync always)",
            Self::RecordVersion => "the stored record is of a newer version; update, or remove it and sign in again",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match self {
            Self::Capacity { needed } => write!(f, ": it needs {needed} bytes"),
            Self::Misuse(_) | Self::Refused(_) | Self::Violation(_) => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}
