//! The client: the token, and what it is at the moment.

use core::time::Duration;
use std::sync::Arc;

use gatepass_store::driver::{Error, Goal, Origins, Settings, Status, Token};
use reqwest::ClientBuilder;

use crate::{
    flight::Tower,
    http::{Traffic, http},
    store::AnyStore,
    sync::{Mutex, Notify},
};

/// An HTTP client that is always signed in. A clone is the same client: share it between tasks.
#[derive(Clone)]
pub struct Client {
    pub(crate) tower: Arc<Tower>,
    pub(crate) api: reqwest::Client,
    pub(crate) origins: Arc<Origins>,
}

impl Client {
    /// A client with reqwest's own options, but for what the [crate] sets.
    ///
    /// # Errors
    /// [`Error::Origins`] unless one or more origins were named, and all may be; [`Error::Build`] when reqwest refuses its options.
    pub fn new<S: Into<AnyStore>>(settings: Settings<S>) -> Result<Self, Error> {
        Self::with_http(settings, |options| options)
    }

    /// A client with options of your own: a proxy, private roots, a user agent, time limits. They apply to the API and to the
    /// authorization server alike, and what the [crate] sets is set over them.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_http<S: Into<AnyStore>>(settings: Settings<S>, options: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Self, Error> {
        let (driver, store, origins, patience) = settings.build()?;
        let server = http(Traffic::Server, origins.allow_http(), &options)?;
        let api = http(Traffic::Api, origins.allow_http(), &options)?;
        let tower = Tower { driver: Mutex::new(driver), store: store.into(), landed: Notify::new(), http: server, patience };
        Ok(Self { tower: Arc::new(tower), api, origins: Arc::new(origins) })
    }

    /// An access token with `min_ttl` left of its life, refreshed where necessary; or, where the server gives none that lives
    /// so long or cannot be asked at the moment, the one that there is.
    ///
    /// # Errors
    /// [`Error::SignInRequired`] when a person must sign in, [`Error::Waiting`] when it takes longer than the client's patience,
    /// and those of store and server.
    pub async fn access_token(&self, min_ttl: Duration) -> Result<Token, Error> {
        self.tower.reach(Goal::Token(min_ttl), |_, token| token.ok_or(Error::SignInUnderWay)).await
    }

    /// An access token for another audience, by its name in the configuration ([`with_audiences`](gatepass::Config::with_audiences)):
    /// as [`access_token`](Self::access_token), of the same grant.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token), and [`Misuse::Audience`](gatepass::Misuse::Audience) for one that is not named.
    pub async fn access_token_for(&self, audience: &str, min_ttl: Duration) -> Result<Token, Error> {
        let goal = Goal::TokenFor(self.origins.audience(audience)?, min_ttl);
        self.tower.reach(goal, |_, token| token.ok_or(Error::SignInUnderWay)).await
    }

    /// Whether a grant is there: an access token that serves, or one that can be refreshed. Asks the store, and no server.
    #[must_use]
    pub async fn is_signed_in(&self) -> bool {
        self.status().await.is_ok_and(|status| status.is_signed_in || status.can_refresh)
    }

    /// What the client is at the moment. Asks the store when nobody has yet, and no server.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn status(&self) -> Result<Status, Error> {
        self.tower.reach(Goal::Loaded, |driver, _| Ok(driver.status())).await
    }

    /// Waits until the store has the tokens that the server has issued. They serve before that, while a store fails, and every
    /// call tries again to save them: a process that ends wants to know that they are not lost with it.
    ///
    /// # Errors
    /// [`Error::Waiting`] when the store fails for longer than the client's patience: see [`Status::is_unsaved`].
    pub async fn save(&self) -> Result<(), Error> {
        self.tower.reach(Goal::Saved, |_, _| Ok(())).await
    }

    /// The members of the last token response that the configuration names, as one JSON object; empty when there were none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn members_json(&self) -> Result<String, Error> {
        self.tower.reach(Goal::Loaded, |driver, _| Ok(driver.members_json())).await
    }
}

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client").field("driver", &*self.tower.lock()).field("origins", &self.origins).finish_non_exhaustive()
    }
}
