//! See the crate.
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

mod broken;
mod dropped;
mod failed;
mod full;
mod kill;
mod torn;

use gatepass_faults::trace::Worker;

fn worker() -> Worker {
    Worker::new(env!("CARGO_BIN_EXE_gatepass-faults"))
}

/// Prints the figures, which `tests/run faults` adds up, and fails if there was a failure.
fn report(kind: &str, cases: usize, failures: &[String]) {
    println!("\nfaults: {kind} {cases}, failures {}", failures.len());
    assert!(cases > 0 && failures.is_empty(), "{} of {cases}; the first: {:#?}", failures.len(), &failures[..failures.len().min(8)]);
}
