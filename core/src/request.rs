//! Requests: what is to be sent, and the policy under which it may be.

use crate::{
    config::Config,
    error::Error,
    time::Timestamp,
    url::{Url, split},
    writer::{Writer, decimal, text},
};

#[cfg(feature = "secrets")]
use crate::config::Secret;

/// Names what was handed out once, so that its answer cannot be taken for another's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ticket(pub(crate) u32);

/// Across a language's border, where another language holds the bits and gives them back.
impl Ticket {
    /// The bits of a ticket.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The ticket of these bits. One that was never handed out answers nothing.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// The method of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Method {
    /// `GET`, for metadata.
    Get,
    /// `POST`, for everything else.
    Post,
}

impl Method {
    /// As it is written in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request that wants to be sent, borrowed from the buffer lent to `poll`; its URL may be the configuration's own. It holds secrets: wipe the
/// buffer after use.
///
/// Its policy, which the transport must keep: no redirect is followed, nothing is retried, nothing is cached, no other header
/// with credentials is added; no more than [`max_response`](Self::max_response) bytes of the body are read; and once
/// [`deadline`](Self::deadline) has passed no byte of it may leave any more: check it right before the first one and answer
/// [`NotSent`](crate::Input::NotSent).
#[derive(Clone, Copy)]
pub struct Request<'o> {
    pub(crate) ticket: Ticket,
    pub(crate) method: Method,
    pub(crate) url: &'o str,
    pub(crate) authorization: &'o str,
    pub(crate) body: &'o [u8],
    pub(crate) deadline: Timestamp,
    pub(crate) max_response: u32,
}

impl<'o> Request<'o> {
    /// Echo it with every part of the answer.
    #[must_use]
    pub const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The absolute URL; URI bytes only.
    #[must_use]
    pub const fn url(&self) -> &'o str {
        self.url
    }

    /// The URL's host, and its port where it names one.
    #[must_use]
    pub fn authority(&self) -> &'o str {
        split(self.url).0
    }

    /// The URL's path and query: the target of the request line.
    #[must_use]
    pub fn target(&self) -> &'o str {
        split(self.url).1
    }

    /// The header fields, `Host` and `Content-Length` apart. Mark `Authorization` as sensitive where the transport can.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'o str)> + use<'o> {
        let post = matches!(self.method, Method::Post);
        [
            Some(("Accept", "application/json")),
            Some(("Cache-Control", "no-store")),
            post.then_some(("Content-Type", "application/x-www-form-urlencoded")),
            (!self.authorization.is_empty()).then_some(("Authorization", self.authorization)),
        ]
        .into_iter()
        .flatten()
    }

    /// The body; empty for `GET`.
    #[must_use]
    pub const fn body(&self) -> &'o [u8] {
        self.body
    }

    /// When the answer must be there, on the caller's monotonic clock. Past it no byte of the request may leave.
    #[must_use]
    pub const fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// Bytes of the response's body, after decompression, past which reading must stop.
    #[must_use]
    pub const fn max_response(&self) -> u32 {
        self.max_response
    }

    /// The request's head as HTTP/1.1, in pieces. Written one behind the other, and then the
    /// [`body`](Self::body), they are the whole request.
    pub fn head(&self) -> impl Iterator<Item = &'o [u8]> + use<'o> {
        let headers = self.headers().map(|(name, value)| -> (&'o str, &'o str) { (name, value) });
        Request::http1_head(self.method.as_str(), self.url, headers, self.body.len())
    }

    /// The head of any request as HTTP/1.1 (RFC 9112 §3, §6.2, §9.6), `Connection: close`, in pieces of a byte or more, for a body of so many
    /// bytes. For the session's own requests there is [`head`](Self::head); this is for the adapters of this repository, which call an API in the same framing. Nothing is
    /// checked here: neither the method, nor the URL, nor a field may hold bytes that its grammar does not allow.
    #[doc(hidden)]
    pub fn http1_head<H: Iterator<Item = (&'o str, &'o str)>>(
        method: &'o str,
        url: &'o str,
        headers: H,
        length: usize,
    ) -> impl Iterator<Item = &'o [u8]> + use<'o, H> {
        let (authority, target) = split(url);
        let slash = if target.starts_with('/') { "" } else { "/" };
        let start = [method, " ", slash, target, " HTTP/1.1\r\nHost: ", authority, "\r\n"];
        let fields = headers.flat_map(|(name, value)| [name, ": ", value, "\r\n"]);
        // RFC 9110 §8.6: a length for what has content, or might be expected to.
        let has_length = length > 0 || matches!(method, "POST" | "PUT" | "PATCH");
        let (name, end) = if has_length { ("Content-Length: ", "\r\n") } else { ("", "") };
        let digits = decimal(length).filter(move |_| has_length);
        let front = start.into_iter().chain(fields).chain([name]).map(str::as_bytes);
        front.chain(digits).chain([end.as_bytes(), b"Connection: close\r\n\r\n"]).filter(|part| !part.is_empty())
    }

    /// Writes the whole request: its [`head`](Self::head), its [`body`](Self::body), and a flush. It does not look at the
    /// [`deadline`](Self::deadline): a stream that may stall wants a loop that does.
    ///
    /// # Panics
    /// As `write_all` of `embedded-io`, where a stream takes nothing of what it is given.
    ///
    /// # Errors
    /// The stream's own.
    #[cfg(feature = "embedded-io")]
    pub fn write_to<W: embedded_io::Write>(&self, stream: &mut W) -> Result<(), W::Error> {
        for part in self.head().chain([self.body]) {
            stream.write_all(part)?;
        }
        stream.flush()
    }
}

impl core::fmt::Debug for Request<'_> {
    /// Method and URL; never the body or the credentials.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Request")
            .field("ticket", &self.ticket)
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Request<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Request({}, {}, {})", self.ticket, self.method, self.url);
    }
}

/// A `POST` in the making: URL, credentials and body in one buffer, in that order. A URL that is configured in one piece is not copied.
pub(crate) struct Draft<'o> {
    out: Writer<'o>,
    /// The URL, where it is configured in one piece.
    configured: Option<&'o str>,
    /// Where a URL that was written ends.
    url: usize,
    /// Where the credentials end, and the body begins.
    head: usize,
}

impl<'o> Draft<'o> {
    /// Begins with the endpoint and the client's authentication (RFC 6749 §2.3, §3.2.1).
    pub(crate) fn post(config: &Config<'_>, endpoint: Url<'o>, out: &'o mut [u8]) -> Self {
        let mut draft = Self { out: Writer::new(out), configured: endpoint.as_whole(), url: 0, head: 0 };
        let client = &config.client;
        if draft.configured.is_none() {
            endpoint.write(&mut draft.out);
        }
        draft.url = draft.out.len();
        draft.head = draft.url;
        #[cfg(feature = "secrets")]
        if let Secret::Basic(secret) = client.secret {
            draft.out.str("Basic ");
            draft.out.basic(client.id.as_bytes(), secret.as_bytes());
            draft.head = draft.out.len();
            return draft;
        }
        draft.field("client_id", client.id.as_bytes());
        #[cfg(feature = "secrets")]
        if let Secret::Post(secret) = client.secret {
            draft.field("client_secret", secret.as_bytes());
        }
        draft
    }

    /// `name=value`, form-encoded.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) {
        self.plain("").field(name, value);
    }

    /// A field that needs no encoding: `name=value`, or `name=` where the caller writes the value behind it.
    pub(crate) fn plain(&mut self, field: &str) -> &mut Writer<'o> {
        if self.out.len() > self.head {
            self.out.str("&");
        }
        self.out.str(field);
        &mut self.out
    }

    /// Fields that were encoded before, each with its `&` ahead.
    pub(crate) fn encoded(&mut self, fields: &[u8]) {
        self.out.bytes(fields);
    }

    /// # Errors
    /// [`Error::Capacity`] when the buffer is too small.
    pub(crate) fn finish(self, config: &Config<'_>, ticket: Ticket, deadline: Timestamp) -> Result<Request<'o>, Error> {
        let written = self.out.finish()?;
        let (head, body) = written.split_at_checked(self.head).unwrap_or_default();
        let (url, authorization) = head.split_at_checked(self.url).unwrap_or_default();
        let max_response = config.policy.max_response;
        let url = self.configured.unwrap_or_else(|| text(url));
        Ok(Request { ticket, method: Method::Post, url, authorization: text(authorization), body, deadline, max_response })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::config::{Client, Server};

    fn draft<'o>(client: Client<'o>, out: &'o mut [u8]) -> Request<'o> {
        let config = Config::new(Server::auth0("tenant.example"), client).unwrap();
        let mut draft = Draft::post(&config, config.server.token, out);
        draft.plain("grant_type=refresh_token");
        draft.finish(&config, Ticket(7), Timestamp::default()).unwrap()
    }

    // RFC 9110 §8.6
    #[test]
    fn a_length_is_said_of_what_has_content_or_is_expected_to() {
        let says = |method, length| {
            let head = Request::http1_head(method, "https://a.example/", core::iter::empty(), length);
            std::string::String::from_utf8(head.collect::<std::vec::Vec<_>>().concat()).unwrap()
        };
        for (method, length, said) in [
            ("GET", 0, None),
            ("GET", 1, Some("1")),
            ("DELETE", 0, None),
            ("DELETE", 120, Some("120")),
            ("POST", 0, Some("0")),
            ("PUT", 7, Some("7")),
        ] {
            let head = says(method, length);
            let found = head.split_once("Content-Length: ").map(|(_, rest)| rest.split_once("\r\n").unwrap().0);
            assert_eq!(found, said, "{head}");
        }
    }

    #[test]
    fn a_url_that_is_configured_in_one_piece_is_not_copied() {
        let url = "https://as.example/token";
        let config = Config::new(Server::new("https://as.example", "https://as.example/authorize", url), Client::public("a")).unwrap();
        let mut out = [0; 11];
        let request = Draft::post(&config, config.server.token, &mut out).finish(&config, Ticket(7), Timestamp::default()).unwrap();
        assert_eq!((request.url(), request.url().as_ptr(), request.body()), (url, url.as_ptr(), &b"client_id=a"[..]));
    }

    // R051 R052 R053 R054
    #[test]
    fn a_client_authenticates_in_exactly_one_way() {
        let mut out = [0; 512];
        let public = draft(Client::public("a b"), &mut out);
        assert_eq!((text(public.body()), public.authorization), ("client_id=a+b&grant_type=refresh_token", ""));
        let mut out = [0; 512];
        let basic = draft(Client::secret_basic("a", "b"), &mut out);
        assert_eq!((text(basic.body()), basic.authorization), ("grant_type=refresh_token", "Basic YTpi"));
        let mut out = [0; 512];
        let post = draft(Client::secret_post("a", "&"), &mut out);
        assert_eq!((text(post.body()), post.authorization), ("client_id=a&client_secret=%26&grant_type=refresh_token", ""));
        for request in [public, basic, post] {
            assert_eq!(request.url(), "https://tenant.example/oauth/token");
            assert_eq!(request.method().as_str(), "POST");
            assert!(request.headers().any(|header| header == ("Accept", "application/json")));
        }
    }

    // R075
    #[test]
    fn neither_body_nor_credentials_are_printed() {
        let mut out = [0; 512];
        let request = draft(Client::secret_basic("a", "canary"), &mut out);
        let printed = std::format!("{request:?}");
        assert!(!printed.contains("refresh_token") && !printed.contains("Basic"), "{printed}");
    }

    #[cfg(feature = "embedded-io")]
    #[test]
    fn a_request_is_written_as_http() {
        let mut out = [0; 512];
        let request = draft(Client::public("a"), &mut out);
        let mut wire = [0u8; 512];
        let mut rest = &mut wire[..];
        request.write_to(&mut rest).unwrap();
        let left = rest.len();
        assert_eq!(
            text(&wire[..512 - left]),
            "POST /oauth/token HTTP/1.1\r\nHost: tenant.example\r\nAccept: application/json\r\nCache-Control: no-store\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 36\r\nConnection: close\r\n\r\nclient_id=a&grant_type=refresh_token"
        );
    }
}
