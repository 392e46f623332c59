//! A server that crashes, is away, or hangs.

use core::time::Duration;

use gatepass_store::{ServerError, StoreError, Swap};
use gatepass_store_tests::{Records, version};

use crate::{
    LIMIT, Server,
    any::{AnyStore, block_on, load, swap},
    of_either,
};

of_either! {
    what_was_stored_survives_a_crash_and_the_next_call_works
    a_server_that_is_away_is_an_error_that_says_so
    a_server_that_hangs_is_an_error_that_names_the_limit
    a_call_that_was_dropped_leaves_the_old_or_the_new_record_and_a_store_that_works
}

// R081
fn what_was_stored_survives_a_crash_and_the_next_call_works(mut server: Server) {
    let stores = server.stores(Duration::from_secs(60));
    let mut expected = None;
    // Each kind of call is the first after a crash, with a load and with a swap, over a connection from before.
    for (at, record) in Records::new(0).take(8).enumerate() {
        let (first, second) = (&stores[at % 2], &stores[(at + 1) % 2]);
        assert!(matches!(swap(first, expected, &record), Ok(Swap::Stored)));
        expected = Some(version(&record));
        for store in [second, first] {
            assert_eq!(load(store).unwrap().unwrap().as_bytes(), record);
        }
        server.restart();
        if at % 4 < 2 {
            assert_eq!(load(first).unwrap().unwrap().as_bytes(), record);
        }
    }
}

fn a_server_that_is_away_is_an_error_that_says_so(mut server: Server) {
    let (stores, records) = (server.stores(Duration::from_secs(60)), Records::new(0).take(2).collect::<Vec<_>>());
    swap(&stores[0], None, &records[0]).unwrap();
    load(&stores[1]).unwrap();
    server.kill();
    for store in &stores {
        for error in [load(store).unwrap_err(), swap(store, Some(version(&records[0])), &records[1]).unwrap_err()] {
            assert!(matches!(error, StoreError::Server(ServerError::Unreachable { .. })) && !error.is_permanent(), "{error:?}");
            let said = error.to_string();
            assert!(said.contains("127.0.0.1:") && said.contains("refused") && said.contains("see that the server runs"), "{said}");
        }
    }
    server.restart();
    for store in &stores {
        assert_eq!(load(store).unwrap().unwrap().as_bytes(), records[0]);
    }
}

fn a_server_that_hangs_is_an_error_that_names_the_limit(server: Server) {
    let record = Records::new(0).next().unwrap();
    let stores = server.stores(LIMIT);
    server.suspend();
    for store in &stores {
        for error in [load(store).unwrap_err(), swap(store, None, &record).unwrap_err()] {
            assert!(matches!(error, StoreError::Server(ServerError::TimedOut { limit: LIMIT, .. })), "{error:?}");
            assert!(error.to_string().contains("300ms"), "{error}");
        }
    }
    server.resume();
    let [patient, other] = server.stores(Duration::from_secs(60));
    // What was asked for and not waited for may have been done.
    let held = load(&patient).unwrap();
    assert!(held.as_ref().is_none_or(|held| held.as_bytes() == record));
    // Or it is done only now.
    match swap(&other, held.map(|held| version(held.as_bytes())), &record).unwrap() {
        Swap::Stored => {}
        Swap::Superseded(held) => assert_eq!(held.unwrap().as_bytes(), record),
    }
}

fn a_call_that_was_dropped_leaves_the_old_or_the_new_record_and_a_store_that_works(server: Server) {
    let [_, store] = server.stores(Duration::from_secs(60));
    let AnyStore::Async(store) = store else { panic!() };
    let records: Vec<_> = Records::new(0).take(40).collect();
    block_on(async {
        assert!(matches!(store.swap(None, &records[0]).await, Ok(Swap::Stored)));
        for (at, record) in records.iter().enumerate().skip(1) {
            let before = Some(version(&records[at - 1]));
            // Somewhere between before the first byte left and after the answer came.
            let _ = tokio::time::timeout(Duration::from_micros(50 * at as u64), store.swap(before, record)).await;
            let held = store.load().await.unwrap().unwrap();
            assert!(held.as_bytes() == records[at - 1] || held.as_bytes() == record);
            // One that is still under way may be first.
            match store.swap(Some(version(held.as_bytes())), record).await.unwrap() {
                Swap::Stored => {}
                Swap::Superseded(held) => assert_eq!(held.unwrap().as_bytes(), record),
            }
        }
    });
}
