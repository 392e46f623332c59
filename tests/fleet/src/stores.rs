//! The stores to be tried, and the servers behind them.

use core::time::Duration;
use std::{path::Path, thread};

use gatepass_store::Postgres;
use gatepass_store_tests::{PostgresServer, RedisServer};

use crate::{
    ledger::Evidence,
    place::Place,
    round::{self, Plan},
};

/// How long a server stays away, and then it has to start.
const AWAY: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    File,
    Redis,
    Postgres,
    /// The comparison: no store, but a file that each process writes.
    Oauth2,
}

impl Store {
    pub(crate) const ALL: [Self; 4] = [Self::File, Self::Redis, Self::Postgres, Self::Oauth2];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Redis => "redis",
            Self::Postgres => "postgres",
            Self::Oauth2 => "oauth2",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|store| store.name() == name).ok_or_else(|| format!("there is no store {name}"))
    }

    /// One round over a store of its own, in this folder.
    pub(crate) fn round(self, folder: &Path, plan: impl FnOnce(Place) -> Plan) -> Result<Evidence, String> {
        match self {
            Self::File => round::run(&plan(Place::File(folder.join("grant"))), None),
            Self::Redis => {
                let mut server = RedisServer::start();
                let plan = plan(Place::Redis(server.url()));
                let mut restart = || {
                    server.kill();
                    thread::sleep(AWAY);
                    server.restart();
                };
                round::run(&plan, Some(&mut restart))
            }
            Self::Postgres => {
                let mut server = PostgresServer::start();
                let plan = plan(Place::Postgres(server.url()));
                let migrated = Postgres::open(&server.url(), "").and_then(|store| store.migrate_blocking());
                migrated.map_err(|error| error.to_string())?;
                let mut restart = || {
                    server.kill();
                    thread::sleep(AWAY);
                    server.restart();
                };
                round::run(&plan, Some(&mut restart))
            }
            Self::Oauth2 => round::run(&plan(Place::Cache(folder.join("tokens"))), None),
        }
    }
}
