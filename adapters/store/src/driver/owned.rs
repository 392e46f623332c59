//! A request that outlives the session's buffer: it may wait for a connection, or cross an await.

use core::time::Duration;

use gatepass::{Method, Request};
use zeroize::Zeroizing;

/// A request of the session, with its own copy of everything. It holds secrets, wiped when dropped.
///
/// It is to be sent once, at most, and under the policy of [`gatepass::Request`].
pub struct OwnedRequest {
    method: Method,
    url: String,
    headers: Vec<(&'static str, Zeroizing<String>)>,
    body: Zeroizing<Vec<u8>>,
    timeout: Duration,
}

impl OwnedRequest {
    pub(super) fn new(request: &Request<'_>, timeout: Duration) -> Self {
        Self {
            method: request.method(),
            url: request.url().to_owned(),
            headers: request.headers().map(|(name, value)| (name, Zeroizing::new(value.to_owned()))).collect(),
            body: Zeroizing::new(request.body().to_vec()),
            timeout,
        }
    }

    /// The method, as it is written in a request.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method.as_str()
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The header fields, and whether each is to be marked as sensitive.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str, bool)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str(), *name == "Authorization"))
    }

    /// The body; empty for `GET`.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// How long it may take in all, from when it was handed out.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl core::fmt::Debug for OwnedRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OwnedRequest").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}
