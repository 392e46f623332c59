//! How to obtain a grant: today by authorization code with PKCE (RFC 6749 §4.1, RFC 7636).

use crate::{
    audience::Audience,
    config::{Config, RESERVED},
    error::{Error, Misuse},
    scope::is_scope,
    url::{has_parameter, is_resource},
    writer::{Writer, decimal},
};

/// How to obtain a grant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Grant<'a> {
    /// A person signs in with a browser, on this device or another (RFC 6749 §4.1).
    AuthorizationCode(AuthorizationCode<'a>),
}

/// What to ask for in an authorization request. Everything is optional; what is not set is not sent.
#[derive(Clone, Copy, Default)]
pub struct AuthorizationCode<'a> {
    scope: &'a str,
    resources: &'a [&'a str],
    max_age: Option<u32>,
    /// One for each of [`TEXTS`], in that order; empty is unset.
    texts: [&'a str; TEXTS.len()],
    extra: &'a [(&'a str, &'a str)],
}

/// The parameters that are plain text.
const TEXTS: [&str; 6] = ["audience", "prompt", "login_hint", "organization", "connection", "acr_values"];
const MAX_AGE: &str = "max_age";
const RESOURCE: &str = "resource";

impl<'a> AuthorizationCode<'a> {
    /// A request without any parameter of its own.
    #[must_use]
    pub const fn new() -> Self {
        Self { scope: "", resources: &[], max_age: None, texts: [""; TEXTS.len()], extra: &[] }
    }

    /// The scope: tokens with one space between (RFC 6749 §3.3), such as `openid offline_access`.
    #[must_use]
    pub const fn scope(self, scope: &'a str) -> Self {
        Self { scope, ..self }
    }

    /// The resources (absolute URIs) that the grant's own access token is for (RFC 8707 §2). Sent with the code too. Those that the
    /// configuration names as audiences of their own are asked for beside them.
    #[must_use]
    pub const fn resources(self, resources: &'a [&'a str]) -> Self {
        Self { resources, ..self }
    }

    /// The API that the access token is for, as Auth0 names it; without one Auth0 gives no JWT.
    #[must_use]
    pub const fn audience(self, audience: &'a str) -> Self {
        let [_, b, c, d, e, f] = self.texts;
        Self { texts: [audience, b, c, d, e, f], ..self }
    }

    /// `login`, `consent`, `select_account`, `none`, or several (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn prompt(self, prompt: &'a str) -> Self {
        let [a, _, c, d, e, f] = self.texts;
        Self { texts: [a, prompt, c, d, e, f], ..self }
    }

    /// Who is likely to sign in (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn login_hint(self, hint: &'a str) -> Self {
        let [a, b, _, d, e, f] = self.texts;
        Self { texts: [a, b, hint, d, e, f], ..self }
    }

    /// The organization to sign in to (Auth0).
    #[must_use]
    pub const fn organization(self, organization: &'a str) -> Self {
        let [a, b, c, _, e, f] = self.texts;
        Self { texts: [a, b, c, organization, e, f], ..self }
    }

    /// The connection to sign in by (Auth0).
    #[must_use]
    pub const fn connection(self, connection: &'a str) -> Self {
        let [a, b, c, d, _, f] = self.texts;
        Self { texts: [a, b, c, d, connection, f], ..self }
    }

    /// The authentication context classes wanted, with spaces between (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn acr_values(self, values: &'a str) -> Self {
        let [a, b, c, d, e, _] = self.texts;
        Self { texts: [a, b, c, d, e, values], ..self }
    }

    /// How many seconds ago the person may have signed in at most (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub const fn max_age(self, seconds: u32) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Parameters that a provider has of its own, such as Google's `access_type=offline`. They may not be any that this
    /// crate sets.
    #[must_use]
    pub const fn extra(self, parameters: &'a [(&'a str, &'a str)]) -> Self {
        Self { extra: parameters, ..self }
    }

    /// # Errors
    /// [`Misuse::Parameter`] for a value outside its grammar, [`Misuse::Repeated`] for a name that would be sent twice.
    pub(crate) fn check(&self, config: &Config<'_>) -> Result<(), Error> {
        // The server would choose one of them for the grant's own access token.
        if self.resources.is_empty() && config.has_resources() {
            return Err(Misuse::Resource.into());
        }
        if !(self.scope.is_empty() || is_scope(self.scope)) || !self.resources.iter().all(|uri| is_resource(uri)) {
            return Err(Misuse::Parameter.into());
        }
        let query = config.server.authorization.query().unwrap_or_default();
        let taken = |name: &str| has_parameter(query, name);
        let has_resource = !self.resources.is_empty() || config.has_resources();
        let is_text_taken = TEXTS.iter().zip(&self.texts).any(|(name, value)| !value.is_empty() && taken(name));
        if is_text_taken || self.max_age.is_some() && taken(MAX_AGE) || has_resource && taken(RESOURCE) {
            return Err(Misuse::Repeated.into());
        }
        for (at, (name, value)) in self.extra.iter().enumerate() {
            if name.is_empty() || value.is_empty() || !name.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
                return Err(Misuse::Parameter.into());
            }
            let ours = RESERVED.iter().chain(&TEXTS).chain(&[MAX_AGE, RESOURCE]).any(|ours| ours == name);
            if ours || taken(name) || self.extra.iter().take(at).any(|(other, _)| other == name) {
                return Err(Misuse::Repeated.into());
            }
        }
        Ok(())
    }

    /// The scope asked for.
    pub(crate) const fn asked_scope(&self) -> &'a str {
        self.scope
    }

    /// `&name=value` for each parameter that is set, and for the resources that later refreshes may name, which must be granted, too
    /// (RFC 8707 §2.2). Its own resources are the last; says how many bytes they take.
    #[inline(never)]
    pub(crate) fn write(&self, out: &mut Writer<'_>, audiences: &[Audience<'_>]) -> usize {
        out.parameter("scope", self.scope.as_bytes());
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
        for audience in audiences.iter().filter(|audience| audience.is_resource() && !self.resources.contains(&audience.name())) {
            out.parameter(RESOURCE, audience.name().as_bytes());
        }
        let start = out.len();
        for resource in self.resources {
            out.parameter(RESOURCE, resource.as_bytes());
        }
        out.len().wrapping_sub(start)
    }
}

impl core::fmt::Debug for AuthorizationCode<'_> {
    /// The scope alone: hints and extra parameters may be personal.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AuthorizationCode").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Client, Server};

    fn check(grant: &AuthorizationCode<'_>) -> Result<(), Error> {
        let server = Server::new("https://as.example", "https://as.example/a?tenant=x&prompt=login", "https://as.example/t");
        grant.check(&Config::new(server, Client::public("id")).unwrap())
    }

    // R002
    #[test]
    fn no_parameter_can_be_sent_twice() {
        let new = AuthorizationCode::new();
        assert!(check(&new.extra(&[("access_type", "offline")])).is_ok());
        for name in RESERVED {
            assert_eq!(check(&new.extra(&[(name, "x")])), Err(Misuse::Repeated.into()), "{name}");
        }
        for extra in [&[("audience", "x")][..], &[("a", "x"), ("a", "y")], &[("tenant", "y")], &[("max_age", "1")], &[("resource", "a:b")]]
        {
            assert_eq!(check(&new.extra(extra)), Err(Misuse::Repeated.into()), "{extra:?}");
        }
        assert_eq!(check(&new.prompt("consent")), Err(Misuse::Repeated.into()));
    }

    // R003
    #[test]
    fn a_parameter_without_a_value_is_not_sent() {
        assert_eq!(check(&AuthorizationCode::new().extra(&[("a", "")])), Err(Misuse::Parameter.into()));
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        AuthorizationCode::new().scope("").audience("").write(&mut out, &[]);
        assert_eq!(out.finish(), Ok(&b""[..]));
    }

    // R059
    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        for resource in ["https://api.example/", "urn:x:y"] {
            assert!(check(&AuthorizationCode::new().resources(&[resource])).is_ok(), "{resource}");
        }
        for resource in ["", "/api", "https://api.example/#f", "https://api.example/ x", ":x"] {
            assert!(check(&AuthorizationCode::new().resources(&[resource])).is_err(), "{resource}");
        }
    }

    #[test]
    fn every_parameter_is_form_encoded() {
        let grant = AuthorizationCode::new()
            .scope("a b")
            .audience("https://api/")
            .prompt("p")
            .login_hint("ä")
            .organization("o")
            .connection("c")
            .acr_values("1 2");
        let grant = grant.max_age(60).extra(&[("x", "&=")]).resources(&["urn:a", "urn:b"]);
        assert_eq!(check(&AuthorizationCode { texts: [""; 6], ..grant }), Ok(()));
        let mut buffer = [0; 256];
        let mut out = Writer::new(&mut buffer);
        assert_eq!(grant.write(&mut out, &[]), "&resource=urn%3Aa&resource=urn%3Ab".len());
        assert_eq!(
            crate::writer::text(out.finish().unwrap()),
            "&scope=a+b&audience=https%3A%2F%2Fapi%2F&prompt=p&login_hint=%C3%A4&organization=o&connection=c&acr_values=1+2&x=%26%3D&max_age=60&resource=urn%3Aa&resource=urn%3Ab"
        );
    }
}
