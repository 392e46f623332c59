//! One refresh at a time, from any number of tasks, cancelled or not.

use core::time::Duration;
use std::sync::Arc;

use gatepass_issuer::{Endpoint, Fault, FaultKind};

use crate::{client::Client, run, sign_in, signed_in, world::World};

/// How many refreshes were asked for so far, once there are so many.
async fn refreshes(world: &World, at_least: u64) -> u64 {
    while world.refreshes() < at_least {
        tokio::task::yield_now().await;
    }
    world.refreshes()
}

// R078
#[test]
fn a_thousand_tasks_on_one_expired_session_make_one_refresh() {
    run(async {
        let world = World::new();
        let client = Arc::new(signed_in(&world).await);
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(100))));
        world.expire();
        let ask = |client: Arc<Client>| async move { client.access_token(Duration::ZERO).await.unwrap().secret().to_owned() };
        let tasks: Vec<_> = (0..1000).map(|_| tokio::spawn(ask(Arc::clone(&client)))).collect();
        let mut tokens = Vec::new();
        for task in tasks {
            tokens.push(task.await.unwrap());
        }
        assert_eq!(world.refreshes(), 1);
        assert!(tokens.iter().all(|token| *token == tokens[0]));
    });
}

// R078
#[test]
fn a_thousand_tasks_make_one_refresh_when_the_first_and_half_of_the_rest_are_cancelled() {
    run(async {
        let world = World::new();
        let client = Arc::new(signed_in(&world).await);
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(300))));
        world.expire();
        let ask = |client: Arc<Client>| async move { client.access_token(Duration::ZERO).await.unwrap().secret().to_owned() };
        // The first is alone until its request is on the way: it leads.
        let first = tokio::spawn(ask(Arc::clone(&client)));
        refreshes(&world, 1).await;
        let tasks: Vec<_> = (1..1000).map(|_| tokio::spawn(ask(Arc::clone(&client)))).collect();
        tokio::task::yield_now().await;
        first.abort();
        for task in tasks.iter().step_by(2) {
            task.abort();
        }
        let mut tokens = Vec::new();
        for (at, task) in tasks.into_iter().enumerate() {
            match task.await {
                Ok(token) => tokens.push(token),
                Err(error) => assert!(error.is_cancelled() && at % 2 == 0, "{at} {error}"),
            }
        }
        assert!(first.await.is_err_and(|error| error.is_cancelled()));
        assert!(tokens.len() >= 499);
        assert_eq!(world.refreshes(), 1);
        assert!(tokens.iter().all(|token| *token == tokens[0]));
    });
}

// R078
#[test]
fn a_caller_that_is_dropped_at_any_await_wedges_nobody() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        for polls in 0..20 {
            world.expire();
            let before = world.refreshes();
            let mut asked = Box::pin(client.access_token(Duration::ZERO));
            for _ in 0..polls {
                let done = core::future::poll_fn(|context| core::task::Poll::Ready(asked.as_mut().poll(context).is_ready())).await;
                if done {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            drop(asked);
            assert!(client.access_token(Duration::ZERO).await.is_ok());
            assert_eq!(world.refreshes(), before + 1, "{polls}");
        }
    });
}

#[test]
fn a_token_that_serves_is_had_while_a_refresh_is_under_way() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let first = client.access_token(Duration::ZERO).await.unwrap();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_secs(1))));
        world.advance(Duration::from_secs(50));
        for _ in 0..3 {
            assert_eq!(client.access_token(Duration::ZERO).await.unwrap().secret(), first.secret());
        }
        refreshes(&world, 1).await;
        while client.access_token(Duration::ZERO).await.unwrap().secret() == first.secret() {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.refreshes(), 1);
    });
}

#[test]
fn a_client_that_is_dropped_in_the_middle_of_a_refresh_still_saves_its_tokens() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(100))));
        world.expire();
        let asked = tokio::spawn(async move { client.access_token(Duration::ZERO).await.map(drop) });
        refreshes(&world, 1).await;
        asked.abort();
        assert!(asked.await.is_err());
        let restarted = Client::new(world.settings().patience(Duration::from_secs(60))).unwrap();
        assert!(restarted.access_token(Duration::ZERO).await.is_ok());
        assert_eq!(world.refreshes(), 1);
    });
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_refresh_leaves_it_in_doubt() {
    let world = World::new();
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = Arc::new(runtime().block_on(sign_in(&world, Client::new(world.settings()).unwrap())));
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_secs(5))));
    world.expire();
    let first = runtime();
    let asking = Arc::clone(&client);
    drop(first.spawn(async move { asking.access_token(Duration::ZERO).await.map(drop) }));
    while world.refreshes() == 0 {
        std::thread::yield_now();
    }
    first.shutdown_timeout(Duration::from_secs(30));
    let error = runtime().block_on(client.access_token(Duration::ZERO)).unwrap_err();
    assert!(matches!(error, gatepass_reqwest::Error::Waiting { why: gatepass::Why::InDoubt, .. }), "{error:?}");
    assert_eq!(world.refreshes(), 1);
}
