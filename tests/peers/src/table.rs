//! The table: cases by rows, clients by columns.

use crate::LIMIT;
use crate::clients::{COLUMNS, Column, Offer};
use gatepass_issuer::hostile::{self, Case};
use std::collections::{HashMap, VecDeque};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Cases at a time: most of the time is spent waiting.
const AT_A_TIME: usize = 6;

struct Outcome {
    verdict: String,
    saw: String,
}

type Outcomes = HashMap<(&'static str, &'static str), Outcome>;

/// Makes the table, each client and case in a process of its own.
pub(crate) fn make() -> Result<(), String> {
    let all = || COLUMNS.iter().flat_map(|column| hostile::cases().map(move |case| (column, case)));
    let waiting: Mutex<VecDeque<(&Column, &Case)>> = Mutex::new(all().collect());
    let outcomes = Mutex::new(Outcomes::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((column, case)) = waiting.lock().expect("no panic").pop_front() else { return };
                    let outcome = one(column, case);
                    eprintln!("{}\t{}\t{}\t{}", column.name, case.name, outcome.verdict, outcome.saw);
                    outcomes.lock().expect("no panic").insert((column.name, case.name), outcome);
                }
            });
        }
    });
    let text = render(&outcomes.into_inner().expect("no panic"));
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/TABLE.md"), text).map_err(|error| error.to_string())
}

/// The process ends by itself: its limit is its own.
fn one(column: &Column, case: &Case) -> Outcome {
    let this = std::env::current_exe().expect("this process has a path");
    let output = Command::new(this).args([column.name, case.name]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.expect("this process can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match said.trim_end().split_once('\t') {
        Some((verdict, saw)) if output.status.success() => Outcome { verdict: verdict.to_owned(), saw: saw.to_owned() },
        _ => Outcome { verdict: "fell".to_owned(), saw: format!("it died: {}", output.status) },
    }
}

fn render(outcomes: &Outcomes) -> String {
    let mut text = format!(
        "{HEAD}\nA client may take {} s for a case.\n\n| case | expected | level | clause |{}\n|---|---|---|---|{}\n",
        LIMIT.as_secs(),
        COLUMNS.iter().map(|column| format!(" {} {} |", column.name, version(column.name))).collect::<String>(),
        "---|".repeat(COLUMNS.len()),
    );
    for case in hostile::cases() {
        let cells: String =
            COLUMNS.iter().map(|column| format!(" {} |", cell(column, &outcomes[&(column.name, case.name)], case))).collect();
        text.push_str(&format!("| {} | {} | {} | {} |{cells}\n", case.name, case.expected.as_str(), case.level.as_str(), case.clause));
    }
    text.push_str(&sums(outcomes));
    text.push_str("\n## What the cases are\n\n");
    for case in hostile::cases() {
        text.push_str(&format!("- **{}**: {}\n", case.name, case.why));
    }
    text.push_str("\n## What was seen of those who fell\n\n");
    for case in hostile::cases() {
        for column in &COLUMNS {
            let outcome = &outcomes[&(column.name, case.name)];
            if outcome.verdict == "fell" && (column.offers)(case.name) != Offer::Nothing {
                text.push_str(&format!("- {}, {}: {}\n", case.name, column.name, outcome.saw));
            }
        }
    }
    text
}

fn cell(column: &Column, outcome: &Outcome, case: &Case) -> String {
    let verdict = if outcome.verdict == "fell" { "**fell**" } else { &outcome.verdict };
    match (column.offers)(case.name) {
        Offer::Library => verdict.to_owned(),
        Offer::Application => format!("{verdict} (a)"),
        Offer::Nothing => "not offered".to_owned(),
    }
}

/// In how many of the cases that it offers something for each client fell.
fn sums(outcomes: &Outcomes) -> String {
    let mut text = "| **fell of offered** | | | |".to_owned();
    for column in &COLUMNS {
        let offered = || hostile::cases().filter(|case| (column.offers)(case.name) != Offer::Nothing);
        let fell = offered().filter(|case| outcomes[&(column.name, case.name)].verdict == "fell").count();
        text.push_str(&format!(" {fell} of {} |", offered().count()));
    }
    text + "\n"
}

/// The version that is locked.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")));
    let version = entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next());
    version.expect("every client is locked")
}

const HEAD: &str = "\
# Who falls for what

Clients at the hostile server (`gatepass-issuer --hostile --list`), each driven as its own documentation shows. Made by:

```
cargo run --manifest-path tests/peers/Cargo.toml
```

One cell again, with what was seen: `cargo run --manifest-path tests/peers/Cargo.toml -- oauth2 token-type-mac`.

A verdict is about requests that were seen; about what a client prints only in the cases of escapes and of `revocation-503`. *held*: the lie
was told, and the client kept the rule. *fell*: it broke it, hung, or died. *not tried*: the client never came to where the lie is told.
*not offered*: the library leaves this to the application and says nothing of it. (a): the application's doing, which does here what the
library's documentation tells, with what the library gives it for that. A level of *derived* is no RFC's MUST: a client may have reasons.

How they are driven:

- `gatepass-ureq` and `gatepass-reqwest`: discovery, requests limited to 3 s, loopback `http` allowed by name, a lease of 6 s, no
  patience, and a clock that moves with the issuer's.
- `oauth2` with `reqwest`: endpoints by hand, PKCE, redirects off, the state compared, the code found as in its `examples/google.rs`. It
  revokes over `https` only, on loopback too, so that was not tried.
- `openidconnect` with `reqwest`: discovery, and otherwise as `oauth2`. ID tokens are left out, since this issuer issues none; its documentation
  tells to check theirs, and a provider's `at_hash` would then bind the access token.
- `yup-oauth2` with `hyper`: installed flow with its own listener, tokens in memory, its limit for requests set to 5 s. It has no
  PKCE, which this issuer does not insist on.
- `oauth2` and `openidconnect` set no limit of time or size on a response, and their documentation tells of none; `reqwest` has one for
  time, which an application can set.
";
