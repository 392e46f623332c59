//! One refresh at a time, in every order in which tasks may come to it: the client as it is, from `access_token` to the request that it
//! would hand to reqwest, with locks, tasks and time that shuttle schedules. What reqwest, hyper and tokio's runtime do is not explored.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

pub(crate) mod runtime;
#[path = "../../store/tests/interleavings/mod.rs"]
#[allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "shared by two adapters")]
pub(crate) mod shared;

use core::{cell::RefCell, time::Duration};
use std::sync::{Arc, OnceLock};

use gatepass_store::driver::{Error, OwnedRequest};
use shuttle::future::{JoinHandle, block_on, spawn};

use self::{
    runtime::{Fault, Mutex, Notify, begin, pause, shut_down},
    shared::{
        PATIENT, World, exhaust, explore, finds, finds_with_one_interruption,
        server::{Fate, Server},
    },
};
use crate::{
    client::Client,
    flight::Tower,
    http::{Traffic, http},
    store::AnyStore,
};

std::thread_local! {
    static SERVER: RefCell<Arc<Server>> = RefCell::default();
}

/// A client of reqwest, which never sends.
fn idle() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| http(Traffic::Server, false, &|options| options).unwrap())
}

/// [`wire::send`](crate::wire::send), to the server in memory.
pub(crate) async fn send(_: &reqwest::Client, request: &OwnedRequest, _: Duration) -> Result<reqwest::Response, reqwest::Error> {
    pause().await;
    let flight = SERVER.with_borrow(Server::begin);
    pause().await;
    if flight.is_unreachable() {
        // It counts as not sent, as a connection that fails does.
        return Err(idle().get("no URL").build().unwrap_err());
    }
    let path = request.url().strip_prefix("https://as.example").unwrap();
    let answer = flight.answer(path, core::str::from_utf8(request.body()).unwrap());
    pause().await;
    let Some((status, body)) = answer else {
        // It counts as in doubt, as a connection that breaks does.
        let broken = http::Response::builder().status(500).body("").unwrap();
        return Err(reqwest::Response::from(broken).error_for_status().unwrap_err());
    };
    Ok(http::Response::builder().status(status).header("content-type", "application/json").body(body).unwrap().into())
}

/// [`Client::new`] with a server in memory.
fn client(world: &World, patience: Duration) -> Client {
    SERVER.set(Arc::clone(&world.server));
    let (driver, store, origins, patience) = world.settings().patience(patience).build().unwrap();
    let tower = Tower { driver: Mutex::new(driver), store: AnyStore::from(store), landed: Notify::new(), http: idle().clone(), patience };
    Client { tower: Arc::new(tower), api: idle().clone(), origins: Arc::new(origins) }
}

/// What one caller learns.
type Told = Result<String, Error>;

async fn ask(client: &Client) -> Told {
    client.access_token(Duration::ZERO).await.map(|token| token.secret().to_owned())
}

/// So many tasks that ask at once.
fn asking(count: usize, client: &Client) -> Vec<JoinHandle<Told>> {
    let asks = |client: Client| async move { ask(&client).await };
    (0..count).map(|_| spawn(asks(client.clone()))).collect()
}

/// What each task came to.
async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    told
}

fn one_refresh(tasks: usize, fault: Fault) {
    begin(fault);
    let world = World::new();
    let client = client(&world, Duration::ZERO);
    let told = block_on(all(asking(tasks, &client)));
    assert!(told.iter().all(|told| told.as_ref().is_ok_and(|token| token == "a1")), "{told:?}");
    assert_eq!(world.server.requests(), 1);
}

// R078
#[test]
fn tasks_that_find_the_token_expired_make_one_refresh() {
    explore("reqwest, expired", || one_refresh(4, Fault::None));
}

// R078
#[test]
fn tasks_that_find_the_token_expired_make_one_refresh_in_every_order_with_few_interruptions() {
    exhaust("reqwest, expired, two tasks", 2, || one_refresh(2, Fault::None));
    exhaust("reqwest, expired, three tasks", 1, || one_refresh(3, Fault::None));
}

#[test]
fn a_rejected_token_is_refreshed_once() {
    explore("reqwest, rejected", || {
        begin(Fault::None);
        let world = World::after(10);
        let client = client(&world, Duration::ZERO);
        let rejected = |client: Client| async move {
            let token = client.access_token(Duration::ZERO).await.unwrap();
            pause().await;
            if token.secret() == "a0" {
                client.tower.lock().token_rejected(&token);
            }
            ask(&client).await.unwrap()
        };
        let told = block_on(all((0..3).map(|_| spawn(rejected(client.clone()))).collect()));
        assert!(told.iter().all(|token| token == "a1"), "{told:?}");
        assert_eq!(world.server.requests(), 1);
    });
}

fn dropped_caller(others: usize) {
    begin(Fault::None);
    let world = World::new();
    let client = client(&world, Duration::ZERO);
    block_on(async {
        let mut tasks = asking(1 + others, &client);
        let first = tasks.remove(0);
        first.abort();
        assert!(all(tasks).await.iter().all(|told| told.as_ref().is_ok_and(|token| token == "a1")));
        assert!(first.await.map_or(true, |told| told.is_ok_and(|token| token == "a1")));
    });
    assert_eq!(world.server.requests(), 1);
}

// R078
#[test]
fn a_caller_that_is_dropped_wedges_nobody_and_ends_no_flight() {
    explore("reqwest, a caller is dropped", || dropped_caller(2));
    exhaust("reqwest, a caller is dropped, one other", 1, || dropped_caller(1));
}

fn dropped_flight(tasks: usize, patience: Duration) {
    begin(Fault::None);
    let world = World::new();
    world.server.overlaps();
    let client = client(&world, patience);
    let told = block_on(async {
        let tasks = asking(tasks, &client);
        pause().await;
        shut_down();
        all(tasks).await
    });
    for told in told {
        match told {
            Ok(token) => assert_eq!(token, "a1"),
            Err(error) => assert!(patience.is_zero() && matches!(error, Error::Waiting { .. }), "{error}"),
        }
    }
    if patience.is_zero() {
        assert_eq!(block_on(ask(&self::client(&world, PATIENT))).unwrap(), "a1");
    }
    assert!((1..=2).contains(&world.server.requests()));
}

/// As by a runtime that shuts down: what has left is in doubt.
#[test]
fn a_flight_that_is_dropped_wedges_nobody() {
    for patience in [Duration::ZERO, PATIENT] {
        explore(&format!("reqwest, a flight is dropped, patience {patience:?}"), move || dropped_flight(3, patience));
    }
    exhaust("reqwest, a flight is dropped, two tasks", 1, || dropped_flight(2, PATIENT));
}

#[test]
fn a_store_that_panics_wedges_nobody() {
    // The load, the intent, and the tokens.
    for call in 1..=3 {
        explore(&format!("reqwest, panic at call {call} of the store"), move || {
            begin(Fault::None);
            let world = World::new();
            let client = client(&world, PATIENT);
            world.store.breaks_at(call);
            let told = block_on(all(asking(3, &client)));
            assert!(told.iter().all(|told| told.as_ref().is_ok_and(|token| token == "a1")), "{told:?}");
            assert_eq!(world.server.requests(), 1);
            block_on(client.save()).unwrap();
        });
    }
}

#[test]
fn a_refresh_that_fails_is_repeated_by_one_and_ends_for_all() {
    for fates in [[Fate::Unreachable; 2], [Fate::Lost; 2], [Fate::Unavailable; 2], [Fate::Unavailable, Fate::Lost]] {
        explore(&format!("reqwest, {fates:?}"), move || {
            begin(Fault::None);
            let world = World::new();
            let client = client(&world, PATIENT);
            world.server.fates(fates);
            let told = block_on(all(asking(3, &client)));
            assert!(told.iter().all(|told| told.as_ref().is_ok_and(|token| token == "a1")), "{told:?}");
            let never_left = fates.iter().filter(|fate| **fate == Fate::Unreachable).count();
            // Fewer where somebody waited past the deadline of a request, which then does not leave.
            assert!((1..=3 - never_left).contains(&world.server.requests()));
        });
    }
}

#[test]
fn a_grant_that_ends_ends_for_all() {
    explore("reqwest, ended", || {
        begin(Fault::None);
        let world = World::new();
        let client = client(&world, PATIENT);
        world.server.fates([Fate::Ended]);
        let told = block_on(all(asking(3, &client)));
        assert!(told.iter().all(|told| told.as_ref().is_err_and(Error::is_sign_in_required)), "{told:?}");
        assert_eq!(world.server.requests(), 1);
    });
}

/// Whichever comes first, also a sign-out before anything was loaded.
#[test]
fn wishes_of_every_kind_end() {
    explore("reqwest, wishes of every kind", || {
        begin(Fault::None);
        let world = World::new();
        let client = client(&world, PATIENT);
        let wish = |at, client: Client| async move {
            match at {
                0 => ask(&client).await.map(drop),
                1 => client.status().await.map(drop),
                2 => client.save().await,
                _ => client.sign_out().await,
            }
        };
        let told = block_on(all((0..4).map(|at| spawn(wish(at, client.clone()))).collect()));
        assert!(told[1..].iter().all(Result::is_ok), "{told:?}");
        assert!(told[0].as_ref().err().is_none_or(Error::is_sign_in_required), "{told:?}");
        assert!(world.server.requests() <= 1);
    });
}

#[test]
fn a_notification_that_is_lost_would_be_found() {
    finds("reqwest, a lost notification", &["deadlock"], || one_refresh(4, Fault::NotTold));
}

#[test]
fn a_waiter_that_listens_too_late_would_be_found() {
    finds_with_one_interruption("reqwest, a waiter that listens too late", &["deadlock"], || one_refresh(2, Fault::TooLate));
}

#[test]
fn a_dropped_flight_that_tells_nobody_would_be_found() {
    finds("reqwest, a dropped flight that tells nobody", &["deadlock"], || {
        begin(Fault::Leaked);
        let client = client(&World::new(), PATIENT);
        block_on(async {
            let tasks = asking(3, &client);
            pause().await;
            shut_down();
            drop(all(tasks).await);
        });
    });
}

#[test]
fn a_second_flight_would_be_found() {
    finds("reqwest, a second flight", &["two requests are in flight", "a refresh token came twice"], || {
        begin(Fault::None);
        let client = client(&World::new(), PATIENT);
        block_on(async {
            let tasks = asking(3, &client);
            pause().await;
            // As a driver that forgets its flight while it goes on.
            client.tower.lock().abandon();
            drop(all(tasks).await);
        });
    });
}
