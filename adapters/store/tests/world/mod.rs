//! What the tests of both adapters share: an issuer, a store, and a clock that can be moved.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{net::TcpListener, sync::Arc};

use gatepass::{AuthorizationCode, Client, Config, Grant, Policy, Server, Timestamp};
use gatepass_issuer::{Builder, Endpoint, Issuer};
use gatepass_store::{Memory, Store, driver::Settings};

pub const REDIRECT_URI: &str = "http://127.0.0.1/callback";
pub const TTL: Duration = Duration::from_secs(60);

pub struct World {
    pub issuer: Issuer,
    pub store: Arc<Memory>,
    ahead: Arc<AtomicU64>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Issuer::builder())
    }

    pub fn with(builder: Builder) -> Self {
        let issuer = builder.access_ttl(TTL).start().unwrap();
        Self { issuer, store: Arc::default(), ahead: Arc::default() }
    }

    pub fn config(&self, policy: Policy) -> Config<'static> {
        let text = |text: String| -> &'static str { String::leak(text) };
        let [authorize, token, revoke] =
            [Endpoint::Authorize, Endpoint::Token, Endpoint::Revoke].map(|endpoint| text(self.issuer.endpoint_url(endpoint)));
        let server = Server::new(text(self.issuer.url()), authorize, token).with_revocation(revoke).danger_allow_http_on_loopback();
        Config::new(server, Client::public("demo")).unwrap().with_policy(policy).unwrap()
    }

    /// Settings whose callers do not wait for anything to mend itself.
    pub fn settings(&self) -> Settings {
        self.settings_with(Policy::DEFAULT)
    }

    pub fn settings_with(&self, policy: Policy) -> Settings {
        self.settings_of(policy, self.store.clone())
    }

    pub fn settings_of(&self, policy: Policy, store: Arc<dyn Store>) -> Settings {
        self.tuned(Settings::new(self.config(policy), store))
    }

    /// The same for a store of any kind.
    pub fn tuned<S>(&self, settings: Settings<S>) -> Settings<S> {
        let ahead = Arc::clone(&self.ahead);
        let clock = move || {
            let (now, ahead) = (gatepass_store::now(), ahead.load(Ordering::SeqCst));
            Timestamp::from_millis(now.as_millis() + ahead).with_unix_seconds(1_800_000_000 + (now.as_millis() + ahead) / 1000)
        };
        let settings = settings.clock(clock).patience(Duration::ZERO);
        settings.origin(&self.issuer.api_url()).danger_allow_http_on_loopback()
    }

    /// Time goes by, for the client and for the server.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
        self.issuer.advance(by);
    }

    /// The access token expires.
    pub fn expire(&self) {
        self.advance(TTL + Duration::from_secs(1));
    }

    pub fn refreshes(&self) -> u64 {
        self.issuer.counts().refresh_requests
    }
}

pub fn grant() -> Grant<'static> {
    Grant::AuthorizationCode(AuthorizationCode::new().scope("openid"))
}

/// Somebody who should never be called.
pub struct Stranger(TcpListener);

impl Stranger {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.0.local_addr().unwrap())
    }

    pub fn was_called(&self) -> bool {
        self.0.accept().is_ok()
    }
}
