//! What only PostgreSQL can do to a grant.

use core::time::Duration;
use std::{
    future::{Ready, ready},
    io::{Error, ErrorKind},
    sync::Arc,
};

use gatepass_store::{
    AsyncStore, Postgres, ServerError, Store, StoreError, Swap,
    tokio_postgres::{
        Client, NoTls,
        tls::{MakeTlsConnect, NoTlsStream, TlsConnect},
    },
};
use gatepass_store_tests::{PostgresServer, Records, version};

use crate::{
    LIMIT, Server,
    any::{AnyStore, block_on, load, swap},
    is_newer, newer,
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

#[test]
fn a_record_of_a_newer_version_asks_for_an_update_and_for_no_sign_in() {
    let (server, stores) = server();
    let record = Records::new(0).next().unwrap();
    let (family, revision) = (version(&record).family().to_vec(), version(&record).revision() as i64);
    let insert = "INSERT INTO gatepass_grants VALUES ('grant', $1, $2, $3)";
    let client = connect(&server);
    block_on(client.execute(insert, &[&family, &revision, &newer(&record)])).unwrap();
    for store in &stores {
        is_newer(&[load(store).unwrap_err(), swap(store, None, &record).unwrap_err()]);
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
    assert_eq!(store.durability_blocking().unwrap(), durability);
    assert_eq!((durability.is_durable(), durability.missing().len()), (Some(false), 2));
    assert!(durability.to_string().contains("fsync on"), "{durability}");
}

#[test]
fn a_row_that_somebody_holds_is_an_error_that_names_the_limit() {
    let (server, patient) = server();
    let hasty = Postgres::open(&server.url(), "grant").unwrap().timeout(LIMIT);
    let records: Vec<_> = Records::new(0).take(2).collect();
    let client = connect(&server);
    assert!(matches!(swap(&patient[0], None, &records[0]), Ok(Swap::Stored)));
    block_on(client.batch_execute("BEGIN; SELECT FROM gatepass_grants FOR UPDATE")).unwrap();
    for hasty in [AnyStore::Blocking(Arc::new(hasty.clone())), AnyStore::Async(Arc::new(hasty.clone()))] {
        let error = swap(&hasty, Some(version(&records[0])), &records[1]).unwrap_err();
        assert!(matches!(error, StoreError::Server(ServerError::TimedOut { limit: LIMIT, .. })), "{error:?}");
        // Reading is free.
        for patient in &patient {
            assert_eq!(load(patient).unwrap().unwrap().as_bytes(), records[0]);
        }
    }
}

/// A handshake that fails like this.
#[derive(Clone, Copy)]
struct Handshake(ErrorKind);

impl<S> MakeTlsConnect<S> for Handshake {
    type Stream = NoTlsStream;
    type TlsConnect = Self;
    type Error = Error;

    fn make_tls_connect(&mut self, _: &str) -> Result<Self, Error> {
        Ok(*self)
    }
}

impl<S> TlsConnect<S> for Handshake {
    type Stream = NoTlsStream;
    type Error = Error;
    type Future = Ready<Result<NoTlsStream, Error>>;

    fn connect(self, _: S) -> Self::Future {
        ready(Err(self.0.into()))
    }
}

#[test]
fn what_never_mends_itself_is_permanent_and_has_its_cure() {
    let mut server = PostgresServer::start();
    let (url, client) = (server.url(), connect(&server));
    let hba: String = block_on(client.query_one("SHOW hba_file", &[])).unwrap().get(0);
    let app = format!(
        "CREATE ROLE app LOGIN PASSWORD 'secret-p';
        COPY (VALUES ('host all gatepass 127.0.0.1/32 trust'), ('host all app 127.0.0.1/32 scram-sha-256')) TO '{hba}'"
    );
    block_on(client.batch_execute(&app)).unwrap();
    server.restart();
    let with_tls = |options: &str, fails| Postgres::with_tls(format!("{url}?{options}").parse().unwrap(), Handshake(fails), "grant");
    let direct = |fails| with_tls("sslmode=require&sslnegotiation=direct", fails);
    for (store, said) in [
        (Postgres::open(&format!("{url}?sslmode=require"), "grant").unwrap(), "TLS"),
        (with_tls("sslmode=require", ErrorKind::Other), "server does not support TLS"),
        // It does not go on without, because somebody between says so.
        (with_tls("sslmode=prefer", ErrorKind::Other), "server does not support TLS"),
        // As of a certificate that is not trusted.
        (direct(ErrorKind::InvalidData), "TLS handshake"),
        (Postgres::open(&url.replace("gatepass@", "app@"), "grant").unwrap(), "password missing"),
    ] {
        let error = Store::load(&store).unwrap_err();
        assert!(matches!(error, StoreError::Server(ServerError::Options { .. })) && error.is_permanent(), "{error:?}");
        assert!(error.to_string().contains(said) && error.to_string().contains("correct the address"), "{error}");
    }
    let elsewhere = Postgres::open("postgresql://app@db.example/app", "grant").unwrap_err();
    assert!(
        matches!(elsewhere, StoreError::Server(ServerError::Options { .. })) && elsewhere.to_string().contains("with_tls"),
        "{elsewhere}"
    );
    assert!(Postgres::open("postgresql://app@db.example/app?sslmode=disable", "grant").is_ok());
    let error = Store::load(&direct(ErrorKind::ConnectionReset)).unwrap_err();
    assert!(matches!(error, StoreError::Server(ServerError::Unreachable { .. })) && !error.is_permanent(), "{error:?}");
}

// R151
#[test]
fn no_error_has_a_password_or_a_byte_of_a_record() {
    let (server, _) = server();
    let client = connect(&server);
    let records: Vec<_> = Records::new(0).with_tokens(vec![Some(10)]).take(1).collect();
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
        assert!(matches!(AsyncStore::swap(&store, expected, &records[1]).await, Ok(Swap::Stored)));
        assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), records[1]);
    });
}

#[test]
fn each_kind_of_call_is_served_whatever_becomes_of_the_runtime_of_the_other() {
    let server = PostgresServer::start();
    let store = Postgres::open(&server.url(), "grant").unwrap().timeout(Duration::from_secs(60));
    let records: Vec<_> = Records::new(0).take(2).collect();
    // What it opened is polled by nobody while this thread is out of it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.migrate()).unwrap();
    assert!(Store::load(&store).unwrap().is_none());
    assert!(matches!(Store::swap(&store, None, &records[0]), Ok(Swap::Stored)));
    let expected = Some(version(&records[0]));
    assert!(matches!(runtime.block_on(AsyncStore::swap(&store, expected, &records[1])), Ok(Swap::Stored)));
    drop(runtime);
    assert_eq!(Store::load(&store).unwrap().unwrap().as_bytes(), records[1]);
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
