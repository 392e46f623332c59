//! What becomes of a store whose server crashes, hangs, forgets or holds something else, and of a client over it.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    missing_debug_implementations,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking, also in its helpers, which several tests share"
)]

#[path = "support/any.rs"]
mod any;
#[path = "../../../adapters/store/tests/world/mod.rs"]
mod world;

#[path = "servers/client.rs"]
mod client;
#[path = "servers/outage.rs"]
mod outage;
#[path = "servers/postgres.rs"]
mod postgres;
#[path = "servers/redis.rs"]
mod redis;

use core::time::Duration;
use std::sync::Arc;

use any::{AnyStore, block_on};
use gatepass_store::{Postgres, Redis, StoreError};
use gatepass_store_tests::{PostgresServer, RedisServer};

/// The limit of a call, where a test waits for it.
const LIMIT: Duration = Duration::from_millis(300);

/// The record as a later gatepass might write it.
fn newer(record: &[u8]) -> Vec<u8> {
    let mut newer = record.to_vec();
    newer[3] += 1;
    newer
}

/// Nothing is wrong with such a record, and nobody needs to sign in for it.
fn is_newer(errors: &[StoreError]) {
    for error in errors {
        let said = error.to_string();
        assert!(error.is_permanent() && said.contains("update this program") && !said.contains("sign in"), "{said}");
    }
}

/// A server of either kind.
enum Server {
    Redis(RedisServer),
    Postgres(PostgresServer),
}

impl Server {
    fn redis() -> Self {
        Self::Redis(RedisServer::start())
    }

    fn postgres() -> Self {
        let server = PostgresServer::start();
        block_on(Postgres::open(&server.url(), "").unwrap().migrate()).unwrap();
        Self::Postgres(server)
    }

    fn kill(&mut self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Postgres(server) => server.kill(),
        }
    }

    fn restart(&mut self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Postgres(server) => server.restart(),
        }
    }

    fn suspend(&self) {
        match self {
            Self::Redis(server) => server.suspend(),
            Self::Postgres(server) => server.suspend(),
        }
    }

    fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Postgres(server) => server.resume(),
        }
    }

    /// The store that both kinds of call share.
    fn stores(&self, limit: Duration) -> [AnyStore; 2] {
        self.stores_of(["grant", "grant"], limit)
    }

    /// A store that blocks and one that does not, each of its own name.
    fn stores_of(&self, [blocking, asynchronous]: [&str; 2], limit: Duration) -> [AnyStore; 2] {
        match self {
            Self::Redis(server) => {
                let store = Redis::open(&server.url(), blocking).unwrap().timeout(limit);
                [AnyStore::Blocking(Arc::new(store.clone())), AnyStore::Async(Arc::new(store.key(asynchronous)))]
            }
            Self::Postgres(server) => {
                let store = Postgres::open(&server.url(), blocking).unwrap().timeout(limit);
                [AnyStore::Blocking(Arc::new(store.clone())), AnyStore::Async(Arc::new(store.row(asynchronous)))]
            }
        }
    }
}

/// The same rules for either server.
macro_rules! of_either {
    ($($rule:ident)*) => {
        mod redis {
            $(#[test]
            fn $rule() {
                super::$rule(crate::Server::redis());
            })*
        }
        mod postgres {
            $(#[test]
            fn $rule() {
                super::$rule(crate::Server::postgres());
            })*
        }
    };
}
pub(crate) use of_either;
