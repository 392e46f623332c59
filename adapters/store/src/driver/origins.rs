//! Who gets the token: the origins that the user named, and nobody else (RFC 6750 §5.3).

use gatepass::Origin;

use super::Error;

/// The origins that get the token.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    named: Vec<String>,
    loopback_http: bool,
}

impl Origins {
    /// Names one more, by any URL of it.
    pub fn name(&mut self, url: &str) {
        self.named.push(url.to_owned());
    }

    /// Allows plain `http` where the host is a loopback literal. Tokens travel unprotected.
    pub const fn danger_allow_http_on_loopback(&mut self) {
        self.loopback_http = true;
    }

    /// Whether plain `http` is allowed at all.
    #[must_use]
    pub const fn allow_http(&self) -> bool {
        self.loopback_http
    }

    /// # Errors
    /// [`Error::Origins`] when there is none, or one that is no `https` URL (or `http` without the opt-in).
    pub fn check(&self) -> Result<(), Error> {
        let good = |url: &String| self.origin(url).is_some();
        if !self.named.is_empty() && self.named.iter().all(good) { Ok(()) } else { Err(Error::Origins) }
    }

    /// Whether a URL may get the token.
    ///
    /// # Errors
    /// [`Error::OriginNotAllowed`].
    pub fn allow(&self, url: &str) -> Result<(), Error> {
        let origin = self.origin(url);
        if origin.is_some() && self.named.iter().any(|named| self.origin(named) == origin) {
            return Ok(());
        }
        Err(Error::OriginNotAllowed { origin: shown(url).to_owned() })
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
        origins.name("https://api.example/v1");
        assert!(origins.check().is_ok());
        for url in ["https://api.example/", "https://API.example:443/x?y#z"] {
            assert!(origins.allow(url).is_ok(), "{url}");
        }
        for url in [
            "https://api.example:444/",
            "http://api.example/",
            "https://evil.example/",
            "https://api.example@evil.example/",
            "//api.example/",
            "http://127.0.0.1/",
        ] {
            assert!(origins.allow(url).is_err(), "{url}");
        }
        let error = origins.allow("https://evil.example/path?secret").unwrap_err().to_string();
        assert!(error.contains("https://evil.example") && !error.contains("secret"), "{error}");
        let error = origins.allow("https://user:password@evil.example/").unwrap_err().to_string();
        assert!(!error.contains("password"), "{error}");
    }

    // R045
    #[test]
    fn plain_http_needs_the_named_opt_in() {
        let mut origins = Origins::default();
        origins.name("http://127.0.0.1:80");
        assert!(origins.check().is_err());
        origins.danger_allow_http_on_loopback();
        assert!(origins.check().is_ok() && origins.allow("http://127.0.0.1/").is_ok());
        assert!(origins.allow("http://127.0.0.1:81/").is_err() && origins.allow("http://api.example/").is_err());
    }
}
