//! Configured URLs: what they may be, and the one that may be handed to a browser.

use crate::{
    bytes::{Reader, Set},
    error::{Error, Misuse},
    writer::Writer,
};

/// An absolute URL out of a configuration: an issuer or an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Url<'a> {
    /// A host (with a port, perhaps) where a path follows, or else the whole URL.
    text: &'a str,
    path: &'static str,
}

impl<'a> Url<'a> {
    /// As the caller wrote it.
    pub(crate) const fn whole(url: &'a str) -> Self {
        Self { text: url, path: "" }
    }

    /// `https://`, a host, and a path: how the presets know their endpoints.
    pub(crate) const fn on_host(host: &'a str, path: &'static str) -> Self {
        Self { text: host, path }
    }

    /// All of it, where it is in one piece.
    pub(crate) fn as_whole(self) -> Option<&'a str> {
        self.path.is_empty().then_some(self.text)
    }

    #[inline(never)]
    pub(crate) const fn parts(self) -> [&'a [u8]; 3] {
        let scheme = if self.path.is_empty() { "" } else { "https://" };
        [scheme.as_bytes(), self.text.as_bytes(), self.path.as_bytes()]
    }

    pub(crate) fn write(self, out: &mut Writer<'_>) {
        for part in &self.parts() {
            out.bytes(part);
        }
    }

    /// Its own query, as it stands; none where no `?` is.
    pub(crate) fn query(self) -> Option<&'a [u8]> {
        let mut rest = Reader(self.text.as_bytes());
        (rest.until(b'?').len() < self.text.len()).then_some(rest.0)
    }

    /// Whether it [is good](Url::is_good), and has no query (RFC 8414 §2).
    pub(crate) fn is_good_issuer(self, loopback_http: bool) -> bool {
        self.is_good(loopback_http) && self.query().is_none()
    }

    /// # Errors
    /// [`Misuse::Url`] unless it [is good](Url::is_good).
    pub(crate) fn check(self, loopback_http: bool) -> Result<(), Error> {
        if self.is_good(loopback_http) { Ok(()) } else { Err(Misuse::Url.into()) }
    }

    /// Whether it is an absolute `https` URL (or `http` on a loopback literal, where that is allowed) without fragment and user
    /// information.
    #[inline(never)]
    pub(crate) fn is_good(self, loopback_http: bool) -> bool {
        if self.path.is_empty() {
            return Web::read(self.text).is_some_and(|web| web.is_https || loopback_http && web.is_loopback());
        }
        let mut host = Reader(self.text.as_bytes());
        take_host(&mut host).is_some() && host.0.is_empty()
    }
}

/// An absolute `https` or `http` URL without fragment and user information, taken apart.
pub(crate) struct Web<'a> {
    pub(crate) is_https: bool,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: &'a [u8],
    path: &'a [u8],
}

impl<'a> Web<'a> {
    pub(crate) fn read(url: &'a str) -> Option<Self> {
        let mut url = Reader(url.as_bytes());
        let is_https = url.skip(b"https://");
        if !(is_https || url.skip(b"http://")) {
            return None;
        }
        let host = take_host(&mut url)?;
        let path = url.0;
        (matches!(path, [] | [b'/' | b'?', ..]) && uri_bytes(path)).then_some(Self { is_https, host, path })
    }

    /// Whether the host is this machine by a literal (RFC 8252 §7.3). `localhost` is not: a name can be resolved elsewhere.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == b"127.0.0.1" || self.host == b"[::1]"
    }

    /// Whether it can be a redirect URI: `http` stays on this machine. Browsers write hosts in lower case, and the comparison is byte by byte.
    fn is_redirect_uri(&self) -> bool {
        let is_good_host =
            if self.is_https { !self.host.iter().any(u8::is_ascii_uppercase) } else { self.is_loopback() || self.host == b"localhost" };
        is_good_host && matches!(self.path, [b'/', ..])
    }
}

/// Reads a host and, if it comes, a port; gives the host.
#[inline(never)]
fn take_host<'a>(text: &mut Reader<'a>) -> Option<&'a [u8]> {
    let whole = *text;
    if text.skip(b"[") {
        let address = text.run(&Set::ADDRESS);
        if address.is_empty() || !text.skip(b"]") {
            return None;
        }
    } else if matches!(text.run(&Set::HOST), [] | [b'-' | b'.', ..]) {
        return None;
    }
    let host = whole.before(*text);
    if text.skip(b":") {
        let digits = text.run(&Set::DIGITS);
        let port = digits.iter().fold(0u32, |port, digit| port.wrapping_mul(10).wrapping_add(u32::from(digit & 15)).min(1 << 16));
        // RFC 6335 §6; leading zeros are no more than spelling.
        if !matches!(port, 1..=0xffff) {
            return None;
        }
    }
    Some(host)
}

/// The authority of an absolute URL, and the path and query behind it.
pub(crate) fn split(url: &str) -> (&str, &str) {
    let colon = url.bytes().position(|byte| byte == b':').unwrap_or(url.len());
    let rest = url.get(colon..).and_then(|rest| rest.strip_prefix("://")).unwrap_or(url);
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

/// Whether a text can be a resource: an absolute URI without a fragment (RFC 8707 §2).
pub(crate) fn is_resource(uri: &str) -> bool {
    let mut rest = Reader(uri.as_bytes());
    !rest.until(b':').is_empty() && !rest.0.is_empty() && uri_bytes(uri.as_bytes())
}

/// The bytes that a URI may have (RFC 3986 §2), whole escapes, and no fragment.
#[inline(never)]
pub(crate) fn uri_bytes(bytes: &[u8]) -> bool {
    let mut rest = Reader(bytes);
    loop {
        rest.run(&Set::URI);
        rest.0 = match rest.0 {
            [] => return true,
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            _ => return false,
        };
    }
}

/// # Errors
/// [`Misuse::RedirectUri`] unless it is absolute, without fragment, and `https`, `http` on loopback, or of a private-use
/// scheme with a dot (RFC 6749 §3.1.2, RFC 8252 §7).
#[inline(never)]
pub(crate) fn check_redirect_uri(uri: &str) -> Result<(), Error> {
    let good = Web::read(uri).map_or_else(|| is_private_use(uri.as_bytes()), |web| web.is_redirect_uri());
    if good { Ok(()) } else { Err(Misuse::RedirectUri.into()) }
}

/// Whether a URI has a scheme of a program's own (RFC 8252 §7.1).
fn is_private_use(uri: &[u8]) -> bool {
    let mut rest = Reader(uri);
    let scheme = rest.run(&Set::SCHEME);
    let is_dotted = Reader(scheme).until(b'.').len() < scheme.len();
    is_dotted && matches!(scheme, [b'A'..=b'Z' | b'a'..=b'z', ..]) && matches!(rest.0, [b':', _, ..]) && uri_bytes(rest.0)
}

/// Whether a query has a parameter of this name.
#[inline(never)]
#[cfg(feature = "parameters")]
pub(crate) fn has_parameter(query: &[u8], name: &str) -> bool {
    crate::form::Pairs(Reader(query)).any(|(found, _)| found.is(&[name.as_bytes()]))
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
        Url::whole(url).check(true)?;
        Ok(Self(url))
    }

    /// One that was written: a checked endpoint, and behind it what was form-encoded.
    pub(crate) const fn written(url: &'a str) -> Self {
        Self(url)
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
            assert!(Url::whole(url).check(false).is_ok(), "{url}");
            assert!(AuthorizationUrl::parse(url).is_ok(), "{url}");
        }
        for url in bad {
            assert!(Url::whole(url).check(false).is_err(), "{url}");
            // R016
            assert!(AuthorizationUrl::parse(url).is_err(), "{url}");
        }
    }

    // R045
    #[test]
    fn plain_http_needs_the_opt_in_and_a_loopback_literal() {
        for url in ["http://127.0.0.1/t", "http://127.0.0.1:8080", "http://[::1]:9/t"] {
            assert!(Url::whole(url).check(true).is_ok(), "{url}");
            assert!(Url::whole(url).check(false).is_err(), "{url}");
        }
        for url in [
            "http://localhost/",
            "http://127.0.0.1.example/",
            "http://127.0.0.2/",
            "http://a.example/",
            "http://[::2]/",
            "http://127.0.0.1@a.example/",
        ] {
            assert!(Url::whole(url).check(true).is_err(), "{url}");
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
        let url = Url::on_host("tenant.example", "/oauth/token");
        assert!(url.check(false).is_ok());
        assert_eq!(url.parts().concat(), b"https://tenant.example/oauth/token");
        for host in ["", "a/b", "u@h", "h:", "h#"] {
            assert!(Url::on_host(host, "/").check(false).is_err(), "{host}");
        }
    }
}
