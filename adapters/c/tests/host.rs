//! C programs on the host, against the embedded issuer and a certified server, under sanitizers and under valgrind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod common;

use std::{fs, time::Duration};

use common::{AWAIT_REDIRECT, Built, Program, SIGN_IN, SLEEP, STRICT, Watch, path, run};
use gatepass_issuer::{Endpoint, Issuer};
use gatepass_support::{NATIVE_CLIENT, OidcProvider, ProviderOptions, WEB_CLIENT, WEB_SECRET};

const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
const HOST: [&str; 3] = ["tests/c/host.c", "adapters/c/examples/rtos_task.c", "adapters/c/examples/http1.c"];

fn at_issuer(built: &Built, issuer: &Issuer, record: &str) -> Program {
    let urls = [Endpoint::Authorize, Endpoint::Token, Endpoint::Revoke].map(|endpoint| issuer.endpoint_url(endpoint));
    let [authorize, token, revoke] = &urls;
    built.start(&[&issuer.url(), authorize, token, revoke, "demo", "", REDIRECT_URI, "openid", "", "", &issuer.api_url(), record])
}

fn a_whole_life_at_the_issuer(watch: Watch) {
    let issuer = Issuer::builder().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let record = path(folder.path(), "record");
    let built = Built::new(&HOST, watch);
    let mut device = at_issuer(&built, &issuer, &record);
    device.until(SIGN_IN);
    let redirect = issuer.visit(&device.sign_in()).unwrap();

    // R025
    let refused = device.say(&format!("redirect {}", redirect.replace("state=", "state=x")), AWAIT_REDIRECT);
    assert!(refused[0].starts_with("TOLD redirect: the state is absent or another"), "{refused:?}");
    device.say(&format!("redirect {redirect}"), SLEEP);
    assert_eq!(device.call(), "200");

    // Expired on both clocks: refreshed before anybody calls.
    for _ in 0..2 {
        issuer.advance(Duration::from_secs(61));
        device.say("advance 61000", SLEEP);
        assert_eq!(device.call(), "200");
    }
    // Ended at the server alone: the API says so, and the call is repeated.
    issuer.revoke_all_access_tokens();
    assert_eq!(device.call(), "200");
    device.stop();

    let mut device = at_issuer(&built, &issuer, &record);
    device.until(SLEEP);
    assert_eq!(device.call(), "200");
    device.say("refresh", SLEEP);
    assert_eq!(device.call(), "200");
    assert_eq!(issuer.live_grants(), 1);
    device.say("sign-out", SIGN_IN);
    let counts = issuer.counts();
    assert_eq!((counts.code_requests, counts.refresh_successes, counts.refresh_requests), (1, 4, 4));
    assert_eq!((counts.reuse_detections, counts.revocations, counts.api_ok, counts.api_401), (0, 1, 6, 1));
    assert_eq!(issuer.live_grants(), 0);
    device.stop();

    let kept = fs::read(&record).unwrap();
    fs::write(&record, &kept[..kept.len() - 1]).unwrap();
    let explained = at_issuer(&built, &issuer, &record).hear("load");
    assert!(explained.starts_with("the stored record is damaged"), "{explained}");
}

#[test]
fn a_c_program_lives_a_whole_life_at_the_issuer_under_sanitizers() {
    a_whole_life_at_the_issuer(Watch::Sanitizers);
}

#[test]
fn a_c_program_lives_a_whole_life_at_the_issuer_under_valgrind() {
    a_whole_life_at_the_issuer(Watch::Valgrind);
}

/// A public client with a JWT for the API, or a confidential one.
fn a_whole_life_at_a_certified_server(watch: Watch, client: &str, secret: &str) {
    let provider = OidcProvider::start(ProviderOptions::access_token_ttl(3));
    let folder = tempfile::tempdir().unwrap();
    let record = path(folder.path(), "record");
    let built = Built::new(&HOST, watch);
    let issuer = provider.issuer();
    let [authorize, token, revoke] = ["auth", "token", "token/revocation"].map(|endpoint| format!("{issuer}/{endpoint}"));
    let scope = "openid offline_access api:read";
    let urls =
        [issuer, &authorize, &token, &revoke, client, secret, REDIRECT_URI, scope, "consent", provider.api(), provider.api(), &record];
    let mut device = built.start(&urls);
    device.until(SIGN_IN);
    let redirect = provider.sign_in_by_forms(&device.sign_in());
    device.say(&format!("redirect {redirect}"), SLEEP);
    assert_eq!(device.call(), "200");
    for _ in 0..3 {
        device.say("sleep 3100", SLEEP);
        assert_eq!(device.call(), "200");
    }
    device.stop();
    let mut device = built.start(&urls);
    device.until(SLEEP);
    assert_eq!(device.call(), "200");
    device.say("sign-out", SIGN_IN);
    device.stop();

    let log = provider.log();
    let sent = log.iter().filter(|entry| entry["form"]["grant_type"] == "refresh_token").map(|entry| &entry["form"]["refresh_token"]);
    let mut sent: Vec<_> = sent.map(ToString::to_string).collect();
    assert!(sent.len() >= 3, "three rotations or more");
    let all = sent.len();
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), all, "each refresh token is sent once");
    assert!(log.iter().any(|entry| entry["path"] == "/token/revocation" && entry["status"] == 200));
}

#[test]
fn a_c_program_lives_a_whole_life_at_a_certified_server_under_sanitizers() {
    a_whole_life_at_a_certified_server(Watch::Sanitizers, NATIVE_CLIENT, "");
}

#[test]
fn a_confidential_c_program_lives_a_whole_life_at_a_certified_server_under_valgrind() {
    a_whole_life_at_a_certified_server(Watch::Valgrind, WEB_CLIENT, WEB_SECRET);
}

#[test]
fn every_function_checks_what_it_is_lent_under_sanitizers() {
    assert!(Built::new(&["tests/c/checks.c"], Watch::Sanitizers).run().ends_with(" checks\n"));
}

#[test]
fn every_function_checks_what_it_is_lent_under_valgrind() {
    assert!(Built::new(&["tests/c/checks.c"], Watch::Valgrind).run().ends_with(" checks\n"));
}

const READER: [&str; 2] = ["tests/c/http1.c", "adapters/c/examples/http1.c"];

#[test]
fn a_response_that_is_not_to_the_letter_is_no_response_under_sanitizers() {
    assert!(Built::new(&READER, Watch::Sanitizers).run().ends_with(" checks\n"));
}

#[test]
fn a_response_that_is_not_to_the_letter_is_no_response_under_valgrind() {
    assert!(Built::new(&READER, Watch::Valgrind).run().ends_with(" checks\n"));
}

#[test]
fn the_header_compiles_alone_as_c_and_as_cpp() {
    let header = "adapters/c/include/gatepass.h";
    run("gcc", &[&STRICT[..], &["-fsyntax-only", "-x", "c", header]].concat());
    for standard in ["-std=c++11", "-std=c++20"] {
        run("g++", &[standard, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", "c++", header]);
    }
}

#[test]
fn the_example_for_a_kernel_compiles_strictly() {
    for source in &HOST[1..] {
        let more = ["-Wconversion", "-Wswitch-enum", "-Iadapters/c/include", "-fsyntax-only", source];
        run("gcc", &[&STRICT[..], &more].concat());
    }
}
