//! Who gets the token: the origins that the user named, and nobody else (RFC 6750 §5.3).

use core::time::Duration;

use gatepass::{Audience, Config, Misuse, Origin};

use super::{Error, Goal};

/// The origins that get the token.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// With the audience whose token they get.
    named: Vec<(String, Option<String>)>,
    audiences: &'static [Audience<'static>],
    loopback_http: bool,
}

impl Origins {
    /// None yet, for the audiences of a configuration.
    pub(super) const fn new(config: &Config<'static>) -> Self {
        Self { named: Vec::new(), audiences: config.audiences(), loopback_http: false }
    }

    /// Names one more, by any URL of it: it gets the grant's own access token, or that for an audience.
    pub(super) fn name(&mut self, url: &str, audience: Option<&str>) {
        self.named.push((url.to_owned(), audience.map(str::to_owned)));
    }

    /// An audience that the configuration names.
    ///
    /// # Errors
    /// [`Misuse::Audience`] when it does not.
    pub fn audience(&self, name: &str) -> Result<&'static str, Error> {
        let found = self.audiences.iter().find(|audience| audience.name() == name);
        found.map(Audience::name).ok_or_else(|| gatepass::Error::from(Misuse::Audience).into())
    }

    /// Allows plain `http` where the host is a loopback literal. Tokens travel unprotected.
    pub(super) const fn danger_allow_http_on_loopback(&mut self) {
        self.loopback_http = true;
    }

    /// Whether plain `http` is allowed at all.
    #[must_use]
    pub const fn allow_http(&self) -> bool {
        self.loopback_http
    }

    /// # Errors
    /// [`Error::Origins`] when there is none, one that is no `https` URL (or `http` without the opt-in), or one for two audiences; [`Misuse::Audience`]
    /// when the configuration does not name an audience.
    pub(super) fn check(&self) -> Result<(), Error> {
        let good = |(url, _): &(String, Option<String>)| self.origin(url).is_some();
        if self.named.is_empty() || !self.named.iter().all(good) {
            return Err(Error::Origins);
        }
        // Whoever reads the names would not know which of them counts.
        let clash = |(at, (url, audience)): (usize, &(String, Option<String>))| {
            self.named.iter().take(at).any(|(other, of)| self.origin(other) == self.origin(url) && of != audience)
        };
        if self.named.iter().enumerate().any(clash) {
            return Err(Error::Origins);
        }
        self.named.iter().filter_map(|(_, audience)| audience.as_deref()).try_for_each(|name| self.audience(name).map(|_| ()))
    }

    /// What a URL may get: so much life of the token that belongs to its origin.
    ///
    /// # Errors
    /// [`Error::OriginNotAllowed`].
    pub fn allow(&self, url: &str, min_ttl: Duration) -> Result<Goal, Error> {
        let origin = self.origin(url);
        let named = self.named.iter().find(|(named, _)| origin.is_some() && self.origin(named) == origin);
        match named {
            Some((_, None)) => Ok(Goal::Token(min_ttl)),
            Some((_, Some(audience))) => Ok(Goal::TokenFor(self.audience(audience)?, min_ttl)),
            None => Err(Error::OriginNotAllowed { origin: shown(url).to_owned() }),
        }
    }

    fn origin<'u>(&self, url: &'u str) -> Option<Origin<'u>> {
        // What a fragment holds is never sent, and says nothing about the origin.
        let url = url.split('#').next().unwrap_or_default();
        Origin::of(url).ok().filter(|origin| self.loopback_http || !origin.is_plain())
    }
}

/// Scheme, host and port of a URL. One that the core cannot read may hold anything, also a password: nothing of it is shown.
fn shown(url: &str) -> &str {
    let end = url.match_indices(['/', '?', '#']).map(|(at, _)| at).find(|at| *at >= "https://".len());
    match Origin::of(url.split('#').next().unwrap_or_default()) {
        Ok(_) => url.get(..end.unwrap_or(url.len())).unwrap_or_default(),
        Err(_) => "this URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // R057 R088
    #[test]
    fn only_a_named_origin_gets_the_token() {
        let mut origins = Origins::default();
        assert!(origins.check().is_err());
        origins.name("https://api.example/v1", None);
        assert!(origins.check().is_ok());
        for url in ["https://api.example/", "https://API.example:443/x?y#z"] {
            assert!(origins.allow(url, Duration::ZERO).is_ok(), "{url}");
        }
        for url in [
            "https://api.example:444/",
            "http://api.example/",
            "https://evil.example/",
            "https://api.example@evil.example/",
            "//api.example/",
            "http://127.0.0.1/",
        ] {
            assert!(origins.allow(url, Duration::ZERO).is_err(), "{url}");
        }
        let error = origins.allow("https://evil.example/path?secret", Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("https://evil.example") && !error.contains("secret"), "{error}");
        let error = origins.allow("https://user:password@evil.example/", Duration::ZERO).unwrap_err().to_string();
        assert!(!error.contains("password"), "{error}");
    }

    #[test]
    fn an_origin_belongs_to_one_audience() {
        let mut origins = Origins::default();
        origins.name("https://api.example/a", None);
        origins.name("https://api.example/b", None);
        assert!(origins.check().is_ok());
        origins.name("https://API.example:443/c", Some("urn:c"));
        assert!(matches!(origins.check(), Err(Error::Origins)));
    }

    // R045
    #[test]
    fn plain_http_needs_the_named_opt_in() {
        let mut origins = Origins::default();
        origins.name("http://127.0.0.1:80", None);
        assert!(origins.check().is_err());
        origins.danger_allow_http_on_loopback();
        assert!(origins.check().is_ok() && origins.allow("http://127.0.0.1/", Duration::ZERO).is_ok());
        assert!(
            origins.allow("http://127.0.0.1:81/", Duration::ZERO).is_err() && origins.allow("http://api.example/", Duration::ZERO).is_err()
        );
    }
}
