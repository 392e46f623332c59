//! Who gets the token, and what a rejection does.

use gatepass_issuer::{Endpoint, Fault, FaultKind};
use gatepass_store::driver::{Error, Settings};

use crate::{
    client::Client,
    run, signed_in,
    world::{Stranger, World},
};

// R057 R088
#[test]
fn an_origin_that_was_not_named_gets_no_token_and_no_connection() {
    run(async {
        let (world, stranger) = (World::new(), Stranger::new());
        let client = signed_in(&world).await;
        let port = world.issuer.address().port();
        for url in [
            stranger.url(),
            stranger.url().replace("http:", "https:"),
            format!("http://localhost:{port}/api"),
            format!("http://u@127.0.0.1:{port}/api"),
        ] {
            let refused = client.get(&url).await.unwrap_err();
            assert!(matches!(refused, Error::OriginNotAllowed { .. }), "{url} {refused:?}");
        }
        assert!(!stranger.was_called());
        assert_eq!(world.issuer.counts().api_requests, 0);
    });
}

// R056 R057
#[test]
fn a_redirect_of_the_api_is_a_response_and_reaches_no_second_server() {
    run(async {
        let (world, stranger) = (World::new(), Stranger::new());
        let client = signed_in(&world).await;
        for status in [301, 302, 303, 307, 308] {
            for url in [stranger.url(), "/api".to_owned()] {
                world.issuer.reset_counts();
                world.issuer.fault(Fault::new(Endpoint::Api, FaultKind::RedirectTo { status, url }));
                assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, status);
                assert_eq!(world.issuer.counts().api_requests, 1);
            }
        }
        assert!(!stranger.was_called());
    });
}

// R161
#[test]
fn a_rejected_token_is_refreshed_once_and_the_request_repeated_with_its_body() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.issuer.revoke_all_access_tokens();
        let body = client.post(&world.issuer.api_url(), "four").await.unwrap().body;
        assert!(body.contains("\"body_len\":4"), "{body}");
        assert_eq!((world.refreshes(), world.issuer.counts().api_requests), (1, 2));
    });
}

// R161
#[test]
fn a_second_rejection_is_a_response() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.issuer.fault(Fault::new(Endpoint::Api, FaultKind::ErrorCode { status: 401, code: "invalid_token".to_owned() }).times(2));
        assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 401);
        assert_eq!((world.refreshes(), world.issuer.counts().api_requests), (1, 2));
    });
}

// R161
#[test]
fn a_refusal_that_a_new_token_does_not_cure_is_a_response() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        assert_eq!(client.get(&format!("{}/admin", world.issuer.api_url())).await.unwrap().status, 403);
        world.issuer.fault(Fault::new(Endpoint::Api, FaultKind::Status(401)));
        assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 401);
        assert_eq!(world.refreshes(), 0);
    });
}

// R085 R160
#[test]
fn the_token_travels_in_one_header_and_nothing_follows_it() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let twice = client.get_authorized(&world.issuer.api_url()).await;
        assert!(matches!(twice, Err(Error::AlreadyAuthorized)));
        client.get(&world.issuer.api_url()).await.unwrap();
        let token = client.access_token(core::time::Duration::ZERO).await.unwrap();
        let seen = world.issuer.requests();
        let api = seen.iter().find(|request| request.endpoint == Some(Endpoint::Api)).unwrap();
        assert_eq!(api.header("authorization"), Some(token.header().unwrap()));
        assert_eq!(api.query, "");
        for request in &seen {
            assert!(["referer", "cookie", "accept-encoding"].iter().all(|name| request.header(name).is_none()), "{request:?}");
        }
        let refresh = seen.iter().find(|request| request.endpoint == Some(Endpoint::Token)).unwrap();
        // R073
        assert_eq!(refresh.header("cache-control"), Some("no-store"));
    });
}

#[test]
fn origins_are_named_and_plain_http_is_opted_into() {
    run(async {
        let world = World::new();
        let settings = || Settings::new(world.config(gatepass::Policy::DEFAULT), world.store.clone());
        assert!(matches!(Client::new(settings()), Err(Error::Origins)));
        assert!(matches!(Client::new(settings().origin(&world.issuer.api_url())), Err(Error::Origins)));
        assert!(matches!(Client::new(settings().origin("api.example")), Err(Error::Origins)));
        assert!(Client::new(settings().origin("https://api.example")).is_ok());
    });
}
