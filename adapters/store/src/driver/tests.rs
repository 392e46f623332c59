//! What no adapter can show for sure: an order of events.

use core::time::Duration;
use std::sync::Arc;

use gatepass::{AuthorizationCode, Client, Config, Grant, Server, SignInReason};

use super::{Call, Driver, Error, Goal, Settings, Step, Want};
use crate::memory::Memory;

const TOKENS: &str = r#"{"access_token":"secret-a","refresh_token":"secret-r","token_type":"Bearer","expires_in":3600}"#;

fn driver(store: &Arc<Memory>) -> Driver {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let settings = Settings::new(config, Arc::<Memory>::clone(store)).origin("https://api.example").patience(Duration::ZERO);
    settings.build().unwrap().0
}

/// Runs flights for a wish until there is an answer.
fn reach(driver: &mut Driver, call: &mut Call, status: u16, body: &str) -> Result<Want, Error> {
    loop {
        let want = driver.want(call)?;
        let Want::Lead(step, _) = want else { return Ok(want) };
        let mut next = Some(step);
        while let Some(step) = next {
            assert!(driver.out.iter().all(|byte| *byte == 0), "nothing is left of what was handed out");
            match step {
                Step::Store(errand) => driver.stored(errand.run()),
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
fn redirected(driver: &mut Driver) -> Call {
    let mut idle = driver.call(Goal::Idle, Duration::ZERO);
    assert!(matches!(reach(driver, &mut idle, 500, ""), Ok(Want::Ready(None))));
    let url = driver.begin_sign_in(&Grant::AuthorizationCode(AuthorizationCode::new()), "https://app.example/cb").unwrap();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
    driver.redirect(&format!("https://app.example/cb?code=c&state={state}")).unwrap();
    driver.call(Goal::SignedIn, Duration::ZERO)
}

#[test]
fn a_sign_in_is_not_complete_by_the_grant_of_another() {
    let store = Arc::new(Memory::new());
    let mut first = driver(&store);
    let mut call = redirected(&mut first);
    assert!(matches!(reach(&mut first, &mut call, 200, TOKENS), Ok(Want::Ready(None))));

    let mut second = driver(&store);
    let mut call = redirected(&mut second);
    let Ok(Want::Lead(Step::Send(_), None)) = second.want(&mut call) else { panic!() };
    assert!(second.departs().is_some());
    assert!(second.head(400, Some("application/json"), None));
    let _ = second.body(br#"{"error":"invalid_grant"}"#);
    second.end();
    assert!(second.next_step().is_none());
    // Before this caller looks, another takes the stored grant up again.
    let mut other = second.call(Goal::Token(Duration::ZERO), Duration::ZERO);
    assert!(matches!(reach(&mut second, &mut other, 500, ""), Ok(Want::Ready(Some(_)))));
    assert_eq!(second.status().state, gatepass::StateName::Live);
    for _ in 0..2 {
        let Err(Error::SignInRequired { reason, refusal }) = second.want(&mut call) else { panic!() };
        assert_eq!((reason, refusal.as_deref()), (SignInReason::Failed, Some("invalid_grant")));
    }
}

#[test]
fn a_sign_in_that_succeeded_stays_so_for_its_caller() {
    let store = Arc::new(Memory::new());
    let mut driver = driver(&store);
    let mut call = redirected(&mut driver);
    let mut same = driver.call(Goal::SignedIn, Duration::ZERO);
    assert!(matches!(reach(&mut driver, &mut call, 200, TOKENS), Ok(Want::Ready(None))));
    // Another caller begins the next, and gives it up.
    let mut next = redirected(&mut driver);
    driver.cancel().unwrap();
    assert!(matches!(driver.want(&mut same), Ok(Want::Ready(None))));
    assert!(matches!(driver.want(&mut next), Err(Error::SignInRequired { reason: SignInReason::Cancelled, .. })));
}
