//! Any bytes as an error of the token endpoint: the same however they are cut, never a success, and nothing that a terminal would obey.
//!
//! As for `token_answer`; the status is 400.
#![no_main]

use gatepass::{Refusal, fuzzing};
use gatepass_fuzz::{config, linear, pieces, policy, server, split};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let Some((flags, sizes, body)) = split(data) else { return };
    let config = config(server(), policy(flags & 1 == 1));
    let room = if flags >> 1 == 15 { 8192 } else { usize::from(flags >> 1) * 16 };
    let (mut first, mut second, mut third) = (vec![0; room], vec![0; room], vec![0; room]);
    let whole = fuzzing::answer(&config, 400, pieces(body, &[]), &mut first);
    assert_eq!(fuzzing::answer(&config, 400, pieces(body, sizes), &mut second), whole);
    let bytewise = linear(body.len(), body.len(), || fuzzing::answer(&config, 400, pieces(body, &[1]), &mut third));
    assert_eq!(bytewise, whole);

    let Some(answer) = whole else { return };
    assert_ne!(answer.verdict, Ok(true));
    let Ok(false) = answer.verdict else { return };
    let [access, refresh, _, code, description] = answer.texts;
    assert!(access.is_empty() && refresh.is_empty());
    assert!(code.iter().chain(description).all(|byte| matches!(byte, 0x20..=0x7e) && !b"\"\\".contains(byte)));
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(theirs) = serde_json::from_slice::<Map<String, Value>>(text) else { return };
    let error = theirs.get("error").and_then(Value::as_str).unwrap_or_default();
    assert!(code.is_empty() || code == error.as_bytes());
    // What it means does not depend on the room.
    assert_eq!(answer.refusal == Refusal::InvalidGrant, error == "invalid_grant");
    assert_eq!(answer.refusal == Refusal::Unavailable, ["server_error", "temporarily_unavailable"].contains(&error));
});
