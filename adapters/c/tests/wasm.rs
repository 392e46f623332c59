//! The core under Node.js, as WebAssembly that `fetch` drives: any runtime will do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::std_instead_of_core,
    reason = "a test that cannot go on must fail, and at the line that says why"
)]

mod common;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use common::{Profile, ROOT, library};
use gatepass_issuer::{Endpoint, Issuer};

#[test]
fn a_machine_in_webassembly_lives_a_whole_life_on_fetch() {
    let module = library("cdylib", Some("wasm32-unknown-unknown"), Profile::Small, "panic-handler");
    let issuer = Issuer::builder().start().unwrap();
    let urls = [Endpoint::Authorize, Endpoint::Token, Endpoint::Revoke].map(|endpoint| issuer.endpoint_url(endpoint));
    let mut node = Command::new("node");
    node.args(["tests/wasm/run.mjs", module.to_str().unwrap(), &issuer.url()]).args(&urls).args(["demo", &issuer.api_url()]);
    let spawned = node.current_dir(ROOT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("node does not start ({error}); `tests/run wasm` installs it"));
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "revoke" {
            issuer.revoke_all_access_tokens();
            writeln!(child.stdin.as_mut().unwrap(), "revoked").unwrap();
        }
        said.push(line);
    }
    assert!(child.wait().unwrap().success(), "{said:#?}");
    assert_eq!(said.last().map(String::as_str), Some("done"), "{said:#?}");

    let counts = issuer.counts();
    assert_eq!((counts.code_requests, counts.refresh_requests, counts.refresh_successes), (1, 4, 4));
    assert_eq!((counts.reuse_detections, counts.revocations, counts.api_ok, counts.api_401), (0, 1, 5, 1));
    assert_eq!(issuer.live_grants(), 0);
}
