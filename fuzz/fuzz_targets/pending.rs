//! Any bytes as an exported sign-in: no panic; what is taken up shows a good URL, and is exported again to the same bytes, but for a revision.
//!
//! The first byte: odd where the checksum is set right, and 2 where the first 12 bytes are.
#![no_main]

use gatepass::{AuthorizationCode, AuthorizationUrl, Grant, Input, Output, Policy, Session, Timestamp, fuzzing};
use gatepass_fuzz::{config, entropy, server};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let config = config(server(), Policy::DEFAULT);
    let now = Timestamp::from_millis(5_000_000);
    let mut session = Session::<[u8; 4096]>::new();
    session.handle(&config, now, Input::Found(None, &entropy(0))).unwrap();

    let mut pending = rest.to_vec();
    if first & 2 == 2 && pending.len() >= 12 {
        let mut other = Session::<[u8; 1024]>::new();
        other.handle(&config, now, Input::Found(None, &entropy(1))).unwrap();
        let grant = AuthorizationCode::new().resources(&["urn:example:own"]);
        other.sign_in(&config, now, &Grant::AuthorizationCode(grant), "http://127.0.0.1:9/callback", &entropy(2)).unwrap();
        let mut out = [0; 1024];
        pending[..12].copy_from_slice(&other.pending(&config, &mut out).unwrap()[..12]);
    }
    if first & 1 == 1 {
        fuzzing::seal(&mut pending);
    }

    let mut out = vec![0; 3 * pending.len() + 4096];
    if session.resume(&config, now, &pending).is_err() {
        assert_eq!(session.state(), gatepass::StateName::Vacant);
        assert!(matches!(session.poll(&config, now, &mut out), Ok(Output::SignIn(_))));
        return;
    }
    let Ok(Output::Visit(url)) = session.poll(&config, now, &mut out) else { panic!("a sign-in waits") };
    assert!(AuthorizationUrl::parse(url.as_str()).is_ok(), "{}", url.as_str());
    assert!(url.as_str().starts_with("https://as.example/authorize?tenant=x&response_type=code&client_id=client&redirect_uri="));
    let mut out = vec![0; pending.len()];
    let again = session.pending(&config, &mut out).expect("as long as it was");
    // But for the revision of what it replaces, and the checksum: what another store had come to is not taken over.
    let end = pending.len() - 8;
    assert!(again.len() == pending.len() && again[..24] == pending[..24] && again[28..end] == pending[28..end]);
    assert!(session.redirect_uri().is_some());
});
