//! From the first sign-in to the sign-out.

use core::time::Duration;

use gatepass::{AuthorizationCode, Grant, Misuse, Server, SignInReason, StateName, WellKnown};
use gatepass_issuer::{Endpoint, Fault, FaultKind};
use gatepass_store::driver::{Discover, Error};

use crate::{
    client::{Client, discover},
    run, sign_in, signed_in,
    world::{REDIRECT_URI, World, grant},
};

#[test]
fn a_grant_lives_from_sign_in_to_sign_out() {
    run(async {
        let world = World::new();
        let client = Client::new(world.settings()).unwrap();
        assert!(!client.is_signed_in().await);
        let none = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(none, Error::SignInRequired { reason: SignInReason::NoGrant, .. }), "{none:?}");

        let client = sign_in(&world, client).await;
        let first = client.access_token(Duration::ZERO).await.unwrap();
        assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 200);
        for _ in 0..3 {
            world.expire();
            assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 200);
        }
        assert_eq!((world.refreshes(), world.issuer.counts().api_401), (3, 0));
        let second = client.access_token(Duration::ZERO).await.unwrap();
        assert_ne!(first.secret(), second.secret());
        assert_ne!(first.generation(), second.generation());

        let status = client.status().await.unwrap();
        assert_eq!((status.state, status.is_signed_in, status.can_refresh, status.is_unsaved), (StateName::Live, true, true, false));
        assert_eq!(status.scope.as_deref(), Some("openid"));

        client.sign_out().await.unwrap();
        assert!(!client.is_signed_in().await);
        assert_eq!((world.issuer.live_grants(), world.issuer.counts().revocations), (0, 1));
        let out = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(out, Error::SignInRequired { reason: SignInReason::SignedOut, .. }), "{out:?}");
        client.sign_out().await.unwrap();
    });
}

#[test]
fn a_client_that_has_loaded_nothing_yet_signs_out() {
    run(async {
        let world = World::new();
        drop(signed_in(&world).await);
        let restarted = Client::new(world.settings()).unwrap();
        restarted.sign_out().await.unwrap();
        assert_eq!((world.issuer.live_grants(), world.issuer.counts().revocations), (0, 1));
        // Nobody has signed in.
        let world = World::new();
        Client::new(world.settings()).unwrap().sign_out().await.unwrap();
        assert_eq!(world.issuer.counts().revocations, 0);
    });
}

#[test]
fn a_grant_survives_a_restart_and_is_seen_by_a_client_that_had_none() {
    run(async {
        let world = World::new();
        let early = Client::new(world.settings()).unwrap();
        assert!(early.access_token(Duration::ZERO).await.is_err());
        let token = signed_in(&world).await.access_token(Duration::ZERO).await.unwrap();
        let restarted = Client::new(world.settings()).unwrap();
        assert_eq!(restarted.access_token(Duration::ZERO).await.unwrap().secret(), token.secret());
        assert_eq!(early.access_token(Duration::ZERO).await.unwrap().secret(), token.secret());
        assert_eq!(world.refreshes(), 0);
    });
}

#[test]
fn a_longer_life_than_is_left_is_one_refresh_and_a_longer_one_than_there_can_be_too() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let first = client.access_token(Duration::from_secs(30)).await.unwrap();
        world.advance(Duration::from_secs(35));
        assert_eq!(client.access_token(Duration::from_secs(20)).await.unwrap().secret(), first.secret());
        assert_eq!(world.refreshes(), 0);
        assert_ne!(client.access_token(Duration::from_secs(30)).await.unwrap().secret(), first.secret());
        assert_eq!(world.refreshes(), 1);
        let most = client.access_token(Duration::from_secs(3600)).await.unwrap();
        assert_eq!(most.secret(), client.access_token(Duration::from_secs(3600)).await.unwrap().secret());
        assert_eq!(world.refreshes(), 1);
    });
}

#[test]
fn it_refreshes_ahead_of_expiry() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let first = client.access_token(Duration::ZERO).await.unwrap();
        world.advance(Duration::from_secs(50));
        // Whoever comes meanwhile may still get the old one, which serves.
        while client.access_token(Duration::ZERO).await.unwrap().secret() == first.secret() {
            std::thread::yield_now();
        }
        assert_eq!(world.refreshes(), 1);
    });
}

#[test]
fn a_token_that_serves_outlives_a_server_that_does_not() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let first = client.access_token(Duration::ZERO).await.unwrap();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Status(500)).always());
        world.advance(Duration::from_secs(50));
        assert_eq!(client.access_token(Duration::ZERO).await.unwrap().secret(), first.secret());
        assert_eq!(client.access_token(Duration::from_secs(30)).await.unwrap().secret(), first.secret());
        assert_eq!(world.refreshes(), 1);
    });
}

#[test]
fn a_sign_in_survives_a_restart() {
    run(async {
        let world = World::new();
        let before = Client::new(world.settings()).unwrap();
        let url = before.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        let pending = before.export_pending().unwrap();
        drop(before);
        let after = Client::new(world.settings()).unwrap();
        assert_eq!(after.resume_pending(&pending).await.unwrap(), url);
        assert_eq!(after.redirect_uri().as_deref(), Some(REDIRECT_URI));
        after.finish_sign_in(&world.issuer.visit(&url).unwrap()).await.unwrap();
        assert!(after.is_signed_in().await);
        let damaged = after.resume_pending(&pending[1..]).await.unwrap_err();
        assert!(matches!(damaged, Error::Core(gatepass::Error::Misuse(Misuse::Pending))), "{damaged:?}");
    });
}

#[test]
fn a_foreign_redirect_leaves_the_sign_in_waiting_and_a_refused_one_ends_it() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        assert!(matches!(client.begin_sign_in(&grant(), REDIRECT_URI).await, Err(Error::SignInUnderWay)));
        assert!(matches!(client.access_token(Duration::ZERO).await, Err(Error::SignInUnderWay)));
        let foreign = client.finish_sign_in("http://127.0.0.1/callback?code=secret-code&state=evil").await.unwrap_err();
        assert!(matches!(foreign, Error::Core(gatepass::Error::Violation(_))) && !format!("{foreign} {foreign:?}").contains("secret-code"));
        let declined = client.finish_sign_in(&world.issuer.visit_denied(&url).unwrap()).await.unwrap_err();
        assert!(matches!(declined, Error::SignInRequired { reason: SignInReason::Declined, .. }), "{declined:?}");
        // The grant that the store has kept counts again.
        assert!(client.access_token(Duration::ZERO).await.is_ok());
        client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        client.cancel_sign_in().unwrap();
        assert!(client.access_token(Duration::ZERO).await.is_ok());
    });
}

#[test]
fn a_grant_without_a_refresh_token_ends_with_its_access_token() {
    run(async {
        let world = World::new();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::WithoutRefreshToken));
        let client = signed_in(&world).await;
        assert!(!client.status().await.unwrap().can_refresh);
        let short = client.access_token(Duration::from_secs(3600)).await.unwrap();
        assert!(short.expires_in().unwrap() <= Duration::from_secs(60));
        world.expire();
        let expired = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(expired, Error::SignInRequired { reason: SignInReason::Expired, .. }), "{expired:?}");
    });
}

// R156
#[test]
fn a_server_says_where_it_is() {
    run(async {
        let world = World::new();
        let look = Discover::new(&world.issuer.url()).danger_allow_http_on_loopback();
        let server: Server<'static> = discover(&look).await.unwrap();
        assert!(gatepass::Config::new(server, gatepass::Client::public("demo")).unwrap().can_revoke());
        // The form that is asked first is not there, or what it says cannot be read.
        for kind in [FaultKind::Status(404), FaultKind::Giant(1 << 20), FaultKind::RedirectTo { status: 302, url: world.issuer.url() }] {
            world.issuer.fault(Fault::new(Endpoint::Metadata, kind));
            assert!(discover(&look).await.is_ok());
        }
        world.issuer.fault(Fault::new(Endpoint::Metadata, FaultKind::Status(404)));
        assert!(discover(&look.clone().only(WellKnown::OAuth)).await.is_err());
        assert!(discover(&Discover::new(&world.issuer.url())).await.is_err());
        assert!(discover(&Discover::new(&format!("{}/", world.issuer.url())).danger_allow_http_on_loopback()).await.is_err());
    });
}

// R075 R150
#[test]
fn no_secret_is_printed() {
    run(async {
        let world = World::new();
        let client = Client::new(world.settings()).unwrap();
        let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid"));
        let url = client.begin_sign_in(&grant, REDIRECT_URI).await.unwrap();
        let redirect = world.issuer.visit(&url).unwrap();
        client.finish_sign_in(&redirect).await.unwrap();
        let token = client.access_token(Duration::ZERO).await.unwrap();
        let printed = format!("{client:?} {token:?} {:?}", client.status().await);
        let code = redirect.split("code=").nth(1).unwrap().split('&').next().unwrap();
        assert!(!printed.contains(token.secret()) && !printed.contains(code), "{printed}");
    });
}
