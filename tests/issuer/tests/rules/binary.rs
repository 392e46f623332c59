//! The server on its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_gatepass-issuer");

#[test]
fn the_binary_warns_and_prints_where_it_listens() {
    let mut child = Command::new(BINARY).arg("--auth0").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').parse().unwrap();
    let answer = crate::harness::parse(&crate::harness::raw(
        address,
        "GET /.well-known/openid-configuration HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    ));
    assert_eq!(answer.json()["issuer"], line.trim());
    child.kill().unwrap();
    child.wait().unwrap();
    let mut warning = String::new();
    child.stderr.take().unwrap().read_to_string(&mut warning).unwrap();
    assert!(warning.contains("FOR DEMOS AND TESTS ONLY"), "{warning}");
}

#[test]
fn the_binary_explains_itself_and_refuses_what_it_does_not_know() {
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("--port N"));
    for arguments in [["--what", "1"], ["--port", "x"], ["--port", "65536"]] {
        assert_eq!(Command::new(BINARY).args(arguments).output().unwrap().status.code(), Some(2));
    }
}
