//! Refresh tokens: rotation, reuse, overlap.

use crate::harness::*;
use gatepass_issuer::{Endpoint, Issuer, Reuse};
use std::time::Duration;

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[test]
fn a_refresh_replaces_the_refresh_token() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, mut token) = sign_in(&issuer);
    for _ in 0..3 {
        let answer = refresh(&issuer, &token);
        assert_eq!(answer.status, 200);
        assert_ne!(answer.member("refresh_token"), token);
        assert_eq!(call(&issuer, &answer.member("access_token")).status, 200);
        token = answer.member("refresh_token");
    }
    let counts = issuer.counts();
    assert_eq!((counts.refresh_requests, counts.refresh_successes, counts.code_requests), (3, 3, 1));
}

#[test]
fn reuse_ends_the_family_and_everything_in_it() {
    let issuer = Issuer::builder().start().unwrap();
    let (access, first) = sign_in(&issuer);
    let next = refresh(&issuer, &first);
    assert_eq!(refresh(&issuer, &first).error(), invalid_grant());
    assert_eq!(refresh(&issuer, &next.member("refresh_token")).error(), invalid_grant());
    assert_eq!(call(&issuer, &access).status, 401);
    assert_eq!(call(&issuer, &next.member("access_token")).status, 401);
    let counts = issuer.counts();
    assert_eq!((counts.reuse_detections, counts.families_revoked, issuer.live_grants()), (1, 1, 0));
}

#[test]
fn reuse_leaves_other_families_alone() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, first) = sign_in(&issuer);
    let (access, other) = sign_in(&issuer);
    refresh(&issuer, &first);
    refresh(&issuer, &first);
    assert_eq!(call(&issuer, &access).status, 200);
    assert_eq!(refresh(&issuer, &other).status, 200);
}

#[test]
fn reuse_can_be_refused_without_ending_the_family() {
    let issuer = Issuer::builder().reuse(Reuse::Refuse).start().unwrap();
    let (_, first) = sign_in(&issuer);
    let next = refresh(&issuer, &first);
    assert_eq!(refresh(&issuer, &first).error(), invalid_grant());
    assert_eq!(refresh(&issuer, &next.member("refresh_token")).status, 200);
    assert_eq!((issuer.counts().reuse_detections, issuer.counts().families_revoked), (1, 0));
}

#[test]
fn within_the_overlap_the_previous_token_serves() {
    let issuer = Issuer::builder().overlap(Duration::from_secs(10)).start().unwrap();
    let (_, first) = sign_in(&issuer);
    let lost = refresh(&issuer, &first);
    issuer.advance(Duration::from_secs(9));
    let repeated = refresh(&issuer, &first);
    assert_eq!(repeated.status, 200);
    assert_ne!(repeated.member("refresh_token"), lost.member("refresh_token"));
    assert_eq!(refresh(&issuer, &repeated.member("refresh_token")).status, 200);
    assert_eq!((issuer.counts().overlap_successes, issuer.counts().reuse_detections), (1, 0));
}

#[test]
fn after_the_overlap_the_previous_token_ends_the_family() {
    let issuer = Issuer::builder().overlap(Duration::from_secs(10)).start().unwrap();
    let (_, first) = sign_in(&issuer);
    let next = refresh(&issuer, &first);
    issuer.advance(Duration::from_secs(10));
    assert_eq!(refresh(&issuer, &first).error(), invalid_grant());
    assert_eq!(refresh(&issuer, &next.member("refresh_token")).error(), invalid_grant());
}

#[test]
fn within_the_overlap_a_token_two_back_ends_the_family() {
    let issuer = Issuer::builder().overlap(Duration::from_secs(10)).start().unwrap();
    let (_, first) = sign_in(&issuer);
    let second = refresh(&issuer, &first).member("refresh_token");
    let third = refresh(&issuer, &second).member("refresh_token");
    assert_eq!(refresh(&issuer, &first).error(), invalid_grant());
    assert_eq!(refresh(&issuer, &third).error(), invalid_grant());
    assert_eq!(issuer.counts().families_revoked, 1);
}

#[test]
fn a_late_repeat_makes_the_stored_token_the_previous_one() {
    let issuer = Issuer::builder().overlap(Duration::from_secs(10)).start().unwrap();
    let (_, first) = sign_in(&issuer);
    let stored = refresh(&issuer, &first).member("refresh_token");
    assert_eq!(refresh(&issuer, &first).status, 200);
    issuer.advance(Duration::from_secs(10));
    assert_eq!(refresh(&issuer, &stored).error(), invalid_grant());
    assert_eq!(issuer.live_grants(), 0);
}

#[test]
fn without_rotation_the_first_token_serves_on() {
    let issuer = Issuer::builder().refresh_rotation(false).start().unwrap();
    let (_, token) = sign_in(&issuer);
    for _ in 0..3 {
        let answer = refresh(&issuer, &token);
        assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    }
}

#[test]
fn a_refresh_may_narrow_the_scope_but_not_widen_it() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, first) = sign_in(&issuer);
    let with_scope = |token: &str, scope: &str| {
        let mut pairs = refreshing(token).to_vec();
        pairs.push(("scope", scope));
        post(&issuer, Endpoint::Token, &pairs)
    };
    assert_eq!(with_scope(&first, "read admin").error(), (400, "invalid_scope".to_owned()));
    let narrow = with_scope(&first, "read");
    assert_eq!(narrow.member("scope"), "read");
    assert_eq!(call(&issuer, &narrow.member("access_token")).member("scope"), "read");
    assert_eq!(refresh(&issuer, &narrow.member("refresh_token")).member("scope"), "read write offline_access");
}

#[test]
fn a_refresh_token_of_another_client_is_refused_and_lives_on() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    let mut pairs = refreshing(&token).to_vec();
    pairs[2].1 = "web";
    pairs.push(("client_secret", "s3cr3t:/?%+ &=~"));
    assert_eq!(post(&issuer, Endpoint::Token, &pairs).error(), invalid_grant());
    assert_eq!(refresh(&issuer, &token).status, 200);
}

#[test]
fn of_many_refreshes_at_once_one_succeeds_and_the_family_ends() {
    let issuer = Issuer::builder().start().unwrap();
    let (_, token) = sign_in(&issuer);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| refresh(&issuer, &token));
        }
    });
    let counts = issuer.counts();
    assert_eq!((counts.refresh_requests, counts.refresh_successes, counts.families_revoked), (16, 1, 1));
}

#[test]
fn an_unknown_refresh_token_is_refused() {
    let issuer = Issuer::builder().start().unwrap();
    assert_eq!(refresh(&issuer, "r-never-issued").error(), invalid_grant());
    assert_eq!(issuer.counts().reuse_detections, 0);
}

#[test]
fn a_refresh_may_name_whom_the_access_token_is_for_if_that_is_known() {
    let issuer = Issuer::builder().targets(&["urn:files"]).start().unwrap();
    let (_, token) = sign_in(&issuer);
    let ask = |token: &str, target: (&str, &str)| {
        let mut pairs: Vec<(String, String)> = refreshing(token).iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        pairs.push((target.0.into(), target.1.into()));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        post(&issuer, Endpoint::Token, &pairs)
    };
    assert_eq!(ask(&token, ("resource", "urn:else")).error(), (400, "invalid_target".to_owned()));
    let first = ask(&token, ("resource", "urn:files"));
    let second = ask(&first.member("refresh_token"), ("audience", "urn:files"));
    let own = refresh(&issuer, &second.member("refresh_token"));
    let audiences = [first, second, own].map(|answer| call(&issuer, &answer.member("access_token")).json()["aud"].to_string());
    assert_eq!(audiences, [r#"["urn:files"]"#, r#"["urn:files"]"#, "[]"]);
}
