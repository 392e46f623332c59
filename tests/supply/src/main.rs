//! What this repository rests on: prints where `tests/DEPENDENCIES.md` does not agree with the manifests and the sources, and the
//! figures.
#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a command for developers: what it cannot read it must say, and stop"
)]

mod manifests;
mod page;
mod sources;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fs, path::Path, process::ExitCode};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn main() -> ExitCode {
    let (wrong, figures) = compare();
    for line in &wrong {
        println!("{line}");
    }
    println!("{figures}");
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What does not agree, a line each, and the figures.
fn compare() -> (Vec<String>, String) {
    let root = Path::new(ROOT);
    let page = fs::read_to_string(root.join("tests/DEPENDENCIES.md")).expect("the page can be read");
    let said = page::read(&page);
    let mut wrong = differences("dependency", &said.dependencies, &manifests::read(root));
    let packages = sources::packages(root);
    let lenient = packages.iter().filter(|package| package.keywords > 0 || !package.forbids);
    wrong.extend(differences(
        "unsafe",
        &said.unsafe_code,
        &lenient.map(|package| (package.folder.clone(), package.keywords.to_string())).collect(),
    ));
    wrong.extend(said.without_reason);
    let tests = said.dependencies.iter().filter(|(_, what)| what.ends_with(page::TESTS)).count();
    let figures = format!(
        "supply: {} direct dependencies of the core and the adapters, {tests} more in tests; unsafe: {} in the core, {} packages of {} have any",
        said.dependencies.len() - tests,
        packages.iter().filter(|package| package.folder == "core").map(|package| package.keywords).sum::<usize>(),
        packages.iter().filter(|package| package.keywords > 0).count(),
        packages.len(),
    );
    (wrong, figures)
}

/// Pairs of which the page or the repository knows nothing.
fn differences(about: &str, said: &BTreeSet<(String, String)>, found: &BTreeSet<(String, String)>) -> Vec<String> {
    let missing = found.difference(said).map(|(of, what)| format!("{about}: the page lacks {of}: {what}"));
    let surplus = said.difference(found).map(|(of, what)| format!("{about}: only the page has {of}: {what}"));
    missing.chain(surplus).collect()
}
