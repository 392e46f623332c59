//! What a client is built from, whichever library carries its requests.

use core::time::Duration;
use std::sync::Arc;

use gatepass::{Config, Session, Timestamp};

use super::{CAPACITY, Clock, Driver, Error, Origins};
use crate::{host, store::Store};

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
pub struct Settings {
    pub(super) config: Config<'static>,
    pub(super) store: Arc<dyn Store>,
    pub(super) session: Box<Session>,
    pub(super) clock: Clock,
    pub(super) is_relaxed: bool,
    origins: Origins,
    patience: Duration,
}

impl Settings {
    /// The grant of a configuration, kept in a store.
    pub fn new(config: Config<'static>, store: Arc<dyn Store>) -> Self {
        let session: Box<Session<[u8; CAPACITY]>> = Box::default();
        let patience = Duration::from_secs(60);
        Self { config, store, session, clock: Arc::new(host::now), is_relaxed: false, origins: Origins::default(), patience }
    }

    /// Names an origin that gets the token, by any URL of it; call it for each. Nobody else ever gets it.
    pub fn origin(mut self, url: &str) -> Self {
        self.origins.name(url);
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

    /// For adapters: the driver, the origins and the patience.
    ///
    /// # Errors
    /// [`Error::Origins`] unless one or more were named, and all may be.
    pub fn build(self) -> Result<(Driver, Origins, Duration), Error> {
        self.origins.check()?;
        let (origins, patience) = (self.origins.clone(), self.patience);
        Ok((Driver::new(self), origins, patience))
    }
}

impl core::fmt::Debug for Settings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Settings")
            .field("config", &self.config)
            .field("origins", &self.origins)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
