//! Any bytes as an error of the token endpoint: the same however they are cut, never a success, and nothing that a terminal would obey.
//!
//! As for `token_answer`; the status is 400.
#![no_main]

use gatepass::Refusal;
use gatepass_fuzz::answer;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    answer(data, 400, |answer, body| {
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
});
