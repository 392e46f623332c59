//! The authorization server does what tests of gatepass rely on.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail as it does")]

mod shared;

use core::time::Duration;
use std::thread;

use base64ct::{Base64, Encoding as _};
use gatepass_support::{NATIVE_CLIENT, OidcProvider, POST_CLIENT, POST_SECRET, ProviderOptions, WEB_CLIENT, WEB_SECRET};
use serde_json::Value;
use shared::{VERIFIER, authorization_url, authorization_url_of};

const REDIRECT_URI: &str = "http://127.0.0.1:50999/callback";

#[test]
fn a_person_signs_in_by_form_posts() {
    let server = OidcProvider::start(ProviderOptions::default());
    let redirect = server.sign_in_by_forms(&authorization_url(&server, REDIRECT_URI));
    assert!(redirect.starts_with(&format!("{REDIRECT_URI}?")), "{redirect}");
    assert!(!parameter(&redirect, "code").is_empty());
    assert_eq!(parameter(&redirect, "state"), "a-state");
    assert!(redirect.contains("&iss="), "{redirect}");

    let log = server.log();
    let first = log.first().unwrap();
    assert_eq!(first["path"], "/auth");
    assert_eq!(first["query"]["client_id"], NATIVE_CLIENT);
    assert!(log.iter().any(|entry| entry["form"]["prompt"] == "consent"));
}

#[test]
fn a_refused_authorization_request_comes_back_with_its_error() {
    let server = OidcProvider::start(ProviderOptions::default());
    let url = authorization_url(&server, REDIRECT_URI).replace("prompt=consent", "prompt=none");
    let redirect = server.sign_in_by_forms(&url);
    assert_eq!(parameter(&redirect, "error"), "login_required");
}

#[test]
fn an_access_token_expires_and_a_used_refresh_token_ends_its_family() {
    let server = OidcProvider::start(ProviderOptions::access_token_ttl(1));
    let client = [("client_id", NATIVE_CLIENT)];
    let code = code(&server, NATIVE_CLIENT);
    let (status, first) = token(&server, None, &[&client[..], &exchange(&code)].concat());
    assert_eq!((status, &first["expires_in"]), (200, &Value::from(1)));

    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    assert_eq!(call(&server, None).0, 401);
    let (mut status, mut challenge) = call(&server, Some(&bearer));
    assert!(status == 200 || challenge.contains("expired"));
    while status == 200 {
        thread::sleep(Duration::from_millis(100));
        (status, challenge) = call(&server, Some(&bearer));
    }
    assert_eq!(status, 401);
    assert!(challenge.starts_with("Bearer realm=\"api\", error=\"invalid_token\""), "{challenge}");

    let refresh = |answer: &Value| {
        let old = answer["refresh_token"].as_str().unwrap();
        let grant = [("grant_type", "refresh_token"), ("refresh_token", old)];
        token(&server, None, &[client[0], grant[0], grant[1]])
    };
    let (status, second) = refresh(&first);
    assert_eq!(status, 200, "{second}");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    for dead in [&first, &second] {
        let (status, refusal) = refresh(dead);
        assert_eq!((status, &refusal["error"]), (400, &Value::from("invalid_grant")));
    }
}

#[test]
fn each_confidential_client_authenticates_in_its_own_way() {
    let server = OidcProvider::start(ProviderOptions::default());

    // Of the form encoding, these secrets need no more than the percent escapes and the plus.
    let secret = "s3cr3t%3A%2F%3F%25%2B+%26%3D%7E";
    let basic = |secret| {
        let credentials = Base64::encode_string(format!("{WEB_CLIENT}:{secret}").as_bytes());
        let code = code(&server, WEB_CLIENT);
        token(&server, Some(&format!("Basic {credentials}")), &exchange(&code))
    };
    assert_eq!(basic(secret).0, 200);
    let (status, refusal) = basic(WEB_SECRET);
    assert_eq!(status, 400, "{refusal}");

    let code = code(&server, POST_CLIENT);
    let client = [("client_id", POST_CLIENT), ("client_secret", POST_SECRET)];
    let (status, answer) = token(&server, None, &[&client[..], &exchange(&code)].concat());
    assert_eq!(status, 200, "{answer}");
    let log = server.log();
    let form = &log.last().unwrap()["form"];
    assert_eq!(form["client_secret"], POST_SECRET);
}

fn code(server: &OidcProvider, client: &str) -> String {
    let redirect = server.sign_in_by_forms(&authorization_url_of(client, server, REDIRECT_URI));
    parameter(&redirect, "code").to_owned()
}

fn exchange(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)]
}

fn token(server: &OidcProvider, authorization: Option<&str>, fields: &[(&str, &str)]) -> (u16, Value) {
    let mut request = agent().post(format!("{}/token", server.issuer())).header("Accept", "application/json");
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let mut answer = request.send_form(fields.iter().copied()).unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap())
}

/// Status and challenge of the API.
fn call(server: &OidcProvider, authorization: Option<&str>) -> (u16, String) {
    let mut request = agent().get(server.api());
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let answer = request.call().unwrap();
    let challenge = answer.headers().get("WWW-Authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), challenge.to_owned())
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
    config.build().into()
}

fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let (_, query) = url.split_once('?').unwrap();
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(found, _)| *found == name).unwrap().1
}
