//! The contract of [`Store`](gatepass_store::Store), rule by rule.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use gatepass::Version;
use gatepass_store::{StoreError, Swap};
use gatepass_store_tests::{Records, version};

use crate::{
    Open,
    any::{AnyStore, load, swap, swap_intent},
};

fn held(store: &AnyStore) -> Option<Vec<u8>> {
    load(store).unwrap().map(|record| record.as_bytes().to_vec())
}

fn store_all(store: &AnyStore, records: impl Iterator<Item = Vec<u8>>, mut each: impl FnMut(&[u8])) {
    let mut expected = None;
    for record in records {
        assert!(matches!(swap(store, expected, &record), Ok(Swap::Stored)));
        assert!(held(store).as_ref() == Some(&record));
        expected = Some(version(&record));
        each(&record);
    }
}

pub(crate) fn absence_is_a_value(open: &Open) {
    let (store, mut records) = (open(), Records::new(0));
    let (first, second) = (records.next().unwrap(), records.next().unwrap());
    assert!(held(&store).is_none());
    assert!(matches!(swap(&store, Some(version(&first)), &second).unwrap(), Swap::Superseded(None)));
    assert!(held(&store).is_none());
    assert!(matches!(swap(&store, None, &first).unwrap(), Swap::Stored));
    assert_eq!(held(&open()).unwrap(), first);
}

pub(crate) fn a_swap_over_another_version_changes_nothing_and_says_what_is_held(open: &Open) {
    let (store, records, other) = (open(), Records::new(0).take(3).collect::<Vec<_>>(), Records::new(1).next().unwrap());
    assert!(matches!(swap(&store, None, &records[0]).unwrap(), Swap::Stored));
    // Of another revision, of another family with the same one, and of none.
    assert_eq!(version(&other).revision(), version(&records[0]).revision());
    for expected in [Some(version(&records[1])), Some(version(&other)), None] {
        for swap in [swap, swap_intent] {
            let Swap::Superseded(Some(said)) = swap(&store, expected, &records[2]).unwrap() else { panic!() };
            assert_eq!(said.as_bytes(), records[0]);
            assert_eq!(held(&store).unwrap(), records[0]);
        }
    }
    assert!(matches!(swap_intent(&store, Some(version(&records[0])), &records[1]).unwrap(), Swap::Stored));
    assert!(matches!(swap(&store, Some(version(&records[1])), &records[2]).unwrap(), Swap::Stored));
    assert_eq!(held(&open()).unwrap(), records[2]);
}

// R078
pub(crate) fn of_writers_that_race_each_change_is_made_by_one(open: &Open) {
    const WRITERS: usize = 16;
    const SWAPS: usize = 200;
    let records: Vec<_> = Records::new(0).take(WRITERS * SWAPS).collect();
    // From one revision to the next there is no gap, so that the last one counts the changes.
    let first = version(&records[0]).revision();
    let position = |version: Version| usize::try_from(version.revision() - first).unwrap();
    assert_eq!(position(version(records.last().unwrap())), records.len() - 1);
    let stored = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let store = open();
                let mut expected = None;
                for _ in 0..SWAPS {
                    let record = &records[expected.map_or(0, |expected| position(expected) + 1)];
                    let swapped = loop {
                        match swap(&store, expected, record) {
                            // A file's lock is not handed on in turn: whoever waits too long is told, and asks again.
                            Err(StoreError::Locked { .. }) => {}
                            swapped => break swapped.unwrap(),
                        }
                    };
                    expected = match swapped {
                        Swap::Stored => {
                            stored.fetch_add(1, Ordering::SeqCst);
                            Some(version(record))
                        }
                        Swap::Superseded(held) => {
                            let held = version(held.expect("nobody takes it away").as_bytes());
                            assert_ne!(Some(held), expected, "what was expected is no reason to refuse");
                            Some(held)
                        }
                    };
                }
            });
        }
    });
    let last = held(&open()).unwrap();
    assert_eq!(position(version(&last)) + 1, usize::try_from(stored.into_inner()).unwrap());
    assert!(records.contains(&last));
}

pub(crate) fn every_byte_is_kept(open: &Open) {
    let (store, mut seen) = (open(), HashSet::new());
    store_all(&store, Records::new(0).take(500), |record| seen.extend(record.iter().copied()));
    assert_eq!(seen.len(), 256);
}

pub(crate) fn a_record_of_100_kb_is_kept_whole(open: &Open) {
    let mut longest = 0;
    store_all(&open(), Records::new(0).with_tokens(vec![Some(100_000)]).take(3), |record| longest = longest.max(record.len()));
    assert!(longest > 100_000);
}

pub(crate) fn what_is_no_record_is_refused(open: &Open) {
    let (store, mut records) = (open(), Records::new(0));
    let (first, second) = (records.next().unwrap(), records.next().unwrap());
    swap(&store, None, &first).unwrap();
    for bytes in [b"".as_slice(), b"no record", &second[..second.len() - 1]] {
        assert!(matches!(swap(&store, Some(version(&first)), bytes), Err(StoreError::NotARecord(_))));
    }
    assert_eq!(held(&store).unwrap(), first);
}
