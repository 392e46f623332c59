//! The command's own calls at files and at its output fail, each in its turn: it says so, or does it again, and nothing is lost.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core, reason = "tests run on std, on small numbers")]
#![allow(clippy::print_stdout, reason = "the figures are added up by tests/run")]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Login, Run, World, finish};
use gatepass_issuer::Issuer;

/// Calls at files and streams, and at sockets.
const CALLS: &[&str] = &[
    "chmod",
    "fallocate",
    "fchmod",
    "flock",
    "fstat",
    "fsync",
    "ftruncate",
    "getdents64",
    "lseek",
    "mkdir",
    "newfstatat",
    "openat",
    "read",
    "recvfrom",
    "rename",
    "sendto",
    "statx",
    "unlink",
    "write",
];

/// A command of a world, whose calls `strace` writes down and tampers with.
fn traced(world: &World, command: &Command, injection: Option<&str>) -> (Command, PathBuf) {
    let log = world.path("../").join(format!("{}.strace", world.home.path().file_name().unwrap().to_str().unwrap()));
    let _ = fs::remove_file(&log);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-s", "4096", "-o"]).arg(&log).args(injection).arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    (strace, log)
}

/// The calls of the main thread from the first that is about this home on, each with its number among those of its name.
fn own_calls(world: &World, log: &str) -> Vec<(&'static str, usize)> {
    let (home, main) = (world.home.path().to_str().unwrap(), log.split(' ').next().unwrap());
    let (mut counts, mut is_own, mut own) = (HashMap::<&str, usize>::new(), false, Vec::new());
    for line in log.lines().filter_map(|line| line.strip_prefix(main)) {
        let Some((name, arguments)) = line.trim_start().split_once('(') else { continue };
        let Some(name) = CALLS.iter().find(|call| **call == name) else { continue };
        let count = counts.entry(name).or_default();
        *count += 1;
        is_own |= arguments.contains(home);
        if is_own {
            own.push((*name, *count));
        }
    }
    own
}

/// Runs a command once as it is, and once for each of its calls with that one failing. `prepare` gives a world, `go` runs it, and
/// `check` sees what is left.
fn sweep(
    flow: &str,
    prepare: impl Fn() -> World,
    command: impl Fn(&World) -> Command,
    go: impl Fn(&World, Command) -> Run,
    check: impl Fn(&World, &Run) -> Result<(), String>,
) {
    let world = prepare();
    let (strace, log) = traced(&world, &command(&world), None);
    go(&world, strace).expect(0);
    let calls = own_calls(&world, &fs::read_to_string(&log).unwrap());
    fs::remove_file(log).unwrap();
    let (mut cases, mut missed, mut failures) = (0, 0, Vec::new());
    for (name, nth) in calls {
        for error in ["EIO", "EINTR"] {
            // A call that does not wait is not interrupted, and what else becomes of a connection the network decides.
            let waits = ["flock", "read", "recvfrom", "sendto", "write"].contains(&name);
            if (error == "EINTR" && !waits) || (error == "EIO" && ["recvfrom", "sendto"].contains(&name)) {
                continue;
            }
            let world = prepare();
            let injection = format!("--inject={name}:error={error}:when={nth}");
            let (strace, log) = traced(&world, &command(&world), Some(&injection));
            let run = go(&world, strace);
            let said = fs::read_to_string(&log).unwrap();
            fs::remove_file(log).unwrap();
            // Which folder is read first is the system's choice: a call that is not made cannot fail.
            if !said.contains("INJECTED") {
                missed += 1;
                continue;
            }
            cases += 1;
            let is_orderly = matches!(run.code, Some(0..=7)) && !run.err.contains("panicked");
            let outcome = if is_orderly { check(&world, &run) } else { Err("it broke".to_owned()) };
            if let Err(why) = outcome {
                failures.push(format!("{injection}: {why}: {run:?}"));
            }
        }
    }
    assert!(missed < cases, "{flow}: {missed} faults never struck, {cases} did");
    println!("\nfaults: cli-{flow} cases {cases}, failures {}", failures.len());
    assert!(failures.is_empty(), "{} of {cases}; the first: {:#?}", failures.len(), &failures[..failures.len().min(6)]);
}

fn world() -> World {
    World::with(Issuer::builder().access_ttl(Duration::from_secs(3600)).overlap(Duration::from_secs(3600)))
}

fn signed_in() -> World {
    let world = world();
    world.login(&["--api", &world.issuer.api_url()]);
    world.issuer.reset_counts();
    world
}

/// A login, as far as it goes.
fn log_in(world: &World, command: Command) -> Run {
    match Login::try_start(command) {
        Ok(mut login) => {
            let redirect = world.issuer.visit(&login.url).unwrap();
            // It may have ended already.
            let _ = login.is_pasted(&redirect);
            login.finish()
        }
        Err(run) => run,
    }
}

fn serves(world: &World) -> Result<(), String> {
    let run = world.run(&["call", &world.issuer.api_url()]);
    if run.code == Some(0) && world.issuer.counts().reuse_detections == 0 { Ok(()) } else { Err(format!("afterwards: {run:?}")) }
}

// R081
#[test]
fn a_call_of_the_command_that_fails_costs_no_sign_in() {
    sweep(
        "login",
        world,
        |world| world.login_command(&["--api", &world.issuer.api_url()]),
        log_in,
        |world, run| {
            if run.code != Some(0) {
                log_in(world, world.login_command(&["--api", &world.issuer.api_url()]));
            }
            serves(world)
        },
    );
}

// R078, R081
#[test]
fn a_call_of_the_command_that_fails_costs_no_grant_while_it_refreshes() {
    let rejected = || {
        let world = signed_in();
        world.issuer.revoke_all_access_tokens();
        world
    };
    sweep(
        "call",
        rejected,
        |world| world.command(&["call", &world.issuer.api_url()]),
        |_, command| finish(command),
        |world, _| {
            serves(world)?;
            // Tokens that were lost with the process would cost another one.
            let refreshes = world.issuer.counts().refresh_requests;
            if refreshes == 1 { Ok(()) } else { Err(format!("{refreshes} refreshes")) }
        },
    );
}

#[test]
fn a_call_of_the_command_that_fails_leaves_nobody_half_signed_out() {
    sweep(
        "logout",
        signed_in,
        |world| world.command(&["logout"]),
        |_, command| finish(command),
        |world, run| {
            if run.code != Some(0) {
                world.run(&["logout"]);
            }
            if world.issuer.live_grants() == 0 { Ok(()) } else { Err("the grant lives on at the server".to_owned()) }
        },
    );
}
