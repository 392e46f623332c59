//! What becomes of a grant when a refresh goes wrong.

use core::time::Duration;
use std::{net::TcpListener, sync::Arc, thread};

use gatepass::{Client as Identity, Config, Overlap, Policy, Rotation, Server, SignInReason, Why};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer, Malformed};
use gatepass_store::{
    Memory,
    driver::{Discover, Error, Settings},
};

use crate::{
    client::{Client, discover},
    run, sign_in, signed_in,
    world::{REDIRECT_URI, Stranger, World, grant},
};

async fn why(client: &Client) -> Why {
    match client.access_token(Duration::ZERO).await {
        Err(Error::Waiting { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

// R056
#[test]
fn a_redirect_of_the_token_endpoint_reaches_no_second_server() {
    run(async {
        for status in [301, 302, 303, 307, 308] {
            let (world, stranger) = (World::new(), Stranger::new());
            let client = signed_in(&world).await;
            world.expire();
            world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::RedirectTo { status, url: stranger.url() }));
            assert_eq!(why(&client).await, Why::InDoubt, "{status}");
            assert!(!stranger.was_called(), "{status}");
            world.advance(Duration::from_secs(31));
            assert!(client.access_token(Duration::ZERO).await.is_ok(), "{status}");
        }
    });
}

// R056
#[test]
fn neither_a_revocation_nor_discovery_follows_a_redirect() {
    run(async {
        for status in [301, 302, 303, 307, 308] {
            let (world, stranger) = (World::new(), Stranger::new());
            let client = signed_in(&world).await;
            let away = || FaultKind::RedirectTo { status, url: stranger.url() };
            world.issuer.fault(Fault::new(Endpoint::Revoke, away()));
            assert!(client.sign_out().await.is_err(), "{status}");
            assert_eq!(world.issuer.live_grants(), 1, "{status}: nothing was revoked, and that was said");
            world.issuer.fault(Fault::new(Endpoint::Metadata, away()).times(2));
            let look = Discover::new(&world.issuer.url()).danger_allow_http_on_loopback();
            assert!(discover(&look).await.is_err(), "{status}");
            assert!(!stranger.was_called(), "{status}");
        }
    });
}

// R068
#[test]
fn an_answer_that_cannot_be_read_does_not_end_the_grant() {
    run(async {
        let kinds = [
            FaultKind::Malformed(Malformed::Html),
            FaultKind::Malformed(Malformed::TruncatedJson),
            FaultKind::Malformed(Malformed::Array),
            FaultKind::Malformed(Malformed::TrailingText),
            FaultKind::DropBefore,
            FaultKind::DropDuring,
            FaultKind::Status(500),
            FaultKind::TooMany { retry_after: 1 },
            FaultKind::ErrorCode { status: 400, code: "temporarily_unavailable".to_owned() },
        ];
        for kind in kinds {
            // The server is one that takes the previous token, since some of these are processed.
            let world = World::with(Issuer::builder().overlap(Duration::from_secs(600)));
            let client = signed_in(&world).await;
            world.expire();
            world.issuer.fault(Fault::new(Endpoint::Token, kind.clone()));
            assert_eq!(why(&client).await, Why::InDoubt, "{kind:?}");
            world.advance(Duration::from_secs(31));
            assert!(client.access_token(Duration::ZERO).await.is_ok(), "{kind:?}");
            assert_eq!(world.refreshes(), 2, "{kind:?}");
        }
    });
}

#[test]
fn a_lost_answer_is_repeated_at_once_where_the_server_has_an_overlap() {
    run(async {
        let world = World::with(Issuer::builder().overlap(Duration::from_secs(600)));
        let mut policy = Policy::DEFAULT;
        policy.rotation = Rotation::Rotating(Overlap::Covers);
        let client = sign_in(&world, Client::new(world.settings_with(policy)).unwrap()).await;
        world.expire();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
        assert!(client.access_token(Duration::ZERO).await.is_ok());
        assert_eq!((world.refreshes(), world.issuer.counts().overlap_successes), (2, 1));
    });
}

#[test]
fn a_lost_answer_without_an_overlap_ends_the_grant_and_says_so() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.expire();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
        assert_eq!(why(&client).await, Why::InDoubt);
        assert_eq!(why(&client).await, Why::InDoubt);
        assert_eq!(world.refreshes(), 1);
        world.advance(Duration::from_secs(31));
        let ended = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(matches!(ended, Error::SignInRequired { reason: SignInReason::Ended, .. }), "{ended:?}");
        assert!(ended.to_string().contains("invalid_grant"), "{ended}");
        assert_eq!(world.refreshes(), 2);
    });
}

#[test]
fn offline_nothing_was_sent_and_the_grant_survives() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.expire();
        let port = world.issuer.address().port();
        world.issuer.shutdown();
        assert_eq!(why(&client).await, Why::Offline);
        assert!(client.status().await.unwrap().can_refresh);
        let offline = client.access_token(Duration::ZERO).await.unwrap_err();
        assert!(offline.to_string().contains("cannot be reached"), "{offline}");
        assert!(core::error::Error::source(&offline).is_some());
        // Somebody else on that port, and later: the intent was given back, so the next try needs no lapse of a lease.
        let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        world.advance(Duration::from_secs(3));
    });
}

// R046
#[test]
fn a_server_without_tls_is_not_sent_a_byte_of_a_request() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin: &'static str = String::leak(format!("https://{}", listener.local_addr().unwrap()));
        let urls = ["/authorize", "/token"].map(|path| -> &'static str { String::leak(format!("{origin}{path}")) });
        let server = Server::new(origin, urls[0], urls[1]);
        let config = Config::new(server, Identity::public("demo")).unwrap();
        let settings = Settings::new(config, Arc::new(Memory::new())).origin("https://api.example").patience(Duration::ZERO);
        let client = Client::new(settings).unwrap();
        let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let heard = thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = [0; 4096];
            let length = stream.read(&mut heard).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            heard[..length].to_vec()
        });
        assert!(client.finish_sign_in(&format!("{REDIRECT_URI}?code=secret-code&state={state}")).await.is_err());
        let heard = heard.join().unwrap();
        assert_eq!(heard[0], 0x16, "a TLS handshake, and nothing else");
        assert!(!heard.windows(11).any(|window| window == b"secret-code"));
    });
}

// R055
#[test]
fn a_code_whose_answer_is_lost_is_not_sent_twice() {
    run(async {
        let world = World::new();
        let client = Client::new(world.settings()).unwrap();
        let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::DropAfter));
        let failed = client.finish_sign_in(&world.issuer.visit(&url).unwrap()).await.unwrap_err();
        assert!(matches!(failed, Error::SignInRequired { reason: SignInReason::Failed, .. }), "{failed:?}");
        assert_eq!(world.issuer.counts().code_requests, 1);
    });
}

// R110
#[test]
fn a_sign_out_that_the_server_does_not_confirm_is_repeated() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.issuer.fault(Fault::new(Endpoint::Revoke, FaultKind::Status(503)));
        let error = client.sign_out().await.unwrap_err();
        assert!(matches!(error, Error::Waiting { why: Why::Revocation, .. }), "{error:?}");
        assert!(!client.is_signed_in().await);
        world.advance(Duration::from_secs(10));
        client.sign_out().await.unwrap();
        assert_eq!(world.issuer.live_grants(), 0);
    });
}

#[test]
fn a_wall_clock_that_goes_back_does_not_force_a_sign_in() {
    run(async {
        let world = World::new();
        drop(signed_in(&world).await);
        let settings = Settings::new(world.config(Policy::DEFAULT), world.store.clone()).origin(&world.issuer.api_url());
        // In 1970 a token of the future has an unknown expiry: it serves until it is rejected.
        let settings = settings.danger_allow_http_on_loopback().clock(|| gatepass_store::now().with_unix_seconds(1));
        let client = Client::new(settings).unwrap();
        assert_eq!(client.access_token(Duration::ZERO).await.unwrap().expires_in(), None);
        world.issuer.revoke_all_access_tokens();
        assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 200);
        assert_eq!(world.refreshes(), 1);
    });
}
