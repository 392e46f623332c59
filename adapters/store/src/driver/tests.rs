//! What no adapter can show for sure: an order of events.
#![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use gatepass::{AuthorizationCode, Client, Config, Grant, Server, SignInReason, StateName, Timestamp, Version, Why};

use super::{Call, Driver, Error, Goal, Settings, Step, Want};
use crate::{
    error::StoreError,
    memory::Memory,
    store::{Record, Store, Swap},
};

const TOKENS: &str = r#"{"access_token":"secret-a","refresh_token":"secret-r","token_type":"Bearer","expires_in":3600}"#;

fn driver(store: &Arc<Memory>) -> Driver {
    driver_at(store, Arc::default())
}

/// With a clock that stands where it is put (seconds).
fn driver_at(store: &Arc<Memory>, clock: Arc<AtomicU64>) -> Driver {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let settings = Settings::new(config, Arc::<Memory>::clone(store)).origin("https://api.example");
    let clock = move || {
        let seconds = 1_000 + clock.load(Ordering::SeqCst);
        Timestamp::from_millis(seconds * 1000).with_unix_seconds(seconds)
    };
    let settings = settings.patience(Duration::ZERO).clock(clock);
    settings.build().unwrap().0
}

/// Runs flights for a wish until there is an answer.
fn reach(driver: &mut Driver, store: &dyn Store, call: &mut Call, status: u16, body: &str) -> Result<Want, Error> {
    loop {
        let want = driver.want(call)?;
        let Want::Lead(step, _) = want else { return Ok(want) };
        let mut next = Some(step);
        while let Some(step) = next {
            assert!(driver.out.iter().all(|byte| *byte == 0), "nothing is left of what was handed out");
            match step {
                Step::Store(errand) => driver.stored(errand.run(store)),
                Step::Send(_) => {
                    assert!(driver.departs().is_some());
                    let _ = driver.head(status, Some("application/json"), None) && driver.body(body.as_bytes());
                    driver.end();
                }
            }
            next = driver.next_step();
        }
    }
}

/// As far as the redirect, and the wish that follows.
fn redirected(driver: &mut Driver, store: &Memory) -> Call {
    let mut idle = driver.call(Goal::Idle, Duration::ZERO);
    assert!(matches!(reach(driver, store, &mut idle, 500, ""), Ok(Want::Ready(None))));
    let url = driver.begin_sign_in(&Grant::AuthorizationCode(AuthorizationCode::new()), "https://app.example/cb").unwrap();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    driver.redirect(&format!("https://app.example/cb?code=c&state={state}")).unwrap();
    driver.call(Goal::SignedIn, Duration::ZERO)
}

#[test]
fn a_sign_in_is_not_complete_by_the_grant_of_another() {
    let store = Arc::new(Memory::new());
    let mut first = driver(&store);
    let mut call = redirected(&mut first, &store);
    assert!(matches!(reach(&mut first, &*store, &mut call, 200, TOKENS), Ok(Want::Ready(None))));

    let mut second = driver(&store);
    let mut call = redirected(&mut second, &store);
    let Ok(Want::Lead(Step::Send(_), None)) = second.want(&mut call) else { panic!() };
    assert!(second.departs().is_some());
    assert!(second.head(400, Some("application/json"), None));
    let _ = second.body(br#"{"error":"invalid_grant"}"#);
    second.end();
    assert!(second.next_step().is_none());
    // Before this caller looks, another takes the stored grant up again.
    let mut other = second.call(Goal::Token(Duration::ZERO), Duration::ZERO);
    assert!(matches!(reach(&mut second, &*store, &mut other, 500, ""), Ok(Want::Ready(Some(_)))));
    assert_eq!(second.status().state, StateName::Live);
    for _ in 0..2 {
        let Err(Error::SignInRequired { reason, refusal }) = second.want(&mut call) else { panic!() };
        assert_eq!((reason, refusal.as_deref()), (SignInReason::Failed, Some("invalid_grant")));
    }
}

#[test]
fn a_sign_in_that_succeeded_stays_so_for_its_caller() {
    let store = Arc::new(Memory::new());
    let mut driver = driver(&store);
    let mut call = redirected(&mut driver, &store);
    let mut same = driver.call(Goal::SignedIn, Duration::ZERO);
    assert!(matches!(reach(&mut driver, &*store, &mut call, 200, TOKENS), Ok(Want::Ready(None))));
    // Another caller begins the next, and gives it up.
    let mut next = redirected(&mut driver, &store);
    driver.cancel().unwrap();
    assert!(matches!(driver.want(&mut same), Ok(Want::Ready(None))));
    assert!(matches!(driver.want(&mut next), Err(Error::SignInRequired { reason: SignInReason::Cancelled, .. })));
}

/// A store that is away.
#[derive(Default)]
struct Away(AtomicU64);

impl Away {
    fn fail<T>(&self) -> Result<T, StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(StoreError::Entropy)
    }
}

impl Store for Away {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.fail()
    }

    fn swap(&self, _: Option<Version>, _: &[u8]) -> Result<Swap, StoreError> {
        self.fail()
    }
}

#[test]
fn a_waiter_does_not_ask_a_store_that_is_away_again_without_a_pause() {
    let (store, clock) = (Arc::new(Memory::new()), Arc::<AtomicU64>::default());
    let mut first = driver_at(&store, clock.clone());
    let mut call = redirected(&mut first, &store);
    assert!(matches!(reach(&mut first, &*store, &mut call, 200, TOKENS), Ok(Want::Ready(None))));
    clock.fetch_add(7_200, Ordering::SeqCst);
    // The first dies with its intent stored.
    let mut call = first.call(Goal::Token(Duration::ZERO), Duration::ZERO);
    let Ok(Want::Lead(Step::Store(errand), None)) = first.want(&mut call) else { panic!() };
    first.stored(errand.run(&*store));
    assert_eq!(first.session.state(), StateName::RefreshReady);

    let mut second = driver_at(&store, clock.clone());
    let mut call = second.call(Goal::Loaded, Duration::ZERO);
    assert!(matches!(reach(&mut second, &*store, &mut call, 500, ""), Ok(Want::Ready(None))));
    assert_eq!(second.session.state(), StateName::Waiting);
    clock.fetch_add(1, Ordering::SeqCst);
    let away = Away::default();
    let mut call = second.call(Goal::Token(Duration::ZERO), Duration::ZERO);
    let waits = reach(&mut second, &away, &mut call, 500, "");
    assert!(matches!(waits, Err(Error::Waiting { why: Why::Store, cause: Some(_), .. })), "{waits:?}");
    assert_eq!(away.0.load(Ordering::SeqCst), 1);
}
