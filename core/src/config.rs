//! Who is asked, and as whom: [`Server`] and [`Client`], checked once into a [`Config`].

use crate::{
    audience::{Audience, Target},
    bytes::is_vschar,
    digest::digest,
    error::{Error, Misuse},
    grant::check_endpoint,
    policy::{Policy, Quirks, Terms},
    url::Url,
};

/// An authorization server: its issuer, its endpoints, and what it announces.
///
/// Presets know a provider's paths; [`Server::new`] takes any; [`Discovery`](crate::Discovery) asks the server itself.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    pub(crate) issuer: Url<'a>,
    pub(crate) authorization: Url<'a>,
    pub(crate) token: Url<'a>,
    pub(crate) revocation: Option<Url<'a>>,
    pub(crate) iss_announced: bool,
    pub(crate) pkce_announced: bool,
    pub(crate) loopback_http: bool,
}

impl<'a> Server<'a> {
    /// A server by its issuer identifier and its two endpoints (RFC 8414 §2), all absolute `https` URLs.
    #[must_use]
    pub const fn new(issuer: &'a str, authorization_endpoint: &'a str, token_endpoint: &'a str) -> Self {
        Self {
            issuer: Url::whole(issuer),
            authorization: Url::whole(authorization_endpoint),
            token: Url::whole(token_endpoint),
            revocation: None,
            iss_announced: false,
            pkce_announced: false,
            loopback_http: false,
        }
    }

    /// An Auth0 tenant, by its domain (`tenant.eu.auth0.com` or a custom domain). Its issuer ends in a slash.
    #[must_use]
    pub const fn auth0(domain: &'a str) -> Self {
        Self {
            issuer: Url::on_host(domain, "/"),
            authorization: Url::on_host(domain, "/authorize"),
            token: Url::on_host(domain, "/oauth/token"),
            revocation: Some(Url::on_host(domain, "/oauth/revoke")),
            iss_announced: false,
            pkce_announced: true,
            loopback_http: false,
        }
    }

    /// With a revocation endpoint (RFC 7009 §2).
    #[must_use]
    pub const fn with_revocation(self, endpoint: &'a str) -> Self {
        Self { revocation: Some(Url::whole(endpoint)), ..self }
    }

    /// The server is known to send `iss` with every redirect; one without it is refused (RFC 9207 §2.4).
    #[must_use]
    pub const fn with_iss_parameter(self) -> Self {
        Self { iss_announced: true, ..self }
    }

    /// The server is known to check S256 (RFC 7636 §4.6); see [`Config::pkce_is_announced`].
    #[must_use]
    pub const fn with_s256(self) -> Self {
        Self { pkce_announced: true, ..self }
    }

    /// Allows plain `http` where the host is a loopback literal (`127.0.0.1` or `[::1]`): for tests, demos and servers on
    /// this very machine. Tokens travel unprotected; never for anything else.
    #[must_use]
    pub const fn danger_allow_http_on_loopback(self) -> Self {
        Self { loopback_http: true, ..self }
    }
}

/// The client: its identifier, and how it authenticates at the token endpoint (RFC 6749 §2.3).
#[derive(Clone, Copy)]
pub struct Client<'a> {
    pub(crate) id: &'a str,
    #[cfg(feature = "secrets")]
    pub(crate) secret: Secret<'a>,
}

/// How a client authenticates.
#[cfg(feature = "secrets")]
#[derive(Clone, Copy)]
pub(crate) enum Secret<'a> {
    None,
    Basic(&'a str),
    Post(&'a str),
}

impl<'a> Client<'a> {
    /// A public client: a native app, a command, a device. A secret that is shipped is no secret (RFC 8252 §8.5).
    #[must_use]
    pub const fn public(id: &'a str) -> Self {
        Self {
            id,
            #[cfg(feature = "secrets")]
            secret: Secret::None,
        }
    }

    /// A confidential client with `client_secret_basic`.
    #[cfg(feature = "secrets")]
    #[must_use]
    pub const fn secret_basic(id: &'a str, secret: &'a str) -> Self {
        Self { id, secret: Secret::Basic(secret) }
    }

    /// A confidential client with `client_secret_post`, for servers that do not take Basic.
    #[cfg(feature = "secrets")]
    #[must_use]
    pub const fn secret_post(id: &'a str, secret: &'a str) -> Self {
        Self { id, secret: Secret::Post(secret) }
    }
}

impl core::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Server, client, policy: checked, and lent to every verb.
///
/// It is `Copy` and borrows its strings, so a struct may own it beside a session, and any number of sessions may share it.
/// A session belongs to the configuration of its first verb; another one is [`Misuse::OtherConfig`].
#[derive(Clone, Copy)]
pub struct Config<'a> {
    pub(crate) server: Server<'a>,
    pub(crate) client: Client<'a>,
    pub(crate) policy: Terms,
    #[cfg(feature = "members")]
    members: &'a [&'a str],
    #[cfg(feature = "audiences")]
    audiences: &'a [Audience<'a>],
    /// Of issuer and client: what a stored record belongs to.
    pub(crate) identity: [u8; 8],
    /// Of everything that decides where requests go and as whom: what a session belongs to.
    pub(crate) digest: [u8; 8],
}

impl<'a> Config<'a> {
    /// Checks a server and a client, with the default [`Policy`].
    ///
    /// # Errors
    /// [`Misuse::Url`] for an issuer or endpoint that is not `https`, [`Misuse::Parameter`] for an empty identifier or one
    /// that is not printable ASCII, [`Misuse::Repeated`] when the authorization endpoint's own query has a parameter that
    /// is this crate's to set (without the feature `parameters`: when it has a query).
    pub fn new(server: Server<'a>, client: Client<'a>) -> Result<Self, Error> {
        let Server { issuer, authorization, token, revocation, .. } = server;
        let is_good = |url: Url<'_>| url.is_good(server.loopback_http);
        if !(issuer.is_good_issuer(server.loopback_http) && is_good(authorization) && is_good(token) && revocation.is_none_or(is_good)) {
            return Err(Misuse::Url.into());
        }
        // RFC 6749 Appendix A.1: *VSCHAR, which spares every place where it is printed a check.
        if client.id.is_empty() || !client.id.bytes().all(is_vschar) {
            return Err(Misuse::Parameter.into());
        }
        check_endpoint(authorization)?;
        #[cfg(feature = "secrets")]
        let authentication: [&[u8]; 2] = match client.secret {
            Secret::None => [b""; 2],
            Secret::Basic(secret) => [b"basic", secret.as_bytes()],
            Secret::Post(secret) => [b"post", secret.as_bytes()],
        };
        #[cfg(not(feature = "secrets"))]
        let authentication: [&[u8]; 2] = [b""; 2];
        let revocation = revocation.unwrap_or(Url::whole("")).parts();
        let identity = digest(&[&[b"gatepass identity"], &issuer.parts(), &[client.id.as_bytes()]]);
        let digest = digest(&[
            &[b"gatepass configuration"],
            &[&identity],
            &authorization.parts(),
            &token.parts(),
            &revocation,
            &[&[u8::from(server.iss_announced)]],
            &authentication,
        ]);
        Ok(Self {
            server,
            client,
            policy: Terms::DEFAULT,
            #[cfg(feature = "members")]
            members: &[],
            #[cfg(feature = "audiences")]
            audiences: &[],
            identity,
            digest,
        })
    }

    /// With another policy.
    ///
    /// # Errors
    /// [`Misuse::Policy`] for one that cannot hold: see its fields.
    pub fn with_policy(self, policy: Policy) -> Result<Self, Error> {
        Ok(Self { policy: Terms::check(&policy)?, ..self })
    }

    /// Keeps these members of a token response for the application (`patient`, `instance_url`, `team`; at most 16), as they
    /// came: see [`Session::members_json`](crate::Session::members_json). They take room in the session and in the stored record.
    ///
    /// # Errors
    /// [`Misuse::Parameter`] for more than 16, an empty name, one of more than 254 bytes, or one that needs escaping;
    /// [`Misuse::Repeated`] for one that the protocol defines or that is named twice.
    #[cfg(feature = "members")]
    pub fn with_members(self, members: &'a [&'a str]) -> Result<Self, Error> {
        if members.len() > MAX_MEMBERS {
            return Err(Misuse::Parameter.into());
        }
        for (at, name) in members.iter().enumerate() {
            if !matches!(name.len(), 1..255) || !name.bytes().all(|byte| byte == b' ' || crate::scope::is_scope_byte(byte)) {
                return Err(Misuse::Parameter.into());
            }
            if crate::token::NAMES.contains(name) || members.iter().take(at).any(|other| other == name) {
                return Err(Misuse::Repeated.into());
            }
        }
        Ok(Self { members, ..self })
    }

    /// Names whom else the grant gives access tokens for (at most 8): see [`Input::RefreshFor`](crate::Input::RefreshFor) and
    /// [`Session::access_token_for`](crate::Session::access_token_for).
    ///
    /// # Errors
    /// [`Misuse::Parameter`] for more than 8, a resource that is no absolute URI without a fragment, an identifier that is not
    /// printable ASCII, or a scope that is none; [`Misuse::Repeated`] for a name that stands twice.
    #[cfg(feature = "audiences")]
    pub fn with_audiences(self, audiences: &'a [Audience<'a>]) -> Result<Self, Error> {
        if audiences.len() > crate::audience::MAX_AUDIENCES {
            return Err(Misuse::Parameter.into());
        }
        for (at, audience) in audiences.iter().enumerate() {
            audience.check()?;
            if audiences.iter().take(at).any(|other| other.name() == audience.name()) {
                return Err(Misuse::Repeated.into());
            }
        }
        Ok(Self { audiences, ..self })
    }

    /// The audiences that were named.
    #[must_use]
    pub const fn audiences(&self) -> &'a [Audience<'a>] {
        #[cfg(feature = "audiences")]
        let audiences = self.audiences;
        #[cfg(not(feature = "audiences"))]
        let audiences = &[];
        audiences
    }

    /// The members that were named.
    pub(crate) const fn members(&self) -> &'a [&'a str] {
        #[cfg(feature = "members")]
        let members = self.members;
        #[cfg(not(feature = "members"))]
        let members = &[];
        members
    }

    /// What the audience of this name is kept under.
    pub(crate) fn target(&self, name: &str) -> Option<Target> {
        self.audiences().iter().find(|audience| audience.name() == name).map(Audience::target)
    }

    /// Whether a grant has resources beside its own.
    pub(crate) fn has_resources(&self) -> bool {
        self.audiences().iter().any(Audience::is_resource)
    }

    pub(crate) fn audience(&self, target: Target) -> Option<&'a Audience<'a>> {
        self.audiences().iter().find(|audience| audience.target() == target)
    }

    /// Whether the server is known to check S256. `state` protects the redirect either way; PKCE protects the code only
    /// where the server checks it (RFC 9700 §2.1.1).
    #[must_use]
    pub const fn pkce_is_announced(&self) -> bool {
        self.server.pkce_announced
    }

    /// Whether a revocation endpoint is known, so that signing out ends the grant at the server too.
    #[must_use]
    pub const fn can_revoke(&self) -> bool {
        self.server.revocation.is_some()
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy.policy()
    }

    pub(crate) const fn allows(&self, quirk: Quirks) -> bool {
        cfg!(feature = "quirks") && self.policy.quirks.contains(quirk)
    }
}

impl core::fmt::Debug for Config<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Config")
            .field("server", &self.server)
            .field("client", &self.client)
            .field("policy", &self.policy())
            .finish_non_exhaustive()
    }
}

/// Members that a configuration may name for the application.
#[cfg(feature = "members")]
pub(crate) const MAX_MEMBERS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://as.example";

    fn config(server: Server<'_>) -> Result<Config<'_>, Error> {
        Config::new(server, Client::public("id"))
    }

    // R045 R117
    #[test]
    fn every_url_of_a_configuration_is_checked() {
        let good = Server::new(ISSUER, "https://as.example/a", "https://as.example/t");
        assert!(config(good).is_ok());
        assert!(config(good.with_revocation("http://as.example/r")).is_err());
        assert!(config(Server::new("http://as.example", "https://as.example/a", "https://as.example/t")).is_err());
        assert!(config(Server::new(ISSUER, "https://as.example/a#f", "https://as.example/t")).is_err());
        assert!(config(Server::new(ISSUER, "https://as.example/a", "https://as.example/t#")).is_err());
        assert!(config(Server::new("https://as.example?x", "https://as.example/a", "https://as.example/t")).is_err());
        assert!(config(Server::auth0("tenant.example")).is_ok());
        assert!(config(Server::auth0("tenant.example/evil")).is_err());
    }

    // R002
    #[test]
    fn an_endpoint_whose_query_has_a_parameter_of_ours_is_refused() {
        for query in ["?client_id=x", "?a=b&st%61te=1", "?scope"] {
            extern crate std;
            let endpoint = std::format!("https://as.example/a{query}");
            assert_eq!(config(Server::new(ISSUER, &endpoint, "https://as.example/t")).err(), Some(Misuse::Repeated.into()), "{query}");
        }
        assert!(config(Server::new(ISSUER, "https://as.example/a?p=sign_in", "https://as.example/t")).is_ok());
    }

    #[test]
    fn two_configurations_that_send_elsewhere_or_as_somebody_else_differ() {
        let one = config(Server::new(ISSUER, "https://as.example/a", "https://as.example/t")).unwrap();
        let other_endpoint = config(Server::new(ISSUER, "https://as.example/a", "https://evil.example/t")).unwrap();
        let other_client = Config::new(one.server, Client::public("other")).unwrap();
        let with_secret = Config::new(one.server, Client::secret_basic("id", "s")).unwrap();
        let posted = Config::new(one.server, Client::secret_post("id", "s")).unwrap();
        assert_eq!(one.identity, other_endpoint.identity);
        assert_ne!(one.identity, other_client.identity);
        let digests = [one.digest, other_endpoint.digest, other_client.digest, with_secret.digest, posted.digest];
        for (at, digest) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(digest), "{at}");
        }
    }

    // R075 R150
    #[test]
    fn a_secret_is_not_printed() {
        extern crate std;
        let config = Config::new(Server::auth0("tenant.example"), Client::secret_post("id", "canary")).unwrap();
        let printed = std::format!("{config:?}");
        assert!(printed.contains("tenant.example") && printed.contains(r#"id: "id""#) && !printed.contains("canary"), "{printed}");
    }

    #[test]
    fn a_member_that_the_protocol_defines_is_not_the_applications() {
        let config = config(Server::auth0("tenant.example")).unwrap();
        assert!(config.with_members(&["patient", "team"]).is_ok());
        for (members, error) in [
            (&["access_token"][..], Misuse::Repeated),
            (&["a", "a"], Misuse::Repeated),
            (&[""], Misuse::Parameter),
            (&["a\""], Misuse::Parameter),
        ] {
            assert_eq!(config.with_members(members).err(), Some(error.into()), "{members:?}");
        }
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"];
        assert!(config.with_members(&many[..16]).is_ok());
        assert_eq!(config.with_members(&many).err(), Some(Misuse::Parameter.into()));
    }
}
