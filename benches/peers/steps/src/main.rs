//! The instructions of gatepass's steps.
//!
//!     cargo run --release --bin instructions              counts, and writes benches/instructions.tsv
//!     cargo run --release --bin instructions -- --check   counts, and fails where a figure differs by more than 2 %
//!     instructions step NAME                              takes one step: what callgrind counts
#![forbid(unsafe_code)]

use std::{env, fs, process::ExitCode};

use gatepass_steps::{
    own::Own,
    step::{Step, counted},
    table,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => fs::write(table::PATH, measure()).expect("benches/instructions.tsv can be written"),
        ["--check"] => return check(),
        ["step", name] => counted(&mut Own::ready(Step::named(name).expect("the name of a step"))),
        _ => panic!("unknown arguments {arguments:?}: there are --check, and step NAME"),
    }
    ExitCode::SUCCESS
}

fn measure() -> String {
    if cfg!(debug_assertions) {
        panic!("instructions are counted of a release build");
    }
    let now = table::write(&table::measure(&env::current_exe().expect("the program knows its place")));
    println!("{now}");
    now
}

fn check() -> ExitCode {
    let before = fs::read_to_string(table::PATH).expect("benches/instructions.tsv is there");
    let differences = table::compare(&before, &measure());
    for difference in &differences {
        println!("differs by more than 2 %: {difference}");
    }
    if differences.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("To commit, with the reason, the table that this writes: cargo run --release --manifest-path benches/peers/steps/Cargo.toml");
    ExitCode::FAILURE
}
