//! A store that fails: nobody loses what serves, and nothing is sent that could not be saved.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{io, sync::Arc};

use gatepass::{Policy, Version, Why};
use gatepass_store::{
    Memory, Record, Store, StoreError, Swap,
    driver::{Error, Settings},
};

use crate::{
    client::Client,
    run, signed_in,
    world::{TTL, World},
};

/// A store that fails to load, to swap, or to swap from the second time on.
#[derive(Default)]
struct Failing {
    inner: Arc<Memory>,
    load: AtomicBool,
    swap: AtomicBool,
    swap_next: AtomicBool,
}

fn failure() -> StoreError {
    StoreError::Io { doing: "write", path: "grant".into(), source: io::ErrorKind::StaleNetworkFileHandle.into() }
}

impl Store for Failing {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        if self.load.load(Ordering::SeqCst) { Err(failure()) } else { self.inner.load() }
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        if self.swap.load(Ordering::SeqCst) {
            return Err(failure());
        }
        self.swap.store(self.swap_next.swap(false, Ordering::SeqCst), Ordering::SeqCst);
        self.inner.swap(expected, record)
    }
}

async fn client(world: &World) -> (Arc<Failing>, Client) {
    drop(signed_in(world).await);
    let store = Arc::new(Failing { inner: world.store.clone(), ..Failing::default() });
    (store.clone(), Client::new(world.settings_of(Policy::DEFAULT, store)).unwrap())
}

#[test]
fn a_store_that_cannot_be_read_is_waited_for_and_named() {
    run(async {
        let world = World::new();
        let (store, client) = client(&world).await;
        store.load.store(true, Ordering::SeqCst);
        let error = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, Error::Waiting { why: Why::Store, .. }) && error.to_string().contains("grant"), "{error}");
        assert!(matches!(client.status().await, Err(Error::Waiting { why: Why::Store, .. })));
        store.load.store(false, Ordering::SeqCst);
        world.advance(Duration::from_secs(1));
        assert!(client.access_token(Duration::ZERO).await.is_ok());
    });
}

// R078
#[test]
fn an_intent_that_cannot_be_saved_is_not_sent() {
    run(async {
        let world = World::new();
        let (store, client) = client(&world).await;
        client.access_token(Duration::ZERO).await.unwrap();
        store.swap.store(true, Ordering::SeqCst);
        world.advance(TTL);
        let error = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, Error::Waiting { why: Why::Store, .. }), "{error:?}");
        assert_eq!(world.refreshes(), 0);
        store.swap.store(false, Ordering::SeqCst);
        world.advance(Duration::from_secs(1));
        assert!(client.access_token(Duration::ZERO).await.is_ok());
        assert_eq!(world.refreshes(), 1);
    });
}

// R081
#[test]
fn tokens_that_cannot_be_saved_serve_and_are_saved_later() {
    run(async {
        let world = World::new();
        let (store, client) = client(&world).await;
        client.access_token(Duration::ZERO).await.unwrap();
        world.advance(TTL);
        store.swap_next.store(true, Ordering::SeqCst);
        let fresh = client.access_token(Duration::ZERO).await.unwrap();
        assert!(client.status().await.unwrap().is_unsaved);
        assert_eq!(client.access_token(Duration::ZERO).await.unwrap().secret(), fresh.secret());
        store.swap.store(false, Ordering::SeqCst);
        world.advance(Duration::from_secs(1));
        while client.status().await.unwrap().is_unsaved {
            client.access_token(Duration::ZERO).await.unwrap();
        }
        let restarted = Client::new(world.settings()).unwrap();
        assert_eq!(restarted.access_token(Duration::ZERO).await.unwrap().secret(), fresh.secret());
        assert_eq!(world.refreshes(), 1);
    });
}

// R081
#[test]
fn who_ends_learns_whether_its_tokens_are_saved() {
    run(async {
        let world = World::new();
        let (store, client) = client(&world).await;
        client.access_token(Duration::ZERO).await.unwrap();
        client.save().await.unwrap();
        world.advance(TTL);
        store.swap_next.store(true, Ordering::SeqCst);
        let fresh = client.access_token(Duration::ZERO).await.unwrap();
        let unsaved = client.save().await.unwrap_err();
        assert!(matches!(unsaved, Error::Waiting { why: Why::Store, .. }) && unsaved.to_string().contains("grant"), "{unsaved}");
        store.swap.store(false, Ordering::SeqCst);
        world.advance(Duration::from_secs(1));
        client.save().await.unwrap();
        assert!(!client.status().await.unwrap().is_unsaved);
        let restarted = Client::new(world.settings()).unwrap();
        assert_eq!(restarted.access_token(Duration::ZERO).await.unwrap().secret(), fresh.secret());
        assert_eq!(world.refreshes(), 1);
    });
}

/// A store whose record is of somebody else.
struct Foreign;

impl Store for Foreign {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        Ok(Some(Record::new(b"no record".to_vec())))
    }

    fn swap(&self, _: Option<Version>, _: &[u8]) -> Result<Swap, StoreError> {
        Err(failure())
    }
}

#[test]
fn a_record_that_cannot_be_used_is_an_error_at_once_and_every_time() {
    run(async {
        let world = World::new();
        let settings: Settings = world.settings_of(Policy::DEFAULT, Arc::new(Foreign)).patience(Duration::from_secs(3600));
        let client = Client::new(settings).unwrap();
        for _ in 0..3 {
            let error = client.access_token(Duration::ZERO).await.unwrap_err();
            assert!(matches!(error, Error::Core(gatepass::Error::Violation(gatepass::Violation::Record))), "{error:?}");
        }
    });
}

#[test]
fn a_sign_out_whose_look_at_the_store_failed_is_not_shown_as_done() {
    run(async {
        let world = World::new();
        let (store, client) = client(&world).await;
        store.load.store(true, Ordering::SeqCst);
        assert!(client.sign_out().await.is_err());
        assert!(client.status().await.is_err(), "nobody knows whether there is a grant");
        store.load.store(false, Ordering::SeqCst);
        world.advance(Duration::from_secs(60));
        client.sign_out().await.unwrap();
        assert_eq!((world.issuer.live_grants(), client.status().await.unwrap().is_signed_in), (0, false));
    });
}
