//! Calls, status, sign-out, and accounts side by side.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;

use common::{World, feed};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};
use serde_json::{Value, json};

// R057 R088
#[test]
fn only_an_origin_that_was_allowed_gets_the_token() {
    let world = World::new();
    world.login(&[]);
    world.issuer.reset_counts();
    let api = world.issuer.api_url();
    let run = world.run(&["call", &api]).expect(2);
    assert!(run.err.contains("--allow-origin"), "{run:?}");
    for elsewhere in ["http://127.0.0.1:1/api", "https://evil.example/", "ftp://x/", "https://u@evil.example/"] {
        world.run(&["call", elsewhere]).expect(2);
    }
    assert_eq!(world.issuer.counts().requests, 0);
    let run = world.run(&["call", &api, "--allow-origin"]).expect(0);
    assert!(run.out.contains("\"sub\":\"alice\""), "{run:?}");
    // It was saved, for every path of this origin.
    world.run(&["call", &format!("{api}/items?x=1")]).expect(0);
    assert_eq!(world.issuer.counts().api_ok, 2);
}

#[test]
fn an_api_can_be_allowed_at_login_and_stays_allowed() {
    let world = World::new();
    let api = world.issuer.api_url();
    world.login(&["--api", &api]);
    world.run(&["call", &api]).expect(0);
    world.login(&[]);
    world.run(&["call", &api]).expect(0);
}

#[test]
fn a_call_carries_method_fields_and_body() {
    let world = World::new();
    let api = world.issuer.api_url();
    world.login(&["--api", &api]);
    let body = |run: &common::Run| run.json()["body"].clone();
    let run = world.run(&["call", &api, "--json", "-d", "hello", "-H", "x-test: a b"]).expect(0);
    assert_eq!((&body(&run)["method"], &body(&run)["body_len"]), (&Value::from("POST"), &Value::from(5)));
    assert_eq!(run.json()["status"], 200);
    assert_eq!(world.issuer.requests().last().unwrap().header("x-test"), Some("a b"));
    let file = world.path("body");
    fs::write(&file, "1234567").unwrap();
    let run = world.run(&["call", &api, "--json", "-X", "PUT", "-d", &format!("@{}", file.display())]).expect(0);
    assert_eq!((&body(&run)["method"], &body(&run)["body_len"]), (&Value::from("PUT"), &Value::from(7)));
    let run = feed(world.command(&["call", &api, "--json", "-d", "-"]), "123").expect(0);
    assert_eq!(body(&run)["body_len"], 3);
    let run = world.run(&["call", &api, "-i"]).expect(0);
    assert!(run.out.starts_with("HTTP/1.1 200 OK\n") && run.out.contains("content-type: application/json"), "{run:?}");
    world.run(&["call", &api, "-H", "authorization: Bearer x"]).expect(2);
    world.run(&["call", &api, "-X", "not a method"]).expect(2);
    world.run(&["call", &api, "-d", "@/no/such/file"]).expect(2);
}

#[test]
fn a_refusal_of_the_api_is_an_exit_code_only_if_asked_for() {
    let world = World::new();
    let admin = format!("{}/admin", world.issuer.api_url());
    world.login(&["--api", &admin]);
    world.run(&["call", &admin]).expect(0);
    let run = world.run(&["call", &admin, "--fail"]).expect(7);
    assert!(run.out.contains("insufficient_scope") && run.err.contains("403"), "{run:?}");
    let run = world.run(&["call", &admin, "--fail", "--json"]).expect(7);
    assert_eq!((run.out.lines().count(), &run.json()["status"]), (1, &403.into()));
}

#[test]
fn a_token_that_the_api_rejects_is_refreshed_and_the_request_repeated_once() {
    let world = World::new();
    let api = world.issuer.api_url();
    world.login(&["--api", &api]);
    world.issuer.revoke_all_access_tokens();
    world.issuer.reset_counts();
    let run = world.run(&["call", &api, "-d", "hello"]).expect(0);
    assert!(run.out.contains("\"body_len\":5"), "{run:?}");
    let counts = world.issuer.counts();
    assert_eq!((counts.api_401, counts.refresh_successes, counts.api_ok), (1, 1, 1));
}

#[test]
fn an_oddity_of_the_server_is_named_by_the_command_that_met_it() {
    let members = json!({ "expires_in": "3600" }).as_object().unwrap().clone();
    let world = World::with(Issuer::builder().extra_members(members));
    let api = world.issuer.api_url();
    let notes = |run: &common::Run| run.err.lines().filter(|line| line.contains("EXPIRES_IN_STRING")).count();
    let run = world.login(&["--api", &api]);
    assert_eq!((notes(&run), &run.json()["quirks"]), (1, &json!(["EXPIRES_IN_STRING"])), "{run:?}");
    // Each of these makes the server answer once more.
    world.issuer.revoke_all_access_tokens();
    let run = world.run(&["call", &api]).expect(0);
    assert_eq!((notes(&run), run.out.contains("EXPIRES")), (1, false), "{run:?}");
    let run = world.run(&["token", "--min-ttl", "2h", "--json"]).expect(0);
    assert_eq!((notes(&run), run.out.contains("EXPIRES")), (1, false), "{run:?}");
    // And these ask it nothing.
    for args in [&["token"][..], &["status"], &["call", &api]] {
        let run = world.run(args).expect(0);
        assert_eq!(notes(&run), 0, "{run:?}");
    }
}

#[test]
fn status_says_who_is_signed_in_where_and_what_comes_next() {
    let world = World::new();
    let run = world.run(&["status"]).expect(0);
    assert!(run.out.contains("gatepass login"), "{run:?}");
    assert_eq!(world.run(&["status", "--json"]).expect(0).json()["profiles"], Value::Array(Vec::new()));
    world.run(&["status", "--profile", "default"]).expect(3);
    world.login(&["--scope", "openid"]);
    world.issuer.reset_counts();
    let status = world.run(&["status", "--profile", "default", "--json"]).expect(0).json();
    let account = &status["profiles"][0];
    for (name, value) in [
        ("profile", "default"),
        ("issuer", &world.issuer.url()),
        ("client_id", "demo"),
        ("scope", "openid"),
        ("state", "Live"),
        ("next", "gatepass token"),
    ] {
        assert_eq!(account[name], value, "{account}");
    }
    for (name, value) in [("signed_in", true), ("can_refresh", true), ("in_doubt", false)] {
        assert_eq!(account[name], value, "{account}");
    }
    assert!(account["expires_in"].as_u64().unwrap() > 0);
    let run = world.run(&["status"]).expect(0);
    for word in ["default", "signed in", "good for", "openid", "gatepass token"] {
        assert!(run.out.contains(word), "{word}: {run:?}");
    }
    assert_eq!(world.issuer.counts().requests, 0);
}

#[test]
fn two_accounts_live_side_by_side() {
    let world = World::new();
    let other = World::new();
    let api = world.issuer.api_url();
    world.login(&["--profile", "home", "--api", &api]);
    // The other account is at another server.
    let mut command =
        world.command(&["login", &other.issuer.url(), "--client-id", "demo", "--allow-loopback-http", "--json", "--no-browser"]);
    command.args(["--profile", "work"]);
    let mut login = common::Login::start(command);
    let redirect = other.issuer.visit(&login.url).unwrap();
    login.paste(&redirect);
    login.finish().expect(0);
    let token = |profile| world.run(&["token", "--profile", profile]).expect(0).out;
    assert_ne!(token("home"), token("work"));
    // What one may call, the other may not.
    world.run(&["call", "--profile", "home", &api]).expect(0);
    world.run(&["call", "--profile", "work", &api]).expect(2);
    world.run(&["logout", "--profile", "work"]).expect(0);
    world.run(&["token", "--profile", "work"]).expect(3);
    world.run(&["token", "--profile", "home"]).expect(0);
    assert_eq!((world.issuer.live_grants(), other.issuer.live_grants()), (1, 0));
    let status = world.run(&["status", "--json"]).expect(0).json();
    let seen: Vec<_> =
        status["profiles"].as_array().unwrap().iter().map(|account| (account["profile"].clone(), account["signed_in"].clone())).collect();
    assert_eq!(seen, [("home".into(), true.into()), ("work".into(), false.into())]);
}

#[test]
fn signing_out_ends_the_grant_at_the_server() {
    let world = World::new();
    world.login(&[]);
    let run = world.run(&["logout"]).expect(0);
    assert!(run.out.contains("Signed out"), "{run:?}");
    let counts = world.issuer.counts();
    assert_eq!((counts.revoke_requests, counts.revocations, world.issuer.live_grants()), (1, 1, 0));
    let run = world.run(&["token"]).expect(3);
    assert!(run.err.contains("signed out") && run.err.contains("gatepass login"), "{run:?}");
    // Once is enough.
    let run = world.run(&["logout"]).expect(0);
    assert!(run.out.contains("Nobody was signed in"), "{run:?}");
    assert_eq!(world.issuer.counts().revoke_requests, 1);
    world.run(&["logout", "--profile", "other"]).expect(3);
}

#[test]
fn forgetting_an_account_leaves_nothing_of_it_but_a_lock() {
    let world = World::new();
    world.login(&[]);
    let forgotten = world.run(&["logout", "--forget", "--json"]).expect(0).json();
    assert_eq!((&forgotten["forgotten"], &forgotten["was_signed_in"]), (&true.into(), &true.into()));
    let left: Vec<_> =
        common::files(world.home.path()).into_iter().filter(|file| file.extension().is_none_or(|ending| ending != "lock")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.run(&["status", "--json"]).expect(0).json()["profiles"], Value::Array(Vec::new()));
}

#[test]
fn a_server_that_cannot_be_told_of_a_sign_out_keeps_nobody_signed_in_here() {
    let world = World::new();
    world.login(&[]);
    world.issuer.shutdown();
    let run = world.run(&["logout", "--wait", "1s"]).expect(4);
    assert!(run.err.contains("gatepass logout again"), "{run:?}");
    world.run(&["token", "--wait", "1s"]).expect(3);
    world.run(&["status", "--profile", "default"]).expect(3);
}

#[test]
fn a_sign_out_that_the_server_never_confirms_keeps_nobody_from_signing_in() {
    let world = World::new();
    world.login(&[]);
    world.issuer.fault(Fault::new(Endpoint::Revoke, FaultKind::Status(503)).always());
    world.run(&["logout", "--wait", "1s"]).expect(4);
    world.login(&["--wait", "1s"]);
    world.run(&["token"]).expect(0);
}
