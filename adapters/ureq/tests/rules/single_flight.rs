//! One refresh at a time, from any number of threads.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier},
    thread,
};

use gatepass::Version;
use gatepass_issuer::{Endpoint, Fault, FaultKind};
use gatepass_store::{Memory, Record, Store, StoreError, Swap, driver::Settings};
use gatepass_ureq::Client;

use crate::world::World;

fn signed_in(world: &World) -> Client {
    let client = Client::new(world.settings()).unwrap();
    let url = client.begin_sign_in(&crate::world::grant(), crate::world::REDIRECT_URI).unwrap();
    client.finish_sign_in(&world.issuer.visit(&url).unwrap()).unwrap();
    client
}

// R078
#[test]
fn sixty_four_threads_on_one_expired_session_make_one_refresh() {
    let world = World::new();
    let client = signed_in(&world);
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(100))));
    world.expire();
    let together = Barrier::new(64);
    let tokens: Vec<String> = thread::scope(|scope| {
        let ask = || {
            together.wait();
            client.access_token(Duration::ZERO).unwrap().secret().to_owned()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(world.refreshes(), 1);
    assert!(tokens.iter().all(|token| *token == tokens[0]));
}

// R078
#[test]
fn two_clients_on_one_store_make_one_refresh() {
    let world = World::new();
    drop(signed_in(&world));
    let clients = [(); 8].map(|()| Client::new(world.settings().patience(Duration::from_secs(60))).unwrap());
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(100))));
    world.expire();
    let tokens: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter()
            .map(|client| scope.spawn(|| client.access_token(Duration::from_secs(300)).unwrap().secret().to_owned()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(world.refreshes(), 1);
    assert!(tokens.iter().all(|token| *token == tokens[0]));
}

#[test]
fn sixty_four_rejected_requests_make_one_refresh() {
    let world = World::new();
    let client = signed_in(&world);
    world.issuer.revoke_all_access_tokens();
    let url = world.issuer.api_url();
    let together = Barrier::new(64);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                together.wait();
                assert_eq!(client.get(&url).unwrap().status(), 200);
            });
        }
    });
    assert_eq!(world.refreshes(), 1);
}

#[test]
fn a_token_that_serves_is_had_while_another_thread_refreshes() {
    let world = World::new();
    let client = signed_in(&world);
    let first = client.access_token(Duration::ZERO).unwrap();
    // The answer stays away until the test is done with it.
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_secs(5))));
    world.advance(Duration::from_secs(50));
    thread::scope(|scope| {
        let leader = scope.spawn(|| client.access_token(Duration::ZERO).unwrap());
        while world.refreshes() == 0 {
            thread::yield_now();
        }
        assert_eq!(client.access_token(Duration::ZERO).unwrap().secret(), first.secret());
        assert_ne!(leader.join().unwrap().secret(), first.secret());
    });
    assert_eq!(world.refreshes(), 1);
}

/// A store that panics once, when it is told to.
struct Clumsy(Arc<Memory>, AtomicBool);

impl Store for Clumsy {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.0.load()
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        assert!(!self.1.swap(false, Ordering::SeqCst), "clumsy");
        self.0.swap(expected, record)
    }
}

#[test]
fn a_leader_that_panics_wedges_nobody() {
    let world = World::new();
    drop(signed_in(&world));
    let store = Arc::new(Clumsy(world.store.clone(), AtomicBool::new(false)));
    let settings = Settings::new(world.config(gatepass::Policy::DEFAULT), store.clone());
    let settings = settings.origin(&world.issuer.api_url()).danger_allow_http_on_loopback();
    let client = Client::new(settings).unwrap();
    client.access_token(Duration::ZERO).unwrap();
    world.issuer.revoke_all_access_tokens();
    store.1.store(true, Ordering::SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| client.get(&world.issuer.api_url()))).is_err());
    assert_eq!(client.get(&world.issuer.api_url()).unwrap().status(), 200);
    assert_eq!(world.refreshes(), 1);
}
