//! The keyring, and files encrypted with a key from it. `tests/run keyring` makes a session that has one.
#![cfg(all(target_os = "linux", feature = "keyring", feature = "chacha20poly1305"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;

use common::{World, files};
use gatepass_store::{Keyring, Store as _};

/// The keyring belongs to the whole session: each test has names of its own.
fn login(world: &World, store: &str, profile: &str) -> String {
    world.login(&["--store", store, "--profile", profile]);
    world.run(&["token", "--profile", profile]).expect(0).out.trim().to_owned()
}

fn holds(world: &World, text: &str) -> bool {
    files(world.home.path()).iter().any(|path| fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()))
}

#[test]
fn a_grant_in_the_keyring_leaves_no_token_in_a_file_and_is_removed_with_the_account() {
    let world = World::new();
    let token = login(&world, "keyring", "ring");
    assert!(!holds(&world, &token) && !world.path("grants/ring.grant").exists());
    let status = world.run(&["status", "--json"]).expect(0).json()["profiles"][0].clone();
    assert_eq!((&status["store"], &status["shared"]), (&"keyring".into(), &false.into()));
    let kept = Keyring::new("gatepass", status["store_name"].as_str().unwrap());
    assert!(kept.load().unwrap().is_some());
    world.run(&["logout", "--forget", "--profile", "ring"]).expect(0);
    assert!(kept.load().unwrap().is_none());
    assert_eq!(world.issuer.live_grants(), 0);
}

#[test]
fn a_sign_in_that_waits_is_in_the_keyring_and_goes_on_from_there() {
    let world = World::new();
    let args = ["--store", "keyring", "--store-name", "together"];
    let waiting = |profile| world.begin_login(&[&args[..], &["--profile", profile]].concat());
    let (first, other) = (waiting("waits"), waiting("waits-too"));
    let (url, others) = (first.url.clone(), other.url.clone());
    first.kill();
    other.kill();
    assert!(!files(&world.path("")).iter().any(|path| path.to_str().unwrap().ends_with(".pending")));
    let pending = Keyring::new("gatepass", format!("gatepass/waits/{}#demo", world.issuer.url()));
    assert!(pending.load_pending().unwrap().is_some());
    // Each profile has its own, though they name one grant.
    let mut second = waiting("waits");
    assert!(second.is_resumed && second.url == url && url != others);
    second.paste(&world.issuer.visit(&url).unwrap());
    second.finish().expect(0);
    assert!(pending.load_pending().unwrap().is_none());
    // What was never finished goes with the profile.
    let pending = Keyring::new("gatepass", format!("gatepass/waits-too/{}#demo", world.issuer.url()));
    assert!(pending.load_pending().unwrap().is_some());
    world.run(&["logout", "--forget", "--profile", "waits-too"]).expect(0);
    assert!(pending.load_pending().unwrap().is_none());
    world.run(&["logout", "--forget", "--profile", "waits"]).expect(0);
}

#[test]
fn parallel_processes_make_one_refresh_over_the_keyring() {
    let world = World::new();
    login(&world, "keyring", "many");
    world.issuer.reset_counts();
    let ask = || world.command(&["token", "--profile", "many", "--min-ttl", "2h"]).spawn().unwrap();
    world.issuer.set_access_ttl(std::time::Duration::from_secs(86_400));
    let children: Vec<_> = (0..4).map(|_| ask()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, outputs[0].stdout);
    }
    assert_eq!(world.issuer.counts().token_requests, 1);
    world.run(&["logout", "--forget", "--profile", "many"]).expect(0);
}

#[test]
fn an_encrypted_grant_shows_no_token_and_neither_does_a_sign_in_that_waits() {
    let world = World::new();
    let first = world.begin_login(&["--store", "encrypted"]);
    let url = first.url.clone();
    first.kill();
    assert!(fs::read(world.path("grants/default.grant.pending")).unwrap().starts_with(b"gatepass sealed"));
    let mut second = world.begin_login(&["--store", "encrypted"]);
    assert!(second.is_resumed);
    second.paste(&world.issuer.visit(&url).unwrap());
    second.finish().expect(0);
    let token = world.run(&["token"]).expect(0).out;
    assert!(fs::read(world.path("grants/default.grant")).unwrap().starts_with(b"gatepass sealed"));
    assert!(!holds(&world, token.trim()));
    world.run(&["logout", "--forget"]).expect(0);
    assert!(!world.path("grants/default.grant").exists());
}

#[test]
fn without_a_keyring_nothing_falls_back_to_a_file() {
    let world = World::new();
    for store in ["keyring", "encrypted"] {
        let mut command = world.login_command(&["--store", store]);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        let run = common::Login::try_start(command).err().unwrap().expect(6);
        assert!(run.out.contains("keyring"), "{run:?}");
        assert!(!world.path("profiles/default.toml").exists() && !world.path("grants/default.grant").exists());
    }
}
