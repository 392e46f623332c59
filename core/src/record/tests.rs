//! Records written and read back, and everything that is no record.

extern crate std;
use std::vec::Vec;

use super::{ACCESS, Head, Held, Kind, MEMBERS, NO_WORDS, RECORD_OVERHEAD, REFRESH, SCOPE, Tokens, Version, Write};
use crate::{
    arena::Arena,
    config::{Client, Config, Server},
    entropy::Id,
    error::{Error, Violation},
    life::{Life, UNKNOWN},
    time::Timestamp,
};

fn config() -> Config<'static> {
    Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap()
}

const HELD: Held = Held { family: Id([7; 3]), generation: 3, revision: 9, attempts: 2, answered: 1 };

fn write(kind: Kind, lease: u32, asked: Timestamp, lifetime: u32) -> Vec<u8> {
    let (mut bytes, mut used) = ([0; 64], 0);
    let mut arena = Arena::new(&mut bytes, &mut used);
    let mut tokens = Tokens { scope_known: true, life: Life::new(asked, Some(lifetime)), minted: 3, ..Tokens::NONE };
    for (text, bytes) in [(ACCESS, "access"), (REFRESH, "refresh"), (SCOPE, "a b"), (MEMBERS, "{\"x\":\"ä\"}")] {
        tokens.texts[text] = arena.add(bytes.as_bytes()).unwrap();
    }
    let draft = Write { held: &HELD, writer: Id([5; 3]), lease, kind, tokens: &tokens };
    let mut out = [0; 256];
    draft.write(&config(), &bytes, &mut out).unwrap().to_vec()
}

fn take(record: &[u8], now: Timestamp) -> (Tokens, Vec<u8>) {
    let (mut bytes, mut used) = ([0; 128], 0);
    let mut words = NO_WORDS;
    let head = Head::of(record, &mut words, &config()).unwrap();
    let mut tokens = Tokens::NONE;
    head.take(&mut Arena::new(&mut bytes, &mut used), &mut tokens, now).unwrap();
    (tokens, bytes.to_vec())
}

#[test]
fn what_is_written_is_read_back() {
    let asked = Timestamp::from_millis(5).with_unix_seconds(1_000);
    for (kind, lease) in [(Kind::Live, 0), (Kind::Live, 30_000), (Kind::Cleared, 0), (Kind::SignedOut, 0)] {
        let record = write(kind, lease, asked, 60);
        let mut words = NO_WORDS;
        let head = Head::of(&record, &mut words, &config()).unwrap();
        assert_eq!((head.held(), head.kind(), head.lease(), head.writer()), (HELD, kind, lease, Id([5; 3])));
        assert_eq!(Version::of(&record).unwrap(), HELD.version());
        let intent = lease > 0;
        assert!(head.is_write_of(Id([5; 3]), &HELD, kind, intent));
        assert!(!head.is_write_of(Id([6; 3]), &HELD, kind, intent));
        assert!(!head.is_write_of(Id([5; 3]), &HELD, kind, !intent));
        assert!(!head.is_write_of(Id([5; 3]), &Held { generation: 4, ..HELD }, kind, intent));
        let (tokens, bytes) = take(&record, asked);
        assert_eq!(crate::arena::get(&bytes, tokens.texts[ACCESS]), b"access");
        assert_eq!(crate::arena::get(&bytes, tokens.texts[REFRESH]), b"refresh");
        assert_eq!(crate::arena::get(&bytes, tokens.texts[SCOPE]), b"a b");
        assert_eq!(crate::arena::get(&bytes, tokens.texts[MEMBERS]), "{\"x\":\"ä\"}".as_bytes());
        assert_eq!(record.len(), RECORD_OVERHEAD + head.texts().len());
    }
}

// R070
#[test]
fn an_expiry_counts_only_when_the_wall_clock_went_on() {
    let asked = Timestamp::from_millis(5).with_unix_seconds(1_000);
    let restart = Timestamp::from_millis(70_000);
    let table = [
        (60, restart.with_unix_seconds(1_000), Some(60_000)),
        (60, restart.with_unix_seconds(1_020), Some(40_000)),
        (60, restart.with_unix_seconds(9_999), Some(0)),
        // The clock went back, is not there, or was not there when it was written.
        (60, restart.with_unix_seconds(999), None),
        (60, restart, None),
        (UNKNOWN, restart.with_unix_seconds(1_020), None),
    ];
    for (lifetime, now, left) in table {
        let (tokens, _) = take(&write(Kind::Live, 0, asked, lifetime), now);
        let expiry = tokens.life.expiry(now.moment()).map(|expiry| expiry.stamp().since(now).as_millis());
        assert_eq!(expiry, left, "{lifetime} {now:?}");
        assert_eq!(!tokens.left(now.moment()).is_over(), left != Some(0));
    }
    let (tokens, _) = take(&write(Kind::Live, 0, Timestamp::from_millis(5), 60), restart.with_unix_seconds(1_020));
    assert_eq!(tokens.life.expiry(restart.moment()), None);
}

#[test]
fn a_change_of_any_bit_and_any_cut_is_refused() {
    let record = write(Kind::Live, 30_000, Timestamp::from_millis(5).with_unix_seconds(1_000), 60);
    for len in 0..record.len() {
        assert!(Version::of(&record[..len]).is_err(), "{len}");
    }
    for at in 0..record.len() {
        for bit in 0..8 {
            let mut damaged = record.clone();
            damaged[at] ^= 1 << bit;
            assert!(Version::of(&damaged).is_err(), "byte {at} bit {bit}");
        }
    }
    let mut longer = record.clone();
    longer.push(0);
    assert!(Version::of(&longer).is_err());
    assert_eq!(Version::of(b""), Err(Violation::Record.into()));
}

#[test]
fn a_newer_version_and_another_client_are_told_apart_from_damage() {
    let record = write(Kind::Live, 0, Timestamp::default(), 60);
    let mut newer = record.clone();
    newer[3] = 2;
    assert_eq!(Version::of(&newer), Err(Error::Violation(Violation::RecordVersion)));
    let other = Config::new(Server::auth0("tenant.example"), Client::public("other")).unwrap();
    assert_eq!(Head::of(&record, &mut { NO_WORDS }, &other).err(), Some(Violation::Record.into()));
    assert_eq!(Head::of(&record, &mut { NO_WORDS }, &config()).err(), None);
}

#[test]
fn a_record_that_does_not_fit_says_how_much_it_needs() {
    let record = write(Kind::Live, 0, Timestamp::default(), 60);
    let mut words = NO_WORDS;
    let head = Head::of(&record, &mut words, &config()).unwrap();
    let (mut bytes, mut used) = ([0; 20], 0);
    let full = head.take(&mut Arena::new(&mut bytes, &mut used), &mut { Tokens::NONE }, Timestamp::default());
    assert_eq!(full.err(), Some(Error::Capacity { needed: head.texts().len() }));
    assert_eq!((used, bytes), (0, [0; 20]));
}

/// With a checksum that is right.
fn sealed(mut record: Vec<u8>) -> Vec<u8> {
    let end = record.len().saturating_sub(8);
    let sum = crate::digest::checksum(0, &record[..end]);
    record[end..].copy_from_slice(&sum.to_le_bytes());
    record
}

#[test]
fn a_record_of_this_version_is_these_bytes() {
    let record = write(Kind::Live, 60_000, Timestamp::from_millis(5).with_unix_seconds(1_700_000_000), 60);
    let (words, rest) = record.split_at(92);
    let (texts, sum) = rest.split_last_chunk::<8>().unwrap();
    let words: Vec<u32> = words.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let family = [7, 7, 7];
    assert_eq!((&words[..3], &words[3..6]), (&[0x0152_7067, 2_130_099_869, 421_403_810][..], &family[..]));
    assert_eq!(&words[6..], [3, 9, 1 << 16 | 2, 5, 5, 5, 60_000, 0x100, 1_700_000_000, 60, 3, 6, 7, 3, 10, 0, 0]);
    assert_eq!(texts, b"accessrefresha b{\"x\":\"\xc3\xa4\"}");
    assert_eq!(u64::from_le_bytes(*sum), 1_235_990_449_155_764_099);
}

#[test]
fn a_record_with_tokens_for_other_audiences_is_read_also_without_them() {
    let mut record = write(Kind::Live, 0, Timestamp::default(), 60);
    record.truncate(record.len() - 8);
    // For an audience whose digest is no text.
    let entry = [&[0xf1; 8][..], &[1, 0, 0, 0], &[0; 20], &[3, 0, 0, 0], b"tok"].concat();
    record[88..92].copy_from_slice(&(entry.len() as u32).to_le_bytes());
    record.extend(&entry);
    record.extend([0; 8]);
    assert!(take(&sealed(record), Timestamp::default()).0.has(ACCESS));
}

#[test]
fn a_count_that_cannot_go_on_is_no_record() {
    let record = write(Kind::Live, 0, Timestamp::default(), 60);
    for counts in [&[24][..], &[28], &[24, 28]] {
        let with = |count: u32| {
            let mut record = record.clone();
            for at in counts {
                record[*at..at + 4].copy_from_slice(&count.to_le_bytes());
            }
            Version::of(&sealed(record)).map(|_| ())
        };
        assert_eq!((with(u32::MAX >> 1), with(1 << 31)), (Ok(()), Err(Violation::Record.into())), "{counts:?}");
    }
}

#[test]
fn a_grant_of_nobody_is_no_record() {
    let mut record = write(Kind::Live, 0, Timestamp::default(), 60);
    record[12..24].fill(0);
    assert_eq!(Version::of(&sealed(record)), Err(Violation::Record.into()));
}

#[cfg(feature = "audiences")]
#[test]
fn a_record_that_would_put_another_parameter_into_a_request_is_refused() {
    let record = |text: &str| {
        let (mut bytes, mut used) = ([0; 64], 0);
        let mut tokens = Tokens::NONE;
        tokens.texts[super::RESOURCES] = Arena::new(&mut bytes, &mut used).add(text.as_bytes()).unwrap();
        let draft = Write { held: &HELD, writer: Id([5; 3]), lease: 0, kind: Kind::Live, tokens: &tokens };
        let mut out = [0; 256];
        draft.write(&config(), &bytes, &mut out).unwrap().to_vec()
    };
    let mut words = NO_WORDS;
    assert!(Head::of(&record("&resource=a"), &mut words, &config()).is_ok());
    let mut words = NO_WORDS;
    assert_eq!(Head::of(&record("&scope=b"), &mut words, &config()).err(), Some(Violation::Record.into()));
}

#[test]
fn whether_a_scope_is_known_is_read_back() {
    for scope_known in [false, true] {
        let mut out = [0; 256];
        let tokens = Tokens { scope_known, ..Tokens::NONE };
        let draft = Write { held: &HELD, writer: Id([5; 3]), lease: 0, kind: Kind::Live, tokens: &tokens };
        let record = draft.write(&config(), &[], &mut out).unwrap();
        assert_eq!(take(record, Timestamp::default()).0.scope_known, scope_known);
    }
}
