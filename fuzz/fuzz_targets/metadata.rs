//! Any bytes as a server's metadata: the same however they are cut, and nothing is believed of another issuer.
//!
//! The first byte: its lowest three bits say how many sizes of pieces follow; the rest, times 16, how many bytes of room there are (31: 4 KiB).
#![no_main]

use gatepass::{Client, Config, Discovery, Error, Violation, WellKnown};
use gatepass_fuzz::{ISSUER, JSON, linear, pieces, split};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// What the server is, in words: it has no other face.
fn read(body: &[u8], sizes: &[u8], room: usize) -> Result<String, Error> {
    let mut kept = vec![0; room];
    let mut discovery = Discovery::new(ISSUER, WellKnown::OAuth, &mut kept)?;
    discovery.head(JSON)?;
    for piece in pieces(body, sizes) {
        discovery.body(piece)?;
    }
    let server = discovery.end()?;
    // An authorization endpoint may have a parameter of ours, and nothing else may be wrong with it.
    let config = Config::new(server, Client::public("client"));
    assert!(config.is_ok() || config.err() == Some(gatepass::Misuse::Repeated.into()));
    Ok(format!("{server:?}"))
}

fuzz_target!(|data: &[u8]| {
    let Some((flags, sizes, body)) = split(data) else { return };
    let room = if flags == 31 { 4096 } else { usize::from(flags) * 16 };
    let whole = read(body, &[], room);
    assert_eq!(read(body, sizes, room), whole);
    assert_eq!(linear(body.len(), body.len(), || read(body, &[1], room)), whole);
    let theirs = serde_json::from_slice::<Map<String, Value>>(body);
    let text = |name: &str| theirs.as_ref().ok().and_then(|theirs| theirs.get(name)).and_then(Value::as_str);
    match &whole {
        Ok(server) if theirs.is_ok() => {
            assert_eq!(text("issuer"), Some(ISSUER));
            for endpoint in ["authorization_endpoint", "token_endpoint"] {
                let url = text(endpoint).expect("it is required");
                assert!(url.starts_with("https://") && server.contains(url));
            }
        }
        Err(Error::Violation(Violation::OtherIssuer)) if theirs.is_ok() => assert_ne!(text("issuer"), Some(ISSUER)),
        _ => {}
    }
});
