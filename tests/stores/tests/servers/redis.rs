//! What only Redis can do to a grant.

use core::time::Duration;

use gatepass_store::{Redis, ServerError, Store, StoreError, Swap};
use gatepass_store_tests::{Records, RedisServer, version};

use crate::{
    Server,
    any::{AnyStore, block_on, load, swap},
    is_newer, newer,
};

#[test]
fn what_is_no_grant_is_named_and_not_overwritten() {
    let server = Server::redis();
    let stores = server.stores(Duration::from_secs(60));
    let Server::Redis(server) = server else { panic!() };
    let records: Vec<_> = Records::new(0).take(2).collect();
    let truncated = &records[0][..records[0].len() - 1];
    let version_of = |record: &[u8]| [version(record).family().as_slice(), &version(record).revision().to_be_bytes()].concat();
    let (first, second) = (version_of(&records[0]), version_of(&records[1]));
    let foreign: [&[&[u8]]; 7] = [
        &[b"SET", b"grant", b"a string"],
        &[b"RPUSH", b"grant", b"a list"],
        &[b"HSET", b"grant", b"name", b"a hash of something else"],
        &[b"HSET", b"grant", b"version", b"", b"record", b""],
        &[b"HSET", b"grant", b"version", &first],
        &[b"HSET", b"grant", b"version", &first, b"record", truncated],
        &[b"HSET", b"grant", b"version", &second, b"record", &records[0]],
    ];
    for words in foreign {
        let _: i64 = server.ask(&[b"DEL", b"grant"]);
        let _: gatepass_store::redis::Value = server.ask(words);
        let before: Vec<u8> = server.ask(&[b"DUMP", b"grant"]);
        for store in &stores {
            for error in [load(store).unwrap_err(), swap(store, None, &records[0]).unwrap_err()] {
                assert!(matches!(error, StoreError::Server(ServerError::NotAGrant { .. })) && error.is_permanent(), "{error:?}");
                let said = error.to_string();
                assert!(said.contains("the Redis key grant at 127.0.0.1:") && said.contains("sign in again"), "{said}");
            }
        }
        let after: Vec<u8> = server.ask(&[b"DUMP", b"grant"]);
        assert_eq!(after, before);
    }
}

#[test]
fn a_record_of_a_newer_version_asks_for_an_update_and_for_no_sign_in() {
    let server = Server::redis();
    let stores = server.stores(Duration::from_secs(60));
    let Server::Redis(server) = server else { panic!() };
    let record = Records::new(0).next().unwrap();
    let field = [version(&record).family().as_slice(), &version(&record).revision().to_be_bytes()].concat();
    let _: i64 = server.ask(&[b"HSET", b"grant", b"version", &field, b"record", &newer(&record)]);
    for store in &stores {
        is_newer(&[load(store).unwrap_err(), swap(store, None, &record).unwrap_err()]);
    }
}

#[test]
fn a_key_never_expires() {
    let server = Server::redis();
    let stores = server.stores(Duration::from_secs(60));
    let Server::Redis(server) = server else { panic!() };
    let mut expected = None;
    for (record, store) in Records::new(0).zip(stores.iter().cycle()).take(4) {
        assert!(matches!(swap(store, expected, &record), Ok(Swap::Stored)));
        expected = Some(version(&record));
        assert_eq!(server.ask::<i64>(&[b"TTL", b"grant"]), -1);
        assert_eq!(server.ask::<i64>(&[b"EXPIRE", b"grant", b"1000"]), 1);
    }
}

// R081
#[test]
fn a_full_memory_refuses_an_intent_and_stores_what_follows_one() {
    let server = RedisServer::start();
    let store = Redis::open(&server.url(), "grant").unwrap();
    let records: Vec<_> = Records::new(0).take(4).collect();
    let at = |at: usize| Some(version(&records[at]));
    assert!(matches!(store.swap(None, &records[0]), Ok(Swap::Stored)));
    assert!(matches!(store.swap_intent(at(0), &records[1]), Ok(Swap::Stored)));
    let _: String = server.ask(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    assert!(matches!(Store::swap(&store, at(1), &records[2]), Ok(Swap::Stored)));
    let error = store.swap_intent(at(2), &records[3]).unwrap_err();
    assert!(error.to_string().contains("OOM") && !error.is_permanent(), "{error:?}");
    assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), records[2]);
    let _: String = server.ask(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert!(matches!(store.swap_intent(at(2), &records[3]), Ok(Swap::Stored)));
}

#[test]
fn a_server_that_forgets_is_told_from_one_that_keeps() {
    let server = RedisServer::start();
    let store = Redis::open(&server.url(), "grant").unwrap();
    assert_eq!(
        (store.durability_blocking().unwrap(), store.durability_blocking().unwrap().is_durable()),
        (block_on(store.durability()).unwrap(), Some(true))
    );
    let _: String = server.ask(&[b"CONFIG", b"SET", b"maxmemory-policy", b"volatile-lru"]);
    assert_eq!(store.durability_blocking().unwrap().is_durable(), Some(true));

    let server = RedisServer::with(&["--maxmemory-policy", "allkeys-lru"]);
    let store = Redis::open(&server.url(), "grant").unwrap();
    let durability = block_on(store.durability()).unwrap();
    assert_eq!((durability.is_durable(), durability.missing().len(), durability.unknown().len()), (Some(false), 3, 0));
    let said = durability.to_string();
    assert!(["appendonly yes", "appendfsync always", "noeviction"].iter().all(|cure| said.contains(cure)), "{said}");

    // As many that are rented do.
    let server = RedisServer::with(&["--rename-command", "CONFIG", ""]);
    let durability = Redis::open(&server.url(), "grant").unwrap().durability_blocking().unwrap();
    assert_eq!((durability.is_durable(), durability.missing().len(), durability.unknown().len()), (None, 0, 3));
}

// R151
#[test]
fn no_error_has_a_password_or_a_byte_of_a_record() {
    let server = RedisServer::with(&["--requirepass", "secret-p", "--rename-command", "EVALSHA", ""]);
    let records: Vec<_> = Records::new(0).take(1).collect();
    for (url, wanted) in [(server.url(), "NOAUTH"), (server.url().replace("//", "//:secret-q@"), "authentication failed")] {
        let store = Redis::open(&url, "grant").unwrap();
        let error = Store::load(&store).unwrap_err();
        assert!(error.is_permanent() && error.to_string().contains(wanted), "{error:?}");
        assert!(!format!("{error:?} {error} {store:?}").contains("secret"), "{error:?}");
    }
    let error = Redis::open("redis://:secret-p@/?protocol=9", "k").unwrap_err();
    assert!(error.is_permanent() && !format!("{error:?} {error}").contains("secret"), "{error:?}");
    let store = Redis::open(&server.url().replace("//", "//:secret-p@"), "k").unwrap();
    assert!(Store::load(&store).unwrap().is_none());
    let error = Store::swap(&store, None, &records[0]).unwrap_err();
    let said = format!("{error:?} {error} {store:?}");
    assert!(error.is_permanent() && said.contains("EVALSHA") && !said.contains("gpR") && !said.contains("secret"), "{said}");
}

#[test]
fn one_connection_serves_many_keys() {
    let server = RedisServer::start();
    let store = Redis::open(&server.url(), "alice").unwrap();
    let records: Vec<_> = Records::new(0).take(2).collect();
    for (key, record) in ["alice", "bob"].iter().zip(&records) {
        for store in [AnyStore::Blocking(std::sync::Arc::new(store.key(*key))), AnyStore::Async(std::sync::Arc::new(store.key(*key)))] {
            let _ = swap(&store, None, record).unwrap();
            assert_eq!(load(&store).unwrap().unwrap().as_bytes(), record);
        }
    }
    let clients: String = server.ask(&[b"CLIENT", b"LIST"]);
    // A blocking one, an asynchronous one, and the one that asks.
    assert_eq!(clients.lines().count(), 3, "{clients}");
}

#[test]
fn either_version_of_the_wire_protocol_serves() {
    let server = RedisServer::start();
    let mut expected = None;
    let urls = ["resp2", "resp3"].map(|protocol| format!("{}?protocol={protocol}", server.url()));
    for (record, url) in Records::new(0).zip(urls.iter().cycle()).take(4) {
        let store = std::sync::Arc::new(Redis::open(url, "grant").unwrap());
        for store in [AnyStore::Blocking(store.clone()), AnyStore::Async(store)] {
            let stored = matches!(swap(&store, expected, &record).unwrap(), Swap::Stored);
            assert_eq!(stored, matches!(store, AnyStore::Blocking(_)));
            assert_eq!(load(&store).unwrap().unwrap().as_bytes(), record);
        }
        expected = Some(version(&record));
    }
}

#[test]
fn the_rights_that_the_documentation_names_are_enough() {
    let server = RedisServer::start();
    let rights = "SETUSER app on >secret ~grant +hgetall +evalsha +script|load +type +hget +hset +persist +config|get";
    let words: Vec<_> = ["ACL"].into_iter().chain(rights.split(' ')).map(str::as_bytes).collect();
    let _: String = server.ask(&words);
    let store = std::sync::Arc::new(Redis::open(&server.url().replace("//", "//app:secret@"), "grant").unwrap());
    let records: Vec<_> = Records::new(0).take(2).collect();
    let [blocking, asynchronous] = [AnyStore::Blocking(store.clone()), AnyStore::Async(store.clone())];
    assert!(matches!(swap(&blocking, None, &records[0]), Ok(Swap::Stored)));
    assert!(matches!(swap(&asynchronous, Some(version(&records[0])), &records[1]), Ok(Swap::Stored)));
    assert_eq!(load(&blocking).unwrap(), load(&asynchronous).unwrap());
    assert_eq!(store.durability_blocking().unwrap().is_durable(), Some(true));
    // And no other key.
    let error = load(&AnyStore::Blocking(std::sync::Arc::new(store.key("other")))).unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("NOPERM"), "{error}");
}
