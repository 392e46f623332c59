//! Discovery, but for the transport: which documents to ask for, and what to make of one.

use core::time::Duration;

use gatepass::{Discovery, Error, Head, Server, Timestamp, WellKnown};

use super::OwnedRequest;

/// A look at what a server says of itself (RFC 8414, OpenID Connect Discovery 1.0).
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until an adapter runs it"]
pub struct Discover {
    issuer: String,
    only: Option<WellKnown>,
    loopback_http: bool,
}

impl Discover {
    /// Asks for an issuer, to the letter: a trailing slash counts. The OAuth form is tried first, then that of OpenID Connect.
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), only: None, loopback_http: false }
    }

    /// Asks for one of the two forms only.
    pub const fn only(mut self, form: WellKnown) -> Self {
        self.only = Some(form);
        self
    }

    /// Allows an issuer on a loopback literal over plain `http`: for tests, demos and servers on this very machine.
    pub const fn danger_allow_http_on_loopback(mut self) -> Self {
        self.loopback_http = true;
        self
    }

    /// Whether plain `http` is allowed.
    #[must_use]
    pub const fn allow_http(&self) -> bool {
        self.loopback_http
    }

    /// The documents to ask for, in turn until one is good.
    pub fn forms(&self) -> impl Iterator<Item = WellKnown> + use<> {
        let all = match self.only {
            Some(form) => [Some(form), None],
            None => [Some(WellKnown::OAuth), Some(WellKnown::OpenId)],
        };
        all.into_iter().flatten()
    }

    /// The request for a document, and how many bytes of its body to read at most.
    ///
    /// # Errors
    /// [`Misuse::Url`](gatepass::Misuse::Url) for an issuer that may not be asked.
    pub fn request(&self, form: WellKnown) -> Result<(OwnedRequest, u32), Error> {
        let mut out = vec![0; self.issuer.len().saturating_add(64)];
        let mut kept = [];
        let request = begin(&self.issuer, form, self.loopback_http, &mut kept)?.request(Timestamp::from_millis(0), &mut out)?;
        Ok((OwnedRequest::new(&request, Duration::from_secs(30)), request.max_response()))
    }

    /// What an answer says.
    ///
    /// The server lives as long as the process: its strings are given away for good, one or two KiB for each success, and
    /// nothing for a failure. A configuration is `Copy` and may then be kept anywhere; a process knows a handful of servers, so
    /// ask once for each and keep the answer.
    ///
    /// # Errors
    /// Those of [`Discovery`].
    pub fn read(&self, form: WellKnown, status: u16, content_type: Option<&str>, body: &[u8]) -> Result<Server<'static>, Error> {
        let mut room = 1024;
        loop {
            let mut kept = vec![0; room];
            match read(&self.issuer, form, self.loopback_http, (status, content_type, body), &mut kept) {
                Ok(_) => break,
                Err(Error::Capacity { needed }) if needed > room => room = needed,
                Err(error) => return Err(error),
            }
        }
        let issuer: &'static str = String::leak(self.issuer.clone());
        read(issuer, form, self.loopback_http, (status, content_type, body), Vec::leak(vec![0; room]))
    }
}

fn begin<'b>(issuer: &'b str, form: WellKnown, loopback_http: bool, kept: &'b mut [u8]) -> Result<Discovery<'b>, Error> {
    if loopback_http {
        return Discovery::danger_allow_http_on_loopback(issuer, form, kept);
    }
    Discovery::new(issuer, form, kept)
}

fn read<'b>(
    issuer: &'b str,
    form: WellKnown,
    loopback_http: bool,
    answer: (u16, Option<&str>, &[u8]),
    kept: &'b mut [u8],
) -> Result<Server<'b>, Error> {
    let (status, content_type, body) = answer;
    let mut discovery = begin(issuer, form, loopback_http, kept)?;
    discovery.head(Head { status, content_type, retry_after: None })?;
    discovery.body(body)?;
    discovery.end()
}
