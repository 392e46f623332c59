//! The `gatepass` command.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "a command needs std")]

mod args;
mod demo;
mod output;

use std::process::ExitCode;
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let screen = output::Screen { is_json: cli.json };
    let outcome = match &cli.command {
        args::Command::Demo(args) => demo::run(args, cli.json),
    };
    match outcome {
        Ok(()) => output::Exit::Ok,
        Err(failure) => screen.failed(&failure),
    }.into()
}
