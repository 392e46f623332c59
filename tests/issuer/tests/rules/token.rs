//! The token endpoint: codes, clients, and the shape of answers.

use crate::harness::*;
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use gatepass_issuer::{Endpoint, Issuer};
use serde_json::{Value, json};
use std::time::Duration;

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[test]
fn a_code_buys_tokens_that_must_not_be_stored() {
    let issuer = Issuer::builder().start().unwrap();
    let answer = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[])));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let document = answer.json();
    assert_eq!(document["token_type"], "Bearer");
    assert_eq!(document["expires_in"], 60);
    assert_eq!(document["scope"], "read write offline_access");
    assert_eq!(call(&issuer, &answer.member("access_token")).status, 200);
}

#[test]
fn a_wrong_verifier_is_refused_and_spends_the_code() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    let mut pairs = exchange(&code);
    let wrong = VERIFIER.replace('d', "e");
    pairs[3].1 = &wrong;
    assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), invalid_grant());
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&code)).error(), invalid_grant());
}

#[test]
fn a_verifier_of_bad_length_or_letters_is_refused() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    for verifier in ["short".to_owned(), "a".repeat(129), format!("{}+", "a".repeat(43)), String::new()] {
        let mut pairs = exchange(&code);
        pairs[3].1 = &verifier;
        assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), (400, "invalid_request".to_owned()));
    }
}

#[test]
fn pkce_can_be_optional_but_is_checked_where_it_is_used() {
    let issuer = Issuer::builder().require_pkce(false).start().unwrap();
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let plain = code(&issuer, &without);
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&plain)[..3]).status, 401, "a client is named in any case");
    let unproved = |code: &str| {
        let [grant, code, redirect, _, client] = exchange(code);
        post(&issuer, Endpoint::Token, &[grant, code, redirect, client]).status
    };
    assert_eq!(unproved(&plain), 200);
    assert_eq!(unproved(&code(&issuer, &[])), 400, "a challenge wants its verifier");
    assert_eq!(
        post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &without))).error(),
        invalid_grant(),
        "a verifier wants its challenge"
    );
}

#[test]
fn a_code_is_used_once_and_its_reuse_ends_the_grant() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    let first = post(&issuer, Endpoint::Token, &exchange(&code));
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&code)).error(), invalid_grant());
    assert_eq!(call(&issuer, &first.member("access_token")).status, 401);
    assert_eq!(refresh(&issuer, &first.member("refresh_token")).error(), invalid_grant());
    assert_eq!((issuer.counts().code_reuses, issuer.counts().families_revoked), (1, 1));
}

#[test]
fn a_code_expires_after_a_minute() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    issuer.advance(Duration::from_secs(60));
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&code)).error(), invalid_grant());
}

#[test]
fn a_code_is_bound_to_the_redirect_uri_byte_by_byte() {
    let issuer = Issuer::builder().start().unwrap();
    for uri in ["http://127.0.0.1:49153/callback", "http://127.0.0.1/callback", "http://[::1]:49152/callback"] {
        let code = code(&issuer, &[]);
        let mut pairs = exchange(&code);
        pairs[2].1 = uri;
        assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), invalid_grant());
    }
}

#[test]
fn a_code_of_another_client_is_refused_and_not_spent() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    let mut pairs = exchange(&code).to_vec();
    pairs.retain(|(name, _)| *name != "client_id");
    let header = format!("authorization: Basic {}\r\n", web(BASIC));
    assert_eq!(parse(&post_bytes(&issuer, Endpoint::Token, &header, &pairs)).error(), invalid_grant());
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&code)).status, 200);
}

const BASIC: &str = "web:s3cr3t%3A%2F%3F%25%2B+%26%3D%7E";

fn web(joined: &str) -> String {
    Base64::encode_string(joined.as_bytes())
}

#[test]
fn both_halves_of_basic_are_form_encoded() {
    let issuer = Issuer::builder().start().unwrap();
    let attempts = [
        (BASIC, 200),
        ("web:s3cr3t%3a%2f%3f%25%2b%20%26%3d~", 200),
        ("web:s3cr3t:/?%+ &=~", 401),
        ("web:wrong", 401),
        ("web:", 401),
        ("demo:", 401),
        ("nobody:x", 401),
    ];
    for (joined, status) in attempts {
        let code = code(&issuer, &[("client_id", "web")]);
        let pairs = &exchange(&code)[..4];
        let header = format!("authorization: Basic {}\r\n", web(joined));
        let answer = parse(&post_bytes(&issuer, Endpoint::Token, &header, pairs));
        assert_eq!(answer.status, status, "{joined}");
        if status == 401 {
            assert_eq!(answer.member("error"), "invalid_client");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
        }
    }
}

#[test]
fn a_secret_may_come_in_the_body_but_not_twice_and_not_never() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[("client_id", "web")]);
    let mut pairs = exchange(&code).to_vec();
    pairs[4].1 = "web";
    assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), (401, "invalid_client".to_owned()));
    pairs.push(("client_secret", "s3cr3t:/?%+ &=~"));
    let header = format!("authorization: Basic {}\r\n", web(BASIC));
    assert_eq!(parse(&post_bytes(&issuer, Endpoint::Token, &header, &pairs)).error(), (400, "invalid_request".to_owned()));
    assert_eq!(post(&issuer, Endpoint::Token, &pairs).status, 200);
}

#[test]
fn a_public_client_has_no_secret() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[]);
    let mut pairs = exchange(&code).to_vec();
    pairs.push(("client_secret", "guess"));
    assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), (401, "invalid_client".to_owned()));
}

#[test]
fn only_a_posted_form_without_repeats_is_read() {
    let issuer = Issuer::builder().start().unwrap();
    assert_eq!(get(&issuer, "/token").status, 405);
    let json = request(&issuer, "POST", "/token", "content-type: application/json\r\n", "{}");
    assert_eq!(parse(&json).error(), (400, "invalid_request".to_owned()));
    let twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token"), ("client_id", "demo")];
    assert_eq!(post(&issuer, Endpoint::Token, &twice).error(), (400, "invalid_request".to_owned()));
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    assert_eq!(parse(&request(&issuer, "POST", "/token", form, "grant_type=%zz")).error().1, "invalid_request");
    assert_eq!(post(&issuer, Endpoint::Token, &[("client_id", "demo")]).error().1, "invalid_request");
    let password = [("grant_type", "password"), ("client_id", "demo")];
    assert_eq!(post(&issuer, Endpoint::Token, &password).error(), (400, "unsupported_grant_type".to_owned()));
}

#[test]
fn an_access_token_is_a_jwt_that_the_key_set_verifies() {
    let issuer = Issuer::builder().start().unwrap();
    let (token, _) = sign_in(&issuer);
    let parts: Vec<&str> = token.split('.').collect();
    let part = |index: usize| Base64UrlUnpadded::decode_vec(parts[index]).unwrap();
    let (header, claims): (Value, Value) = (serde_json::from_slice(&part(0)).unwrap(), serde_json::from_slice(&part(1)).unwrap());
    let key = &get(&issuer, "/jwks").json()["keys"][0];
    assert_eq!((&header["alg"], &header["typ"], &header["kid"]), (&json!("EdDSA"), &json!("at+jwt"), &key["kid"]));
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(issuer.url().as_str()), Some("alice")));
    assert_eq!(claims["aud"], issuer.api_url());
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    let x = Base64UrlUnpadded::decode_vec(key["x"].as_str().unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
    let signature = Signature::from_slice(&part(2)).unwrap();
    key.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &signature).unwrap();
}

#[test]
fn offline_access_can_be_made_a_condition() {
    let issuer = Issuer::builder().require_offline_access(true).start().unwrap();
    let without = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[("scope", "read")])));
    assert_eq!(without.json().get("refresh_token"), None);
    sign_in(&issuer);
    let lax = Issuer::builder().start().unwrap();
    assert!(post(&lax, Endpoint::Token, &exchange(&code(&lax, &[("scope", "read")]))).json().get("refresh_token").is_some());
}

#[test]
fn tokens_and_answers_can_be_made_long() {
    let extra = json!({ "tenant": "t1", "expires_in": "60" }).as_object().unwrap().clone();
    let issuer = Issuer::builder().access_token_padding(100_000).refresh_token_padding(5_000).extra_members(extra).start().unwrap();
    let answer = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[])));
    assert!(answer.member("access_token").len() > 100_000);
    assert!(answer.member("refresh_token").len() > 5_000);
    assert_eq!((answer.member("tenant"), answer.member("expires_in")), ("t1".to_owned(), "60".to_owned()));
    issuer.set_access_token_padding(0);
    let next = refresh(&issuer, &answer.member("refresh_token"));
    assert!(next.member("access_token").len() < 1_000);
}

#[test]
fn the_life_of_access_tokens_is_in_whole_seconds() {
    let issuer = Issuer::builder().access_ttl(Duration::from_millis(5_900)).start().unwrap();
    assert_eq!(post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[]))).json()["expires_in"], 5);
}

#[test]
fn two_client_identifiers_are_refused() {
    let issuer = Issuer::builder().start().unwrap();
    let code = code(&issuer, &[("client_id", "web")]);
    let header = format!("authorization: Basic {}\r\n", web(BASIC));
    let answer = parse(&post_bytes(&issuer, Endpoint::Token, &header, &exchange(&code)));
    assert_eq!(answer.error(), (400, "invalid_request".to_owned()));
    let mut pairs = exchange(&code);
    pairs[4].1 = "web";
    assert_eq!(parse(&post_bytes(&issuer, Endpoint::Token, &header, &pairs)).status, 200);
}
