//! The adapters and the command against a certified authorization server.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

use std::{sync::Arc, thread, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use gatepass::{Audience, Client, Config, SignInReason};
use gatepass_store::{
    Memory,
    driver::{Discover, Error, Settings, Token},
};
use gatepass_support::{NATIVE_CLIENT, OidcProvider, PERSON, POST_CLIENT, POST_SECRET, ProviderOptions, WEB_CLIENT, WEB_SECRET};
use gatepass_tests::{REDIRECT_URI, Shell, api_grant, refresh_tokens_sent, replay, settings, userinfo_grant};
use serde_json::Value;

/// Longer than any access token of these servers lives: asking for it refreshes, once a token has lost a quarter of its life.
const LONGER: Duration = Duration::from_secs(86_400);
/// More than that quarter, where tokens live for two seconds.
const QUARTER: Duration = Duration::from_millis(700);

fn look(provider: &OidcProvider) -> Discover {
    Discover::new(provider.issuer()).danger_allow_http_on_loopback()
}

fn blocking(provider: &OidcProvider, client: Client<'static>) -> gatepass_ureq::Client {
    let server = gatepass_ureq::discover(&look(provider)).unwrap();
    gatepass_ureq::Client::new(settings(provider, server, client)).unwrap()
}

async fn asynchronous(provider: &OidcProvider, client: Client<'static>) -> gatepass_reqwest::Client {
    let server = gatepass_reqwest::discover(&look(provider)).await.unwrap();
    gatepass_reqwest::Client::new(settings(provider, server, client)).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

// R004 R006 R007 R018 R031 R032 R076 R077 R083
#[test]
fn the_blocking_client_lives_a_whole_life_and_sees_a_replayed_family_die() {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(2));
    let client = blocking(&provider, Client::public(NATIVE_CLIENT));
    let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).unwrap();
    client.finish_sign_in(&provider.sign_in_by_forms(&url)).unwrap();

    let me = client.get(&format!("{}/me", provider.issuer())).unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(json(&me)["sub"], PERSON);

    let mut tokens = vec![client.access_token(Duration::ZERO).unwrap().secret().to_owned()];
    for _ in 0..3 {
        thread::sleep(QUARTER);
        tokens.push(client.access_token(LONGER).unwrap().secret().to_owned());
        assert_eq!(client.get(&format!("{}/me", provider.issuer())).unwrap().status(), 200);
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "three rotations");
    let sent = refresh_tokens_sent(&provider);
    assert_eq!(sent.len(), 3);
    assert!(sent[0] != sent[1] && sent[1] != sent[2], "each refresh token is sent once");

    assert_eq!(replay(&provider, &sent[0]), (400, "invalid_grant".to_owned()));
    thread::sleep(QUARTER);
    let ended = client.access_token(LONGER);
    assert!(matches!(ended, Err(Error::SignInRequired { reason: SignInReason::Ended, .. })), "{ended:?}");
}

// R004 R006 R007 R018 R031 R032 R076 R077 R083
#[tokio::test]
async fn the_async_client_lives_a_whole_life_and_sees_a_replayed_family_die() {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(2));
    let client = asynchronous(&provider, Client::public(NATIVE_CLIENT)).await;
    let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).await.unwrap();
    client.finish_sign_in(&provider.sign_in_by_forms(&url)).await.unwrap();

    let me = client.get(&format!("{}/me", provider.issuer())).await.unwrap().text().await.unwrap();
    assert_eq!(json(&me)["sub"], PERSON);

    let mut tokens = vec![client.access_token(Duration::ZERO).await.unwrap().secret().to_owned()];
    for _ in 0..3 {
        tokio::time::sleep(QUARTER).await;
        tokens.push(client.access_token(LONGER).await.unwrap().secret().to_owned());
        assert_eq!(client.get(&format!("{}/me", provider.issuer())).await.unwrap().status(), 200);
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "three rotations");
    let sent = refresh_tokens_sent(&provider);
    assert_eq!(sent.len(), 3);

    assert_eq!(replay(&provider, &sent[0]), (400, "invalid_grant".to_owned()));
    tokio::time::sleep(QUARTER).await;
    let ended = client.access_token(LONGER).await;
    assert!(matches!(ended, Err(Error::SignInRequired { reason: SignInReason::Ended, .. })), "{ended:?}");
}

/// Whom an access token is for, by what it says itself.
fn audience(token: &Token) -> Value {
    let claims = token.secret().split('.').nth(1).unwrap();
    json(&String::from_utf8(Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap())["aud"].clone()
}

#[test]
fn one_grant_gives_tokens_for_several_resources_and_rotates_as_one() {
    let provider = OidcProvider::start(ProviderOptions::default());
    let files: &'static str = String::leak(format!("{}/files", provider.issuer()));
    let audiences: &'static [Audience<'static>] = Vec::leak(vec![Audience::resource(files)]);
    let server = gatepass_ureq::discover(&look(&provider)).unwrap();
    let config = Config::new(server, Client::public(NATIVE_CLIENT)).unwrap().with_audiences(audiences).unwrap();
    let store = Arc::new(Memory::new());
    let client = || {
        let settings = Settings::new(config, store.clone()).origin(provider.issuer()).danger_allow_http_on_loopback();
        gatepass_ureq::Client::new(settings).unwrap()
    };
    let first = client();
    let url = first.begin_sign_in(&api_grant(&[provider.api()]), REDIRECT_URI).unwrap();
    first.finish_sign_in(&provider.sign_in_by_forms(&url)).unwrap();
    assert_eq!(audience(&first.access_token(Duration::ZERO).unwrap()), provider.api());
    assert_eq!(audience(&first.access_token_for(files, Duration::ZERO).unwrap()), files);
    // Another process has both without a request, and the grant goes on as one family.
    let second = client();
    assert_eq!(audience(&second.access_token_for(files, Duration::ZERO).unwrap()), files);
    assert_eq!(second.get(provider.api()).unwrap().status(), 200);
    // The grant's own token stays for its own resource.
    assert_eq!(audience(&second.access_token(LONGER).unwrap()), provider.api());
    let sent = refresh_tokens_sent(&provider);
    assert_eq!(sent.len(), 2);
    first.sign_out().unwrap();
    assert_eq!(replay(&provider, &sent[1]), (400, "invalid_grant".to_owned()));
}

// R059 R060 R087
#[test]
fn an_expired_token_is_refreshed_before_the_api_is_called_again() {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(2));
    let client = blocking(&provider, Client::public(NATIVE_CLIENT));
    let url = client.begin_sign_in(&api_grant(&[provider.api()]), REDIRECT_URI).unwrap();
    client.finish_sign_in(&provider.sign_in_by_forms(&url)).unwrap();
    for life in 0..3 {
        let mut response = client.get(provider.api()).unwrap();
        assert_eq!(response.status(), 200, "life {life}");
        assert_eq!(json(&response.body_mut().read_to_string().unwrap())["sub"], PERSON);
        thread::sleep(Duration::from_millis(2_100));
    }
    assert!(refresh_tokens_sent(&provider).len() >= 2);
    let refused = provider.log().iter().filter(|entry| entry["path"] == "/api" && entry["status"] == 401).count();
    assert_eq!(refused, 0, "the expiry was known, so no call was wasted");
}

// R050 R051 R052 R054 R080
#[test]
fn a_confidential_client_authenticates_by_basic_and_by_post_on_every_request() {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(2));
    for client in [Client::secret_basic(WEB_CLIENT, WEB_SECRET), Client::secret_post(POST_CLIENT, POST_SECRET)] {
        let client = blocking(&provider, client);
        let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).unwrap();
        client.finish_sign_in(&provider.sign_in_by_forms(&url)).unwrap();
        thread::sleep(QUARTER);
        client.access_token(LONGER).unwrap();
        client.sign_out().unwrap();
    }
    assert_eq!(refresh_tokens_sent(&provider).len(), 2);
    let in_url = |entry: &Value| ["s3cr3t", "p0st"].iter().any(|secret| entry["query"].to_string().contains(secret));
    let secrets = provider.log().iter().filter(|entry| in_url(entry)).count();
    assert_eq!(secrets, 0, "no secret is in a URL");
}

// R107 R108 R109
#[tokio::test]
async fn signing_out_ends_the_grant_at_the_server() {
    let provider = OidcProvider::start(ProviderOptions::default());
    for is_async in [false, true] {
        if is_async {
            let client = asynchronous(&provider, Client::public(NATIVE_CLIENT)).await;
            let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).await.unwrap();
            client.finish_sign_in(&provider.sign_in_by_forms(&url)).await.unwrap();
            client.sign_out().await.unwrap();
            assert!(!client.is_signed_in().await);
        } else {
            let client = blocking(&provider, Client::public(NATIVE_CLIENT));
            let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).unwrap();
            client.finish_sign_in(&provider.sign_in_by_forms(&url)).unwrap();
            client.sign_out().unwrap();
            assert!(!client.is_signed_in());
        }
    }
    let revoked: Vec<_> = provider.log().into_iter().filter(|entry| entry["path"] == "/token/revocation").collect();
    assert_eq!(revoked.len(), 2);
    for entry in revoked {
        assert_eq!((&entry["status"], &entry["form"]["token_type_hint"]), (&200.into(), &"refresh_token".into()));
        assert_eq!(replay(&provider, entry["form"]["token"].as_str().unwrap()), (400, "invalid_grant".to_owned()));
    }
}

// R025 R039
#[test]
fn a_redirect_with_another_state_leaves_the_sign_in_waiting() {
    let provider = OidcProvider::start(ProviderOptions::default());
    let client = blocking(&provider, Client::public(NATIVE_CLIENT));
    let url = client.begin_sign_in(&userinfo_grant(), REDIRECT_URI).unwrap();
    let redirect = provider.sign_in_by_forms(&url);
    assert!(client.finish_sign_in(&redirect.replace("state=", "state=x")).is_err());
    assert!(client.finish_sign_in(&format!("{REDIRECT_URI}?error=access_denied")).is_err());
    client.finish_sign_in(&redirect).unwrap();
    assert!(client.is_signed_in());
}

// R078 R083 R107
#[test]
fn the_command_lives_a_whole_life_and_sees_a_replayed_family_die() {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(2));
    let shell = Shell::open();
    let mut login = shell.login(&provider);
    login.paste(&provider.sign_in_by_forms(&login.url));
    assert_eq!(login.finish(), Some(0));

    let me = format!("{}/me", provider.issuer());
    let mut tokens = Vec::new();
    for _ in 0..4 {
        let (code, said) = shell.run(&["call", &me]);
        assert_eq!((code, &json(&said)["sub"]), (0, &PERSON.into()));
        let (code, token) = shell.run(&["token"]);
        assert_eq!(code, 0, "{token}");
        tokens.push(token);
        thread::sleep(Duration::from_millis(2_100));
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "three rotations or more");

    let sent = refresh_tokens_sent(&provider);
    assert!(sent.len() >= 3);
    assert_eq!(replay(&provider, &sent[0]), (400, "invalid_grant".to_owned()));
    let (code, said) = shell.run(&["token"]);
    assert_eq!(code, 3, "a person must sign in: {said}");

    let mut login = shell.login(&provider);
    login.paste(&provider.sign_in_by_forms(&login.url));
    assert_eq!(login.finish(), Some(0));
    assert_eq!(shell.run(&["logout"]).0, 0);
    assert!(provider.log().iter().any(|entry| entry["path"] == "/token/revocation" && entry["status"] == 200));
    assert_eq!(shell.run(&["token"]).0, 3);
}
