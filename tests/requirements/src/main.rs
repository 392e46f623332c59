//! The requirement map: what the RFCs and the known vulnerabilities ask of a client, and the tests that prove it.
//!
//! ```text
//! gatepass-requirements            checks the map against the tests, and writes core/docs/requirements.md
//! gatepass-requirements --check    checks the map and the page, and writes nothing
//! ```
//!
//! A test carries the ids of the requirements that it proves in a comment: `// R025 R026`, above it or inside it. The map,
//! `tests/requirements.tsv`, says for each requirement which tests prove it, or why it asks nothing of this client.
#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a command for developers: what it cannot read it must say, and stop"
)]

mod check;
mod map;
mod page;
mod sources;
#[cfg(test)]
mod tests;

use std::{env, fs, path::Path, process::ExitCode};

use map::{Kind, Row};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const MAP: &str = "tests/requirements.tsv";
const PAGE: &str = "core/docs/requirements.md";

fn main() -> ExitCode {
    let is_check = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => panic!("unknown argument {other}: there is --check"),
    };
    let map = map::read(&text(MAP));
    let found = sources::read(Path::new(ROOT));
    let mut wrong = map.1;
    let rows = map.0;
    wrong.extend(check::wrong(&rows, &found));
    let page = page::write(&rows);
    if !is_check {
        fs::write(Path::new(ROOT).join(PAGE), &page).expect("the page can be written");
    } else if text(PAGE) != page {
        wrong.push(format!("{PAGE} is out of date: cargo run -p gatepass-requirements"));
    }
    for line in &wrong {
        println!("{line}");
    }
    println!("{}", figures(&rows, &found));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A file of the repository.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// How many requirements there are, how many are proven, and why the others are not.
fn figures(rows: &[Row], found: &[sources::Carrier]) -> String {
    let with_tests = rows.iter().filter(|row| !row.tests.is_empty());
    let critical = with_tests.clone().filter(|row| row.is_critical).count();
    let mut line = format!(
        "requirements: {} rows, {} with tests, {critical} of these critical, {} tests named, {} marks on tests",
        rows.len(),
        with_tests.count(),
        rows.iter().map(|row| row.tests.len()).sum::<usize>(),
        found.len(),
    );
    for kind in Kind::ALL {
        let count = rows.iter().filter(|row| row.tests.is_empty() && row.reason.as_ref().is_some_and(|reason| reason.kind == kind)).count();
        line += &format!(", {count} {}", kind.as_str());
    }
    line
}
