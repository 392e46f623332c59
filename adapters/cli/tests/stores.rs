//! One grant on a real server, for several machines: each has a home folder of its own.
#![cfg(all(unix, feature = "redis", feature = "postgres"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{Login, Run, World, command, files, finish};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};
use gatepass_store_tests::{PostgresServer, RedisServer};
use tempfile::TempDir;

/// Either server.
enum Server {
    Redis(RedisServer),
    Postgres(PostgresServer),
}

impl Server {
    fn url(&self) -> String {
        match self {
            Self::Redis(server) => server.url(),
            Self::Postgres(server) => server.url(),
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Postgres(server) => server.kill(),
        }
    }

    fn restart(&mut self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Postgres(server) => server.restart(),
        }
    }
}

/// A test for each server.
macro_rules! on_both {
    ($($rule:ident)*) => {
        mod redis {
            $(#[test]
            fn $rule() {
                super::$rule(super::Server::Redis(gatepass_store_tests::RedisServer::start()));
            })*
        }
        mod postgres {
            $(#[test]
            fn $rule() {
                super::$rule(super::Server::Postgres(gatepass_store_tests::PostgresServer::start()));
            })*
        }
    };
}

on_both! {
    eight_parallel_processes_make_one_token_request_and_print_the_same_token
    a_second_machine_joins_without_a_browser_and_prints_the_same_token
    where_there_is_no_grant_to_join_the_cure_is_said_and_no_profile_is_made
    a_sign_out_on_one_machine_is_seen_by_the_others
    who_leaves_signs_nobody_out
    a_new_sign_in_is_taken_up_by_the_others
    a_grant_of_somebody_else_is_not_replaced_unasked
    each_may_have_a_grant_of_their_own_in_one_store
    a_sign_in_that_was_cut_short_gives_no_right_to_a_grant_that_came_after_it
    of_two_sign_ins_at_the_same_time_the_first_counts_and_the_second_does_not_act_as_the_first
    accounts_do_not_meet_in_one_store
    a_store_that_is_down_is_an_error_with_its_cure_and_nothing_is_lost
    a_sign_in_that_was_cut_short_goes_on
    an_account_can_be_forgotten_while_the_store_is_down
}

/// Another machine, of the same person or of another: arguments of `login` that name the same grant.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, args: &[&str]) -> Run {
        finish(command(self.0.path(), args))
    }

    fn join(&self, world: &World, args: &[&str]) -> Run {
        let mut command = command(self.0.path(), &["login", &world.issuer.url(), "--client-id", "demo", "--allow-loopback-http", "--join"]);
        command.args(args);
        finish(command)
    }

    fn login(&self, world: &World, args: &[&str]) -> Command {
        let mut command = world.login_command(args);
        command.env("GATEPASS_HOME", self.0.path()).env("HOME", self.0.path());
        command
    }

    fn sign_in(&self, world: &World, args: &[&str]) -> Run {
        let mut login = Login::start(self.login(world, args));
        login.paste(&world.issuer.visit(&login.url).unwrap());
        login.finish().expect(0)
    }
}

/// Its access tokens last, so that a command prints the same one again.
fn world() -> World {
    World::with(Issuer::builder().access_ttl(Duration::from_secs(3600)))
}

fn signed_in(server: &Server) -> World {
    let world = world();
    world.login(&["--store", &server.url()]);
    world.issuer.reset_counts();
    world
}

// R078
fn eight_parallel_processes_make_one_token_request_and_print_the_same_token(server: Server) {
    let world = World::with(Issuer::builder().access_ttl(Duration::from_secs(1)));
    world.login(&["--store", &server.url()]);
    world.issuer.set_access_ttl(Duration::from_secs(3600));
    world.await_expiry("default");
    world.issuer.reset_counts();
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

fn a_second_machine_joins_without_a_browser_and_prints_the_same_token(server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    let run = machine.join(&world, &["--store", &server.url()]).expect(0);
    assert!(run.out.contains("Signed in to profile 'default'"), "{run:?}");
    assert_eq!(world.run(&["token"]).expect(0).out, machine.run(&["token"]).expect(0).out);
    // A refresh of one is that of the other.
    let longer = machine.run(&["token", "--min-ttl", "2h"]).expect(0).out;
    assert_eq!(world.run(&["token"]).expect(0).out, longer);
    assert_eq!((world.issuer.counts().token_requests, world.issuer.live_grants()), (1, 1));
    let status = machine.run(&["status", "--json"]).expect(0).json()["profiles"][0].clone();
    let name = format!("gatepass/default/{}#demo", world.issuer.url());
    assert_eq!((&status["store"], &status["store_name"], &status["shared"]), (&server.url().into(), &name.into(), &true.into()));
    // No machine keeps a token.
    for home in [world.home.path(), machine.0.path()] {
        assert!(holding(home, longer.trim()).is_empty());
    }
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
    files(folder).into_iter().filter(|path| fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes())).collect()
}

fn where_there_is_no_grant_to_join_the_cure_is_said_and_no_profile_is_made(server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    for args in [&["--profile", "other"][..], &["--store-name", "other"]] {
        let run = machine.join(&world, &[args, &["--store", &server.url()]].concat()).expect(3);
        assert!(run.err.contains("no grant to join") && run.err.contains("must be the same, or --store-name"), "{run:?}");
    }
    assert!(files(machine.0.path()).is_empty());
}

fn a_sign_out_on_one_machine_is_seen_by_the_others(server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    machine.join(&world, &["--store", &server.url()]).expect(0);
    let run = machine.run(&["logout"]).expect(0);
    assert!(run.out.contains("for all who share the grant"), "{run:?}");
    let run = world.run(&["token"]).expect(3);
    assert!(run.err.contains("signed out"), "{run:?}");
    world.run(&["status", "--profile", "default"]).expect(3);
    machine.join(&world, &["--store", &server.url()]).expect(3);
    assert_eq!((world.issuer.live_grants(), world.issuer.counts().revocations), (0, 1));
}

fn who_leaves_signs_nobody_out(server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    machine.join(&world, &["--store", &server.url()]).expect(0);
    let run = machine.run(&["logout", "--leave"]).expect(0);
    assert!(run.out.contains("for the others"), "{run:?}");
    machine.run(&["token"]).expect(3);
    assert!(!machine.0.path().join("profiles/default.toml").exists());
    world.run(&["token"]).expect(0);
    assert_eq!((world.issuer.live_grants(), world.issuer.counts().revoke_requests), (1, 0));
}

fn a_new_sign_in_is_taken_up_by_the_others(server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    machine.join(&world, &["--store", &server.url()]).expect(0);
    let before = machine.run(&["token"]).expect(0).out;
    let run = world.login(&[]);
    assert!(run.err.contains("replaces it for all"), "{run:?}");
    let after = machine.run(&["token"]).expect(0).out;
    assert_ne!(before, after);
    assert_eq!(world.run(&["token"]).expect(0).out, after);
}

fn a_grant_of_somebody_else_is_not_replaced_unasked(server: Server) {
    let (world, other) = (signed_in(&server), Machine::new());
    let token = world.run(&["token"]).expect(0).out;
    let run = Login::try_start(other.login(&world, &["--store", &server.url()])).err().unwrap().expect(2);
    assert!(["--join", "--store-name NAME", "--replace"].iter().all(|cure| run.out.contains(cure)), "{run:?}");
    assert!(files(other.0.path()).is_empty());
    assert_eq!(world.run(&["token"]).expect(0).out, token);
    assert_eq!((world.issuer.counts().token_requests, world.issuer.live_grants()), (0, 1));
    // Asked to, it is.
    let run = other.sign_in(&world, &["--store", &server.url(), "--replace"]);
    assert!(run.err.contains("replaces it for all"), "{run:?}");
    let theirs = other.run(&["token"]).expect(0).out;
    assert_ne!(theirs, token);
    assert_eq!(world.run(&["token"]).expect(0).out, theirs);
    // Who has replaced it once shares it, and so does who has joined.
    other.sign_in(&world, &["--store", &server.url()]);
    let third = Machine::new();
    third.join(&world, &["--store", &server.url()]).expect(0);
    third.sign_in(&world, &["--store", &server.url()]);
}

fn each_may_have_a_grant_of_their_own_in_one_store(server: Server) {
    let (world, other) = (signed_in(&server), Machine::new());
    let token = world.run(&["token"]).expect(0).out;
    other.sign_in(&world, &["--store", &server.url(), "--store-name", "bob"]);
    assert_ne!(other.run(&["token"]).expect(0).out, token);
    assert_eq!(world.run(&["token"]).expect(0).out, token);
    assert_eq!(world.issuer.live_grants(), 2);
}

fn a_sign_in_that_was_cut_short_gives_no_right_to_a_grant_that_came_after_it(server: Server) {
    let (world, other) = (world(), Machine::new());
    let args = ["--store", &server.url()];
    Login::start(other.login(&world, &args)).kill();
    world.login(&args);
    let token = world.run(&["token"]).expect(0).out;
    for args in [&["token"][..], &["logout"], &["status", "--profile", "default"]] {
        let run = other.run(args).expect(3);
        assert!(run.out.is_empty() && run.err.contains("gatepass login"), "{run:?}");
    }
    for args in [&args[..], &[&args[..], &["--restart"]].concat()] {
        let run = Login::try_start(other.login(&world, args)).err().unwrap().expect(2);
        assert!(run.out.contains("--join"), "{run:?}");
    }
    assert_eq!(world.run(&["token"]).expect(0).out, token);
    other.join(&world, &args).expect(0);
    assert_eq!(other.run(&["token"]).expect(0).out, token);
}

fn of_two_sign_ins_at_the_same_time_the_first_counts_and_the_second_does_not_act_as_the_first(server: Server) {
    let (world, other) = (world(), Machine::new());
    let args = ["--store", &server.url()];
    let mut second = Login::start(other.login(&world, &args));
    world.login(&args);
    let token = world.run(&["token"]).expect(0).out;
    second.paste(&world.issuer.visit(&second.url).unwrap());
    let run = second.finish().expect(2);
    assert!(run.out.contains("somebody else") && run.out.contains("--join"), "{run:?}");
    assert!(other.run(&["token"]).expect(3).out.is_empty());
    assert_eq!(world.run(&["token"]).expect(0).out, token);
    assert_eq!(world.issuer.live_grants(), 1);
}

fn accounts_do_not_meet_in_one_store(server: Server) {
    let (world, other) = (signed_in(&server), signed_in(&server));
    world.login(&["--store", &server.url(), "--profile", "work"]);
    let tokens = [world.run(&["token"]), world.run(&["token", "--profile", "work"]), other.run(&["token"])].map(|run| run.expect(0).out);
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[2] != tokens[0]);
    assert_eq!((world.issuer.live_grants(), other.issuer.live_grants()), (2, 1));
}

fn a_store_that_is_down_is_an_error_with_its_cure_and_nothing_is_lost(mut server: Server) {
    let world = signed_in(&server);
    let token = world.run(&["token"]).expect(0).out;
    server.kill();
    for args in
        [&["token", "--wait", "0"][..], &["call", &world.issuer.api_url(), "--allow-origin", "--wait", "0"], &["logout", "--wait", "0"]]
    {
        let run = world.run(args).expect(6);
        assert!(run.out.is_empty() && run.err.contains("see that the server runs"), "{run:?}");
    }
    let run = world.run(&["status"]).expect(6);
    assert!(run.out.contains("problem"), "{run:?}");
    assert_eq!(world.issuer.counts().requests, 0);
    server.restart();
    assert_eq!(world.run(&["token"]).expect(0).out, token);
}

fn a_sign_in_that_was_cut_short_goes_on(server: Server) {
    let world = world();
    let first = world.begin_login(&["--store", &server.url()]);
    let url = first.url.clone();
    first.kill();
    let mut second = world.begin_login(&["--store", &server.url()]);
    assert!(second.is_resumed && second.url == url);
    second.paste(&world.issuer.visit(&url).unwrap());
    second.finish().expect(0);
    world.run(&["token"]).expect(0);
}

fn an_account_can_be_forgotten_while_the_store_is_down(mut server: Server) {
    let (world, machine) = (signed_in(&server), Machine::new());
    machine.join(&world, &["--store", &server.url()]).expect(0);
    server.kill();
    machine.run(&["logout", "--leave"]).expect(0);
    let run = world.run(&["logout", "--forget", "--wait", "0"]).expect(0);
    assert!(run.err.contains("stays signed in"), "{run:?}");
    assert!(run.out.contains("profile 'default'"), "{run:?}");
    assert!(!world.path("profiles/default.toml").exists());
}

#[test]
fn a_login_says_what_redis_lacks_to_keep_a_grant() {
    let world = world();
    for (server, lacks) in [(RedisServer::start(), false), (RedisServer::with(&[]), true)] {
        let profile = if lacks { "lax" } else { "strict" };
        let run = world.login(&["--store", &server.url(), "--profile", profile]);
        assert_eq!(run.err.contains("may lose") && run.err.contains("appendonly yes"), lacks, "{run:?}");
    }
}

#[test]
fn a_login_says_what_postgresql_lacks_to_keep_a_grant() {
    let (world, mut server) = (world(), PostgresServer::start());
    let login = |server: &PostgresServer, profile| world.login(&["--store", &server.url(), "--profile", profile]);
    let run = login(&server, "strict");
    assert!(!run.err.contains("may lose"), "{run:?}");
    sql(&server.url(), "ALTER SYSTEM SET fsync = off");
    server.restart();
    let run = login(&server, "lax");
    assert!(run.err.contains("may lose") && run.err.contains("fsync on"), "{run:?}");
}

#[test]
fn a_password_comes_from_the_environment_or_a_file_and_is_kept_nowhere() {
    let world = world();
    let server = RedisServer::start();
    let _: String = server.ask(&[b"CONFIG", b"SET", b"requirepass", b"hunter2"]);
    let run = Login::try_start(world.login_command(&["--store", &server.url()])).err().unwrap().expect(6);
    assert!(run.out.contains("GATEPASS_STORE_PASSWORD"), "{run:?}");
    let mut command = world.login_command(&["--store", &server.url()]);
    command.env("GATEPASS_STORE_PASSWORD", "hunter2");
    let mut login = Login::start(command);
    login.paste(&world.issuer.visit(&login.url).unwrap());
    login.finish().expect(0);
    assert!(holding(world.home.path(), "hunter2").is_empty());
    let mut with = world.command(&["token"]);
    with.env("GATEPASS_STORE_PASSWORD", "hunter2");
    let token = finish(with).expect(0).out;
    world.run(&["token", "--wait", "0"]).expect(6);
    // From a file, on another machine.
    let (machine, secret) = (Machine::new(), world.path("password"));
    fs::write(&secret, "hunter2\n").unwrap();
    machine.join(&world, &["--store", &server.url(), "--store-password-file", secret.to_str().unwrap()]).expect(0);
    assert_eq!(machine.run(&["token"]).expect(0).out, token);
    fs::write(&secret, "wrong").unwrap();
    let run = machine.run(&["token", "--wait", "0"]).expect(6);
    assert!(!run.err.contains("wrong\n") && !run.err.contains("hunter2"), "{run:?}");
}

/// Runs SQL.
fn sql(url: &str, text: &str) -> String {
    let output = Command::new("psql").args(["-X", "-At", "-v", "ON_ERROR_STOP=1", url, "-c", text]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn who_may_not_make_the_table_is_told_what_to_run_and_needs_no_more_than_to_use_it() {
    let (world, server) = (world(), PostgresServer::start());
    sql(&server.url(), "CREATE ROLE app LOGIN");
    let url = server.url().replace("gatepass@", "app@");
    let run = Login::try_start(world.login_command(&["--store", &url])).err().unwrap().expect(6);
    assert!(run.out.contains("CREATE TABLE IF NOT EXISTS gatepass_grants"), "{run:?}");
    let said: serde_json::Value = serde_json::from_str(run.out.lines().last().unwrap()).unwrap();
    let migration = said["cure"].as_str().unwrap();
    sql(&server.url(), &migration[migration.find("--").unwrap()..]);
    sql(&server.url(), "GRANT SELECT, INSERT, UPDATE ON gatepass_grants TO app");
    world.login(&["--store", &url]);
    world.run(&["token"]).expect(0);
}

/// A certificate for 127.0.0.1 and its key, in files that any server can read.
fn certificate(folder: &Path) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

/// A login with these root certificates.
fn login_with_roots(world: &World, url: &str, roots: &str) -> Result<(), Run> {
    let mut command = world.login_command(&["--store", url]);
    command.env("SSL_CERT_FILE", roots);
    let mut login = Login::try_start(command)?;
    login.paste(&world.issuer.visit(&login.url).unwrap());
    login.finish().expect(0);
    Ok(())
}

#[test]
fn redis_over_tls_is_used_when_its_certificate_is_good() {
    let (world, folder) = (world(), tempfile::tempdir().unwrap());
    let (certificate, key) = certificate(folder.path());
    // Redis says no port: it is asked for one that nobody uses at this moment.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let tls = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    let _server = RedisServer::with(&[&["--appendonly", "yes", "--appendfsync", "always"], &tls[..]].concat());
    let url = format!("rediss://127.0.0.1:{port}/");
    login_with_roots(&world, &url, &certificate).unwrap();
    let mut token = world.command(&["token"]);
    token.env("SSL_CERT_FILE", &certificate);
    finish(token).expect(0);
    // Nobody vouches for it.
    let run = world.run(&["token", "--wait", "0"]).expect(6);
    assert!(run.err.contains("ertificate"), "{run:?}");
}

#[test]
fn postgresql_over_tls_is_used_when_its_certificate_is_good_and_never_plain_where_it_is_required() {
    let (world, server, folder) = (world(), PostgresServer::start(), tempfile::tempdir().unwrap());
    let url = format!("{}?sslmode=require", server.url());
    let (certificate, key) = certificate(folder.path());
    let run = login_with_roots(&world, &url, &certificate).unwrap_err().expect(6);
    assert!(run.out.contains("TLS"), "{run:?}");
    let data = sql(&server.url(), "SHOW data_directory").trim().to_owned();
    for (from, name) in [(&certificate, "certificate.pem"), (&key, "key.pem")] {
        let to = format!("{data}/{name}");
        // So that it belongs to the server's user, as a key must.
        sql(&server.url(), &format!("COPY (SELECT 1) TO '{to}'"));
        assert!(Command::new("chmod").args(["600", &to]).status().unwrap().success());
        fs::write(&to, fs::read(from).unwrap()).unwrap();
    }
    sql(&server.url(), "ALTER SYSTEM SET ssl_cert_file = 'certificate.pem'");
    sql(&server.url(), "ALTER SYSTEM SET ssl_key_file = 'key.pem'");
    sql(&server.url(), "ALTER SYSTEM SET ssl = on");
    sql(&server.url(), "SELECT pg_reload_conf()");
    login_with_roots(&world, &url, &certificate).unwrap();
    assert_eq!(sql(&format!("{}?sslmode=require", server.url()), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").trim(), "t");
    let run = world.run(&["token", "--wait", "0"]).expect(6);
    assert!(run.err.contains("ertificate"), "{run:?}");
}
