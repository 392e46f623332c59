//! The Auth0 dialect.

use crate::harness::*;
use gatepass_issuer::{Dialect, Endpoint, Issuer};

fn auth0() -> Issuer {
    Issuer::builder().dialect(Dialect::Auth0).start().unwrap()
}

#[test]
fn the_issuer_has_a_trailing_slash_also_in_redirects() {
    let issuer = auth0();
    assert!(issuer.url().ends_with('/'));
    let location = issuer.visit(&authorization_url(&issuer, &[])).unwrap();
    assert_eq!(param(&location, "iss"), Some(issuer.url()));
    assert!(issuer.api_url().ends_with("/api"));
}

#[test]
fn the_paths_are_those_of_auth0() {
    let issuer = auth0();
    assert_eq!(path(&issuer, Endpoint::Token), "/oauth/token");
    assert_eq!(path(&issuer, Endpoint::Revoke), "/oauth/revoke");
    assert_eq!(get(&issuer, "/token").status, 404);
    let (_, token) = sign_in(&issuer);
    assert_eq!(revoke(&issuer, &token).status, 200);
}

#[test]
fn only_an_audience_makes_a_jwt() {
    let issuer = auth0();
    let opaque = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[])));
    assert!(!opaque.member("access_token").contains('.'));
    let jwt = post(&issuer, Endpoint::Token, &exchange(&code(&issuer, &[("audience", "https://api.example")])));
    assert_eq!(jwt.member("access_token").split('.').count(), 3);
    for answer in [&opaque, &jwt, &refresh(&issuer, &jwt.member("refresh_token"))] {
        assert_eq!(call(&issuer, &answer.member("access_token")).status, 200);
    }
}

#[test]
fn a_refused_refresh_is_403_with_a_description_of_its_own() {
    let issuer = auth0();
    let (_, first) = sign_in(&issuer);
    refresh(&issuer, &first);
    let answer = refresh(&issuer, &first);
    assert_eq!(answer.error(), (403, "invalid_grant".to_owned()));
    assert_eq!(answer.member("error_description"), "Unknown or invalid refresh token.");
}
