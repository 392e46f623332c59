//! The page.

use std::fs;

use gatepass_steps::{given, step::Step};

use crate::{
    budgets,
    clients::THREADS,
    counts::FIRMWARE,
    memory::SESSIONS,
    notes, plots,
    programs::PROGRAMS,
    results::{Results, names},
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../REPORT.md");

const HEAD: &str = include_str!("head.md");

pub(crate) fn write(results: &Results) {
    let mut page = String::from(HEAD);
    machines(&mut page, results);
    budgets(&mut page, results);
    instructions(&mut page, results);
    growth(&mut page, results);
    times(&mut page, results);
    memory(&mut page, results);
    held(&mut page, results);
    clients(&mut page, results);
    programs(&mut page, results);
    fs::write(PATH, page).expect("benches/REPORT.md can be written");
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn row(page: &mut String, cells: &[String]) {
    line(page, &format!("| {} |", cells.join(" | ")));
}

fn head(page: &mut String, first: &str, columns: &[&str]) {
    row(page, &[&[first], columns].concat().iter().map(ToString::to_string).collect::<Vec<_>>());
    row(page, &[&["---"], &vec!["--:"; columns.len()][..]].concat().iter().map(ToString::to_string).collect::<Vec<_>>());
}

/// A figure as it is read: whole where it is large.
fn number(figure: Option<f64>) -> String {
    match figure {
        None => "".to_owned(),
        Some(figure) if figure < 100.0 && figure.fract() != 0.0 => format!("{figure:.2}"),
        Some(figure) => {
            let digits = format!("{figure:.0}");
            let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| core::str::from_utf8(group).unwrap_or("")).collect();
            groups.join(",")
        }
    }
}

fn machines(page: &mut String, results: &Results) {
    line(page, "\n## Machine and versions\n");
    for (machine, parts) in results.machines() {
        line(page, &format!("- {machine}: {}", parts.join(", ")));
    }
    let versions = ["oauth2", "openidconnect", "yup-oauth2", "url", "serde_json"].map(|name| format!("{name} {}", version(name)));
    line(page, &format!("- {}", versions.join(", ")));
}

/// The version that is locked.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")));
    let version = entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next());
    version.expect("every crate is locked")
}

fn budgets(page: &mut String, results: &Results) {
    line(page, "\n## Must and aim\n");
    line(
        page,
        "*oauth2, elsewhere* is oauth2 5.0.0 as it was measured, with other answers of the same size, before gatepass was written; the budgets come",
    );
    line(page, "from it. *oauth2* is what it takes here.\n");
    head(page, "what", &["unit", "oauth2, elsewhere", "oauth2", "must", "aim", "gatepass", FIRMWARE, ""]);
    let mut missed = Vec::new();
    for budget in &budgets::ALL {
        let [oauth2, own, firmware] = ["oauth2", "gatepass", FIRMWARE].map(|name| budget.figure(results, name));
        let verdict = own.map_or("not measured", |figure| budget.verdict(figure));
        let figures = [Some(budget.elsewhere), oauth2, Some(budget.must), Some(budget.aim), own, firmware].map(number);
        row(page, &[&[budget.what.to_owned(), budget.unit.to_owned()], &figures[..], &[verdict.to_owned()]].concat());
        if own.is_some_and(|figure| figure > budget.aim) {
            missed.push((budget.what, notes::of(budget.key)));
        }
    }
    if missed.is_empty() {
        return;
    }
    line(page, "\nWhat stands in the way where an aim is missed:\n");
    for (what, note) in missed {
        line(page, &format!("- **{what}**: {}", note.unwrap_or("nobody has looked yet.")));
    }
}

fn plot(page: &mut String, name: &str) {
    let title = plots::ALL.iter().find(|(other, _)| *other == name).map_or("", |(_, title)| title);
    line(page, &format!("\n![{title}](plots/{name}.svg)"));
}

/// A table of steps by candidates.
fn steps(page: &mut String, results: &Results, table: &str, columns: &[&str]) {
    head(page, "step", columns);
    for step in Step::COMPARED.map(Step::name) {
        let cells = columns.iter().map(|column| number(results.get(table, &step, column)));
        row(page, &[step.clone()].into_iter().chain(cells).collect::<Vec<_>>());
    }
}

fn instructions(page: &mut String, results: &Results) {
    line(page, "\n## Instructions\n");
    let mut columns = names().to_vec();
    columns.insert(1, FIRMWARE);
    steps(page, results, "instructions", &columns);
    let hash = number(results.get("instructions", "sha-256", "alone"));
    line(
        page,
        &format!(
            "\nSHA-256 of a code verifier takes {hash} of the URL and the lifecycle (sha2 0.11; oauth2 and openidconnect have 0.10, and yup-oauth2 has no \
             challenge). gatepass makes verifier and challenge with the URL alone."
        ),
    );
    let saves = number(results.get("instructions", "saves", "lifecycle"));
    line(
        page,
        &format!("Its three saves take {saves} of its lifecycle: the records, and the answers of the store. Its peers save nothing."),
    );
    plot(page, "instructions");
}

fn growth(page: &mut String, results: &Results) {
    let columns: Vec<&str> = names().into_iter().filter(|name| *name != "yup-oauth2").collect();
    for (title, table, first, name) in [
        ("Growth with the token", "growth by bytes", "bytes of the answer", "growth-bytes"),
        ("Growth with what nobody asked for", "growth by unknown members", "unknown members", "growth-members"),
    ] {
        line(page, &format!("\n## {title}\n"));
        head(page, first, &columns);
        for at in results.numbers(table) {
            let cells = columns.iter().map(|column| number(results.get(table, &at.to_string(), column)));
            row(page, &[number(Some(at as f64))].into_iter().chain(cells).collect::<Vec<_>>());
        }
        plot(page, name);
    }
}

fn times(page: &mut String, results: &Results) {
    line(page, "\n## Time\n");
    line(
        page,
        "Median of 301 rounds, in each of which every candidate takes the step 16 times: nanoseconds for gatepass; for the others how many times as",
    );
    line(page, "long, with the quartiles of the rounds.\n");
    head(page, "step", &names());
    for step in Step::COMPARED.map(Step::name) {
        let cell = |name: &str| {
            if name == "gatepass" {
                return results.get("times", &step, name).map(|time| format!("{} ns", number(Some(time.round()))));
            }
            let [ratio, low, high] =
                ["ratios", "ratios, lower quartile", "ratios, upper quartile"].map(|table| results.get(table, &step, name));
            match (ratio, low, high) {
                (Some(ratio), Some(low), Some(high)) => Some(format!("{ratio:.2} ({low:.2} to {high:.2})")),
                _ => results.get("times", &step, name).map(|time| format!("{} ns", number(Some(time.round())))),
            }
        };
        let cells = names().into_iter().map(|name| cell(name).unwrap_or_default());
        row(page, &[step.clone()].into_iter().chain(cells).collect::<Vec<_>>());
    }
}

fn memory(page: &mut String, results: &Results) {
    line(page, "\n## Heap\n");
    line(page, "Allocations and reallocations, then their bytes.\n");
    for table in ["heap calls", "heap bytes"] {
        steps(page, results, table, &names());
        page.push('\n');
    }
    line(page, "## Stack\n");
    line(page, "Bytes below the caller: where the paint of a thread's own stack is gone.\n");
    steps(page, results, "stack", &names());
}

fn held(page: &mut String, results: &Results) {
    line(page, "\n## What is held\n");
    line(page, "Bytes, with those of the heap. *waiting* for the redirect: `state` and verifier, or the entropy that they come from;");
    line(
        page,
        &format!(
            "*tokens* of an answer of {} B; *resident*: of the process, for each of {} sessions that hold such tokens.",
            number(Some(given::LIFECYCLE_ANSWER as f64)),
            number(Some(SESSIONS as f64))
        ),
    );
    line(
        page,
        "gatepass's first column is what an application keeps of a session that it does not need right now: the exported sign-in, and the record of the",
    );
    line(
        page,
        "store, with which any session goes on. The second is a session itself: the smallest that holds them, and resident one with a buffer of 4,096 B. To refresh, it needs room for the \
         tokens twice.\n",
    );
    let columns = ["gatepass", "gatepass, in its session", "oauth2", "openidconnect", "yup-oauth2", "by-hand", "floor"];
    head(page, "what", &columns);
    for what in ["waiting", "tokens", "resident"] {
        let cells = columns.iter().map(|column| number(results.get("held", what, column)));
        row(page, &[what.to_owned()].into_iter().chain(cells).collect::<Vec<_>>());
    }
}

fn clients(page: &mut String, results: &Results) {
    line(page, "\n## Always signed in\n");
    line(
        page,
        "A `GET` at a server on loopback that answers at once, in the same process: `gatepass-ureq` and `gatepass-reqwest` beside the bare client with",
    );
    line(
        page,
        "the same options that sets the header by itself. How many times as long it takes: the median of 41 rounds of 512 requests a way, with quartiles;",
    );
    line(
        page,
        "then a bare round's microseconds divided by its requests. Instructions are those of one request on the caller's thread, the connection standing.\n",
    );
    let threads = THREADS.map(|threads| format!("{threads} at a time"));
    let threads: Vec<&str> = threads.iter().map(String::as_str).collect();
    head(page, "client", &[&threads[..], &["instructions, bare", "signed in"]].concat());
    for client in ["ureq", "reqwest"] {
        let get = |row: &str, column| results.get(&format!("clients: {client}"), row, column);
        let cell = |threads: usize| {
            let [ratio, low, high, time] =
                ["ratio", "lower quartile", "upper quartile", "microseconds"].map(|column| get(&threads.to_string(), column));
            Some(format!("{:.3} ({:.3} to {:.3}), {:.1} µs", ratio?, low?, high?, time?))
        };
        let cells = THREADS.iter().map(|threads| cell(*threads).unwrap_or_default());
        let counts = ["bare", "signed-in"].map(|way| number(get("instructions", way)));
        row(page, &[client.to_owned()].into_iter().chain(cells).chain(counts).collect::<Vec<_>>());
    }
}

fn programs(page: &mut String, results: &Results) {
    line(page, "\n## Whole programs\n");
    line(
        page,
        "`benches/peers/programs`: each signs in over TLS and makes a header, as a release of cargo's own options, stripped. gatepass is on `ureq`, by",
    );
    line(
        page,
        "`gatepass-ureq`; oauth2 on blocking `reqwest`, as its documentation shows it, and most of the difference is theirs. Built from nothing, downloads",
    );
    line(page, "apart: seconds of processor time, over all cores.\n");
    head(page, "program", &["bytes", "crates", "seconds to build"]);
    for program in PROGRAMS {
        let cells = ["bytes", "crates", "seconds"].map(|what| number(results.get("programs", what, program)));
        row(page, &[program.to_owned()].into_iter().chain(cells).collect::<Vec<_>>());
    }
}
