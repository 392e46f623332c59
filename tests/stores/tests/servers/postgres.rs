//! What only PostgreSQL can do to a grant.

use core::time::Duration;
use std::sync::Arc;

use gatepass_store::{
    Postgres, ServerError, Store, StoreError, Swap,
    tokio_postgres::{Client, NoTls},
};
use gatepass_store_tests::{PostgresServer, Records, version};

use crate::{
    LIMIT, Server,
    any::{AnyStore, block_on, load, swap},
};

fn connect(server: &PostgresServer) -> Client {
    block_on(async {
        let (client, connection) = gatepass_store::tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    })
}

fn server() -> (PostgresServer, [AnyStore; 2]) {
    let server = Server::postgres();
    let stores = server.stores(Duration::from_secs(60));
    let Server::Postgres(server) = server else { panic!() };
    (server, stores)
}

#[test]
fn the_migration_is_run_by_many_at_once_and_again() {
    let server = PostgresServer::start();
    let store = Postgres::open(&server.url(), "grant").unwrap();
    let error = Store::load(&store).unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("run Postgres::MIGRATION"), "{error}");
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| Postgres::open(&server.url(), "grant").unwrap().migrate_blocking().unwrap());
            }
        });
        let record = Records::new(0).next().unwrap();
        let _ = Store::swap(&store, None, &record).unwrap();
        assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), record);
    }
}

#[test]
fn what_is_no_grant_is_named_and_not_overwritten() {
    let (server, stores) = server();
    let client = connect(&server);
    let records: Vec<_> = Records::new(0).take(2).collect();
    let (family, revision) = (version(&records[0]).family().to_vec(), version(&records[0]).revision() as i64);
    let truncated = records[0][..records[0].len() - 1].to_vec();
    for (family, revision, record) in [
        (&family, revision, &truncated),
        (&family, revision, &Vec::new()),
        (&family, revision + 1, &records[0]),
        (&truncated, revision, &records[0]),
    ] {
        let insert = "INSERT INTO gatepass_grants VALUES ('grant', $1, $2, $3) ON CONFLICT (name) DO UPDATE SET family = $1, revision = $2, record = $3";
        block_on(client.execute(insert, &[family, &revision, record])).unwrap();
        for store in &stores {
            for error in [load(store).unwrap_err(), swap(store, None, &records[0]).unwrap_err()] {
                assert!(matches!(error, StoreError::Server(ServerError::NotAGrant { .. })) && error.is_permanent(), "{error:?}");
                let said = error.to_string();
                assert!(said.contains("the row grant of gatepass_grants at 127.0.0.1:") && said.contains("sign in again"), "{said}");
            }
        }
        let row = block_on(client.query_one("SELECT record FROM gatepass_grants", &[])).unwrap();
        assert_eq!(&row.get::<_, Vec<u8>>(0), record);
    }
}

// R081
#[test]
fn a_commit_that_returned_is_on_the_disk_whatever_the_server_is_set_to() {
    let (server, stores) = server();
    let client = connect(&server);
    let set = "ALTER ROLE gatepass SET synchronous_commit = off; ALTER ROLE gatepass SET default_transaction_isolation = serializable";
    block_on(client.batch_execute(set)).unwrap();
    let trigger = "CREATE TABLE seen (setting text);
        CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO seen VALUES (current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation'));
            RETURN NULL; END $$;
        CREATE TRIGGER see AFTER INSERT OR UPDATE ON gatepass_grants FOR EACH ROW EXECUTE FUNCTION see()";
    block_on(client.batch_execute(trigger)).unwrap();
    let mut expected = None;
    for (record, store) in Records::new(0).zip(stores.iter().cycle()).take(4) {
        assert!(matches!(swap(store, expected, &record), Ok(Swap::Stored)));
        expected = Some(version(&record));
    }
    let rows = block_on(client.query("SELECT setting, count(*) FROM seen GROUP BY setting", &[])).unwrap();
    assert_eq!(rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(&str, i64)>>(), [("on, read committed", 4)]);
}

#[test]
fn a_server_that_forgets_is_told_from_one_that_keeps() {
    let (mut server, _) = server();
    let store = Postgres::open(&server.url(), "grant").unwrap();
    assert_eq!(block_on(store.durability()).unwrap().is_durable(), Some(true));
    let client = connect(&server);
    for setting in ["fsync", "full_page_writes"] {
        block_on(client.batch_execute(&format!("ALTER SYSTEM SET {setting} = off"))).unwrap();
    }
    server.restart();
    let durability = block_on(store.durability()).unwrap();
    assert_eq!((durability.is_durable(), durability.missing().len()), (Some(false), 2));
    assert!(durability.to_string().contains("fsync on"), "{durability}");
}

#[test]
fn a_row_that_somebody_holds_is_an_error_within_the_limit() {
    let (server, _) = server();
    let store = Postgres::open(&server.url(), "grant").unwrap().timeout(LIMIT);
    let records: Vec<_> = Records::new(0).take(2).collect();
    let client = connect(&server);
    assert!(matches!(Store::swap(&store, None, &records[0]), Ok(Swap::Stored)));
    block_on(client.batch_execute("BEGIN; SELECT FROM gatepass_grants FOR UPDATE")).unwrap();
    for store in [AnyStore::Blocking(Arc::new(store.clone())), AnyStore::Async(Arc::new(store.clone()))] {
        let error = swap(&store, Some(version(&records[0])), &records[1]).unwrap_err();
        assert!(matches!(error, StoreError::Server(ServerError::TimedOut { limit: LIMIT, .. })), "{error:?}");
        // Reading is free.
        assert_eq!(load(&store).unwrap().unwrap().as_bytes(), records[0]);
    }
}

// R151
#[test]
fn no_error_has_a_password_or_a_byte_of_a_record() {
    let (server, _) = server();
    let client = connect(&server);
    let records: Vec<_> = Records::new(0).with_token_of(10).take(1).collect();
    block_on(client.batch_execute("ALTER TABLE gatepass_grants ADD CHECK (octet_length(record) = 1)")).unwrap();
    let store = Postgres::open(&server.url().replace("gatepass@", "gatepass:secret-p@"), "grant").unwrap();
    let error = Store::swap(&store, None, &records[0]).unwrap_err();
    let said = format!("{error:?} {error} {store:?}");
    // The record would be in hexadecimal: `gpR` and the token.
    assert!(error.is_permanent() && said.contains("23514"), "{said}");
    assert!(!said.contains("677052") && !said.contains("787878") && !said.contains("secret-p"), "{said}");
    let error = Postgres::open("postgresql://u:secret-p@h/d?nonsense=1", "grant").unwrap_err();
    assert!(error.is_permanent() && !format!("{error:?} {error}").contains("secret-p"), "{error:?}");
}

#[test]
fn it_may_block_and_be_dropped_inside_of_a_runtime() {
    let (server, _) = server();
    let records: Vec<_> = Records::new(0).take(2).collect();
    block_on(async {
        let store = Postgres::open(&server.url(), "grant").unwrap();
        assert!(matches!(Store::swap(&store, None, &records[0]), Ok(Swap::Stored)));
        let expected = Some(version(&records[0]));
        assert!(matches!(gatepass_store::AsyncStore::swap(&store, expected, &records[1]).await, Ok(Swap::Stored)));
        assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), records[1]);
    });
}

#[test]
fn the_rights_that_the_documentation_names_are_enough() {
    let (server, _) = server();
    block_on(connect(&server).batch_execute("CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE ON gatepass_grants TO app")).unwrap();
    let store = Postgres::open(&server.url().replace("gatepass@", "app@"), "grant").unwrap();
    let records: Vec<_> = Records::new(0).take(2).collect();
    assert!(matches!(Store::swap(&store, None, &records[0]), Ok(Swap::Stored)));
    assert!(matches!(Store::swap(&store, Some(version(&records[0])), &records[1]), Ok(Swap::Stored)));
    assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), records[1]);
    assert_eq!(block_on(store.durability()).unwrap().is_durable(), Some(true));
}
