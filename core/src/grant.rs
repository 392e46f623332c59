//! How to obtain a grant: today by authorization code with PKCE (RFC 6749 §4.1, RFC 7636).

#[cfg(feature = "parameters")]
mod parameters;

#[cfg(feature = "parameters")]
use crate::url::has_parameter;
#[cfg(feature = "parameters")]
pub(crate) use parameters::check_endpoint;

use crate::{
    audience::Audience,
    bytes::{Reader, Set},
    config::Config,
    error::{Error, Misuse},
    scope::is_scope,
    url::{is_resource, uri_bytes},
    writer::Writer,
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
    #[cfg(feature = "parameters")]
    parameters: parameters::Parameters<'a>,
}

const RESOURCE: &str = "resource";

impl<'a> AuthorizationCode<'a> {
    /// A request without any parameter of its own.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scope: "",
            resources: &[],
            #[cfg(feature = "parameters")]
            parameters: parameters::Parameters::NONE,
        }
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
        #[cfg(feature = "parameters")]
        {
            let has_resource = !self.resources.is_empty() || config.has_resources();
            self.parameters.check(config.server.authorization.query().unwrap_or_default(), has_resource)?;
        }
        Ok(())
    }

    /// The scope asked for.
    pub(crate) const fn asked_scope(&self) -> &'a str {
        self.scope
    }

    /// `&name=value` for each parameter that is set, the scope apart, and for the resources that later refreshes may name, which must be
    /// granted, too (RFC 8707 §2.2). Its own resources are the last; says how many bytes they take.
    #[inline(never)]
    pub(crate) fn write(&self, out: &mut Writer<'_>, audiences: &[Audience<'_>]) -> usize {
        #[cfg(feature = "parameters")]
        self.parameters.write(out);
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

/// Whether these are parameters of a request, each `&name=value` and encoded, whose names are allowed behind what comes before. What a
/// store gives is held to this, since it becomes a part of requests as it is.
fn are_fields(bytes: &[u8], is_allowed: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let mut rest = Reader(bytes);
    while let [b'&', field @ ..] = rest.0 {
        let mut value = Reader(field);
        let name = value.until(b'=');
        let len = value.0.iter().take_while(|byte| Set::FORM.has(**byte) || matches!(byte, b'+' | b'%')).count();
        if len == 0 || !is_allowed(name, Reader(bytes).before(rest)) {
            return false;
        }
        rest.0 = value.0.get(len..).unwrap_or_default();
    }
    // And no escape is cut short.
    rest.0.is_empty() && uri_bytes(bytes)
}

/// Whether these may be the resources of a grant.
pub(crate) fn are_resources(bytes: &[u8]) -> bool {
    are_fields(bytes, |name, _| name == RESOURCE.as_bytes())
}

/// Whether a sign-in at an endpoint with this query may have such parameters, and such resources behind them: neither is set for every
/// request, and nothing but resources is sent twice.
#[cfg(feature = "parameters")]
pub(crate) fn may_ask(parameters: &[u8], resources: &[u8], query: &[u8]) -> bool {
    are_fields(parameters, |name, before| parameters::is_free(name, before, query))
        && are_resources(resources)
        && (resources.is_empty() || !has_parameter(query, RESOURCE))
}

/// Likewise, where endpoints have no query: beside a sign-in's own resources there are those that later refreshes may name.
#[cfg(not(feature = "parameters"))]
pub(crate) fn may_ask(parameters: &[u8], resources: &[u8], _: &[u8]) -> bool {
    are_resources(parameters) && are_resources(resources)
}

/// # Errors
/// [`Misuse::Repeated`] for an endpoint with a query of its own: nobody would look whether it has a parameter that is sent.
#[cfg(not(feature = "parameters"))]
pub(crate) fn check_endpoint(authorization: crate::url::Url<'_>) -> Result<(), Error> {
    if authorization.query().is_some() { Err(Misuse::Repeated.into()) } else { Ok(()) }
}

impl core::fmt::Debug for AuthorizationCode<'_> {
    /// The scope alone: hints and extra parameters may be personal.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AuthorizationCode").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::parameters::RESERVED;
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
        assert_eq!(check(&new.max_age(60)), Ok(()));
        let aged = Server::new("https://as.example", "https://as.example/a?max_age=1", "https://as.example/t");
        let aged = Config::new(aged, Client::public("id")).unwrap();
        assert_eq!((new.check(&aged), new.max_age(60).check(&aged)), (Ok(()), Err(Misuse::Repeated.into())));
    }

    // R002
    #[test]
    fn a_resource_is_not_asked_for_beside_one_of_the_endpoints_own() {
        let server = Server::new("https://as.example", "https://as.example/a?resource=urn:x", "https://as.example/t");
        let config = Config::new(server, Client::public("id")).unwrap();
        assert_eq!(AuthorizationCode::new().check(&config), Ok(()));
        assert_eq!(AuthorizationCode::new().resources(&["urn:a"]).check(&config), Err(Misuse::Repeated.into()));
    }

    // R002 R016
    #[test]
    fn a_name_holds_nothing_that_would_make_it_two_or_end_the_query() {
        for name in ["x&state", "x=y&state", "&", "x#", "st%61te", "x+y", "x y", "\"", "\u{e4}"] {
            assert_eq!(check(&AuthorizationCode::new().extra(&[(name, "x")])), Err(Misuse::Parameter.into()), "{name}");
        }
        assert_eq!(check(&AuthorizationCode::new().extra(&[("x-y_z.1", "&")])), Ok(()));
    }

    // R003
    #[test]
    fn a_parameter_without_a_value_is_not_sent() {
        assert_eq!(check(&AuthorizationCode::new().extra(&[("a", "")])), Err(Misuse::Parameter.into()));
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        AuthorizationCode::new().audience("").write(&mut out, &[]);
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
    fn what_a_store_puts_into_a_request_is_resources_alone() {
        for good in ["", "&resource=a", "&resource=urn%3Aa&resource=b*-._+"] {
            assert!(are_resources(good.as_bytes()), "{good}");
        }
        let bad = [
            "resource=a",
            "&resource=a&scope=b",
            "&resource=a b",
            "&resource=a\r\n",
            "&resource=a=b",
            "&",
            "&resource=",
            "&resource=%",
            "&resource=%4g",
        ];
        for bad in bad {
            assert!(!are_resources(bad.as_bytes()), "{bad}");
        }
    }

    // R002
    #[test]
    fn what_a_store_puts_into_an_authorization_request_is_not_sent_twice() {
        let query = b"tenant=x&resource=urn%3Aq";
        for (parameters, resources) in
            [("", ""), ("&prompt=login", ""), ("&x-y=%26&resource=urn%3Aa&resource=urn%3Ab", "&resource=urn%3Ac")]
        {
            assert!(may_ask(parameters.as_bytes(), resources.as_bytes(), b"tenant=x"), "{parameters} {resources}");
            assert_eq!(may_ask(parameters.as_bytes(), resources.as_bytes(), query), !parameters.contains("resource"), "{parameters}");
        }
        assert!(!may_ask(b"", b"&resource=urn%3Aa", query));
        for name in RESERVED {
            assert!(!may_ask(std::format!("&prompt=login&{name}=x").as_bytes(), b"", b""), "{name}");
        }
        for twice in ["&tenant=y", "&a=1&a=2", "&login_hint=x&b=1&login_hint=y"] {
            assert!(!may_ask(twice.as_bytes(), b"", query), "{twice}");
        }
        for bad in ["X", "X&prompt=login", "%20admin", "&prompt", "&=x", "&p%41=x", "&prompt=a/b", "&prompt=%4"] {
            assert!(!may_ask(bad.as_bytes(), b"", b""), "{bad}");
        }
    }

    #[test]
    fn every_parameter_is_form_encoded() {
        let grant = AuthorizationCode::new()
            .audience("https://api/")
            .prompt("p")
            .login_hint("ä")
            .organization("o")
            .connection("c")
            .acr_values("1 2");
        let grant = grant.max_age(60).extra(&[("x", "&=")]).resources(&["urn:a", "urn:b"]);
        assert_eq!(check(&AuthorizationCode { parameters: parameters::Parameters::NONE, ..grant }), Ok(()));
        let mut buffer = [0; 256];
        let mut out = Writer::new(&mut buffer);
        let resources = grant.write(&mut out, &[]);
        assert_eq!(resources, "&resource=urn%3Aa&resource=urn%3Ab".len());
        let written = out.finish().unwrap();
        let (parameters, resources) = written.split_at(written.len() - resources);
        assert!(may_ask(parameters, resources, b""), "what is written may be resumed");
        assert_eq!(
            crate::writer::text(written),
            "&audience=https%3A%2F%2Fapi%2F&prompt=p&login_hint=%C3%A4&organization=o&connection=c&acr_values=1+2&x=%26%3D&max_age=60&resource=urn%3Aa&resource=urn%3Ab"
        );
    }
}
