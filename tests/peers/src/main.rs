//! Leads clients to every case of the hostile server, each in a process of its own, and writes down who held: `TABLE.md`.
//!
//! `gatepass-peers` makes the table anew; `gatepass-peers CLIENT CASE` leads one client to one case and prints verdict and
//! reason.

#![forbid(unsafe_code)]

mod clients;
#[path = "../../issuer/tests/hostile/gatepass_clients.rs"]
mod gatepass_clients;
mod oauth2_client;
mod openidconnect_client;
mod pasted;
mod table;
mod yup_client;

use core::time::Duration;
use gatepass_issuer::hostile;
use std::process::ExitCode;
use std::sync::Arc;

/// How long a client may take for a case.
const LIMIT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [] => table::make(),
        [client, case] => one(client, case),
        _ => Err("usage: gatepass-peers [CLIENT CASE]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("gatepass-peers: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn one(client: &str, case: &str) -> Result<(), String> {
    let column = clients::COLUMNS.iter().find(|column| column.name == client).ok_or_else(|| format!("there is no client {client}"))?;
    let case = hostile::case(case).ok_or_else(|| format!("there is no case {case}"))?;
    let trial = Arc::new(case.start().map_err(|error| error.to_string())?);
    let judgement = (column.run)(&trial, LIMIT);
    println!("{}\t{}", judgement.verdict.as_str(), judgement.saw);
    // A client that hangs is left behind.
    std::process::exit(0)
}
