//! Measures what the firmware costs, and writes or checks the table of it.
//!
//!     cargo run -p gatepass-figures              measures, and writes benches/SIZE.md
//!     cargo run -p gatepass-figures -- --check   measures, and fails where a figure has grown by more than 2 %
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::arithmetic_side_effects,
    reason = "a command for developers: what it cannot measure it must say, and stop"
)]

mod check;
mod links;
mod lives;
mod memory;
mod table;

use std::{env, fs, process::ExitCode};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../SIZE.md");

fn main() -> ExitCode {
    let is_check = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => panic!("unknown argument {other}: there is --check"),
    };
    let now = table::write(&links::measure(), &lives::measure(), &memory::measure());
    if is_check {
        let before = fs::read_to_string(TABLE).expect("benches/SIZE.md is there; cargo run -p gatepass-figures writes it");
        return check::compare(&before, &now);
    }
    fs::write(TABLE, &now).expect("benches/SIZE.md can be written");
    println!("{now}");
    ExitCode::SUCCESS
}
