//! Explores the rotation protocol with the real `Session`: every interleaving, loss, crash and suspension within a bound,
//! each distinct state once.
//!
//! ```text
//! gatepass-model                     the scenarios, the usual configurations and the mutants
//! gatepass-model --all               also the large configurations, of millions of states
//! gatepass-model --scenario NAME     this one, and no mutant
//! ```
//!
//! It prints what each exploration found, and the counts that `tests/run` adds up; `figures.txt` has those of the last
//! run with `--all`.
//!
//! What a world is: each holder is a `Session` with a clock of its own; time goes on when everybody who is awake has nothing
//! left to do, to the next moment that somebody waits for, and past it only for those who are suspended. A message is
//! delivered at once, in any order with all others, or hit by a fault of the budget; what is given up may arrive later or
//! never. Holders are interchangeable, so worlds that differ in who is who are one. From every state the way on without
//! faults is followed to its end.
//!
//! What it leaves out: access tokens do not expire but are rejected, so that no wall clock is needed; an answer of the server
//! is read whole; jitter is zero; a sign-in's person is prompt; there is one audience.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    unreachable_pub,
    reason = "a check that cannot go on must fail, and at the line that says why"
)]

mod channel;
mod explore;
mod fingerprint;
mod holder;
mod invariants;
mod mutants;
mod say;
mod scenarios;
mod server;
mod setup;
mod step;
mod world;

use std::{process::ExitCode, sync::Mutex, thread};

use scenarios::{Scenario, large, scenarios, usual};
use setup::Setup;

/// Explorations and builds at once: a CI machine has two cores.
const LANES: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let configurations = |setups| Scenario { name: "configurations", setups };
    let (explored, with_mutants) = match told[..] {
        [] => ([scenarios(), vec![configurations(usual())]].concat(), true),
        ["--all"] => ([scenarios(), vec![configurations(usual()), configurations(large())]].concat(), true),
        ["--scenario", name] => (scenarios().into_iter().filter(|scenario| scenario.name == name).collect(), false),
        _ => {
            println!("gatepass-model [--all | --scenario NAME]");
            return ExitCode::FAILURE;
        }
    };
    let (mut passed, mut failed) = explore_all(explored);
    if with_mutants {
        let (caught, missed) = hunt_all();
        println!("mutants: {caught} of {} caught", caught + missed);
        (passed, failed) = (passed + caught, failed + missed);
    }
    let verdict = if failed == 0 && passed > 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; explorations and mutants");
    if verdict == "ok" { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a job for each item, some at once. Gives how many were well, and how many not.
fn each<T: Send>(items: Vec<T>, job: impl Fn(usize, T) -> bool + Sync) -> (usize, usize) {
    let (items, counts) = (Mutex::new(items.into_iter()), Mutex::new((0, 0)));
    thread::scope(|scope| {
        for lane in 0..LANES {
            let (items, counts, job) = (&items, &counts, &job);
            scope.spawn(move || {
                loop {
                    let next = items.lock().unwrap().next();
                    let Some(item) = next else { return };
                    let is_well = job(lane, item);
                    let mut counts = counts.lock().unwrap();
                    if is_well { counts.0 += 1 } else { counts.1 += 1 }
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

fn explore_all(scenarios: Vec<Scenario>) -> (usize, usize) {
    println!(
        "{:<48} {:<52} {:>7} {:>9} {:>11} {:>10} {:>5} {:>6}",
        "scenario", "faults", "holders", "states", "transitions", "merged", "depth", "s"
    );
    let setups: Vec<(&str, Setup)> =
        scenarios.into_iter().flat_map(|scenario| scenario.setups.into_iter().map(move |setup| (scenario.name, setup))).collect();
    each(setups, |_, (scenario, setup)| {
        let report = explore::explore(setup.clone());
        let merged = report.transitions - (report.states as u64 - 1);
        println!(
            "{scenario:<48} {:<52} {:>7} {:>9} {:>11} {merged:>10} {:>5} {:>6.1}  {}{}",
            setup.budget.to_string(),
            setup.holders,
            report.states,
            report.transitions,
            report.depth,
            report.seconds,
            setup.name,
            if report.unexplored > 0 { format!(" ({} states at the bound)", report.unexplored) } else { String::new() }
        );
        let Some(failure) = &report.failure else { return true };
        println!("broken: {} (after {} steps)\n{}", failure.what, failure.trace.len(), explore::tell(setup, &failure.trace));
        false
    })
}

fn hunt_all() -> (usize, usize) {
    let lanes: Vec<mutants::Lane> = (0..LANES).map(|number| mutants::Lane::new(number).unwrap()).collect();
    each(mutants::mutants(), |lane, mutant| {
        let (verdict, how) = match lanes[lane].hunt(&mutant) {
            Ok(broken) => ("caught", broken),
            Err(why) => ("NOT CAUGHT", why),
        };
        println!("mutant {verdict}: {}; in {}: {how}", mutant.name, mutant.scenario);
        verdict == "caught"
    })
}
