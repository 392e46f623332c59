//! Measures gatepass beside what a user would take instead, and writes `benches/REPORT.md` with its plots.
//!
//!     cargo bench                          measures all
//!     cargo bench -- instructions times    measures these parts anew; the others stay as they are in benches/report.json
//!     cargo bench -- page                  measures nothing: the page alone
//!
//! Each part stands in `PARTS`, below. Instructions, stack and resident memory are measured in processes of their own: of this same program,
//! told by its arguments.
#![allow(missing_docs, clippy::print_stdout, reason = "a program for developers")]

mod budgets;
mod build;
mod clients;
mod counts;
mod memory;
mod notes;
mod page;
mod plots;
mod programs;
mod results;
mod times;

use std::process::ExitCode;

use gatepass_benches::{candidates::Candidate, held, stack};
use gatepass_steps::step::{Ready, Step, counted};

use self::results::Results;

/// A part: its name, and what measures it.
type Part = (&'static str, fn(&mut Results));

/// What is measured, in the order of the page.
const PARTS: [Part; 8] = [
    ("instructions", counts::instructions),
    ("growth", counts::growth),
    ("times", times::measure),
    ("memory", memory::steps),
    ("held", memory::held),
    ("sessions", memory::sessions),
    ("clients", clients::measure),
    ("programs", programs::measure),
];

fn main() -> ExitCode {
    // What cargo adds for harnesses of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["step", "sha-256", _] => counted(&mut counts::Sha256OfVerifier::default()),
        ["step", candidate, step] => counted(&mut *ready(candidate, step)),
        ["stack", candidate, step] => println!("{}", stack::deepest(&mut *ready(candidate, step))),
        ["resident", candidate, number] => println!("{}", held::resident(candidate, number.parse().expect("a number"))),
        ref parts => return report(parts),
    }
    ExitCode::SUCCESS
}

fn ready(candidate: &str, step: &str) -> Box<dyn Ready + Send> {
    let candidate = Candidate::named(candidate).expect("the name of a candidate");
    candidate.ready(Step::named(step).expect("the name of a step")).expect("it has this step")
}

fn report(parts: &[&str]) -> ExitCode {
    if let Some(unknown) = parts.iter().find(|part| **part != "page" && !PARTS.iter().any(|(name, _)| name == *part)) {
        println!("there is no part {unknown}; there are: page {}", PARTS.map(|(name, _)| name).join(" "));
        return ExitCode::FAILURE;
    }
    let mut results = Results::load();
    for (name, measure) in PARTS.iter().filter(|(name, _)| parts.is_empty() || parts.contains(name)) {
        println!("measuring {name}");
        measure(&mut results);
        results.say_machine(name);
        results.save();
    }
    plots::draw(&results);
    page::write(&results);
    ExitCode::SUCCESS
}
