//! The page: a section for each crate, one for what only tests use, one for unsafe code.

use std::collections::BTreeSet;

/// How a dependency ends that only tests have.
pub(crate) const TESTS: &str = ", in tests";

/// What the page says, as pairs.
#[derive(Default)]
pub(crate) struct Said {
    /// A crate of ours, and what it depends on and when.
    pub(crate) dependencies: BTreeSet<(String, String)>,
    /// The folder of a package, and how often it has the keyword.
    pub(crate) unsafe_code: BTreeSet<(String, String)>,
    /// Rows that give none, or come twice.
    pub(crate) without_reason: Vec<String>,
}

/// Reads the tables: each row has three cells, and its section says what they are.
pub(crate) fn read(page: &str) -> Said {
    let mut said = Said::default();
    let mut section = "";
    for line in page.lines() {
        section = line.strip_prefix("## ").unwrap_or(section);
        let Some(row) = line.strip_prefix("| ") else { continue };
        let cells = row.replace("\\_", "_");
        let cells: Vec<&str> = cells.trim_end_matches('|').split('|').map(str::trim).collect();
        let [first, second, reason] = cells[..] else { panic!("three cells: {line}") };
        if matches!(first, "crate" | "folder") {
            continue;
        }
        if reason.is_empty() {
            said.without_reason.push(format!("no reason: {line}"));
        }
        let is_new = match section {
            "Unsafe code" => said.unsafe_code.insert((first.into(), second.into())),
            "Only in tests" => second.split(", ").all(|user| said.dependencies.insert((user.into(), format!("{first}{TESTS}")))),
            user => said.dependencies.insert((user.into(), format!("{first}, {second}"))),
        };
        if !is_new {
            said.without_reason.push(format!("twice: {line}"));
        }
    }
    said
}
