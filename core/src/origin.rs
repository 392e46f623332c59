//! Origins: where an access token may go (RFC 6750 §5.3, RFC 6454 §4).

use crate::{
    error::{Error, Misuse},
    url::{Web, split},
    writer::text,
};

/// The origin of an API: scheme, host and port. A token goes to the origins that the user named and to no other.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Origin<'a> {
    is_https: bool,
    host: &'a str,
    port: u16,
}

impl<'a> Origin<'a> {
    /// The origin of a URL, which must be `https`, or `http` on a loopback literal.
    ///
    /// # Errors
    /// [`Misuse::Url`] for any other URL.
    pub fn of(url: &'a str) -> Result<Self, Error> {
        let web = Web::read(url).filter(|web| web.is_https || web.is_loopback()).ok_or(Misuse::Url)?;
        let port = split(url).0.get(web.host.len()..).and_then(|port| port.strip_prefix(':')?.parse().ok());
        let port = port.unwrap_or(if web.is_https { 443 } else { 80 });
        Ok(Self { is_https: web.is_https, host: text(web.host), port })
    }

    /// Whether it is plain `http`, which only a named opt-in may allow.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        !self.is_https
    }
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.is_https, self.port) == (other.is_https, other.port) && self.host.eq_ignore_ascii_case(other.host)
    }
}

impl Eq for Origin<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    // R057 R088
    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let api = Origin::of("https://api.example/v1?x").unwrap();
        for same in ["https://api.example", "https://api.example:443/", "https://API.example/other"] {
            assert_eq!(Origin::of(same), Ok(api), "{same}");
        }
        for other in ["https://api.example:444/", "https://api.example.evil.example/", "https://evil.example/", "https://xapi.example/"] {
            assert_ne!(Origin::of(other), Ok(api), "{other}");
        }
        for bad in [
            "http://api.example/",
            "//api.example/",
            "https://api.example@evil.example/",
            "https://u:p@api.example/",
            "https://api.example\\@evil.example/",
            "",
        ] {
            assert_eq!(Origin::of(bad), Err(Misuse::Url.into()), "{bad}");
        }
        assert_eq!(Origin::of("http://127.0.0.1/"), Origin::of("http://127.0.0.1:80/x"));
        assert_ne!(Origin::of("http://127.0.0.1/"), Origin::of("https://127.0.0.1:80/x"));
        assert_eq!(Origin::of("http://[::1]:8080/"), Origin::of("http://[::1]:8080"));
        assert_ne!(Origin::of("http://[::1]/"), Origin::of("http://[::1]:8080"));
    }
}
