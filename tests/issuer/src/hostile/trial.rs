//! A case that was set up: an issuer, a second origin, a person with a browser.

use super::Case;
use super::judge::Facts;
use crate::fault::Endpoint;
use crate::issuer::Issuer;
use crate::shared::lock;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long an access token serves.
const ACCESS_TTL: Duration = Duration::from_secs(60);
/// How long it takes, at a byte a second, until a server notices that nobody listens any more.
const FAREWELL: Duration = Duration::from_secs(4);
/// Where a browser in another process tells what it was given to open.
pub(super) const OPENED: &str = "/opened";

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is no fourth")]
pub enum Verdict {
    /// The rule was kept.
    Held,
    /// The rule was broken.
    Fell,
    /// The client never came to where it matters.
    NotTried,
}

impl Verdict {
    /// In a word or two.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Fell => "fell",
            Self::NotTried => "not tried",
        }
    }
}

/// A verdict, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen.
    pub saw: String,
}

impl Judgement {
    /// The rule was broken in a way that no server sees: the client hung, or died.
    #[must_use]
    pub fn fell(saw: &str) -> Self {
        Self { verdict: Verdict::Fell, saw: saw.to_owned() }
    }
}

/// A case with its servers, for one client. They stop when it is dropped.
#[derive(Debug)]
pub struct Trial {
    case: &'static Case,
    issuer: Issuer,
    elsewhere: Issuer,
    opened: Mutex<Vec<String>>,
    said: Mutex<String>,
}

impl Case {
    /// Starts the servers of this case.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`](crate::Builder::start).
    pub fn start(&'static self) -> io::Result<Trial> {
        self.start_at(0)
    }

    /// The same with a port for the issuer.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`](crate::Builder::start).
    pub fn start_at(&'static self, port: u16) -> io::Result<Trial> {
        let issuer = Issuer::builder().require_pkce(false).access_ttl(ACCESS_TTL).port(port).start()?;
        let elsewhere = Issuer::builder().start()?;
        (self.arm)(&issuer, &elsewhere.endpoint_url(Endpoint::Token));
        Ok(Trial { case: self, issuer, elsewhere, opened: Mutex::default(), said: Mutex::default() })
    }
}

impl Trial {
    /// The case.
    #[must_use]
    pub const fn case(&self) -> &'static Case {
        self.case
    }

    /// The issuer that a client is sent to.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer.url()
    }

    /// The API that takes its access tokens.
    #[must_use]
    pub fn api(&self) -> String {
        self.issuer.api_url()
    }

    /// An endpoint of the issuer, for a client that is configured by hand.
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> String {
        self.issuer.endpoint_url(endpoint)
    }

    /// Plays the person: opens the authorization URL, and agrees. What the browser would go to next, mostly once; nothing where
    /// there is nothing to open.
    #[must_use]
    pub fn visit(&self, url: &str) -> Vec<String> {
        lock(&self.opened).push(url.to_owned());
        (0..self.case.visits).filter_map(|_| self.issuer.visit(url).ok()).collect()
    }

    /// What the client says to people goes on record.
    pub fn hear(&self, said: &str) {
        let mut all = lock(&self.said);
        all.push_str(said);
        all.push('\n');
    }

    /// How often the person follows the authorization URL.
    #[must_use]
    pub const fn visits(&self) -> u32 {
        self.case.visits
    }

    /// Lets time go by at the issuer.
    pub fn advance(&self, by: Duration) {
        self.issuer.advance(by);
    }

    /// How long the script lets go by before the second refresh.
    pub(super) const fn patience(&self) -> Duration {
        if self.case.is_patient { ACCESS_TTL } else { Duration::ZERO }
    }

    /// The verdict, once the client has ended.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let begun = Instant::now();
        while self.issuer.is_answering() && begun.elapsed() < FAREWELL {
            std::thread::sleep(Duration::from_millis(20));
        }
        (self.case.judge)(&self.facts())
    }

    fn facts(&self) -> Facts {
        let (told, requests) = self.issuer.requests().into_iter().partition::<Vec<_>, _>(|request| request.path == OPENED);
        let mut opened = lock(&self.opened).clone();
        opened.extend(told.iter().filter_map(|request| request.param("url").map(str::to_owned)));
        Facts {
            issuer: self.issuer.url(),
            counts: self.issuer.counts(),
            requests,
            connections_elsewhere: self.elsewhere.counts().connections,
            elsewhere: self.elsewhere.requests(),
            opened,
            said: lock(&self.said).clone(),
        }
    }
}
