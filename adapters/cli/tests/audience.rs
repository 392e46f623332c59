//! One grant, tokens for several audiences.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::time::Duration;

use common::World;
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};

const MAIL: &str = "https://mail.example/";

fn world() -> World {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(3600)).targets(&[MAIL, "files"]));
    world.login(&[]);
    world.issuer.reset_counts();
    world
}

#[test]
fn a_token_for_another_audience_is_fetched_once_and_kept_beside_the_others() {
    let world = world();
    let token = |args: &[&str]| world.run(args).expect(0).out;
    let own = token(&["token"]);
    let first = [token(&["token", "--resource", MAIL]), token(&["token", "--audience", "files"])];
    let second = [token(&["token", "--resource", MAIL]), token(&["token", "--audience", "files"])];
    assert_eq!((&first, token(&["token"])), (&second, own.clone()));
    assert!(first[0] != own && first[1] != own && first[0] != first[1]);
    let counts = world.issuer.counts();
    assert_eq!((counts.token_requests, counts.families_revoked, world.issuer.live_grants()), (2, 0, 1));
    let asked: Vec<_> = world.issuer.requests().iter().filter_map(|seen| Some(seen.param("resource")?.to_owned())).collect();
    assert_eq!(asked, [MAIL]);
}

#[test]
fn eight_parallel_processes_make_one_request_for_an_audience() {
    let world = world();
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(500))));
    let children: Vec<_> = (0..8).map(|_| world.command(&["token", "--resource", MAIL]).spawn().unwrap()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, outputs[0].stdout);
    }
    assert_eq!(world.issuer.counts().token_requests, 1);
}

#[test]
fn an_audience_that_the_server_does_not_know_is_refused_and_costs_no_grant() {
    let world = world();
    for command in ["token", "call"] {
        let args = ["--resource", "https://unknown.example/", "--wait", "2"];
        let mut command = world.command(&[command]);
        if command.get_args().next().unwrap() == "call" {
            command.args([&world.issuer.api_url(), "--allow-origin"]);
        }
        command.args(args);
        let run = common::finish(command).expect(5);
        assert!(run.out.is_empty() && run.err.contains("invalid_target") && run.err.contains("https://unknown.example/"), "{run:?}");
    }
    world.run(&["token"]).expect(0);
    world.run(&["token", "--resource", MAIL]).expect(0);
    assert_eq!(world.issuer.live_grants(), 1);
}

#[test]
fn what_can_name_no_audience_is_a_wrong_use() {
    let world = world();
    for args in [&["token", "--resource", "mail"][..], &["token", "--audience", ""], &["token", "--audience", "a", "--resource", MAIL]] {
        world.run(args).expect(2);
    }
    assert_eq!(world.issuer.counts().requests, 0);
}

#[test]
fn the_audience_of_the_sign_in_has_the_grant_s_own_token() {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(3600)).targets(&[MAIL]));
    world.login(&["--audience", "files", "--resource", MAIL]);
    world.issuer.reset_counts();
    let own = world.run(&["token"]).expect(0).out;
    for args in [&["token", "--audience", "files"], &["token", "--resource", MAIL]] {
        assert_eq!(world.run(args).expect(0).out, own);
    }
    assert_eq!(world.issuer.counts().requests, 0);
}

#[test]
fn a_call_carries_the_token_of_its_audience() {
    let world = world();
    let api = world.issuer.api_url();
    let audience = |args: &[&str]| {
        let mut command = world.command(&["call", &api, "--json"]);
        command.args(args);
        common::finish(command).expect(0).json()["body"]["aud"].clone()
    };
    assert_eq!(audience(&["--allow-origin", "--resource", MAIL]), serde_json::json!([MAIL]));
    assert_eq!(audience(&["--audience", "files"]), serde_json::json!(["files"]));
    assert_eq!(audience(&[]), serde_json::json!([]));
}
