//! A fresh access token, from one process and from many.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;
use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use common::{World, command, finish};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};

fn short_lived() -> World {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(1)));
    world.login(&[]);
    world.issuer.set_access_ttl(Duration::from_secs(3600));
    world.await_expiry("default");
    world.issuer.reset_counts();
    world
}

// R078
#[test]
fn eight_parallel_processes_make_one_token_request_and_print_the_same_token() {
    let world = short_lived();
    // Long enough for all eight to meet the refresh of the first.
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_millis(500))));
    let children: Vec<_> = (0..8).map(|_| world.command(&["token"]).spawn().unwrap()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, outputs[0].stdout);
    }
    assert!(outputs[0].stdout.len() > 100);
    let counts = world.issuer.counts();
    assert_eq!((counts.token_requests, counts.refresh_successes, counts.reuse_detections), (1, 1, 0));
}

// R081
#[test]
fn a_process_that_is_killed_while_it_refreshes_costs_one_lease_and_no_grant() {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(1)).overlap(Duration::from_secs(600)));
    world.login(&["--overlap"]);
    world.issuer.set_access_ttl(Duration::from_secs(3600));
    world.await_expiry("default");
    world.issuer.fault(Fault::new(Endpoint::Token, FaultKind::Delay(Duration::from_secs(60))));
    let requests = world.issuer.counts().refresh_requests;
    let mut child = world.command(&["token"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while world.issuer.counts().refresh_requests == requests {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The lease of the one that was killed keeps the others from sending its token a second time.
    let run = world.run(&["token", "--wait", "0"]).expect(4);
    assert!(run.out.is_empty(), "{run:?}");
    let status = world.run(&["status", "--json"]).expect(0).json();
    assert_eq!((&status["profiles"][0]["in_doubt"], &status["profiles"][0]["signed_in"]), (&true.into(), &true.into()), "{status}");
    assert_eq!(world.issuer.counts().refresh_requests, requests + 1);
}

#[test]
fn a_token_that_serves_is_printed_without_asking_anybody() {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(3600)));
    world.login(&[]);
    world.issuer.reset_counts();
    let first = world.run(&["token"]).expect(0);
    let second = world.run(&["token", "--json"]).expect(0);
    assert_eq!(first.out.trim(), second.json()["access_token"]);
    assert!(second.json()["expires_in"].as_u64().unwrap() > 3000);
    assert_eq!((world.issuer.counts().requests, first.err.as_str()), (0, ""));
}

#[test]
fn a_token_that_would_end_too_soon_is_refreshed_first() {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(200)));
    world.login(&[]);
    world.issuer.set_access_ttl(Duration::from_secs(3600));
    world.issuer.reset_counts();
    for (min_ttl, refreshes) in [("100", 0), ("5m", 1), ("5m", 1), ("30m", 1)] {
        world.run(&["token", "--min-ttl", min_ttl]).expect(0);
        assert_eq!(world.issuer.counts().refresh_requests, refreshes, "{min_ttl}");
    }
    let run = world.run(&["token", "--min-ttl", "2h"]).expect(0);
    assert!(run.err.contains("good for"), "what cannot be had is said: {run:?}");
    world.run(&["token", "--min-ttl", "soon"]).expect(2);
}

#[test]
fn without_a_profile_the_cure_is_to_sign_in() {
    let world = World::new();
    let run = world.run(&["token", "--profile", "work"]).expect(3);
    assert_eq!(
        run.err.trim(),
        "gatepass: not signed in to profile 'work' (there is no profile): run gatepass login ISSUER --client-id ID --profile work"
    );
    let error = world.run(&["token", "--json"]).expect(3).json();
    assert_eq!((&error["error"], &error["exit"]), (&"sign_in_required".into(), &3.into()));
}

#[test]
fn a_grant_that_the_server_ended_must_be_signed_in_again() {
    let world = short_lived();
    world.issuer.revoke_all_grants();
    let run = world.run(&["token"]).expect(3);
    assert!(run.err.contains("run gatepass login") && run.err.contains("invalid_grant"), "{run:?}");
    // What is known is not asked for again.
    let requests = world.issuer.counts().requests;
    world.run(&["token"]).expect(3);
    assert_eq!(world.issuer.counts().requests, requests);
}

#[test]
fn a_server_that_is_away_is_unavailable_and_costs_no_grant() {
    let world = short_lived();
    world.issuer.shutdown();
    world.run(&["token", "--wait", "1s"]).expect(4);
    let status = world.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["profiles"][0]["can_refresh"], true, "{status}");
}

#[test]
fn the_profile_may_come_from_the_environment() {
    let world = World::new();
    world.login(&["--profile", "work"]);
    world.run(&["token"]).expect(3);
    let mut with = world.command(&["token"]);
    with.env("GATEPASS_PROFILE", "work");
    finish(with).expect(0);
}

#[test]
fn nobody_who_reads_half_of_it_is_told_of_a_broken_pipe() {
    let world = World::new();
    world.login(&[]);
    let mut child = command(world.home.path(), &["token"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    child.wait().unwrap();
    assert_eq!(err, "");
}

#[test]
fn a_damaged_record_is_named_and_so_is_the_cure() {
    let world = World::new();
    world.login(&[]);
    let path = world.path("grants/default.grant");
    let mut record = fs::read(&path).unwrap();
    record[100] ^= 1;
    fs::write(&path, record).unwrap();
    for args in [&["token"][..], &["status"], &["status", "--profile", "default"], &["logout"]] {
        let run = world.run(args).expect(6);
        assert!(format!("{}{}", run.out, run.err).contains("default.grant"), "{run:?}");
    }
    world.run(&["logout", "--forget"]).expect(0);
    assert!(!path.exists());
    world.login(&[]);
}

#[test]
fn a_damaged_profile_is_named_and_hides_no_other() {
    let world = World::new();
    world.login(&["--profile", "good"]);
    fs::write(world.path("profiles/bad.toml"), "issuer = 7").unwrap();
    let run = world.run(&["token", "--profile", "bad"]).expect(6);
    assert!(run.err.contains("bad.toml"), "{run:?}");
    let run = world.run(&["status"]).expect(6);
    assert!(run.out.contains("good") && run.out.contains("bad.toml"), "{run:?}");
}

/// The command with no room for what it writes.
#[cfg(unix)]
fn on_a_full_disk(world: &World, args: &str) -> std::process::Command {
    let mut shell = std::process::Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec {} {args}", env!("CARGO_BIN_EXE_gatepass"));
    shell.args(["-c", &script]).env("GATEPASS_HOME", world.home.path()).env_remove("GATEPASS_PROFILE").env_remove("GATEPASS_CLIENT_SECRET");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_no_refresh_token_is_spent_on_it() {
    let world = short_lived();
    let run = finish(on_a_full_disk(&world, "token --wait 1s")).expect(6);
    assert!(run.err.contains("full"), "{run:?}");
    assert_eq!(world.issuer.counts().token_requests, 0);
    world.run(&["token"]).expect(0);
    let fresh = World::new();
    let login = format!("login {} --client-id demo --allow-loopback-http --no-browser", fresh.issuer.url());
    let run = finish(on_a_full_disk(&fresh, &login)).expect(6);
    assert!(run.err.contains("make room"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_record_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.login(&[]);
    fs::set_permissions(world.path("grants/default.grant"), fs::Permissions::from_mode(0o644)).unwrap();
    let run = world.run(&["token"]).expect(6);
    assert!(run.err.contains("chmod 600"), "{run:?}");
}
