//! Many real processes on one grant: rotations, kills, a store that restarts, and the proof that nothing was lost but what
//! nobody can keep.
//!
//! The server rotates with each refresh, forgives nothing (overlap 0), and revokes the family when a token comes twice. So a
//! process that is killed after it sent and before it saved takes the grant with it: the server has rotated, and nobody has the
//! new token. Every other loss would be a fault of gatepass. To tell them apart, each worker tells when its intent and its tokens
//! are stored, the issuer remembers who sent which token and when (by the user agent), and this process knows whom it killed.
//! [`ledger`] holds the three together, [`verdict`] has the rules.
//!
//! The same work is then done with crate `oauth2`, as its users do it (see [`rival`]).

#![forbid(unsafe_code)]
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    clippy::wildcard_enum_match_arm,
    reason = "this is a test: what is out of bounds ends it, at the line that says why"
)]

mod args;
mod caller;
mod event;
mod fleet;
mod ledger;
mod place;
mod report;
mod rival;
mod round;
mod stores;
mod user;
mod verdict;
mod witness;
mod worker;

use core::time::Duration;
use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Instant,
};

use args::Args;
use report::{Column, Table};
use round::Plan;
use stores::Store;
use worker::Orders;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((Orders::COMMAND, orders)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return Orders::parse(orders).map_or(ExitCode::FAILURE, |orders| worker::run(&orders));
    }
    let outcome = match args::parse(&arguments) {
        Ok(Some(args)) => run(&args),
        Ok(None) => say(args::HELP).map(|()| true),
        Err(problem) => say(&format!("gatepass-fleet: {problem}; see --help\n")).map(|()| false),
    };
    if outcome.unwrap_or(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Tries every store; whether all rules were kept.
fn run(args: &Args) -> io::Result<bool> {
    let share = Duration::from_secs(args.minutes * 60) / u32::try_from(args.stores.len()).unwrap_or(u32::MAX);
    let mut columns = Vec::new();
    let mut is_good = true;
    say(&format!("seed {}, lease {:?}, access tokens live {:?}, overlap 0\n", args.seed, args.lease, worker::LIFE))?;
    for store in &args.stores {
        let mut column = Column::new(store.name(), args.processes);
        let start = Instant::now();
        let mut seed = args.seed;
        loop {
            is_good &= one(*store, args, seed, &mut column)?;
            seed += 1;
            if start.elapsed() >= share {
                break;
            }
        }
        columns.push(column);
    }
    say(&format!("\n{}{}", Table(&columns), rival::DESCRIPTION))?;
    Ok(is_good)
}

/// One round, and what is said of it.
fn one(store: Store, args: &Args, seed: u64, column: &mut Column) -> io::Result<bool> {
    let folder = tempfile::Builder::new().prefix("gatepass-fleet-").tempdir()?;
    let plan = |place| Plan { place, processes: args.processes, lease: args.lease, rotations: args.rotations, seed };
    let name = store.name();
    let evidence = match store.round(folder.path(), plan) {
        Ok(evidence) => evidence,
        Err(problem) => {
            say(&format!("{name}: {problem}\ntest result: FAILED. 0 passed; 1 failed; {name}, seed {seed}\n"))?;
            return Ok(false);
        }
    };
    column.add(&evidence);
    let rules = if store == Store::Oauth2 { verdict::of_comparison(&evidence) } else { verdict::rules(&evidence) };
    let mut failed = 0;
    for (rule, problems) in &rules {
        let verdict = if problems.is_empty() { "ok" } else { "FAILED" };
        say(&format!("{name}: {rule} ... {verdict}\n"))?;
        for problem in problems.iter().take(5) {
            say(&format!("    {problem}\n"))?;
        }
        failed += usize::from(!problems.is_empty());
    }
    let (word, passed) = (if failed == 0 { "ok" } else { "FAILED" }, rules.len() - failed);
    say(&format!("test result: {word}. {passed} passed; {failed} failed; {name}, seed {seed}, {:?}\n", evidence.seconds))?;
    Ok(failed == 0)
}
