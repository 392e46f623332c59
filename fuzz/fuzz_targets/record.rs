//! Any bytes as a stored record: no panic; what is accepted is written back to the same bytes; and a session that finds it goes on.
//!
//! The first byte: odd where the checksum is set right, and 2 where the first 12 bytes are (so that most of them are accepted).
#![no_main]

use gatepass::{Error, Input, Policy, Session, Timestamp, Version, Violation, fuzzing, model};
use gatepass_fuzz::{OTHER, config, entropy, server};
use libfuzzer_sys::fuzz_target;

const HEAD: usize = 92;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let config = config(server().with_revocation("https://as.example/revoke"), Policy::DEFAULT);
    let now = Timestamp::from_millis(5_000_000).with_unix_seconds(1_700_000_000);
    let (mut room, mut again) = ([0; 8192], [0; 8192]);
    let mut record = rest.to_vec();
    if first & 2 == 2 && record.len() >= 12 {
        let front = fuzzing::record(&config, [7; 12], 1, [b""; 6], &mut room, &mut again).expect("it fits");
        record[..12].copy_from_slice(&front[..12]);
    }
    if first & 1 == 1 {
        fuzzing::seal(&mut record, None);
    }
    let version = Version::of(&record);
    let view = model::View::of(&record, &config);
    if version == Err(Error::Violation(Violation::RecordVersion)) {
        assert_eq!(&record[..3], b"gpR");
    }
    if let Ok(view) = &view {
        let version = version.expect("a record of this configuration is a record");
        assert_eq!((view.family, view.revision), (version.family(), version.revision()));
        let word = |at: usize| u32::from_le_bytes(record[4 * at..][..4].try_into().unwrap());
        let others = word(22) as usize;
        let written = fuzzing::rewrite(&record, &config, now, &mut room, &mut again).expect("it fits");
        // A lease is cut to a day, and how long other audiences' tokens live is this instance's to say.
        let lease = if word(12) > 86_400_000 { 48..52 } else { 48..48 };
        let end = record.len() - 8 - others;
        assert!(written[..end].iter().zip(&record[..end]).enumerate().all(|(at, (one, other))| one == other || lease.contains(&at)));
        assert_eq!(written.len(), record.len());
        assert!(others > 0 || !lease.is_empty() || written == record);
        let written = written.to_vec();
        assert_eq!(fuzzing::rewrite(&written, &config, now, &mut room, &mut again), Ok(&written[..]), "and stays so");
        assert_eq!(view.texts.len() + HEAD + 8, record.len());
    }

    let mut session = Session::<[u8; 8192]>::new();
    let mut out = vec![0; 3 * record.len() + 4096];
    let found = session.handle(&config, now, Input::Found(Some(&record), &entropy(0)));
    assert_eq!(found.is_ok(), view.is_ok());
    for hour in 0..8 {
        let now = Timestamp::from_millis(5_000_000 + 3_600_000 * hour).with_unix_seconds(1_700_000_000 + 3_600 * hour);
        let _ = session.poll(&config, now, &mut out).expect("polling is total");
        let _ = (session.access_token(now), session.access_token_for(&config, OTHER, now), session.members_json(), session.scope());
    }
});
