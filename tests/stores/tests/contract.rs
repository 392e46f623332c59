//! What every store promises, and each of them keeps: on real servers, where it has one.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "support/any.rs"]
mod any;
#[path = "contract/rules.rs"]
mod rules;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use any::{AnyStore, block_on};
use gatepass_store::{File, Memory, Postgres, Redis, Store as _};
use gatepass_store_tests::{PostgresServer, Records, RedisServer};

/// Opens the same store once more, as another process would.
type Open = Box<dyn Fn() -> AnyStore + Sync>;

fn memory(_: &str) -> Open {
    let store: Arc<Memory> = Arc::default();
    Box::new(move || AnyStore::Blocking(store.clone()))
}

/// A folder of the test's own, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn file(name: &str) -> Open {
    let folder = Folder(std::env::temp_dir().join(format!("gatepass-contract-{name}-{}", std::process::id())));
    Box::new(move || AnyStore::Blocking(Arc::new(File::new(folder.0.join("grant")))))
}

/// A store that keeps its calls waiting keeps its contract: nothing is timed here.
const PATIENCE: Duration = Duration::from_secs(120);

fn redis(name: &str) -> Redis {
    static SERVER: OnceLock<RedisServer> = OnceLock::new();
    Redis::open(&SERVER.get_or_init(RedisServer::start).url(), name).unwrap().timeout(PATIENCE)
}

fn redis_blocking(name: &str) -> Open {
    let name = format!("blocking:{name}");
    Box::new(move || AnyStore::Blocking(Arc::new(redis(&name))))
}

fn redis_async(name: &str) -> Open {
    let name = format!("async:{name}");
    Box::new(move || AnyStore::Async(Arc::new(redis(&name))))
}

fn postgres(name: &str) -> Postgres {
    static SERVER: OnceLock<PostgresServer> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server = PostgresServer::start();
        block_on(Postgres::open(&server.url(), "").unwrap().migrate()).unwrap();
        server
    });
    Postgres::open(&server.url(), name).unwrap().timeout(PATIENCE)
}

fn postgres_blocking(name: &str) -> Open {
    let name = format!("blocking:{name}");
    Box::new(move || AnyStore::Blocking(Arc::new(postgres(&name))))
}

fn postgres_async(name: &str) -> Open {
    let name = format!("async:{name}");
    Box::new(move || AnyStore::Async(Arc::new(postgres(&name))))
}

#[test]
fn a_file_of_a_newer_version_asks_for_an_update_and_for_no_sign_in() {
    let folder = Folder(std::env::temp_dir().join(format!("gatepass-newer-{}", std::process::id())));
    let (path, mut record) = (folder.0.join("grant"), Records::new(0).next().unwrap());
    let store = File::new(&path);
    let _ = store.swap(None, &record).unwrap();
    record[3] += 1;
    std::fs::write(&path, record).unwrap();
    let error = store.load().unwrap_err();
    let said = error.to_string();
    assert!(error.is_permanent() && said.contains("update this program") && !said.contains("sign in"), "{said}");
}

macro_rules! keeps {
    ($($store:ident keeps $rules:tt;)*) => { $(mod $store { keeps!(@ $store $rules); })* };
    (@ $store:ident [$($rule:ident,)*]) => {
        $(#[test]
        fn $rule() {
            crate::rules::$rule(&crate::$store(stringify!($rule)));
        })*
    };
    (all $($store:ident)*) => {
        keeps! { $($store keeps [
            absence_is_a_value,
            a_swap_over_another_version_changes_nothing_and_says_what_is_held,
            of_writers_that_race_each_change_is_made_by_one,
            every_byte_is_kept,
            a_record_of_100_kb_is_kept_whole,
            what_is_no_record_is_refused,
        ];)* }
    };
}

keeps!(all memory file redis_blocking redis_async postgres_blocking postgres_async);
