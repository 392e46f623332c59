//! What comes from elsewhere, and late: a sign-in that was exported for another grant, attempts that were given back, a record that knows more.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

mod common;

use common::{JSON, REDIRECT_URI as URI, entropy};
use gatepass::{AuthorizationCode, Client, Config, Grant, Input, Output, Policy, Server, Session, Ticket, Timestamp};

type Device = Session<[u8; 2048]>;

fn config(policy: Policy) -> Config<'static> {
    Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap().with_policy(policy).unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn save(device: &mut Device, config: &Config<'_>, now: Timestamp) -> (Ticket, Vec<u8>) {
    let mut out = [0; 4096];
    match device.poll(config, now, &mut out).unwrap() {
        Output::Save(save) => (save.ticket(), save.record().to_vec()),
        output => panic!("{output:?}"),
    }
}

fn saved(device: &mut Device, config: &Config<'_>, now: Timestamp) -> Vec<u8> {
    let (ticket, record) = save(device, config, now);
    device.handle(config, now, Input::Saved(ticket)).unwrap();
    record
}

fn sent(device: &mut Device, config: &Config<'_>, now: Timestamp) -> Ticket {
    let mut out = [0; 4096];
    match device.poll(config, now, &mut out).unwrap() {
        Output::Send(request) => request.ticket(),
        output => panic!("{output:?}"),
    }
}

/// The state of a sign-in whose URL is visited now.
fn visited(device: &mut Device, config: &Config<'_>, now: Timestamp) -> String {
    let mut out = [0; 4096];
    let Output::Visit(url) = device.poll(config, now, &mut out).unwrap() else { panic!("nothing to visit") };
    let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    device.handle(config, now, Input::Visited).unwrap();
    state
}

fn begun(device: &mut Device, config: &Config<'_>, now: Timestamp, seed: u64) -> String {
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("a"));
    device.sign_in(config, now, &grant, URI, &entropy(seed)).unwrap();
    visited(device, config, now)
}

fn answered(device: &mut Device, config: &Config<'_>, now: Timestamp, ticket: Ticket) {
    device.handle(config, now, Input::Head(ticket, JSON)).unwrap();
    let body = r#"{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3600}"#;
    device.handle(config, now, Input::Body(ticket, body.as_bytes())).unwrap();
    device.handle(config, now, Input::End(ticket)).unwrap();
}

fn redeemed(device: &mut Device, config: &Config<'_>, now: Timestamp, state: &str) {
    device.handle(config, now, Input::Redirect(&format!("{URI}?state={state}&code=c"))).unwrap();
    let ticket = sent(device, config, now);
    answered(device, config, now, ticket);
}

/// A device that is signed in, and its record.
fn signed_in(config: &Config<'_>, now: Timestamp, seed: u64) -> (Device, Vec<u8>) {
    let mut device = Device::new();
    device.handle(config, now, Input::Found(None, &entropy(seed))).unwrap();
    let state = begun(&mut device, config, now, seed ^ 0x55);
    redeemed(&mut device, config, now, &state);
    let record = saved(&mut device, config, now);
    (device, record)
}

fn refreshed(device: &mut Device, config: &Config<'_>, now: Timestamp) {
    device.handle(config, now, Input::Refresh).unwrap();
    saved(device, config, now);
    let ticket = sent(device, config, now);
    answered(device, config, now, ticket);
    saved(device, config, now);
}

fn exported(device: &Device, config: &Config<'_>) -> Vec<u8> {
    let mut out = [0; 2048];
    device.pending(config, &mut out).unwrap().to_vec()
}

/// A sign-in that was to replace a grant of higher revision than the one that the store holds now: it, its state, and what the store holds.
fn for_another_grant(config: &Config<'_>) -> (Vec<u8>, String, Vec<u8>) {
    let (mut old, _) = signed_in(config, at(1_000), 1);
    for turn in 0..3 {
        refreshed(&mut old, config, at(2_000 + turn));
    }
    let state = begun(&mut old, config, at(3_000), 0x31);
    let (_, theirs) = signed_in(config, at(4_000), 2);
    (exported(&old, config), state, theirs)
}

#[test]
fn a_sign_in_that_is_taken_up_gives_way_to_a_grant_that_it_was_not_to_replace() {
    let config = config(Policy::DEFAULT);
    let (pending, state, theirs) = for_another_grant(&config);
    let mut device = Device::new();
    device.handle(&config, at(5_000), Input::Found(Some(&theirs), &entropy(3))).unwrap();
    device.resume(&config, at(5_000), &pending).unwrap();
    assert_eq!(visited(&mut device, &config, at(5_000)), state);
    redeemed(&mut device, &config, at(5_000), &state);
    device.handle(&config, at(6_000), Input::Superseded(Some(&theirs))).unwrap();
    assert!(!device.is_unsaved());
}

#[test]
fn a_sign_in_that_is_taken_up_and_cancelled_leaves_the_grant_that_is_stored() {
    let config = config(Policy::DEFAULT);
    let (pending, _, theirs) = for_another_grant(&config);
    let mut device = Device::new();
    device.handle(&config, at(5_000), Input::Found(Some(&theirs), &entropy(3))).unwrap();
    device.resume(&config, at(5_000), &pending).unwrap();
    device.handle(&config, at(5_000), Input::Cancel).unwrap();
    device.handle(&config, at(5_001), Input::Found(Some(&theirs), &entropy(3))).unwrap();
    assert!(device.access_token(at(5_001)).is_some());
}

#[test]
fn a_refresh_that_is_asked_for_is_no_attempt_more_than_the_policy_has() {
    let wide = config(Policy::DEFAULT);
    let mut strict = Policy::DEFAULT;
    strict.max_attempts = 2;
    let strict = config(strict);
    let (mut device, _) = signed_in(&wide, at(1_000), 1);
    let mut now = 10_000_000;
    let mut given_back = Vec::new();
    for attempt in 0..6 {
        let mut out = [0; 4096];
        loop {
            match device.poll(&wide, at(now), &mut out).unwrap() {
                Output::Save(_) => break,
                Output::Wait(until, _) => now = until.as_millis(),
                output => panic!("{output:?}"),
            }
        }
        saved(&mut device, &wide, at(now));
        let ticket = sent(&mut device, &wide, at(now));
        let input = if attempt < 5 { Input::NoResponse(ticket) } else { Input::NotSent(ticket) };
        // What became of it is told as a violation; the attempts are counted either way.
        let _ = device.handle(&wide, at(now), input);
        if attempt == 5 {
            given_back = save(&mut device, &wide, at(now)).1;
        }
    }
    let mut other = Device::new();
    other.handle(&strict, at(1), Input::Found(Some(&given_back), &entropy(7))).unwrap();
    let generation = other.access_token(at(1)).unwrap().generation();
    other.handle(&strict, at(1), Input::TokenRejected(generation)).unwrap();
    let mut out = [0; 4096];
    let before = format!("{:?}", other.poll(&strict, at(2), &mut out).unwrap());
    other.handle(&strict, at(2), Input::Refresh).unwrap();
    let after = format!("{:?}", other.poll(&strict, at(2), &mut out).unwrap());
    assert!(before.contains("InDoubt") && before == after, "{before}, then {after}");
}

#[test]
fn the_second_in_which_a_token_was_asked_for_is_not_stored_as_a_later_one() {
    let config = config(Policy::DEFAULT);
    let at = |millis: u64| at(millis).with_unix_seconds(1_000_000 + millis / 1000);
    let mut device = Device::new();
    device.handle(&config, at(0), Input::Found(None, &entropy(1))).unwrap();
    let state = begun(&mut device, &config, at(0), 2);
    device.handle(&config, at(10_900), Input::Redirect(&format!("{URI}?state={state}&code=c"))).unwrap();
    let ticket = sent(&mut device, &config, at(10_900));
    answered(&mut device, &config, at(11_850), ticket);
    let (_, record) = save(&mut device, &config, at(11_850));
    let asked = u32::from_le_bytes(record[56..60].try_into().unwrap());
    assert!((1_000_009..=1_000_010).contains(&asked), "{asked}");
}
