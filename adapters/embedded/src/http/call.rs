//! A call of a protected API, with the access token (RFC 6750 §2.1).

#[cfg(test)]
mod tests;

use gatepass::{Challenge, Head, Origin, Request};

use super::{
    drive::{Failure, Outgoing, Talk},
    error::{BadRequest, Cause, Error},
    exchange::close,
    fields::Fields,
    reader::{Event, is_text, is_token},
};

/// A call of an API: what is sent with the token.
///
/// The URL is the program's own, or of an [`Origin`] that it compares with one of its own: a token goes to nobody else (RFC 6750 §5.3). The
/// stream is a fresh connection to that origin, over TLS where the scheme is `https`, as for an [`Exchange`](crate::Exchange).
///
/// ```no_run
/// # use gatepass::{Config, Input, Session, Timestamp};
/// # use gatepass_embedded::{Call, Part};
/// # fn call<S: embedded_io::Read + embedded_io::Write>(session: &mut Session, config: &Config<'_>, now: Timestamp, stream: &mut S) -> Option<()>
/// # {
/// # let (mut out, mut scratch) = ([0; 4096], [0; 512]);
/// # let mut display = |_: &[u8]| {};
/// let token = session.access_token(now)?;
/// let generation = token.generation();
/// let call = Call::get("https://api.example/v1/readings", token.header(&mut out).ok()?);
/// let reply = call.run(stream, &mut scratch, |part| {
///     if let Part::Body(bytes) = part {
///         display(bytes);
///     }
///     true
/// });
/// if reply.is_ok_and(|reply| reply.is_token_rejected()) {
///     let _ = session.handle(config, now, Input::TokenRejected(generation));
/// }
/// # Some(())
/// # }
/// ```
#[derive(Clone, Copy)]
#[must_use = "nothing is sent until it is run"]
pub struct Call<'c> {
    method: &'c str,
    url: &'c str,
    authorization: &'c str,
    headers: &'c [(&'c str, &'c str)],
    body: &'c [u8],
    loopback_http: bool,
}

/// A piece of an API's answer. They come in this order, challenges as often as there are some.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Part<'p> {
    /// What a 401 says about the token.
    Challenge(Challenge<'p>),
    /// The status, and the few fields that are kept.
    Head(Head<'p>),
    /// The next bytes of the content.
    Body(&'p [u8]),
}

/// What became of a call that was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reply {
    status: u16,
    is_token_rejected: bool,
    is_whole: bool,
}

impl Reply {
    /// The status code. A redirect is an answer like any other: it is not followed.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Whether it is a 401 that says `invalid_token` (RFC 6750 §3.1): hand the token's generation to the session with
    /// [`Input::TokenRejected`](gatepass::Input::TokenRejected), poll until the next token is there, and repeat the call, once.
    #[must_use]
    pub const fn is_token_rejected(&self) -> bool {
        self.is_token_rejected
    }

    /// Whether all of it was read, or the sink wanted no more.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl<'c> Call<'c> {
    /// A call with this method, to this URL, with this value of `Authorization`: what [`AccessToken::header`](gatepass::AccessToken::header)
    /// gives.
    pub const fn new(method: &'c str, url: &'c str, authorization: &'c str) -> Self {
        Self { method, url, authorization, headers: &[], body: &[], loopback_http: false }
    }

    /// A `GET`.
    pub const fn get(url: &'c str, authorization: &'c str) -> Self {
        Self::new("GET", url, authorization)
    }

    /// With header fields of its own, such as `Accept` and `Content-Type`.
    pub const fn with_headers(mut self, headers: &'c [(&'c str, &'c str)]) -> Self {
        self.headers = headers;
        self
    }

    /// With a body.
    pub const fn with_body(mut self, body: &'c [u8]) -> Self {
        self.body = body;
        self
    }

    /// Allows plain `http` where the host is a loopback literal. The token travels unprotected.
    pub const fn danger_allow_http_on_loopback(mut self) -> Self {
        self.loopback_http = true;
        self
    }

    /// Calls over a blocking stream. The sink takes the answer in pieces, and says with `false` that it wants no more: that is how an answer
    /// is bounded. `scratch` has [`MIN_SCRATCH`](crate::MIN_SCRATCH) bytes or more, and is wiped afterwards.
    ///
    /// # Errors
    /// [`Error::NotSent`] and [`Error::NoResponse`]. Only the first says that the API has not acted on the call.
    #[cfg(feature = "embedded-io")]
    pub fn run<S>(&self, stream: &mut S, scratch: &mut [u8], sink: impl FnMut(Part<'_>) -> bool) -> Result<Reply, Error<S::Error>>
    where
        S: embedded_io::Read + embedded_io::Write + ?Sized,
    {
        let mut caller = Caller::new(sink);
        let ended = self.outgoing().and_then(|out| super::drive::blocking(stream, out, scratch, &mut caller));
        caller.close(ended)
    }

    /// The same over an asynchronous stream.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    #[cfg(feature = "embedded-io-async")]
    pub async fn run_async<S>(
        &self,
        stream: &mut S,
        scratch: &mut [u8],
        sink: impl FnMut(Part<'_>) -> bool,
    ) -> Result<Reply, Error<S::Error>>
    where
        S: embedded_io_async::Read + embedded_io_async::Write + ?Sized,
    {
        let mut caller = Caller::new(sink);
        let ended = match self.outgoing() {
            Ok(out) => super::drive::asynchronous(stream, out, scratch, &mut caller).await,
            Err(failure) => Err(failure),
        };
        caller.close(ended)
    }

    fn outgoing<E>(&self) -> Result<Outgoing<'c, impl Iterator<Item = &'c [u8]> + use<'c, E>>, Failure<E>> {
        if let Err(bad) = self.check() {
            return Err(Cause::Request(bad).into());
        }
        let headers = [("Authorization", self.authorization)].into_iter().chain(self.headers.iter().copied());
        let head = Request::http1_head(self.method, self.url, headers, self.body.len());
        Ok(Outgoing { method: self.method, head, body: self.body })
    }

    fn check(&self) -> Result<(), BadRequest> {
        let token = |text: &str| !text.is_empty() && text.bytes().all(is_token);
        if !token(self.method) || self.method.eq_ignore_ascii_case("CONNECT") {
            return Err(BadRequest::Method);
        }
        if !Origin::of(self.url).is_ok_and(|origin| !origin.is_plain() || self.loopback_http) {
            return Err(BadRequest::Url);
        }
        for (name, value) in self.headers.iter().chain([&("Authorization", self.authorization)]) {
            if !token(name) || !value.bytes().all(is_text) {
                return Err(BadRequest::Field);
            }
        }
        let is_reserved = |name: &str| RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
        if self.headers.iter().any(|(name, _)| is_reserved(name)) { Err(BadRequest::Reserved) } else { Ok(()) }
    }
}

/// Written by the call, or of a kind that would change how its answer is framed.
const RESERVED: [&str; 9] =
    ["Host", "Authorization", "Connection", "Content-Length", "Transfer-Encoding", "Accept-Encoding", "Expect", "Upgrade", "TE"];

impl core::fmt::Debug for Call<'_> {
    /// The method, and the origin of a URL that has one: neither the token nor a path, a query or user information.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("origin", &Origin::of(self.url).ok()).finish_non_exhaustive()
    }
}

/// The application at its end of the wire.
struct Caller<F> {
    sink: F,
    has_left: bool,
    reply: Reply,
}

impl<F: FnMut(Part<'_>) -> bool> Caller<F> {
    const fn new(sink: F) -> Self {
        Self { sink, has_left: false, reply: Reply { status: 0, is_token_rejected: false, is_whole: false } }
    }

    fn close<E>(self, ended: Result<(), Failure<E>>) -> Result<Reply, Error<E>> {
        close(ended, self.has_left).map(|()| self.reply)
    }
}

impl<F: FnMut(Part<'_>) -> bool> Talk for Caller<F> {
    fn departs(&mut self) -> bool {
        self.has_left = true;
        true
    }

    fn waits(&mut self) -> bool {
        true
    }

    fn take(&mut self, event: Event<'_>, fields: &Fields<'_>) -> Result<bool, gatepass::Error> {
        Ok(match event {
            // One that is malformed is not believed: the status alone counts.
            Event::Challenge => match fields.text().map(Challenge::bearer) {
                Some(Ok(Some(challenge))) => {
                    self.reply.is_token_rejected |= challenge.is_invalid_token();
                    (self.sink)(Part::Challenge(challenge))
                }
                Some(Ok(None) | Err(_)) | None => true,
            },
            Event::Head(status) => {
                self.reply.status = status;
                (self.sink)(Part::Head(fields.head(status)))
            }
            Event::Body(content) => (self.sink)(Part::Body(content)),
            Event::End => {
                self.reply.is_whole = true;
                true
            }
        })
    }
}
