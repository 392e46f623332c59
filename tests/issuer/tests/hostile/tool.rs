//! The cases as a command.

use gatepass_issuer::hostile;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_gatepass-issuer");

fn tool(arguments: &[&str]) -> Output {
    Command::new(BINARY).arg("--hostile").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_list_has_every_case_with_its_clause_and_reason() {
    let listed = said(&tool(&["--list", "--tsv"]));
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    let expected: Vec<Vec<&str>> =
        hostile::cases().map(|case| vec![case.name, case.expected.as_str(), case.level.as_str(), case.clause, case.why]).collect();
    assert_eq!(rows, expected);
    assert!(said(&tool(&["--list"])).contains("RFC 9207 §2.4"));
}

#[test]
fn what_it_does_not_know_is_refused() {
    for arguments in [&["--case", "no-such-case"][..], &["--case"], &["--what"], &["--limit", "x"]] {
        assert_eq!(tool(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert!(said(&tool(&["--help"])).contains("--case NAME"));
}

#[test]
fn a_case_is_served_until_a_line_comes_in() {
    let mut child = Command::new(BINARY)
        .args(["--hostile", "--tsv", "--case", "redirect-no-state", "--case", "token-empty"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut issuers = String::new();
    lines.read_line(&mut issuers).unwrap();
    let issuer = issuers.trim().strip_prefix("redirect-no-state\t").unwrap();
    assert!(hostile::open(issuer, &format!("{issuer}/authorize?{QUERY}"), 1).unwrap()[0].contains("code="));
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(rest.contains("\theld\t0 codes") && rest.contains("token-empty\trefuse\tMUST\tRFC 6749 §A.12\tnot tried\t"), "{rest}");
}

const QUERY: &str = "response_type=code&client_id=demo&redirect_uri=http://127.0.0.1/&state=s";

#[test]
fn a_command_is_led_to_each_case_and_judged() {
    let run = |case: &str, command: &str| {
        let output = tool(&["--tsv", "--case", case, "--limit", "2", "--run", command]);
        let verdict = said(&output).split('\t').nth(4).unwrap().to_owned();
        assert_eq!(output.status.code(), Some(i32::from(verdict == "fell")));
        verdict
    };
    let visit = format!("$BROWSER \"$GATEPASS_ISSUER/authorize?{QUERY}\"");
    assert_eq!(run("redirect-wrong-state", "true"), "not tried");
    assert_eq!(run("redirect-wrong-state", &visit), "held");
    assert_eq!(run("redirect-escapes", &format!("{visit}; printf '\\033[2J'")), "fell");
    assert_eq!(run("redirect-escapes", &visit), "held");
    assert_eq!(run("body-deep", "kill -9 $$"), "fell");
    assert_eq!(run("body-deep", "exec sleep 10"), "fell");
    assert_eq!(run("metadata-javascript", "$BROWSER 'javascript:alert(1)'"), "not tried");
}
