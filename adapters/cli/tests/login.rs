//! Signing in: by what is pasted and by what arrives, cut short, gone wrong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;
use std::net::TcpListener;

use common::{Login, World, browse, finish};

#[test]
fn a_pasted_redirect_signs_in() {
    let world = World::new();
    let run = world.login(&["--scope", "openid", "--scope", "offline_access"]);
    let status = run.json();
    assert_eq!((&status["signed_in"], &status["can_refresh"]), (&true.into(), &true.into()), "{run:?}");
    assert_eq!(status["scope"], "openid offline_access");
    assert_eq!(world.issuer.counts().code_successes, 1);
}

#[test]
fn a_redirect_at_the_listener_signs_in() {
    let world = World::new();
    let mut login = world.begin_login(&[]);
    login.close_stdin();
    let redirect = world.issuer.visit(&login.url).unwrap();
    let page = browse(&redirect);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    login.finish().expect(0);
}

// R095
#[test]
fn a_redirect_with_another_state_is_named_and_the_login_goes_on_waiting() {
    let world = World::new();
    let mut login = world.begin_login(&[]);
    let redirect = world.issuer.visit(&login.url).unwrap();
    let (before, state) = redirect.split_once("state=").unwrap();
    let after = state.split_once('&').map_or("", |(_, after)| after);
    login.paste(&format!("{before}state=AAAAAAAAAAAAAAAAAAAAAAAAAAA&{after}"));
    login.await_error("still waiting");
    login.paste("what is this");
    login.await_error("still waiting");
    assert_eq!(world.issuer.counts().token_requests, 0);
    login.paste(&redirect);
    login.finish().expect(0);
}

#[test]
fn a_login_that_was_killed_goes_on_with_the_same_port_and_url() {
    let world = World::new();
    let first = world.begin_login(&["--scope", "openid"]);
    assert!(!first.is_resumed);
    let (url, redirect_uri) = (first.url.clone(), first.redirect_uri.clone());
    first.kill();
    // The person was in the browser all the time.
    let redirect = world.issuer.visit(&url).unwrap();
    let second = world.begin_login(&["--scope", "openid"]);
    assert!(second.is_resumed);
    assert_eq!((&second.url, &second.redirect_uri), (&url, &redirect_uri));
    browse(&redirect);
    second.finish().expect(0);
    assert_eq!(world.issuer.counts().code_successes, 1);
}

#[test]
fn a_login_that_asks_for_something_else_begins_anew() {
    let world = World::new();
    let first = world.begin_login(&["--scope", "openid"]);
    let url = first.url.clone();
    first.kill();
    for args in [&["--scope", "openid profile"][..], &["--scope", "openid profile", "--restart"]] {
        let next = world.begin_login(args);
        assert!(!next.is_resumed && next.url != url, "{args:?}");
        next.kill();
    }
}

#[test]
fn two_logins_of_one_profile_do_not_share_a_port() {
    let world = World::new();
    let _first = world.begin_login(&[]);
    let run = Login::try_start(world.login_command(&[])).err().unwrap().expect(1);
    assert!(run.json()["cure"].as_str().unwrap().contains("--restart"), "{run:?}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let world = World::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let run = Login::try_start(world.login_command(&["--port", &port])).err().unwrap().expect(1);
    assert!(run.json()["problem"].as_str().unwrap().contains(&port), "{run:?}");
    Login::try_start(world.login_command(&["--port", "80"])).err().unwrap().expect(2);
    Login::try_start(world.login_command(&["--path", "nowhere"])).err().unwrap().expect(2);
}

// R045
#[test]
fn http_without_the_opt_in_is_refused_before_anything_is_sent() {
    let world = World::new();
    for url in [world.issuer.url(), "http://as.example".to_owned(), "as.example".to_owned()] {
        let run = world.run(&["login", &url, "--client-id", "demo", "--no-browser"]).expect(2);
        assert!(run.err.contains("--allow-loopback-http"), "{run:?}");
    }
    let run = world.run(&["login", "http://as.example", "--client-id", "demo", "--no-browser", "--allow-loopback-http"]);
    run.expect(2);
    assert_eq!(world.issuer.counts().requests, 0);
}

#[test]
fn a_person_who_declines_is_no_error_of_the_network() {
    let world = World::new();
    let mut login = world.begin_login(&[]);
    let redirect = world.issuer.visit_denied(&login.url).unwrap();
    login.paste(&redirect);
    let run = login.finish().expect(5);
    assert!(run.json()["problem"].as_str().unwrap().contains("access_denied"), "{run:?}");
    // It is over, and not taken up again.
    assert!(!world.begin_login(&[]).is_resumed);
}

#[test]
fn a_server_that_cannot_be_reached_and_one_that_is_none_are_told_apart() {
    let world = World::new();
    let other = format!("{}/other", world.issuer.url());
    world.run(&["login", &other, "--client-id", "demo", "--allow-loopback-http"]).expect(5);
    let gone = World::new();
    let url = gone.issuer.url();
    gone.issuer.shutdown();
    gone.run(&["login", &url, "--client-id", "demo", "--allow-loopback-http"]).expect(4);
    let profiles = fs::read_dir(gone.path("profiles"));
    assert!(profiles.is_err(), "a server that nobody answered for makes no profile");
}

// R052
#[test]
fn a_secret_stays_in_its_file_and_reaches_the_server() {
    const SECRET: &str = "s3cr3t:/?%+ &=~";
    for auth in ["basic", "post"] {
        let world = World::new();
        let file = world.path("secret");
        fs::write(&file, format!("{SECRET}\n")).unwrap();
        world.login(&["--client-id", "web", "--client-secret-file", file.to_str().unwrap(), "--auth", auth]);
        let kept = common::files(&world.path("profiles")).iter().map(|file| fs::read_to_string(file).unwrap()).collect::<String>();
        assert!(kept.contains("secret") && !kept.contains(SECRET), "{kept}");
        let token = world.issuer.requests().into_iter().find(|seen| seen.method == "POST").unwrap();
        assert_eq!(token.header("authorization").is_some(), auth == "basic");
        assert_eq!(token.param("client_secret"), (auth == "post").then_some(SECRET));
    }
}

#[test]
fn a_secret_in_the_environment_is_wanted_by_every_command() {
    let world = World::new();
    let mut command = world.login_command(&["--client-id", "web"]);
    let mut login = Login::start({
        command.env("GATEPASS_CLIENT_SECRET", "s3cr3t:/?%+ &=~");
        command
    });
    let redirect = world.issuer.visit(&login.url).unwrap();
    login.paste(&redirect);
    login.finish().expect(0);
    let run = world.run(&["token"]).expect(2);
    assert!(run.err.contains("GATEPASS_CLIENT_SECRET"), "{run:?}");
    world.run(&["status", "--profile", "default"]).expect(0);
    let mut command = world.command(&["token"]);
    command.env("GATEPASS_CLIENT_SECRET", "s3cr3t:/?%+ &=~");
    finish(command).expect(0);
}

#[test]
fn what_is_asked_for_is_in_the_url() {
    let world = World::new();
    let args = [
        "--scope",
        "a b",
        "--audience",
        "https://api",
        "--resource",
        "urn:x",
        "--prompt",
        "login",
        "--login-hint",
        "alice",
        "--organization",
        "org_1",
        "--connection",
        "google-oauth2",
        "--acr-values",
        "urn:a urn:b",
        "--max-age",
        "0",
        "--param",
        "x=y=z",
    ];
    let first = world.begin_login(&args);
    // The profile says it all, too.
    let again = Login::start(world.command(&["login", "--json", "--no-browser", "--restart"]));
    for part in [
        "scope=a+b",
        "audience=https%3A%2F%2Fapi",
        "resource=urn%3Ax",
        "prompt=login",
        "login_hint=alice",
        "organization=org_1",
        "connection=google-oauth2",
        "acr_values=urn%3Aa+urn%3Ab",
        "max_age=0",
        "x=y%3Dz",
    ] {
        for url in [&first.url, &again.url] {
            assert!(url.split(['?', '&']).any(|found| found == part), "{part}: {url}");
        }
    }
}

#[test]
fn a_profile_is_not_given_to_another_account_unasked() {
    let world = World::new();
    world.login(&[]);
    let run = world.run(&["login", "https://as.example", "--client-id", "demo"]).expect(2);
    assert!(run.err.contains("--profile") && run.err.contains("--forget"), "{run:?}");
    world.run(&["login", &world.issuer.url(), "--client-id", "other"]).expect(2);
}

#[test]
fn a_login_without_arguments_is_as_the_profile_says() {
    let world = World::new();
    world.run(&["login"]).expect(3);
    world.login(&["--scope", "openid offline_access"]);
    let mut login = Login::start(world.command(&["login", "--json", "--no-browser"]));
    assert!(login.url.contains("scope=openid+offline_access"));
    let redirect = world.issuer.visit(&login.url).unwrap();
    login.paste(&redirect);
    login.finish().expect(0);
    world.run(&["login", "--scope", "other"]).expect(2);
}

#[test]
fn what_makes_no_sense_is_refused_as_usage() {
    let world = World::new();
    let url = world.issuer.url();
    for args in [
        &["--quirk", "NO_SUCH"][..],
        &["--auth", "basic"],
        &["--profile", "../x"],
        &["--api", "ftp://api"],
        &["--param", "state=x"],
        &["--scope", "a  b"],
        &["--client-secret-file", "/no/such/file"],
        &["--no-such-option"],
    ] {
        let all = [&["login", &url, "--client-id", "demo", "--allow-loopback-http", "--no-browser"], args].concat();
        world.run(&all).expect(2);
    }
    let run = world.run(&["login", &url, "--client-id", "demo", "--allow-loopback-http", "--quirk", "NO_SUCH"]);
    assert!(run.err.contains("MISSING_TOKEN_TYPE"), "{run:?}");
}

// R015
#[cfg(target_os = "linux")]
#[test]
fn the_person_is_sent_to_their_own_browser() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let (script, seen) = (world.path("browser"), world.path("seen"));
    fs::write(&script, format!("#!/bin/sh\nprintf '%s' \"$1\" >{0}.part\nmv {0}.part {0}\n", seen.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = world.command(&["login", &world.issuer.url(), "--client-id", "demo", "--allow-loopback-http", "--json"]);
    command.env("BROWSER", &script);
    let login = Login::start(command);
    common::await_file(&seen);
    assert_eq!(fs::read_to_string(&seen).unwrap(), login.url);
    browse(&world.issuer.visit(&login.url).unwrap());
    login.finish().expect(0);
}
