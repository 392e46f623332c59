//! The handle: starts a server, asks it, disturbs it, stops it.

use crate::builder::{Builder, Settings};
use crate::counts::{Counts, Seen};
use crate::fault::{Endpoint, Fault};
use crate::mint::Signer;
use crate::server::Server;
use crate::shared::{Shared, Tunables, lock};
use crate::visit;
use serde_json::{Map, Value};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A running server on 127.0.0.1. **For demos and tests only**, see the [crate].
///
/// It stops when it is dropped. Put it in an [`Arc`] to share it.
#[derive(Debug)]
pub struct Issuer {
    shared: Arc<Shared>,
    server: Server,
    address: SocketAddr,
}

impl Issuer {
    /// Settings to begin with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(settings: Settings, tunables: Tunables, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let origin = format!("http://{address}");
        let shared = Arc::new(Shared::new(settings, tunables, origin, Signer::new()?));
        let server = Server::start(listener, Arc::clone(&shared))?;
        Ok(Self { shared, server, address })
    }

    /// Stops: the port is closed and every connection is cut. Called twice, it does nothing.
    pub fn shutdown(&self) {
        self.shared.stop.set();
        self.server.end();
    }

    /// The issuer identifier: `http://127.0.0.1:PORT`, with a trailing slash in the Auth0 dialect.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.issuer()
    }

    /// The address of the protected API, without a trailing slash. Paths below it serve too, and
    /// `/admin` below it needs the scope `admin`.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.endpoint_url(Endpoint::Api)
    }

    /// The address of an endpoint; of the metadata the one of RFC 8414 §3.
    #[must_use]
    pub fn endpoint_url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.shared.origin, self.shared.settings.dialect.path(endpoint))
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Plays a person who agrees: fetches the authorization URL, page or no page, and returns the
    /// `Location` of the answer.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the URL is not of this server; `InvalidData` when the answer is no redirect (its
    /// status is in the message); otherwise what the connection said. It waits 30 s.
    pub fn visit(&self, authorization_url: &str) -> io::Result<String> {
        visit::visit(&self.shared.origin, self.address, authorization_url, "allow")
    }

    /// Plays a person who denies.
    ///
    /// # Errors
    ///
    /// As [`visit`](Self::visit).
    pub fn visit_denied(&self, authorization_url: &str) -> io::Result<String> {
        visit::visit(&self.shared.origin, self.address, authorization_url, "deny")
    }

    /// Moves the issuer's own clock forward: codes, access tokens and overlaps age by so much. It never
    /// goes back.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Ends all access tokens, as an administrator would; refresh tokens live on.
    pub fn revoke_all_access_tokens(&self) {
        lock(&self.shared.grants).revoke_access_tokens();
    }

    /// Ends all grants and everything in them, as an administrator would.
    pub fn revoke_all_grants(&self) {
        let ended = lock(&self.shared.grants).revoke_families();
        self.shared.count(|counts| counts.families_revoked += ended);
    }

    /// How many grants are alive.
    #[must_use]
    pub fn live_grants(&self) -> usize {
        lock(&self.shared.grants).alive()
    }

    /// Arms a fault, after those that are armed already.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults.push(fault);
    }

    /// Disarms all faults. One that is under way goes on.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Whether an answer is on its way, as far as the server knows: that a client hung up is noticed with the next byte.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.shared.sending.load(Ordering::SeqCst) > 0
    }

    /// Sets all counts to zero.
    pub fn reset_counts(&self) {
        self.shared.count(|counts| *counts = Counts::default());
    }

    /// The requests so far, in the order in which they had been read; at most the last 100,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.remembered()
    }

    /// Forgets the requests; counts stay.
    pub fn clear_requests(&self) {
        self.shared.forget();
    }

    /// How long access tokens issued from now on serve, in whole seconds.
    pub fn set_access_ttl(&self, ttl: Duration) {
        lock(&self.shared.tunables).access_ttl = ttl;
    }

    /// Padding of access tokens issued from now on, as
    /// [`Builder::access_token_padding`].
    pub fn set_access_token_padding(&self, bytes: usize) {
        lock(&self.shared.tunables).access_token_padding = bytes;
    }

    /// Padding of refresh tokens issued from now on, as [`Builder::refresh_token_padding`].
    pub fn set_refresh_token_padding(&self, bytes: usize) {
        lock(&self.shared.tunables).refresh_token_padding = bytes;
    }

    /// Members of token responses from now on, as [`Builder::extra_members`].
    pub fn set_extra_members(&self, members: Map<String, Value>) {
        lock(&self.shared.tunables).extra_members = members;
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.shutdown();
    }
}
