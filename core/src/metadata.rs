//! Discovery: what a server says of itself (RFC 8414, OpenID Connect Discovery 1.0).

#[cfg(test)]
mod tests;

use crate::{
    arena::{Arena, Offset, Span},
    config::Server,
    error::{Error, Misuse, Violation},
    json::{Event, Kind, Listener, Tokenizer},
    output::{Head, Status},
    request::{Method, Request, Ticket},
    spelling::Spelling,
    time::Timestamp,
    url::Url,
    writer::{Writer, text},
};

/// Which of the two well-known forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WellKnown {
    /// `/.well-known/oauth-authorization-server` between host and path (RFC 8414 §3).
    OAuth,
    /// `/.well-known/openid-configuration` behind the issuer (OpenID Connect Discovery 1.0 §4).
    OpenId,
}

/// The longest metadata that is read, in bytes.
const MAX_RESPONSE: u32 = 1 << 18;

/// The first so many of [`NAMES`] have values that are kept.
const TEXTS: usize = 4;
const METHODS: usize = 4;
const ISS: usize = 5;
pub(crate) const NAMES: [&str; 6] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "revocation_endpoint",
    "code_challenge_methods_supported",
    "authorization_response_iss_parameter_supported",
];

/// One look at a server's metadata: a request, and its answer read into the caller's buffer.
///
/// Nothing of the answer is given out before its `issuer` is, byte by byte, the one that was asked for (RFC 8414 §3.3), and
/// every endpoint is `https`. What is absent or malformed counts as not supported.
///
/// ```
/// # fn main() -> Result<(), gatepass::Error> {
/// use gatepass::{Client, Config, Discovery, Head, Timestamp, WellKnown};
///
/// let mut kept = [0; 1024];
/// let mut discovery = Discovery::new("https://as.example", WellKnown::OAuth, &mut kept)?;
/// let mut out = [0; 256];
/// let request = discovery.request(Timestamp::from_millis(30_000), &mut out)?;
/// assert_eq!(request.url(), "https://as.example/.well-known/oauth-authorization-server");
/// // ... send it, and hand in what comes back, in pieces of any size:
/// discovery.head(Head { status: 200, content_type: Some("application/json"), retry_after: None })?;
/// discovery.body(br#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/authorize","#)?;
/// discovery.body(br#""token_endpoint":"https://as.example/token"}"#)?;
/// let config = Config::new(discovery.end()?, Client::public("my-client"))?;
/// # Ok(())
/// # }
/// ```
pub struct Discovery<'b> {
    issuer: &'b str,
    kept: &'b mut [u8],
    used: Offset,
    well_known: WellKnown,
    loopback_http: bool,
    received: u32,
    tokenizer: Tokenizer,
    found: Found,
    is_open: bool,
}

#[derive(Debug)]
struct Found {
    texts: [Span; TEXTS],
    s256: bool,
    iss: bool,
    seen: u8,
    /// The name or the method that is being read.
    word: Spelling,
    field: Option<usize>,
    fault: Option<Violation>,
    /// Bytes of the texts that did not fit.
    lost: usize,
}

impl<'b> Discovery<'b> {
    /// A look at the metadata of an issuer. The buffer keeps the issuer and its endpoints: 1 KiB is plenty for most.
    ///
    /// # Errors
    /// [`Misuse::Url`] for an issuer that is not `https` or has a query or fragment (RFC 8414 §2).
    pub fn new(issuer: &'b str, well_known: WellKnown, buffer: &'b mut [u8]) -> Result<Self, Error> {
        Self::with(issuer, well_known, buffer, false)
    }

    /// The same for an issuer on a loopback literal over plain `http`: for tests, demos and servers on this very machine.
    ///
    /// # Errors
    /// As [`Discovery::new`].
    pub fn danger_allow_http_on_loopback(issuer: &'b str, well_known: WellKnown, buffer: &'b mut [u8]) -> Result<Self, Error> {
        Self::with(issuer, well_known, buffer, true)
    }

    fn with(issuer: &'b str, well_known: WellKnown, kept: &'b mut [u8], loopback_http: bool) -> Result<Self, Error> {
        if !Url::whole(issuer).is_good_issuer(loopback_http) {
            return Err(Misuse::Url.into());
        }
        let found =
            Found { texts: [Span::NONE; TEXTS], s256: false, iss: false, seen: 0, word: Spelling::NONE, field: None, fault: None, lost: 0 };
        Ok(Self { issuer, kept, used: 0, well_known, loopback_http, received: 0, tokenizer: Tokenizer::new(false), found, is_open: false })
    }

    /// The request. Its answer goes to [`head`](Self::head), [`body`](Self::body) and [`end`](Self::end); its ticket is of no
    /// use.
    ///
    /// # Errors
    /// [`Error::Capacity`] when the buffer is too small for the URL.
    pub fn request<'o>(&self, deadline: Timestamp, out: &'o mut [u8]) -> Result<Request<'o>, Error> {
        let mut to = Writer::new(out);
        let path = self.issuer.splitn(4, '/').nth(3).unwrap_or_default();
        let host = self.issuer.get(..self.issuer.len().saturating_sub(path.len())).unwrap_or_default().trim_end_matches('/');
        let path = path.trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        let parts = match self.well_known {
            WellKnown::OAuth => [host, "/.well-known/oauth-authorization-server", slash, path],
            WellKnown::OpenId => [host, slash, path, "/.well-known/openid-configuration"],
        };
        for part in parts {
            to.str(part);
        }
        let url = text(to.finish()?);
        Ok(Request { ticket: Ticket(0), method: Method::Get, url, authorization: "", body: &[], deadline, max_response: MAX_RESPONSE })
    }

    /// The response's head.
    ///
    /// # Errors
    /// [`Violation`] unless it is a 200 with `application/json` (RFC 8414 §3.2).
    pub fn head(&mut self, head: Head<'_>) -> Result<Status, Error> {
        let json = head.is_json();
        match head.status {
            200 if json => {
                self.is_open = true;
                Ok(Status::More)
            }
            200 => Err(Violation::ContentType.into()),
            300..=399 => Err(Violation::Redirected.into()),
            _ => Err(Violation::Status.into()),
        }
    }

    /// The next bytes of its body.
    ///
    /// # Errors
    /// [`Violation`] for what is no JSON or longer than 256 KiB.
    pub fn body(&mut self, chunk: &[u8]) -> Result<Status, Error> {
        self.received = self.received.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        if !self.is_open {
            return Err(Misuse::NotNow.into());
        }
        if self.received > MAX_RESPONSE {
            return Err(Violation::TooLong.into());
        }
        let arena = Arena::new(self.kept, &mut self.used);
        match self.tokenizer.feed(chunk, &mut Reading { found: &mut self.found, arena }) {
            Ok(()) => Ok(Status::More),
            Err(_) => Err(Violation::Json.into()),
        }
    }

    /// Its body ended as it should: the server, checked.
    ///
    /// # Errors
    /// [`Violation::OtherIssuer`], [`Violation::Member`] for an endpoint that is missing, [`Misuse::Url`] for one that is not
    /// `https`, [`Error::Capacity`] when the buffer is too small.
    pub fn end(mut self) -> Result<Server<'b>, Error> {
        if !self.is_open || self.tokenizer.finish().is_err() {
            return Err(Violation::Json.into());
        }
        let found = self.found;
        // Shared from here on, for as long as the buffer lives.
        let kept: &'b [u8] = self.kept;
        if let Some(fault) = found.fault {
            return Err(fault.into());
        }
        if found.lost > 0 {
            return Err(Error::Capacity { needed: found.lost.saturating_add(self.used as usize) });
        }
        let [issuer, authorization, token, revocation] = found.texts.map(|span| text(crate::arena::get(kept, span)));
        if issuer != self.issuer {
            return Err(Violation::OtherIssuer.into());
        }
        if authorization.is_empty() || token.is_empty() {
            return Err(Violation::Member.into());
        }
        for url in [authorization, token, revocation] {
            if !url.is_empty() {
                Url::whole(url).check(self.loopback_http)?;
            }
        }
        Ok(Server {
            issuer: Url::whole(issuer),
            authorization: Url::whole(authorization),
            token: Url::whole(token),
            revocation: (!revocation.is_empty()).then_some(Url::whole(revocation)),
            iss_announced: found.iss,
            pkce_announced: found.s256,
            loopback_http: self.loopback_http,
        })
    }
}

impl core::fmt::Debug for Discovery<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Discovery").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

struct Reading<'x> {
    found: &'x mut Found,
    arena: Arena<'x>,
}

impl Listener for Reading<'_> {
    fn on(&mut self, event: Event<'_>) {
        match (event.depth, event.kind) {
            (0, Kind::ObjectStart | Kind::ObjectEnd) => {}
            (0, _) => self.fault(Violation::Json),
            (1, Kind::Name) => self.name(event),
            _ => self.value(event),
        }
    }
}

impl Reading<'_> {
    fn fault(&mut self, fault: Violation) {
        self.found.fault.get_or_insert(fault);
    }

    fn name(&mut self, Event { piece, whole, .. }: Event<'_>) {
        self.found.field = self.found.word.next(&NAMES, piece, whole).map(usize::from);
        let Some(at) = self.found.field else { return };
        if self.found.seen >> at & 1 == 1 {
            self.fault(Violation::Member);
        }
        self.found.seen |= 1 << at;
        if let Some(span) = self.found.texts.get_mut(at) {
            *span = self.arena.open();
        }
    }

    fn value(&mut self, Event { kind, depth, piece, whole }: Event<'_>) {
        let s256 = &["S256"];
        match (self.found.field, kind) {
            (Some(at), Kind::Text) if at < TEXTS && depth == 1 => {
                if let Some(span) = self.found.texts.get_mut(at)
                    && self.arena.grow(span, piece).is_err()
                {
                    self.found.lost = self.found.lost.saturating_add(piece.len());
                }
            }
            // An object is no list of methods: its strings are none.
            (Some(METHODS), Kind::ObjectStart) if depth == 1 => self.found.field = None,
            (Some(METHODS), Kind::Text) if depth == 2 => {
                self.found.s256 |= self.found.word.next(s256, piece, whole).is_some();
            }
            (Some(ISS), Kind::True) if depth == 1 => self.found.iss = true,
            _ => {}
        }
    }
}
