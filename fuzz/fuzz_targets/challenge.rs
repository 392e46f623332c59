//! Any text as `WWW-Authenticate`: no panic, parts of what came, and the same among other challenges.
#![no_main]

use gatepass::Challenge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let told = Challenge::bearer(text);
    assert_eq!(Challenge::bearer(&format!(" ,{text}, ,\t")), told, "empty elements say nothing");
    assert_eq!(
        Challenge::bearer(&format!("Basic realm=\"x\",{text}")).is_err(),
        Challenge::bearer(&format!("Digest abc==,{text}")).is_err()
    );
    let Ok(Some(challenge)) = told else {
        return;
    };
    assert!(Challenge::bearer(&format!("{text},Bearer")).is_err(), "there are two");
    assert_eq!(Challenge::bearer(&format!("{text}, Basic abc==")), told, "another scheme's is passed over");
    for part in [challenge.scope(), challenge.error(), challenge.error_description(), challenge.error_uri()].into_iter().flatten() {
        assert!(text.contains(part) && part.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && !b"\"\\".contains(&byte)));
    }
    if let Some(realm) = challenge.realm() {
        assert!(
            realm.clone().count() <= text.chars().count()
                && realm.clone().all(|character| !character.is_ascii_control() || character == '\t')
        );
    }
    assert!(!(challenge.is_invalid_token() && challenge.is_insufficient_scope()));
    assert!(format!("{challenge:?}").len() <= 200 + 6 * text.len());
});
