//! Configured URLs: what they may be, and the one that may be handed to a browser.

use crate::{
    error::{Error, Misuse},
    form,
    writer::Writer,
};

/// An absolute URL out of a configuration: an issuer or an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Url<'a> {
    /// As the caller wrote it.
    Whole(&'a str),
    /// `https://`, a host (with a port, perhaps), and a path: how the presets know their endpoints.
    OnHost(&'a str, &'static str),
}

impl<'a> Url<'a> {
    pub(crate) const fn parts(self) -> [&'a str; 3] {
        match self {
            Self::Whole(url) => [url, "", ""],
            Self::OnHost(host, path) => ["https://", host, path],
        }
    }

    pub(crate) fn write(self, out: &mut Writer<'_>) {
        for part in self.parts() {
            out.str(part);
        }
    }

    pub(crate) fn bytes(self) -> impl Iterator<Item = u8> + 'a {
        self.parts().into_iter().flat_map(str::bytes)
    }

    /// Its own query, as it stands; empty for none.
    pub(crate) fn query(self) -> &'a [u8] {
        match self {
            Self::Whole(url) => cut(url, b'?').map_or(&[], |(_, query)| query.as_bytes()),
            Self::OnHost(..) => &[],
        }
    }

    /// As [`Url::check`], and without a query (RFC 8414 §2).
    ///
    /// # Errors
    /// [`Misuse::Url`].
    pub(crate) fn check_issuer(self, loopback_http: bool) -> Result<(), Error> {
        self.check(loopback_http)?;
        if self.bytes().any(|byte| byte == b'?') { Err(Misuse::Url.into()) } else { Ok(()) }
    }

    /// # Errors
    /// [`Misuse::Url`] unless it is an absolute `https` URL (or `http` on a loopback literal, where that is allowed) without
    /// fragment and user information.
    pub(crate) fn check(self, loopback_http: bool) -> Result<(), Error> {
        let good = match self {
            Self::Whole(url) => absolute(url, loopback_http),
            Self::OnHost(host, _) => authority(host),
        };
        if good { Ok(()) } else { Err(Misuse::Url.into()) }
    }
}

pub(crate) fn absolute(url: &str, loopback_http: bool) -> bool {
    let (rest, plain) = match url.strip_prefix("https://") {
        Some(rest) => (rest, false),
        None => match url.strip_prefix("http://") {
            Some(rest) if loopback_http => (rest, true),
            _ => return false,
        },
    };
    let (host, tail) = split_host(rest);
    authority(host) && uri_bytes(tail.as_bytes()) && (!plain || is_loopback(host))
}

/// The authority of an absolute URL, and the path and query behind it.
pub(crate) fn split(url: &str) -> (&str, &str) {
    split_host(scheme(url).map_or(url, |(_, rest)| rest))
}

fn split_host(rest: &str) -> (&str, &str) {
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

/// What stands before an ASCII character and what behind it. The standard library's search is for any text, and takes the room for it.
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let (before, rest) = text.split_at_checked(text.bytes().position(|byte| byte == at)?)?;
    Some((before, rest.get(1..)?))
}

/// The scheme of a URL with an authority, and what follows its `://`.
fn scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = cut(url, b':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// A host, perhaps with a port: a name, an IPv4 address, or an IPv6 address in brackets. No user information.
fn authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, after)) = cut(rest, b']') else { return false };
            let six = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
            if !six {
                return false;
            }
            ("six", after)
        }
        None => text.bytes().position(|byte| byte == b':').and_then(|at| text.split_at_checked(at)).unwrap_or((text, "")),
    };
    let named = !host.is_empty()
        && !matches!(host.bytes().next(), Some(b'-' | b'.'))
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let port = match port.strip_prefix(':') {
        Some(digits) => is_port(digits),
        None => port.is_empty(),
    };
    named && port
}

/// A port other than 0 (RFC 6335 §6); leading zeros are no more than spelling.
fn is_port(digits: &str) -> bool {
    let number = digits.bytes().try_fold(0u32, |number, digit| match digit {
        b'0'..=b'9' => Some(number.saturating_mul(10).saturating_add(u32::from(digit & 15))),
        _ => None,
    });
    matches!(number, Some(1..=0xffff))
}

/// Whether a host and port name this machine by a literal (RFC 8252 §7.3). `localhost` does not: a name can be resolved
/// elsewhere.
fn is_loopback(authority: &str) -> bool {
    ["127.0.0.1", "[::1]"]
        .iter()
        .any(|literal| authority.strip_prefix(literal).is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b':'))))
}

/// Whether a text can be a resource: an absolute URI without a fragment (RFC 8707 §2).
pub(crate) fn is_resource(uri: &str) -> bool {
    cut(uri, b':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()) && uri_bytes(uri.as_bytes())
}

/// The bytes that a URI may have (RFC 3986 §2), whole escapes, and no fragment.
pub(crate) fn uri_bytes(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b'%' => match tail.split_at_checked(2) {
                Some((digits, after)) if digits.iter().all(u8::is_ascii_hexdigit) => after,
                _ => return false,
            },
            b if b.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=".contains(b) => tail,
            _ => return false,
        };
    }
    true
}

/// # Errors
/// [`Misuse::RedirectUri`] unless it is absolute, without fragment, and `https`, `http` on loopback, or of a private-use
/// scheme with a dot (RFC 6749 §3.1.2, RFC 8252 §7).
pub(crate) fn check_redirect_uri(uri: &str) -> Result<(), Error> {
    let good = match scheme(uri).map(|(scheme, rest)| (scheme, cut(rest, b'/'))) {
        Some(("https", path)) => path.is_some_and(|(host, _)| authority(host) && lower(host)),
        Some(("http", path)) => path.is_some_and(|(host, _)| authority(host) && (is_loopback(host) || is_localhost(host))),
        _ => cut(uri, b':').is_some_and(|(scheme, rest)| {
            !rest.is_empty()
                && scheme.bytes().any(|b| b == b'.')
                && scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
        }),
    };
    if good && uri_bytes(uri.as_bytes()) { Ok(()) } else { Err(Misuse::RedirectUri.into()) }
}

fn is_localhost(authority: &str) -> bool {
    authority.strip_prefix("localhost").is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b':')))
}

/// Browsers write hosts in lower case, and the comparison is byte by byte.
fn lower(host: &str) -> bool {
    !host.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether a query has a parameter of this name.
pub(crate) fn has_parameter(query: &[u8], name: &str) -> bool {
    form::pairs(query).any(|(found, _)| found.is(name.as_bytes()))
}

/// A URL that may be handed to a browser: `https` (or `http` on a loopback literal), URI bytes only, so that it can be
/// neither an option nor a program to whoever opens it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationUrl<'a>(&'a str);

impl<'a> AuthorizationUrl<'a> {
    /// Checks a URL.
    ///
    /// # Errors
    /// [`Misuse::Url`] for any other scheme, foreign bytes, user information or a fragment.
    pub fn parse(url: &'a str) -> Result<Self, Error> {
        if absolute(url, true) { Ok(Self(url)) } else { Err(Misuse::Url.into()) }
    }

    /// The URL. It holds `state` and the code challenge: show it to the person, keep it out of logs.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl core::fmt::Debug for AuthorizationUrl<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AuthorizationUrl(..)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for AuthorizationUrl<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "AuthorizationUrl(..)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // R001 R045 R048 R107 R117
    #[test]
    fn an_endpoint_is_an_absolute_https_url_without_fragment_or_user_information() {
        let good = [
            "https://a.example",
            "https://a.example/",
            "https://a.example/x?y=z",
            "https://a.example:8443/t",
            "https://[2001:db8::1]/t",
            "https://a.example?x=%20",
            "https://A_b.example/~x",
        ];
        let bad = [
            "",
            "https://",
            "https:///x",
            "http://a.example/",
            "ftp://a.example/",
            "HTTPS://a.example/",
            "https:/a.example",
            "//a.example/",
            "a.example",
            "https://a.example/#f",
            "https://a.example#",
            "https://u@a.example/",
            "https://u:p@a.example/",
            "https://a.example:0/",
            "https://a.example:65536/",
            "https://a.example:+1/",
            "https://a.example:/",
            "https://a.example/ x",
            "https://a.example/%zz",
            "https://a.example/%4",
            "https://a.example/\u{e4}",
            "https://a.example/\r\nx",
            "https://a.example\\@b.example/",
            "https://[::1/",
            "https://[]/",
            "https://[::1]x/",
            "https://-a.example/",
            "https://a.example:80:80/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "--flag",
            "https://a.example/$(x y)",
            "https://a.example/`x`",
            "https://a.example/\"",
        ];
        for url in good {
            assert!(Url::Whole(url).check(false).is_ok(), "{url}");
            assert!(AuthorizationUrl::parse(url).is_ok(), "{url}");
        }
        for url in bad {
            assert!(Url::Whole(url).check(false).is_err(), "{url}");
            // R016
            assert!(AuthorizationUrl::parse(url).is_err(), "{url}");
        }
    }

    // R045
    #[test]
    fn plain_http_needs_the_opt_in_and_a_loopback_literal() {
        for url in ["http://127.0.0.1/t", "http://127.0.0.1:8080", "http://[::1]:9/t"] {
            assert!(Url::Whole(url).check(true).is_ok(), "{url}");
            assert!(Url::Whole(url).check(false).is_err(), "{url}");
        }
        for url in [
            "http://localhost/",
            "http://127.0.0.1.example/",
            "http://127.0.0.2/",
            "http://a.example/",
            "http://[::2]/",
            "http://127.0.0.1@a.example/",
        ] {
            assert!(Url::Whole(url).check(true).is_err(), "{url}");
        }
    }

    // R005 R098 R154
    #[test]
    fn a_redirect_uri_is_absolute_and_has_no_fragment() {
        for uri in [
            "http://127.0.0.1:1/cb",
            "http://[::1]:1/cb",
            "http://localhost:1/cb",
            "https://app.example/cb?x=y",
            "com.example.app:/cb",
            "com.example.app://cb",
        ] {
            assert!(check_redirect_uri(uri).is_ok(), "{uri}");
        }
        for uri in [
            "",
            "/cb",
            "cb",
            "http://a.example/cb",
            "https://a.example",
            "https://A.example/cb",
            "https://a.example/cb#",
            "myapp:/cb",
            "javascript:alert(1)",
            "1com.example:/cb",
            "com.example:",
            "http://127.0.0.1:1/c b",
            "data:text/html,x.y",
        ] {
            assert!(check_redirect_uri(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_preset_reads_as_the_url_it_stands_for() {
        extern crate std;
        let url = Url::OnHost("tenant.example", "/oauth/token");
        assert!(url.check(false).is_ok());
        assert!(url.bytes().eq("https://tenant.example/oauth/token".bytes()));
        for host in ["", "a/b", "u@h", "h:", "h#"] {
            assert!(Url::OnHost(host, "/").check(false).is_err(), "{host}");
        }
    }
}
