//! Whole programs that sign in: their size, their crates, and what it takes to build them from nothing.

use std::{collections::BTreeSet, fs, process::Command};

use gatepass_steps::table::target;

use crate::{
    build::{MANIFEST, build},
    results::Results,
};

pub(crate) const PROGRAMS: [&str; 2] = ["program-gatepass", "program-oauth2"];

pub(crate) fn measure(results: &mut Results) {
    for program in PROGRAMS {
        // What is to be downloaded is no part of it.
        let fetched = Command::new(env!("CARGO")).args(["fetch", "--quiet", "--manifest-path", MANIFEST]).status();
        assert!(fetched.is_ok_and(|status| status.success()), "the crates are fetched");
        let folder = target().join(program);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("what was built before can go");
        }
        let before = cpu_seconds();
        let built = build(program, "program", &folder).join(program);
        results.set("programs", "seconds", program, (cpu_seconds() - before).round());
        let bytes = fs::metadata(built).expect("it was built").len();
        results.set("programs", "bytes", program, bytes as f64);
        results.set("programs", "crates", program, crates(program) as f64);
        fs::remove_dir_all(&folder).expect("it is not needed any more");
    }
}

/// Processor time of all children that have ended, and of theirs: what else a machine does changes it little.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux says it");
    // The name of the program, in parentheses, may have blanks.
    let fields = stat.rsplit_once(')').expect("the name ends").1.split_whitespace();
    let ticks: f64 = fields.skip(13).take(2).map(|ticks| ticks.parse::<f64>().expect("it is a number")).sum();
    ticks / 100.0
}

/// Crates that are linked, or run in the compiler for those, the program itself apart.
fn crates(program: &str) -> usize {
    let arguments = ["tree", "--manifest-path", MANIFEST, "-p", program, "-e", "normal", "--prefix", "none", "--no-dedupe"];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("cargo can be started");
    let printed = String::from_utf8(output.stdout).expect("it prints text");
    let crates: BTreeSet<&str> = printed.lines().map(|line| line.trim_end_matches(" (proc-macro)")).collect();
    crates.len() - 1
}
