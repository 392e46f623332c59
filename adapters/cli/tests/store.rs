//! Where the tokens are kept: what is refused before any store is asked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use common::{Login, World, files};

/// A login that names a store, and what becomes of it.
fn login(world: &World, args: &[&str]) -> common::Run {
    Login::try_start(world.login_command(args)).err().unwrap_or_else(|| panic!("it went on: {args:?}"))
}

#[test]
fn a_password_in_a_store_s_url_is_refused_and_never_repeated() {
    let world = World::new();
    for url in [
        "redis://:hunter2@127.0.0.1/",
        "rediss://app:hunter2@redis.example/",
        "rediss://app:hunter2@redis example/",
        "postgresql://app:hunter2@db.example/app",
        "postgres://app@db.example/app?password=hunter2",
        "postgres://app:hunter2@db.example/app?hunter2=1",
        "mysql://app:hunter2@db.example/",
    ] {
        let run = login(&world, &["--store", url]).expect(2);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        if !url.contains("mysql") && !url.contains("redis example") && !url.ends_with("=1") {
            assert!(run.out.contains("GATEPASS_STORE_PASSWORD"), "the cure is said: {run:?}");
        }
    }
    assert_eq!((files(world.home.path()), world.issuer.counts().requests), (Vec::new(), 0));
}

#[test]
fn a_profile_that_somebody_wrote_a_password_into_is_not_used() {
    let world = World::new();
    world.login(&[]);
    let profile = world.path("profiles/default.toml");
    let text = std::fs::read_to_string(&profile).unwrap().replace("\"file\"", "\"redis://:hunter2@127.0.0.1/\"");
    std::fs::write(&profile, text).unwrap();
    for command in [&["token"][..], &["status", "--profile", "default"], &["logout"], &["login", "--no-browser"]] {
        let run = world.run(command).expect(2);
        assert!(run.err.contains("holds a password") && !format!("{run:?}").contains("hunter2"), "{run:?}");
    }
}

#[test]
fn tokens_travel_to_another_machine_with_tls_unless_the_person_allows_it() {
    let world = World::new();
    for url in ["redis://redis.invalid/", "redis://10.0.0.1:6379", "postgresql://app@db.invalid/app?sslmode=disable"] {
        let run = login(&world, &["--store", url]).expect(2);
        assert!(run.out.contains("--allow-plain-store"), "{run:?}");
        assert!(run.out.contains("unprotected"), "{run:?}");
    }
    // With TLS, or allowed, it is tried: these have no address.
    for args in [
        &["--store", "redis://redis.invalid/", "--allow-plain-store"][..],
        &["--store", "rediss://redis.invalid/"],
        &["--store", "postgresql://app@db.invalid/app"],
        &["--store", "postgresql://app@db.invalid/app?sslmode=disable", "--allow-plain-store"],
    ] {
        let run = login(&world, args).expect(6);
        assert!(run.out.contains("cannot reach"), "{run:?}");
    }
}

#[test]
fn what_a_store_cannot_use_is_refused() {
    let world = World::new();
    for args in [
        &["--store", "cloud"][..],
        &["--store", "redis"],
        &["--store", "redis:/127.0.0.1"],
        &["--store", "redis://127.0.0.1/#insecure"],
        &["--store", "postgresql:///app"],
        &["--store", "postgresql://app@db.example/app?sslmode=verify-none"],
        &["--store", "file", "--store-name", "team"],
        &["--store", "redis://127.0.0.1/", "--store-name", ""],
        &["--store", "redis://127.0.0.1/", "--store-name", "a\nb"],
        &["--store", "keyring", "--allow-plain-store"],
        &["--store", "redis://127.0.0.1/", "--store-password-file", "/nowhere"],
        &["--store-name", "team"],
        &["--join"],
        &["--store", "keyring", "--join", "--restart"],
        &["--replace"],
        &["--store", "redis://127.0.0.1/", "--join", "--replace"],
    ] {
        let mut command = world.command(&["login", &world.issuer.url(), "--client-id", "demo", "--allow-loopback-http"]);
        command.args(args);
        let run = common::finish(command).expect(2);
        assert!(!run.err.is_empty(), "{args:?}: {run:?}");
    }
    assert!(!world.path("profiles/default.toml").exists());
}

#[test]
fn a_store_that_is_away_at_login_changes_no_profile() {
    let world = World::new();
    for url in ["redis://127.0.0.1:1/", "postgresql://app@127.0.0.1:1/app"] {
        let run = login(&world, &["--store", url]).expect(6);
        assert!(run.out.contains("127.0.0.1:1") && run.out.contains("see that the server runs"), "{run:?}");
    }
    assert!(files(world.home.path()).is_empty());
}

#[test]
fn a_grant_is_not_left_behind_in_another_store() {
    let world = World::new();
    world.login(&[]);
    let run = login(&world, &["--store", "redis://127.0.0.1:1/"]).expect(2);
    assert!(run.out.contains("default.grant") && run.out.contains("logout --forget"), "{run:?}");
    // The same store may be named again.
    world.login(&["--store", "file"]);
}

#[test]
fn a_grant_on_this_machine_only_cannot_be_left_to_others() {
    let world = World::new();
    world.login(&[]);
    let run = world.run(&["logout", "--leave"]).expect(2);
    assert!(run.err.contains("logout --forget"), "{run:?}");
    world.run(&["logout", "--leave", "--forget"]).expect(2);
    world.run(&["token"]).expect(0);
}

#[test]
fn status_names_the_store() {
    let world = World::new();
    world.login(&[]);
    assert!(world.run(&["status"]).expect(0).out.contains("default.grant"));
    let status = world.run(&["status", "--json"]).expect(0).json()["profiles"][0].clone();
    assert_eq!((&status["store"], &status["shared"], &status["store_name"]), (&"file".into(), &false.into(), &().into()));
}
