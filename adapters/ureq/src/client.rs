//! The client: the token, and what it is at the moment.

use core::time::Duration;
use std::sync::Arc;

use gatepass_store::driver::{Error, Goal, Origins, Settings, Status, Token};
use ureq::Agent;

use crate::{
    agent::{AgentConfig, Traffic, agent},
    flight::Tower,
    gate::Gate,
    sync::{Condvar, Mutex},
};

/// An HTTP client that is always signed in. A clone is the same client: share it between threads.
#[derive(Clone)]
pub struct Client {
    pub(crate) tower: Arc<Tower>,
    pub(crate) api: Agent,
    pub(crate) origins: Arc<Origins>,
}

impl Client {
    /// A client with ureq's own options, but for what the [crate] sets.
    ///
    /// # Errors
    /// [`Error::Origins`] unless one or more origins were named, and all may be.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::with_agent(settings, |options| options)
    }

    /// A client with options of your own: a proxy, private roots, a user agent, time limits. They apply to the API and to the
    /// authorization server alike, and what the [crate] sets is set over them.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_agent(settings: Settings, options: impl Fn(AgentConfig) -> AgentConfig) -> Result<Self, Error> {
        let (driver, store, origins, patience) = settings.build()?;
        let gate = Gate::default();
        let server = agent(Traffic::Server, origins.allow_http(), gate.clone(), &options);
        let api = agent(Traffic::Api, origins.allow_http(), Gate::default(), &options);
        let tower = Arc::new(Tower { driver: Mutex::new(driver), store, landed: Condvar::new(), agent: server, patience });
        gate.belongs_to(&tower);
        Ok(Self { tower, api, origins: Arc::new(origins) })
    }

    /// An access token with `min_ttl` left of its life, refreshed where necessary; or, where the server gives none that lives
    /// so long or cannot be asked at the moment, the one that there is.
    ///
    /// # Errors
    /// [`Error::SignInRequired`] when a person must sign in, [`Error::Waiting`] when it takes longer than the client's patience,
    /// and those of store and server.
    pub fn access_token(&self, min_ttl: Duration) -> Result<Token, Error> {
        self.tower.reach(Goal::Token(min_ttl), |_, token| token.ok_or(Error::SignInUnderWay))
    }

    /// An access token for another audience, by its name in the configuration ([`with_audiences`](gatepass::Config::with_audiences)):
    /// as [`access_token`](Self::access_token), of the same grant.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token), and [`Misuse::Audience`](gatepass::Misuse::Audience) for one that is not named.
    pub fn access_token_for(&self, audience: &str, min_ttl: Duration) -> Result<Token, Error> {
        let goal = Goal::TokenFor(self.origins.audience(audience)?, min_ttl);
        self.tower.reach(goal, |_, token| token.ok_or(Error::SignInUnderWay))
    }

    /// Whether a grant is there: an access token that serves, or one that can be refreshed. Asks the store, and no server.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.status().is_ok_and(|status| status.is_signed_in || status.can_refresh)
    }

    /// What the client is at the moment. Asks the store when nobody has yet, and no server.
    ///
    /// # Errors
    /// Those of the store.
    pub fn status(&self) -> Result<Status, Error> {
        self.tower.reach(Goal::Loaded, |driver, _| Ok(driver.status()))
    }

    /// Waits until the store has the tokens that the server has issued. They serve before that, while a store fails, and every
    /// call tries again to save them: a process that ends wants to know that they are not lost with it.
    ///
    /// # Errors
    /// [`Error::Waiting`] when the store fails for longer than the client's patience: see [`Status::is_unsaved`].
    pub fn save(&self) -> Result<(), Error> {
        self.tower.reach(Goal::Saved, |_, _| Ok(()))
    }

    /// The members of the last token response that the configuration names, as one JSON object; empty when there were none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn members_json(&self) -> Result<String, Error> {
        self.tower.reach(Goal::Loaded, |driver, _| Ok(driver.members_json()))
    }
}

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client").field("driver", &*self.tower.lock()).field("origins", &self.origins).finish_non_exhaustive()
    }
}
