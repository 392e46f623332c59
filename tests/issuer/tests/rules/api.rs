//! The protected API.

use crate::harness::*;
use gatepass_issuer::{Endpoint, Issuer};
use std::time::Duration;

#[test]
fn the_api_says_who_asks_and_what_arrived() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, _) = sign_in(&issuer);
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let answer = parse(&request(&issuer, method, "/api", &format!("authorization: bearer {access}\r\n"), "12345"));
        let document = answer.json();
        assert_eq!((answer.status, document["method"].as_str()), (200, Some(method)));
        assert_eq!((document["sub"].as_str(), document["client_id"].as_str()), (Some("alice"), Some("demo")));
        assert_eq!(document["body_len"], 5);
        assert!(document["exp"].is_u64());
    }
    assert_eq!(issuer.counts().api_ok, 4);
}

#[test]
fn without_a_token_the_challenge_has_no_error() {
    let issuer = Issuer::builder().start().unwrap();
    for headers in ["", "authorization: Basic eDp5\r\n"] {
        let answer = parse(&request(&issuer, "GET", "/api?access_token=x", headers, ""));
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer realm=\"api\"")));
    }
}

#[test]
fn a_bad_token_is_an_invalid_token() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, refresh_token) = sign_in(&issuer);
    for token in ["x", refresh_token.as_str()] {
        let answer = call(&issuer, token);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm=\"api\", error=\"invalid_token\""), "{challenge}");
        assert_eq!(answer.status, 401);
    }
    assert_eq!(issuer.counts().api_401, 2);
}

#[test]
fn an_access_token_expires_when_the_clock_is_advanced() {
    let issuer = Issuer::builder().access_ttl(Duration::from_secs(5)).start().unwrap();
    let (access, _) = sign_in(&issuer);
    assert_eq!(call(&issuer, &access).status, 200);
    issuer.advance(Duration::from_secs(5));
    assert_eq!(call(&issuer, &access).status, 401);
}

#[test]
fn the_admin_path_needs_the_admin_scope() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, _) = sign_in(&issuer);
    let at_admin = |token: &str| parse(&request(&issuer, "GET", "/api/admin", &format!("authorization: Bearer {token}\r\n"), ""));
    let answer = at_admin(&access);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(answer.status, 403);
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.ends_with("scope=\"admin\""), "{challenge}");
    let admin = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[("scope", "read admin")]))).member("access_token");
    assert_eq!(at_admin(&admin).status, 200);
}

#[test]
fn userinfo_names_the_subject() {
    let issuer = Issuer::builder().subject("bob").start().unwrap();
    let (access, _) = sign_in(&issuer);
    let answer = parse(&request(&issuer, "GET", "/userinfo", &format!("authorization: Bearer {access}\r\n"), ""));
    assert_eq!(answer.text(), "{\"sub\":\"bob\"}");
    assert_eq!(get(&issuer, "/userinfo").status, 401);
}
