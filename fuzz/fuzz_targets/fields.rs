//! Any text as the small things: `Content-Type`, `Retry-After`, a scope, a client's identifier, a parameter, a member's name.
#![no_main]

use gatepass::{Audience, AuthorizationCode, Client, Config, Grant, Input, Output, Policy, Quirks, Session, Timestamp, fuzzing};
use gatepass_fuzz::{config, entropy, server};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if fuzzing::is_json(text) {
        assert!(text.trim_ascii().to_ascii_lowercase().starts_with("application/json"));
        assert!(fuzzing::is_json(&format!("{text};x")));
    }
    let millis = fuzzing::retry_after(text);
    match text.trim_ascii().parse::<u128>() {
        Ok(seconds) if !text.contains('+') => assert_eq!(u128::from(millis), seconds.min(86_400) * 1_000),
        _ => assert!(millis == 0 || text.trim_ascii().len() > 30),
    }
    let is_scope = !text.is_empty()
        && text
            .split(' ')
            .all(|token| !token.is_empty() && token.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && !b"\"\\".contains(&byte)));
    assert_eq!(fuzzing::is_scope(text), is_scope);
    assert_eq!(Quirks::named(text).is_some(), Quirks::named(text).is_some_and(|quirk| quirk.names().eq([text])));
    let is_printable = !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    assert_eq!(Config::new(server(), Client::public(text)).is_ok(), is_printable);
    let config = config(server(), Policy::DEFAULT);
    let names = [text];
    assert!(config.with_members(&names).is_err() || (is_printable && !text.contains(['"', '\\'])));
    let audiences = [Audience::named(text).scope("a")];
    assert_eq!(config.with_audiences(&audiences).is_ok(), is_printable);

    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte));
    // Whatever is asked for stands in the URL once, and as it was given.
    let now = Timestamp::from_millis(1);
    let mut session = Session::<[u8; 8192]>::new();
    session.handle(&config, now, Input::Found(None, &entropy(0))).unwrap();
    let (name, value) = text.split_once('=').unwrap_or((text, text));
    let extra = [(name, value)];
    let grant = AuthorizationCode::new().resources(&["urn:example:own"]).login_hint(value).extra(&extra);
    if session.sign_in(&config, now, &Grant::AuthorizationCode(grant), "http://127.0.0.1:9/callback", &entropy(1)).is_ok() {
        let mut out = vec![0; 16384 + 16 * text.len()];
        let Ok(Output::Visit(url)) = session.poll(&config, now, &mut out) else { panic!("a sign-in waits") };
        let query = url.as_str().split_once('?').expect("it has a query").1;
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        assert_eq!(pairs.iter().filter(|(known, _)| known == name).count(), 1);
        assert!(pairs.iter().any(|(known, found)| known == name && found == value));
        assert!(is_name(name));
        assert!(!url.as_str().contains([' ', '#', '"', '\r', '\n']));
    }
});
