//! The demo: six phases, no secret, exit code 0; and the help that a newcomer reads.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    reason = "tests run on std, on small numbers"
)]

mod common;

use std::io::{BufRead as _, BufReader};

use common::{Run, World};
use serde_json::Value;

const PHASES: [&str; 6] = ["Sign in", "Call an API", "Expiry", "Refresh", "Call the API again", "Sign out"];

fn demo(args: &[&str]) -> Run {
    let world = World::new();
    let run = world.run(&[&["demo"], args].concat()).expect(0);
    // A secret has no place to break in: whatever is longer would be one.
    let word = |byte: char| byte.is_ascii_alphanumeric() || "-_".contains(byte);
    let longest = run.out.split(|byte| !word(byte)).max_by_key(|word| word.len()).unwrap();
    assert!(longest.len() < 30, "{longest}");
    assert_eq!(run.err, "");
    run
}

#[test]
fn the_demo_shows_the_six_phases_and_the_proof() {
    let run = demo(&[]);
    let mut rest = run.out.as_str();
    for (at, title) in PHASES.iter().enumerate() {
        let phase = format!("[{}/6] {title}", at + 1);
        rest = rest.split_once(&phase).unwrap_or_else(|| panic!("{phase} in {}", run.out)).1;
    }
    let (_, proof) = rest.split_once("Proof").unwrap();
    assert!(proof.contains("401") && proof.contains("invalid_token"), "{proof}");
    assert!(!run.out.contains('\u{1b}'), "colours are for terminals");
    for state in [
        "Loading",
        "Vacant",
        "Visiting",
        "AwaitingRedirect",
        "RedeemSent",
        "SavingSignIn",
        "Live",
        "SavingIntent",
        "RefreshSent",
        "SavingCommit",
        "RevokeSent",
    ] {
        assert!(run.out.contains(state), "{state}");
    }
    assert!((90..150).contains(&run.out.lines().count()), "{}", run.out.lines().count());
}

#[test]
fn the_demo_speaks_as_auth0_and_in_plain_ascii() {
    let run = demo(&["--dialect", "auth0", "--plain"]);
    assert!(run.out.contains("/oauth/token") && run.out.contains("[6/6]"));
    assert!(run.out.is_ascii(), "{}", run.out);
}

#[test]
fn the_demo_speaks_json_a_line_at_a_time() {
    let run = demo(&["--json"]);
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let phases: Vec<u64> = lines.iter().filter_map(|line| line["phase"].as_u64()).collect();
    assert_eq!(phases, [1, 2, 3, 4, 5, 6]);
    let statuses: Vec<u64> = lines.iter().filter_map(|line| line["received"]["status"].as_u64()).collect();
    assert_eq!(statuses, [200, 200, 401, 200, 200, 200, 401]);
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_browser_a_person_clicks_and_the_demo_waits() {
    for (decision, code) in [("allow", 0), ("deny", 5)] {
        let world = World::new();
        let mut command = world.command(&["demo", "--browser"]);
        command.env("BROWSER", "/bin/true");
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("http://")).unwrap();
        let page = common::request(&url, &format!("gatepass-issuer-decision: {decision}\r\n"));
        let location =
            page.lines().find_map(|line| line.to_ascii_lowercase().starts_with("location: ").then(|| line[10..].to_owned())).unwrap();
        let answer = common::browse(&location);
        assert_eq!(answer.contains("refused"), decision == "deny", "{answer}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).contains("[6/6]"), decision == "allow");
    }
}

#[test]
fn every_command_explains_itself_with_examples() {
    let world = World::new();
    for name in ["login", "token", "call", "status", "logout", "demo"] {
        let run = world.run(&[name, "--help"]).expect(0);
        assert!(run.out.contains("Examples:") && run.out.contains(&format!("gatepass {name}")) && run.out.contains("--json"), "{run:?}");
        let top = world.run(&["--help"]).expect(0);
        assert!(top.out.contains(&format!("\n  {name} ")), "{top:?}");
    }
    world.run(&[]).expect(2);
    world.run(&["no-such-command"]).expect(2);
    world.run(&["--version"]).expect(0);
}

#[test]
fn every_exit_code_is_in_the_help() {
    let help = World::new().run(&["--help"]).expect(0).out;
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    for code in 0..=7 {
        assert!(codes.contains(&format!("\n  {code}  ")), "{code}");
    }
}
