//! Memory: heap and stack of each step, what is held, and what many sessions take.

use std::{env, process::Command};

use gatepass_benches::candidates::Candidate;
use gatepass_steps::step::Step;

use crate::results::Results;

/// Sessions that are held at once.
pub(crate) const SESSIONS: usize = 100_000;

pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the program can be started");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

pub(crate) fn number(text: &str) -> f64 {
    text.trim().parse().expect("it is a number")
}

fn own_program() -> String {
    env::current_exe().expect("the program knows its place").to_string_lossy().into_owned()
}

pub(crate) fn steps(results: &mut Results) {
    for step in Step::COMPARED {
        for candidate in Candidate::ALL.into_iter().filter(|candidate| candidate.ready(step).is_some()) {
            let printed = run(env!("CARGO_BIN_EXE_heap"), &["step", candidate.name, &step.name()]);
            let (calls, bytes) = printed.split_once('\t').expect("two figures");
            results.set("heap calls", &step.name(), candidate.name, number(calls));
            results.set("heap bytes", &step.name(), candidate.name, number(bytes));
            let stack = run(&own_program(), &["stack", candidate.name, &step.name()]);
            results.set("stack", &step.name(), candidate.name, number(&stack));
        }
    }
}

pub(crate) fn held(results: &mut Results) {
    for what in ["waiting", "tokens"] {
        for line in run(env!("CARGO_BIN_EXE_heap"), &[what]).lines() {
            let (name, bytes) = line.split_once('\t').expect("a name and a figure");
            results.set("held", what, name, number(bytes));
        }
    }
}

pub(crate) fn sessions(results: &mut Results) {
    for name in ["gatepass", "gatepass, in its session", "oauth2", "openidconnect", "by-hand"] {
        let bytes = run(&own_program(), &["resident", name, &SESSIONS.to_string()]);
        results.set("held", "resident", name, number(&bytes));
    }
}
