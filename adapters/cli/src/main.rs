//! The `gatepass` command: sign in to OAuth 2.0 servers, and use their APIs.
//!
//! ```text
//! args ─ main ┬ login ─ wait      a profile, a browser, tokens
//!             ├ token             a fresh access token
//!             ├ call              an authenticated request
//!             ├ status, logout
//!             └ demo              the whole life, against a server inside
//!        profile, account, store  from a name to a client that is always signed in, and where its grant is
//!        output                   results, errors, exit codes
//! ```
//!
//! The protocol is the core's, the transport is `gatepass-ureq`'s, the stores are `gatepass-store`'s: here are words and choices.
#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_core, clippy::alloc_instead_of_core, reason = "a command is made of std")]
#![allow(clippy::wildcard_enum_match_arm, reason = "an error that has no exit code or cure of its own gets that of all others")]

mod account;
mod args;
mod call;
mod demo;
mod discover;
mod help;
mod login;
mod logout;
mod output;
mod profile;
mod secret;
mod status;
mod store;
mod target;
mod token;
mod values;
mod wait;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser as _;
use output::{Exit, Screen};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen { is_json: cli.json };
    let outcome = match &cli.command {
        Command::Login(args) => login::run(args, screen),
        Command::Token(args) => token::run(args, screen),
        Command::Call(args) => call::run(args, screen),
        Command::Status(args) => status::run(args, screen),
        Command::Logout(args) => logout::run(args, screen),
        Command::Demo(args) => demo::run(args, screen.is_json),
    };
    outcome.map_or_else(|failure| screen.failed(&failure), |()| Exit::Ok).into()
}
