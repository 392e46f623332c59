//! What a client is built from, whichever library carries its requests.

use core::time::Duration;
use std::sync::Arc;

use gatepass::{Config, Session, Timestamp};

use super::{CAPACITY, Clock, Driver, Error, Origins};
use crate::{
    host,
    store::{AsyncStore, Store},
};

/// Configuration, store, and who gets the token.
///
/// ```
/// use std::sync::Arc;
/// use gatepass::{Client, Config, Server};
/// use gatepass_store::{Memory, driver::Settings};
///
/// # fn main() -> Result<(), gatepass::Error> {
/// let config = Config::new(Server::auth0("tenant.example"), Client::public("my-client"))?;
/// let settings = Settings::new(config, Arc::new(Memory::new())).origin("https://api.example");
/// # let _ = settings;
/// # Ok(())
/// # }
/// ```
#[must_use = "settings do nothing until a client is built from them"]
pub struct Settings<S = Arc<dyn Store>> {
    config: Config<'static>,
    store: S,
    session: Box<Session>,
    clock: Clock,
    is_relaxed: bool,
    origins: Origins,
    patience: Duration,
}

impl Settings {
    /// The grant of a configuration, kept in a store.
    pub fn new(config: Config<'static>, store: Arc<dyn Store>) -> Self {
        Self::with(config, store)
    }
}

impl Settings<Arc<dyn AsyncStore>> {
    /// The same in an asynchronous store, for asynchronous clients.
    pub fn new_async(config: Config<'static>, store: Arc<dyn AsyncStore>) -> Self {
        Self::with(config, store)
    }
}

impl<S> Settings<S> {
    fn with(config: Config<'static>, store: S) -> Self {
        let session: Box<Session<[u8; CAPACITY]>> = Box::default();
        let patience = Duration::from_secs(60);
        Self { config, store, session, clock: Arc::new(host::now), is_relaxed: false, origins: Origins::new(&config), patience }
    }

    /// Names an origin that gets the token, by any URL of it; call it for each. Nobody else ever gets it.
    pub fn origin(mut self, url: &str) -> Self {
        self.origins.name(url, None);
        self
    }

    /// Names an origin that gets the access token for another audience, which the configuration names
    /// ([`Config::with_audiences`]). An origin belongs to one audience: a gateway
    /// that serves several wants `access_token_for` and a header of your own.
    pub fn origin_for(mut self, url: &str, audience: &str) -> Self {
        self.origins.name(url, Some(audience));
        self
    }

    /// How long a caller waits for what may mend itself: a network that is away, another process that refreshes, a store that
    /// fails. 60 s by default. A wait that is known to be longer is an error at once.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// With a session of another size than [`CAPACITY`]: `Box::<Session<[u8; 4096]>>::default()`.
    pub fn session(mut self, session: Box<Session>) -> Self {
        self.session = session;
        self
    }

    /// With another clock than [`host::now`]: it must not go back, and must count while the machine is suspended.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Allows header values of tokens that are no token68 (RFC 6750 §2.1), such as `1|abc`, for providers that are known for
    /// them.
    pub const fn relaxed_tokens(mut self) -> Self {
        self.is_relaxed = true;
        self
    }

    /// Allows plain `http` where the host is a loopback literal (`127.0.0.1` or `[::1]`): for tests, demos and servers on this
    /// very machine. Tokens travel unprotected.
    pub const fn danger_allow_http_on_loopback(mut self) -> Self {
        self.origins.danger_allow_http_on_loopback();
        self
    }

    /// For adapters: the driver, its store, the origins and the patience.
    ///
    /// # Errors
    /// [`Error::Origins`] unless one or more were named, and all may be.
    pub fn build(self) -> Result<(Driver, S, Origins, Duration), Error> {
        self.origins.check()?;
        let driver = Driver::new(self.config, self.session, self.clock, self.is_relaxed);
        Ok((driver, self.store, self.origins, self.patience))
    }
}

impl<S> core::fmt::Debug for Settings<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Settings")
            .field("config", &self.config)
            .field("origins", &self.origins)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
