//! Any bytes as the access tokens for other audiences in a record: what is found, rejected and joined by another is what stands there.
//!
//! The first byte: odd where the first eight bytes of the rest are the audience's name. The rest are entries.
#![no_main]

use gatepass::{Input, Output, Policy, Session, Timestamp, fuzzing, model};
use gatepass_fuzz::{JSON, OTHER, config, entropy, server};
use libfuzzer_sys::fuzz_target;

/// Target and token of each entry, read by the layout that the core's documentation gives.
fn entries(mut rest: &[u8]) -> Option<Vec<([u8; 8], &[u8])>> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (head, after) = rest.split_at_checked(36)?;
        let len = u32::from_le_bytes(head[32..].try_into().unwrap());
        let (token, after) = after.split_at_checked(len as usize)?;
        std::str::from_utf8(token).ok()?;
        all.push((head[..8].try_into().unwrap(), token));
        rest = after;
    }
    Some(all)
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let config = config(server(), Policy::DEFAULT);
    let target = fuzzing::target(&config, OTHER).expect("it is named");
    let mut others = rest.to_vec();
    if first & 1 == 1 && others.len() >= 8 {
        others[..8].copy_from_slice(&target);
    }
    let theirs = entries(&others);
    assert_eq!(fuzzing::are_entries(&others), theirs.is_some());

    let now = Timestamp::from_millis(5_000_000).with_unix_seconds(1_700_000_000);
    let (mut room, mut out) = ([0; 8192], [0; 16384]);
    let texts = [&b"access"[..], b"refresh", b"read", b"", b"", &others];
    let Ok(record) = fuzzing::record(&config, [7; 12], 3, texts, &mut room, &mut out) else { return };
    let record = record.to_vec();
    let mut session = Session::<[u8; 8192]>::new();
    let found = session.handle(&config, now, Input::Found(Some(&record), &entropy(0)));
    let Some(theirs) = theirs else {
        assert!(found.is_err());
        return;
    };
    found.expect("entries are a part of a record");
    let first = theirs.iter().find(|(of, _)| *of == target);
    if let Some(token) = session.access_token_for(&config, OTHER, now) {
        assert_eq!(Some(token.secret().as_bytes()), first.map(|(_, token)| *token));
        let generation = token.generation();
        session.handle(&config, now, Input::TokenRejected(generation)).unwrap();
        let next = session.access_token_for(&config, OTHER, now).map(|token| token.generation());
        assert_ne!(next, Some(generation), "a rejected token serves no more");
    }
    assert_eq!(session.access_token(now).map(|token| token.secret()), Some("access"));

    session.handle(&config, now, Input::RefreshFor(OTHER)).unwrap();
    for _ in 0..4 {
        let input = match session.poll(&config, now, &mut out).expect("there is room") {
            Output::Save(save) => Input::Saved(save.ticket()),
            Output::Send(request) => {
                let ticket = request.ticket();
                session.handle(&config, now, Input::Head(ticket, JSON)).unwrap();
                let body = br#"{"access_token":"other","token_type":"Bearer"}"#;
                session.handle(&config, now, Input::Body(ticket, body)).unwrap();
                Input::End(ticket)
            }
            _ => break,
        };
        // What does not fit is let go of, and said.
        let _ = session.handle(&config, now, input);
    }
    if let Some(token) = session.access_token_for(&config, OTHER, now) {
        assert!(token.secret() == "other" || theirs.iter().any(|(_, old)| *old == token.secret().as_bytes()));
    }
    assert_eq!(session.access_token(now).map(|token| token.secret()), Some("access"), "the grant's own stays as it was");
    let mut out = vec![0; 16384];
    if let Output::Save(save) = session.poll(&config, now, &mut out).expect("there is room") {
        assert!(model::View::of(save.record(), &config).is_ok(), "what is written can be read");
    }
});
