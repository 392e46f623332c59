//! Parameters of an authorization request beside scope and resources, and an authorization endpoint with a query of its own.

use super::{AuthorizationCode, RESOURCE};
use crate::{
    bytes::Set,
    error::{Error, Misuse},
    url::{Url, has_parameter},
    writer::{Writer, decimal, text},
};

/// What is not set is not sent.
#[derive(Clone, Copy, Default)]
pub(super) struct Parameters<'a> {
    max_age: Option<u32>,
    /// One for each of [`TEXTS`], in that order; empty is unset.
    texts: [&'a str; TEXTS.len()],
    extra: &'a [(&'a str, &'a str)],
}

/// The parameters that are plain text.
const TEXTS: [&str; 6] = ["audience", "prompt", "login_hint", "organization", "connection", "acr_values"];
const MAX_AGE: &str = "max_age";

/// The parameters of an authorization request that are this crate's to set, or that would change its meaning.
pub(super) const RESERVED: [&str; 17] = [
    "response_type",
    "response_mode",
    "client_id",
    "client_secret",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "request",
    "request_uri",
    "code",
    "error",
    "iss",
    "grant_type",
    "refresh_token",
    "code_verifier",
];

/// A name is written as it is (RFC 6749 §8.2): with a separator in it, it would be two.
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| Set::FORM.has(*byte))
}

/// Whether a parameter of this name may come behind those before it, and beside the endpoint's own query.
pub(super) fn is_free(name: &[u8], before: &[u8], query: &[u8]) -> bool {
    let is_good = is_name(name);
    let name = text(name);
    is_good && !RESERVED.contains(&name) && !has_parameter(query, name) && (name == RESOURCE || !has_parameter(before, name))
}

/// # Errors
/// [`Misuse::Repeated`] when the endpoint's own query has a parameter that is this crate's to set (RFC 6749 §3.1).
pub(crate) fn check_endpoint(authorization: Url<'_>) -> Result<(), Error> {
    let query = authorization.query().unwrap_or_default();
    if RESERVED.iter().any(|name| has_parameter(query, name)) { Err(Misuse::Repeated.into()) } else { Ok(()) }
}

impl<'a> AuthorizationCode<'a> {
    /// The API that the access token is for, as Auth0 names it; without one Auth0 gives no JWT.
    #[must_use]
    pub const fn audience(self, audience: &'a str) -> Self {
        let [_, b, c, d, e, f] = self.parameters.texts;
        Self { parameters: Parameters { texts: [audience, b, c, d, e, f], ..self.parameters }, ..self }
    }

    /// `login`, `consent`, `select_account`, `none`, or several (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn prompt(self, prompt: &'a str) -> Self {
        let [a, _, c, d, e, f] = self.parameters.texts;
        Self { parameters: Parameters { texts: [a, prompt, c, d, e, f], ..self.parameters }, ..self }
    }

    /// Who is likely to sign in (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn login_hint(self, hint: &'a str) -> Self {
        let [a, b, _, d, e, f] = self.parameters.texts;
        Self { parameters: Parameters { texts: [a, b, hint, d, e, f], ..self.parameters }, ..self }
    }

    /// The organization to sign in to (Auth0).
    #[must_use]
    pub const fn organization(self, organization: &'a str) -> Self {
        let [a, b, c, _, e, f] = self.parameters.texts;
        Self { parameters: Parameters { texts: [a, b, c, organization, e, f], ..self.parameters }, ..self }
    }

    /// The connection to sign in by (Auth0).
    #[must_use]
    pub const fn connection(self, connection: &'a str) -> Self {
        let [a, b, c, d, _, f] = self.parameters.texts;
        Self { parameters: Parameters { texts: [a, b, c, d, connection, f], ..self.parameters }, ..self }
    }

    /// The authentication context classes wanted, with spaces between (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn acr_values(self, values: &'a str) -> Self {
        let [a, b, c, d, e, _] = self.parameters.texts;
        Self { parameters: Parameters { texts: [a, b, c, d, e, values], ..self.parameters }, ..self }
    }

    /// How many seconds ago the person may have signed in at most (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn max_age(self, seconds: u32) -> Self {
        Self { parameters: Parameters { max_age: Some(seconds), ..self.parameters }, ..self }
    }

    /// Parameters that a provider has of its own, such as Google's `access_type=offline`. They may not be any that this
    /// crate sets, and their names are letters, digits and `*-._` (RFC 6749 §8.2).
    #[must_use]
    pub const fn extra(self, parameters: &'a [(&'a str, &'a str)]) -> Self {
        Self { parameters: Parameters { extra: parameters, ..self.parameters }, ..self }
    }
}

impl Parameters<'_> {
    /// None.
    pub(super) const NONE: Self = Self { max_age: None, texts: [""; TEXTS.len()], extra: &[] };

    /// # Errors
    /// [`Misuse::Parameter`] for a value outside its grammar, [`Misuse::Repeated`] for a name that would be sent twice.
    pub(super) fn check(&self, query: &[u8], has_resource: bool) -> Result<(), Error> {
        let taken = |name: &str| has_parameter(query, name);
        let is_text_taken = TEXTS.iter().zip(&self.texts).any(|(name, value)| !value.is_empty() && taken(name));
        if is_text_taken || self.max_age.is_some() && taken(MAX_AGE) || has_resource && taken(RESOURCE) {
            return Err(Misuse::Repeated.into());
        }
        for (at, (name, value)) in self.extra.iter().enumerate() {
            if value.is_empty() || !is_name(name.as_bytes()) {
                return Err(Misuse::Parameter.into());
            }
            let ours = RESERVED.iter().chain(&TEXTS).chain(&[MAX_AGE, RESOURCE]).any(|ours| ours == name);
            if ours || taken(name) || self.extra.iter().take(at).any(|(other, _)| other == name) {
                return Err(Misuse::Repeated.into());
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, out: &mut Writer<'_>) {
        for (name, value) in TEXTS.iter().zip(&self.texts) {
            out.parameter(name, value.as_bytes());
        }
        for (name, value) in self.extra {
            out.parameter(name, value.as_bytes());
        }
        if let Some(seconds) = self.max_age {
            out.str("&max_age=");
            decimal(seconds as usize).for_each(|digit| out.bytes(digit));
        }
    }
}
