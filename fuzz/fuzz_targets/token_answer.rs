//! Any bytes as a success of the token endpoint, in pieces and into any room: the same however they are cut; what is kept is what
//! `serde_json` reads, and what does not fit is counted.
//!
//! The first byte: its lowest three bits say how many sizes of pieces follow; the next: every quirk is tolerated; the rest, times 16, how
//! many bytes of room there are (15: 8 KiB).
#![no_main]

use gatepass::Violation;
use gatepass_fuzz::{MEMBERS, answer};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    answer(data, 200, |answer, body| {
        let Ok(true) = answer.verdict else {
            assert!(
                !matches!(answer.verdict, Err(Violation::Contradiction))
                    || body.windows(5).any(|five| five == b"error")
                    || body.contains(&b'\\')
            );
            return;
        };
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let Ok(theirs) = serde_json::from_slice::<Map<String, Value>>(text) else { return };
        let [access, refresh, ..] = answer.texts;
        for (name, kept) in [("access_token", access), ("refresh_token", refresh)] {
            assert!(kept.iter().all(|byte| matches!(byte, 0x20..=0x7e)));
            match theirs.get(name) {
                Some(Value::String(token)) => assert!(kept == token.as_bytes() || (kept.is_empty() && answer.lost > 0)),
                _ => assert!(kept.is_empty()),
            }
        }
        assert!(answer.lost > 0 || !access.is_empty());
        // Spaces beside the one between two tokens are passed over by whoever asks for the tokens.
        let is_scope_byte = |byte: &u8| matches!(byte, 0x20..=0x7e) && !b"\"\\".contains(byte);
        assert!(answer.granted.is_none_or(|scope| scope.iter().all(is_scope_byte)));
        assert!(answer.lifetime.is_none_or(|seconds| (1..=315_360_000).contains(&seconds)));
        if !answer.members.is_empty() {
            let Ok(members) = serde_json::from_slice::<Map<String, Value>>(answer.members) else {
                panic!("{} is not JSON", answer.members.escape_ascii());
            };
            assert!(members.iter().all(|(name, value)| MEMBERS.contains(&&**name) && theirs.get(name) == Some(value)));
        }
    });
});
