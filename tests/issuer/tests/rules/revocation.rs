//! The revocation endpoint, and ends that an administrator makes.

use crate::harness::*;
use gatepass_issuer::{Endpoint, Issuer};

#[test]
fn revoking_a_refresh_token_ends_its_family() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, token) = sign_in(&issuer);
    assert_eq!(revoke(&issuer, &token).status, 200);
    assert_eq!(refresh(&issuer, &token).error(), (400, "invalid_grant".to_owned()));
    assert_eq!(call(&issuer, &access).status, 401);
    assert_eq!((issuer.counts().revocations, issuer.counts().families_revoked), (1, 1));
}

#[test]
fn revoking_a_replaced_refresh_token_ends_its_family_too() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, first) = sign_in(&issuer);
    let next = refresh(&issuer, &first);
    assert_eq!(revoke(&issuer, &first).status, 200);
    assert_eq!(call(&issuer, &next.member("access_token")).status, 401);
}

#[test]
fn revoking_an_access_token_leaves_the_grant() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, token) = sign_in(&issuer);
    assert_eq!(revoke(&issuer, &access).status, 200);
    assert_eq!(call(&issuer, &access).status, 401);
    assert_eq!(refresh(&issuer, &token).status, 200);
}

#[test]
fn revoking_what_nobody_knows_or_twice_is_no_error() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    assert_eq!(revoke(&issuer, "unknown").status, 200);
    assert_eq!(revoke(&issuer, &token).status, 200);
    assert_eq!(revoke(&issuer, &token).status, 200);
    assert_eq!((issuer.counts().revoke_requests, issuer.counts().revocations), (3, 1));
}

#[test]
fn a_token_of_another_client_is_not_revoked() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    let pairs = [("token", token.as_str()), ("client_id", "web"), ("client_secret", "s3cr3t:/?%+ &=~")];
    assert_eq!(post(&issuer, Endpoint::Revoke, &pairs).error(), (400, "invalid_grant".to_owned()));
    assert_eq!(refresh(&issuer, &token).status, 200);
}

#[test]
fn revocation_needs_a_client_and_a_token() {
    let issuer = Issuer::builder().start().unwrap();
    assert_eq!(post(&issuer, Endpoint::Revoke, &[("token", "x")]).error(), (401, "invalid_client".to_owned()));
    assert_eq!(post(&issuer, Endpoint::Revoke, &[("client_id", "demo")]).error(), (400, "invalid_request".to_owned()));
    assert_eq!(get(&issuer, "/revoke").status, 405);
}

#[test]
fn an_administrator_ends_access_tokens_or_grants() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, token) = sign_in(&issuer);
    issuer.revoke_all_access_tokens();
    assert_eq!(call(&issuer, &access).status, 401);
    let next = refresh(&issuer, &token);
    assert_eq!(call(&issuer, &next.member("access_token")).status, 200);
    issuer.revoke_all_grants();
    assert_eq!(call(&issuer, &next.member("access_token")).status, 401);
    assert_eq!(refresh(&issuer, &next.member("refresh_token")).status, 400);
}
