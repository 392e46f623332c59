//! A client over a store whose server fails: what serves goes on serving, and nothing is sent that could not be saved.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::sync::{Arc, Mutex};

use gatepass::{Policy, StateName, Version, Why};
use gatepass_reqwest::Client;
use gatepass_store::{
    AsyncStore, Record, Store, StoreError, StoreFuture, Swap,
    driver::{Error, Settings},
};
use gatepass_store_tests::version;

use crate::{
    Server,
    any::{AnyStore, block_on, load, swap},
    of_either,
    world::{REDIRECT_URI, TTL, World, grant},
};

of_either! {
    a_store_that_is_away_leaves_the_access_token_usable_and_a_sign_out_is_recorded_when_it_is_back
    tokens_that_were_refreshed_while_the_store_went_away_are_saved_when_it_is_back
    a_record_that_went_back_is_never_adopted
}

fn client(world: &World, store: &AnyStore) -> Client {
    match store.clone() {
        AnyStore::Blocking(store) => Client::new(world.tuned(Settings::new(world.config(Policy::DEFAULT), store))),
        AnyStore::Async(store) => Client::new(world.tuned(Settings::new_async(world.config(Policy::DEFAULT), store))),
    }
    .unwrap()
}

fn sign_in(world: &World, client: &Client) {
    let url = block_on(client.begin_sign_in(&grant(), REDIRECT_URI)).unwrap();
    block_on(client.finish_sign_in(&world.issuer.visit(&url).unwrap())).unwrap();
}

fn token(client: &Client) -> Result<String, Error> {
    block_on(client.access_token(Duration::ZERO)).map(|token| token.secret().to_owned())
}

/// Over either kind of call, each with a world of its own.
fn each(server: Server, rule: impl Fn(&Arc<Mutex<Server>>, &World, &AnyStore)) {
    let stores = server.stores_of(["blocking", "async"], Duration::from_secs(60));
    let server = Arc::new(Mutex::new(server));
    for store in stores {
        rule(&server, &World::new(), &store);
    }
}

fn a_store_that_is_away_leaves_the_access_token_usable_and_a_sign_out_is_recorded_when_it_is_back(server: Server) {
    each(server, |server, world, store| {
        let client = client(world, store);
        sign_in(world, &client);
        let serves = token(&client).unwrap();
        server.lock().unwrap().kill();
        assert_eq!(token(&client).unwrap(), serves);
        // Also where a fresher one is asked for, and cannot be had: without a store nothing is sent.
        let asked = block_on(client.access_token(TTL * 2)).unwrap();
        assert_eq!((asked.secret(), world.refreshes()), (serves.as_str(), 0));
        let error = block_on(client.sign_out()).unwrap_err();
        assert!(matches!(error, Error::Waiting { why: Why::Store, .. }) && error.to_string().contains("refused"), "{error}");
        server.lock().unwrap().restart();
        world.advance(Duration::from_secs(2));
        block_on(client.sign_out()).unwrap();
        assert_eq!(world.issuer.live_grants(), 0);
        let fresh = self::client(world, store);
        assert!(matches!(token(&fresh), Err(Error::SignInRequired { .. })));
    });
}

// R081
fn tokens_that_were_refreshed_while_the_store_went_away_are_saved_when_it_is_back(server: Server) {
    each(server, |server, world, store| {
        let trap = Arc::new(Trap { server: Arc::clone(server), is_set: AtomicBool::new(false) });
        let client = client(world, &trap.before(store));
        sign_in(world, &client);
        world.expire();
        // The intent is saved, and the tokens are here; then the store's server dies.
        trap.is_set.store(true, Ordering::SeqCst);
        let refreshed = token(&client).unwrap();
        assert!(block_on(client.status()).unwrap().is_unsaved);
        assert_eq!(token(&client).unwrap(), refreshed);
        server.lock().unwrap().restart();
        world.advance(Duration::from_secs(1));
        while block_on(client.status()).unwrap().is_unsaved {
            assert_eq!(token(&client).unwrap(), refreshed);
        }
        assert_eq!(token(&self::client(world, store)).unwrap(), refreshed);
        assert_eq!(world.refreshes(), 1);
    });
}

/// Kills a server right before a swap that is no intent.
struct Trap {
    server: Arc<Mutex<Server>>,
    is_set: AtomicBool,
}

impl Trap {
    fn before(self: &Arc<Self>, store: &AnyStore) -> AnyStore {
        match store.clone() {
            AnyStore::Blocking(store) => AnyStore::Blocking(Arc::new(Trapped(store, Arc::clone(self)))),
            AnyStore::Async(store) => AnyStore::Async(Arc::new(Trapped(store, Arc::clone(self)))),
        }
    }

    fn spring(&self) {
        if self.is_set.swap(false, Ordering::SeqCst) {
            self.server.lock().unwrap().kill();
        }
    }
}

struct Trapped<S>(S, Arc<Trap>);

impl Store for Trapped<Arc<dyn Store>> {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.0.load()
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.1.spring();
        self.0.swap(expected, record)
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.0.swap_intent(expected, record)
    }
}

impl AsyncStore for Trapped<Arc<dyn AsyncStore>> {
    fn load(&self) -> StoreFuture<'_, Option<Record>> {
        self.0.load()
    }

    fn swap<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        self.1.spring();
        self.0.swap(expected, record)
    }

    fn swap_intent<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        self.0.swap_intent(expected, record)
    }
}

// R078
fn a_record_that_went_back_is_never_adopted(server: Server) {
    each(server, |server, world, store| {
        let client = client(world, store);
        sign_in(world, &client);
        let older = load(store).unwrap().unwrap();
        world.expire();
        let serves = token(&client).unwrap();
        let newer = load(store).unwrap().unwrap();
        assert!(version(older.as_bytes()).revision() < version(newer.as_bytes()).revision());
        // As after a failover to a replica that lagged.
        let _ = swap(store, Some(version(newer.as_bytes())), older.as_bytes()).unwrap();
        server.lock().unwrap().restart();
        assert_eq!(token(&client).unwrap(), serves);
        let asked = block_on(client.access_token(TTL * 2)).unwrap();
        assert_eq!((asked.secret(), world.refreshes()), (serves.as_str(), 1));
        world.expire();
        let error = token(&client).unwrap_err();
        assert!(matches!(error, Error::Waiting { why: Why::Store, .. }), "{error:?}");
        assert_eq!((world.refreshes(), world.issuer.live_grants()), (1, 1));
        assert_eq!(load(store).unwrap().unwrap(), older);
        // The newer one back, it goes on.
        let _ = swap(store, Some(version(older.as_bytes())), newer.as_bytes()).unwrap();
        world.advance(Duration::from_secs(2));
        assert_ne!(token(&client).unwrap(), serves);
        assert_eq!((world.refreshes(), block_on(client.status()).unwrap().state), (2, StateName::Live));
    });
}
