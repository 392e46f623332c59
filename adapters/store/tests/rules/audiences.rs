//! One grant, several audiences.

use core::time::Duration;

use gatepass::{Audience, Policy, SignInReason, Why};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};
use gatepass_store::driver::{Error, Settings};

use crate::{client::Client, run, sign_in, world::World};

const FILES: &str = "https://files.example/";
const MAIL: &str = "mail";
const UNKNOWN: &str = "urn:nobody";
const AUDIENCES: &[Audience<'static>] = &[Audience::named(FILES), Audience::named(MAIL).scope("openid"), Audience::named(UNKNOWN)];

fn world() -> World {
    World::with(Issuer::builder().targets(&[FILES, MAIL]))
}

fn settings(world: &World) -> Settings {
    let config = world.config(Policy::DEFAULT).with_audiences(AUDIENCES).unwrap();
    world.tuned(Settings::new(config, world.store.clone()))
}

async fn signed_in(world: &World) -> Client {
    sign_in(world, Client::new(settings(world)).unwrap()).await
}

#[test]
fn all_audiences_are_one_family_and_every_token_is_fetched_once() {
    run(async {
        let world = world();
        let client = signed_in(&world).await;
        let own = client.access_token(Duration::ZERO).await.unwrap();
        let (mut tokens, audiences) = (Vec::new(), [FILES, MAIL, FILES, MAIL]);
        for audience in audiences {
            tokens.push(client.access_token_for(audience, Duration::ZERO).await.unwrap().secret().to_owned());
        }
        assert_eq!((&tokens[0], &tokens[1]), (&tokens[2], &tokens[3]));
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(client.access_token(Duration::ZERO).await.unwrap().secret(), own.secret());
        assert_eq!((world.refreshes(), world.issuer.live_grants()), (2, 1));
        // Another process finds them all.
        let other = Client::new(settings(&world)).unwrap();
        assert_eq!(other.access_token_for(MAIL, Duration::ZERO).await.unwrap().secret(), tokens[1]);
        assert_eq!(world.refreshes(), 2);
        // And they expire each for itself.
        world.expire();
        let renewed = other.access_token_for(MAIL, Duration::ZERO).await.unwrap();
        assert_ne!(renewed.secret(), tokens[1]);
        assert_eq!(world.issuer.counts().families_revoked, 0);
    });
}

// R060
#[test]
fn an_origin_gets_the_token_of_its_audience() {
    run(async {
        let world = world();
        let url = world.issuer.api_url();
        let config = world.config(Policy::DEFAULT).with_audiences(AUDIENCES).unwrap();
        let settings = || Settings::new(config, world.store.clone()).patience(Duration::ZERO).danger_allow_http_on_loopback();
        let client = sign_in(&world, Client::new(settings().origin_for(&url, FILES)).unwrap()).await;
        let body = client.get(&url).await.unwrap().body;
        assert!(body.contains(r#""aud":["https://files.example/"]"#), "{body}");
        // One that is rejected is fetched anew, for that audience alone.
        world.issuer.revoke_all_access_tokens();
        let answer = client.get(&url).await.unwrap();
        assert!(answer.status == 200 && answer.body.contains(FILES), "{}", answer.body);
        assert_eq!(world.refreshes(), 2);
        let unnamed = Client::new(settings().origin_for(&url, "urn:else")).unwrap_err();
        assert!(matches!(unnamed, Error::Core(gatepass::Error::Misuse(gatepass::Misuse::Audience))), "{unnamed}");
    });
}

#[test]
fn an_audience_that_the_server_refuses_harms_no_other() {
    run(async {
        let world = world();
        let client = signed_in(&world).await;
        for _ in 0..2 {
            let refused = client.access_token_for(UNKNOWN, Duration::ZERO).await.unwrap_err();
            assert!(matches!(refused, Error::Waiting { why: Why::Refused, .. }), "{refused:?}");
            assert!(refused.to_string().contains("invalid_target") || refused.to_string().contains("refused"), "{refused}");
        }
        assert_eq!(world.refreshes(), 1, "not at once again");
        assert!(client.access_token(Duration::ZERO).await.is_ok());
        assert!(client.access_token_for(FILES, Duration::ZERO).await.is_ok());
        let unnamed = client.access_token_for("urn:else", Duration::ZERO).await.unwrap_err();
        assert!(matches!(unnamed, Error::Core(gatepass::Error::Misuse(gatepass::Misuse::Audience))), "{unnamed}");
    });
}

#[test]
fn a_lost_answer_for_one_audience_leaves_the_tokens_of_the_others_usable() {
    run(async {
        let world = world();
        let client = signed_in(&world).await;
        client.access_token_for(FILES, Duration::ZERO).await.unwrap();
        world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Status(503)));
        let lost = client.access_token_for(MAIL, Duration::ZERO).await.unwrap_err();
        assert!(matches!(lost, Error::Waiting { why: Why::InDoubt, .. }), "{lost:?}");
        assert!(client.access_token(Duration::ZERO).await.is_ok());
        assert!(client.access_token_for(FILES, Duration::ZERO).await.is_ok());
        world.advance(Duration::from_secs(31));
        assert!(client.access_token_for(MAIL, Duration::ZERO).await.is_ok());
    });
}

#[test]
fn without_a_grant_an_audience_has_no_token_either() {
    run(async {
        let world = world();
        let client = Client::new(settings(&world)).unwrap();
        let nobody = client.access_token_for(FILES, Duration::ZERO).await.unwrap_err();
        assert!(matches!(nobody, Error::SignInRequired { reason: SignInReason::NoGrant, .. }), "{nobody:?}");
    });
}
