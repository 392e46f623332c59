//! Any bytes as an exported sign-in: no panic; what is taken up shows a good URL, sends no parameter but resources twice, and is exported again
//! to the same bytes, but for a revision.
//!
//! The first byte: odd where the checksum is set right.
#![no_main]

use gatepass::{AuthorizationUrl, Input, Output, Policy, Session, Timestamp, fuzzing};
use gatepass_fuzz::{config, entropy, server};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let config = config(server(), Policy::DEFAULT);
    let now = Timestamp::from_millis(5_000_000);
    let mut session = Session::<[u8; 4096]>::new();
    session.handle(&config, now, Input::Found(None, &entropy(0))).unwrap();

    let mut pending = rest.to_vec();
    if first & 1 == 1 {
        fuzzing::seal(&mut pending, Some(&config));
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
    let query = url.as_str().split_once('?').unwrap().1.as_bytes();
    let mut names: Vec<Vec<u8>> = fuzzing::pairs(query).map(|[name, _]| name.map(Option::unwrap).collect()).collect();
    names.retain(|name| name != b"resource");
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a parameter is sent twice: {}", url.as_str());
    let mut out = vec![0; pending.len()];
    let again = session.pending(&config, &mut out).expect("as long as it was");
    // But for the revision of what it replaces, and the checksum: what another store had come to is not taken over.
    let end = pending.len() - 8;
    assert!(again.len() == pending.len() && again[..12] == pending[..12] && again[16..end] == pending[16..end]);
    assert!(session.redirect_uri().is_some());
});
