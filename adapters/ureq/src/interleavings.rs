//! One refresh at a time, in every order in which threads may come to it: the client as it is, from `access_token` down to the bytes that
//! ureq writes, over locks, notifications and connections that shuttle schedules.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

pub(crate) mod condvar;
#[path = "../../store/tests/interleavings/mod.rs"]
#[allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "shared by two adapters")]
pub(crate) mod shared;
mod wire;

use core::time::Duration;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use gatepass_store::driver::Error;
use shuttle::thread;
use ureq::{Agent, unversioned::transport::Connector as _};

use self::{
    condvar::loses_notifications,
    shared::{API, PATIENT, World, exhaust, explore, finds, server::Fate},
    wire::{Nowhere, Wire},
};
use crate::{
    agent::{Traffic, config},
    client::Client,
    flight::Tower,
    gate::Gate,
    sync::{Condvar, Mutex},
};

/// [`Client::new`] with connections in memory.
fn client(world: &World, patience: Duration) -> Client {
    loses_notifications(false);
    let (driver, store, origins, patience) = world.settings().patience(patience).build().unwrap();
    let gate = Gate::default();
    let wired = |traffic, gate: &Gate| {
        let config = config(traffic, origins.allow_http(), &|options| options);
        Agent::with_parts(config, Wire(Arc::clone(&world.server)).chain(gate.clone()), Nowhere)
    };
    let (agent, api) = (wired(Traffic::Server, &gate), wired(Traffic::Api, &Gate::default()));
    let tower = Arc::new(Tower { driver: Mutex::new(driver), store, landed: Condvar::new(), agent, patience });
    gate.belongs_to(&tower);
    Client { tower, api, origins: Arc::new(origins) }
}

/// What one caller learns.
type Told = Result<String, Error>;

fn ask(client: &Client) -> Told {
    client.access_token(Duration::ZERO).map(|token| token.secret().to_owned())
}

/// So many threads do something at once.
fn together<T: Send + 'static>(count: usize, client: &Client, act: impl Fn(usize, &Client) -> T + Clone + Send + 'static) -> Vec<T> {
    let threads: Vec<_> = (0..count)
        .map(|at| {
            let (client, act) = (client.clone(), act.clone());
            thread::spawn(move || act(at, &client))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn one_refresh(threads: usize, is_deaf: bool) {
    let world = World::new();
    let client = client(&world, Duration::ZERO);
    loses_notifications(is_deaf);
    let told = together(threads, &client, |_, client| ask(client).unwrap());
    assert!(told.iter().all(|token| token == "a1"), "{told:?}");
    assert_eq!(world.server.requests(), 1);
}

// R078
#[test]
fn threads_that_find_the_token_expired_make_one_refresh() {
    explore("ureq, expired", || one_refresh(4, false));
}

// R078
#[test]
fn threads_that_find_the_token_expired_make_one_refresh_in_every_order_with_few_interruptions() {
    exhaust("ureq, expired, two threads", 3, || one_refresh(2, false));
    exhaust("ureq, expired, three threads", 2, || one_refresh(3, false));
}

#[test]
fn rejected_requests_make_one_refresh_and_succeed() {
    explore("ureq, rejected", || {
        let world = World::after(10);
        let client = client(&world, Duration::ZERO);
        world.server.revoke();
        let told = together(3, &client, |_, client| client.get(API).unwrap().status().as_u16());
        assert_eq!((told, world.server.requests()), (vec![200; 3], 1));
    });
}

fn panic_at_the_store(threads: usize, call: usize) {
    let world = World::new();
    let client = client(&world, PATIENT);
    world.store.breaks_at(call);
    let told = together(threads, &client, |_, client| catch_unwind(AssertUnwindSafe(|| ask(client).unwrap())));
    assert_eq!(told.iter().filter(|told| told.is_err()).count(), 1);
    assert!(told.iter().flatten().all(|token| token == "a1"));
    // Where nobody else came, the flight was not taken up again.
    client.save().unwrap();
    assert_eq!(ask(&client).unwrap(), "a1");
    assert_eq!(world.server.requests(), 1);
}

#[test]
fn a_leader_that_panics_at_the_store_wedges_nobody() {
    // The load, the intent, and the tokens.
    for call in 1..=3 {
        explore(&format!("ureq, panic at call {call} of the store"), move || panic_at_the_store(3, call));
        exhaust(&format!("ureq, panic at call {call} of the store, two threads"), 2, move || panic_at_the_store(2, call));
    }
}

fn panic_while_it_sends(threads: usize, patience: Duration) {
    let world = World::new();
    let client = client(&world, patience);
    world.server.fates([Fate::Panic]);
    let told = together(threads, &client, |_, client| catch_unwind(AssertUnwindSafe(|| ask(client))));
    assert_eq!(told.iter().filter(|told| told.is_err()).count(), 1);
    for told in told.into_iter().flatten() {
        match told {
            Ok(token) => assert_eq!(token, "a1"),
            Err(error) => assert!(patience.is_zero() && matches!(error, Error::Waiting { .. }), "{error}"),
        }
    }
    if patience.is_zero() {
        assert_eq!(ask(&self::client(&world, PATIENT)).unwrap(), "a1");
    }
    assert_eq!(world.server.requests(), 1);
}

#[test]
fn a_leader_that_panics_while_it_sends_leaves_the_refresh_in_doubt_and_wedges_nobody() {
    for patience in [Duration::ZERO, PATIENT] {
        explore(&format!("ureq, panic while it sends, patience {patience:?}"), move || panic_while_it_sends(3, patience));
    }
    exhaust("ureq, panic while it sends, two threads", 2, || panic_while_it_sends(2, PATIENT));
}

#[test]
fn a_refresh_that_fails_is_repeated_by_one_and_ends_for_all() {
    for fates in [[Fate::Unreachable; 2], [Fate::Lost; 2], [Fate::Unavailable; 2], [Fate::Unavailable, Fate::Lost]] {
        explore(&format!("ureq, {fates:?}"), move || {
            let world = World::new();
            let client = client(&world, PATIENT);
            world.server.fates(fates);
            let told = together(3, &client, |_, client| ask(client).unwrap());
            assert!(told.iter().all(|token| token == "a1"), "{told:?}");
            let never_left = fates.iter().filter(|fate| **fate == Fate::Unreachable).count();
            // Fewer where somebody waited past the deadline of a request, which then does not leave.
            assert!((1..=3 - never_left).contains(&world.server.requests()));
        });
    }
}

#[test]
fn a_grant_that_ends_ends_for_all() {
    explore("ureq, ended", || {
        let world = World::new();
        let client = client(&world, PATIENT);
        world.server.fates([Fate::Ended]);
        let told = together(3, &client, |_, client| ask(client).unwrap_err());
        assert!(told.iter().all(Error::is_sign_in_required));
        assert_eq!(world.server.requests(), 1);
    });
}

/// Whichever comes first, also a sign-out before anything was loaded.
#[test]
fn wishes_of_every_kind_end() {
    explore("ureq, wishes of every kind", || {
        let world = World::new();
        let client = client(&world, PATIENT);
        let told = together(4, &client, |at, client| match at {
            0 => ask(client).map(drop),
            1 => client.status().map(drop),
            2 => client.save(),
            _ => client.sign_out(),
        });
        assert!(told[1..].iter().all(Result::is_ok), "{told:?}");
        assert!(told[0].as_ref().err().is_none_or(Error::is_sign_in_required), "{told:?}");
        assert!(world.server.requests() <= 1);
    });
}

#[test]
fn a_notification_that_is_lost_would_be_found() {
    finds("ureq, a lost notification", &["deadlock"], || one_refresh(4, true));
}

#[test]
fn a_second_flight_would_be_found() {
    finds("ureq, a second flight", &["two requests are in flight", "a refresh token came twice"], || {
        let world = World::new();
        let client = client(&world, PATIENT);
        together(3, &client, |at, client| {
            // As a driver that forgets its flight while it goes on.
            if at == 0 { client.tower.lock().abandon() } else { drop(ask(client)) }
        });
    });
}
