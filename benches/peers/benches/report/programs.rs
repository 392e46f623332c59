//! Whole programs that sign in: their size, their crates, and how long they are built from nothing.

use std::{collections::BTreeSet, fs, process::Command, time::Instant};

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
        let start = Instant::now();
        let built = build(program, "program", &folder).join(program);
        results.set("programs", "seconds", program, start.elapsed().as_secs_f64().round());
        let bytes = fs::metadata(built).expect("it was built").len();
        results.set("programs", "bytes", program, bytes as f64);
        results.set("programs", "crates", program, crates(program) as f64);
        fs::remove_dir_all(&folder).expect("it is not needed any more");
    }
}

/// Crates that are linked, or run in the compiler for those, the program itself apart.
fn crates(program: &str) -> usize {
    let arguments = ["tree", "--manifest-path", MANIFEST, "-p", program, "-e", "normal", "--prefix", "none", "--no-dedupe"];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("cargo can be started");
    let printed = String::from_utf8(output.stdout).expect("it prints text");
    let crates: BTreeSet<&str> = printed.lines().map(|line| line.trim_end_matches(" (proc-macro)")).collect();
    crates.len() - 1
}
