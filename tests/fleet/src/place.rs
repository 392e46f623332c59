//! Where the grant lies that all workers share.

use core::time::Duration;
use std::{fmt, path::PathBuf, sync::Arc};

use gatepass::{Client, Config, Policy};
use gatepass_store::{AsyncStore, File, Postgres, Redis, Store, StoreError};
use gatepass_ureq::{Discover, discover};

/// The key or the row of the grant.
const GRANT: &str = "fleet";

/// A place, as it is written on a worker's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file of `gatepass-store`.
    File(PathBuf),
    /// A Redis server, by its URL.
    Redis(String),
    /// A PostgreSQL server, likewise.
    Postgres(String),
    /// A file in which the users of crate `oauth2` keep their tokens.
    Cache(PathBuf),
}

impl Place {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        Some(match kind {
            "file" => Self::File(rest.into()),
            "redis" => Self::Redis(text.to_owned()),
            "postgresql" => Self::Postgres(text.to_owned()),
            "cache" => Self::Cache(rest.into()),
            _ => return None,
        })
    }

    /// For blocking clients.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, String> {
        match self {
            Self::File(path) => Ok(Arc::new(File::new(path))),
            Self::Redis(url) => Ok(Arc::new(Redis::open(url, GRANT).map_err(told)?)),
            Self::Postgres(url) => Ok(Arc::new(Postgres::open(url, GRANT).map_err(told)?)),
            Self::Cache(_) => Err("this is no store of gatepass".to_owned()),
        }
    }

    /// For asynchronous ones, where the store is.
    pub(crate) fn async_store(&self) -> Result<Option<Arc<dyn AsyncStore>>, String> {
        match self {
            Self::Redis(url) => Ok(Some(Arc::new(Redis::open(url, GRANT).map_err(told)?))),
            Self::Postgres(url) => Ok(Some(Arc::new(Postgres::open(url, GRANT).map_err(told)?))),
            Self::File(_) | Self::Cache(_) => Ok(None),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Redis(url) | Self::Postgres(url) => f.write_str(url),
            Self::Cache(path) => write!(f, "cache:{}", path.display()),
        }
    }
}

fn told(error: StoreError) -> String {
    error.to_string()
}

/// The configuration that all of a fleet use: the safe defaults, and a lease that a test can wait for.
pub(crate) fn config(issuer: &str, lease: Duration) -> Result<Config<'static>, String> {
    let server = discover(&Discover::new(issuer).danger_allow_http_on_loopback()).map_err(|error| error.to_string())?;
    let mut policy = Policy::DEFAULT;
    policy.lease = lease;
    Config::new(server, Client::public("demo")).and_then(|config| config.with_policy(policy)).map_err(|error| error.to_string())
}
