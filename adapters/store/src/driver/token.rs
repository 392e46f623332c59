//! An access token that a caller may keep.

use core::time::Duration;

use gatepass::{AccessToken, Challenge, Generation, Timestamp};
use zeroize::Zeroizing;

const SCHEME: &str = "Bearer ";

/// An access token with its own copy, wiped when dropped and not in `Debug`.
#[derive(Clone)]
pub struct Token {
    value: Zeroizing<String>,
    generation: Generation,
    expires_at: Option<Timestamp>,
    expires_in: Option<Duration>,
    fault: Option<gatepass::Error>,
}

impl Token {
    pub(super) fn new(token: &AccessToken<'_>, now: Timestamp, is_relaxed: bool) -> Self {
        let mut out = Zeroizing::new(vec![0; token.header_len()]);
        let header = if is_relaxed { token.header_relaxed(&mut out) } else { token.header(&mut out) };
        let mut value = Zeroizing::new(String::with_capacity(token.header_len()));
        value.push_str(SCHEME);
        value.push_str(token.secret());
        let expires_at = token.expires_at();
        let expires_in = expires_at.map(|moment| moment.since(now));
        Self { value, generation: token.generation(), expires_at, expires_in, fault: header.err() }
    }

    /// The token itself, a secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.value.get(SCHEME.len()..).unwrap_or_default()
    }

    /// The value of `Authorization`, a secret.
    ///
    /// # Errors
    /// [`Misuse::NotToken68`](gatepass::Misuse::NotToken68) for a token that no bearer header may carry (RFC 6750 §2.1).
    pub fn header(&self) -> Result<&str, gatepass::Error> {
        self.fault.map_or(Ok(&self.value), Err)
    }

    /// Which tokens of the grant it belongs to.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// When it expires, on the clock of the driver; `None` when the server did not say.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// How long it had to live when it was handed out; `None` when the server did not say. It may end sooner.
    #[must_use]
    pub const fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token").field("generation", &self.generation).field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Whether a `401` says that the token is no longer good (RFC 6750 §3.1), by its `WWW-Authenticate` fields.
pub fn is_invalid_token<'f>(mut fields: impl Iterator<Item = &'f str>) -> bool {
    fields.any(|field| matches!(Challenge::bearer(field), Ok(Some(challenge)) if challenge.is_invalid_token()))
}
