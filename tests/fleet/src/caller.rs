//! The three clients that workers are made of, in one form: a call of the API with a token.

use core::time::Duration;

use gatepass_store::driver::{Error, Settings};

use crate::{
    place::{self, Place},
    rival::Rival,
    witness::Witness,
};

/// How long a worker waits for what mends itself. Longer than a lease, and than a store takes to start again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whose library a worker uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Ureq,
    Reqwest,
    Oauth2,
}

impl Library {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Ureq, Self::Reqwest, Self::Oauth2].into_iter().find(|library| library.name() == text)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ureq => "ureq",
            Self::Reqwest => "reqwest",
            Self::Oauth2 => "oauth2",
        }
    }
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The user must sign in.
    Asks(String),
    /// Anything else: it must not happen.
    Failed(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::SignInRequired { reason, .. } => Self::Asks(format!("{reason:?}")),
            other => Self::Failed(other.to_string()),
        }
    }
}

pub(crate) enum Caller {
    Ureq(gatepass_ureq::Client),
    Reqwest(gatepass_reqwest::Client),
    Oauth2(Rival),
}

impl Caller {
    /// A client whose requests carry `name` as their user agent: the issuer's log says by it who sent what.
    pub(crate) fn new(library: Library, issuer: &str, place: &Place, lease: Duration, name: &str) -> Result<Self, String> {
        if let (Library::Oauth2, Place::Cache(path)) = (library, place) {
            return Ok(Self::Oauth2(Rival::new(issuer, path.clone(), name)));
        }
        let config = place::config(issuer, lease)?;
        let told = |error: Error| error.to_string();
        if library == Library::Reqwest {
            if let Some(store) = place.async_store()? {
                let settings = dress(Settings::new_async(config, std::sync::Arc::new(Witness::new(store))), issuer);
                return gatepass_reqwest::Client::with_http(settings, |http| http.user_agent(name)).map(Self::Reqwest).map_err(told);
            }
            let settings = dress(Settings::new(config, std::sync::Arc::new(Witness::new(place.store()?))), issuer);
            return gatepass_reqwest::Client::with_http(settings, |http| http.user_agent(name)).map(Self::Reqwest).map_err(told);
        }
        let settings = dress(Settings::new(config, std::sync::Arc::new(Witness::new(place.store()?))), issuer);
        gatepass_ureq::Client::with_agent(settings, |agent| agent.user_agent(name)).map(Self::Ureq).map_err(told)
    }

    /// Calls the API with a token that has `min_ttl` left, as far as that can be had: the status of its answer.
    pub(crate) async fn call(&self, api: &str, min_ttl: Duration) -> Result<u16, Trouble> {
        match self {
            Self::Ureq(client) => {
                let _token = client.access_token(min_ttl)?;
                Ok(client.get(api)?.status().as_u16())
            }
            Self::Reqwest(client) => {
                let _token = client.access_token(min_ttl).await?;
                Ok(client.get(api).await?.status().as_u16())
            }
            Self::Oauth2(rival) => rival.call(api, min_ttl),
        }
    }

    /// Waits until nothing is under way: a process that ends in the middle of a refresh is as good as killed.
    pub(crate) async fn settle(&self) {
        if let Self::Reqwest(client) = self {
            let _status = client.status().await;
        }
    }
}

fn dress<S>(settings: Settings<S>, issuer: &str) -> Settings<S> {
    settings.origin(issuer).danger_allow_http_on_loopback().patience(PATIENCE)
}
