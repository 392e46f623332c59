//! The store in a keyring, over one that fails at every step.
#![cfg(feature = "keyring")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::alloc_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::{fs, path::PathBuf, sync::Arc, thread};

use gatepass_store::{Keyring, KeyringError, Store, StoreError, Swap};

#[allow(unreachable_pub, reason = "shared by several tests")]
mod chain;
#[allow(unreachable_pub, missing_debug_implementations, reason = "the words of a test")]
mod mock;
use chain::{chain, version};
use mock::{Fault, Mock};

/// A keyring, and a folder for locks, which is removed at the end.
struct World {
    mock: Mock,
    folder: PathBuf,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatepass-keyring-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self { mock: Mock::default(), folder }
    }

    fn store(&self, chunk: usize) -> Keyring {
        Keyring::new("gatepass", "alice").within(Arc::new(self.mock.clone())).lock_at(self.folder.join("lock")).chunk(chunk)
    }

    fn held(&self) -> Option<Vec<u8>> {
        self.store(64).load().unwrap().map(|record| record.as_bytes().to_vec())
    }

    /// The slots that hold more than padding.
    fn full_slots(&self, purpose: &str) -> Vec<char> {
        let state = self.mock.state();
        let full = |slot: &char| {
            let start = format!("gatepass/alice#{purpose}.{slot}.");
            state.entries.iter().any(|(name, text)| name.starts_with(&start) && text.iter().any(|&byte| byte != b'.'))
        };
        ['a', 'b'].into_iter().filter(full).collect()
    }

    fn names(&self) -> Vec<String> {
        self.mock.state().entries.keys().cloned().collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_stored(swap: &Swap) -> bool {
    matches!(swap, Swap::Stored)
}

fn fault(error: &StoreError) -> &KeyringError {
    match error {
        StoreError::Keyring(fault) => fault,
        other => panic!("{other}"),
    }
}

// R078
#[test]
fn a_swap_stores_over_what_was_expected_and_over_nothing_else() {
    let chain = chain(3);
    for chunk in [64, 2560, 8192] {
        let world = World::new("swap");
        let store: Box<dyn Store> = Box::new(world.store(chunk));
        assert!(store.load().unwrap().is_none());
        assert!(matches!(store.swap(Some(version(&chain[0])), &chain[1]).unwrap(), Swap::Superseded(None)));
        assert!(is_stored(&store.swap(None, &chain[0]).unwrap()));
        for expected in [None, Some(version(&chain[1]))] {
            let Swap::Superseded(Some(held)) = store.swap(expected, &chain[2]).unwrap() else { panic!() };
            assert_eq!(held.as_bytes(), chain[0]);
        }
        assert!(is_stored(&store.swap(Some(version(&chain[0])), &chain[1]).unwrap()));
        assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[1]);
        assert!(matches!(store.swap(Some(version(&chain[1])), b"no record"), Err(StoreError::NotARecord(_))));
        assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[1]);
    }
}

#[test]
fn bytes_of_every_length_around_the_bounds_of_entries_come_back() {
    let world = World::new("bounds");
    for chunk in [64, 67] {
        let store = world.store(chunk);
        for length in 0..4 * chunk {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 31 + length) as u8).collect();
            store.save_pending(&bytes).unwrap();
            assert_eq!(store.load_pending().unwrap().unwrap().as_bytes(), bytes, "{chunk} {length}");
        }
    }
}

#[test]
fn a_record_of_any_length_fits_where_an_entry_takes_2560_bytes() {
    let (world, chain) = (World::new("windows"), chain(1));
    world.mock.state().limit = Some(2560);
    world.store(2560).swap(None, &chain[0]).unwrap();
    assert_eq!(world.held().unwrap(), chain[0]);
    let large = vec![7; 100_000];
    world.store(2560).save_pending(&large).unwrap();
    assert_eq!(world.store(2560).load_pending().unwrap().unwrap().as_bytes(), large);
    // Larger chunks than the keyring takes are an error with its cure, and change nothing.
    let error = world.store(8192).swap(Some(version(&chain[0])), &chain[0]).unwrap_err();
    assert!(matches!(fault(&error), KeyringError::Unfit { .. }) && error.to_string().contains("smaller chunks"), "{error}");
    assert_eq!(world.held().unwrap(), chain[0]);
}

#[test]
fn what_was_written_with_another_size_of_entries_is_read_and_replaced() {
    let (world, chain) = (World::new("sizes"), chain(12));
    let mut expected = None;
    for (record, chunk) in chain.iter().zip([64, 2560, 100, 8192, 65, 4096].into_iter().cycle()) {
        assert!(is_stored(&world.store(chunk).swap_intent(expected, record).unwrap()));
        assert_eq!(world.held().unwrap(), *record);
        expected = Some(version(record));
    }
}

// R081
#[test]
fn a_change_that_is_cut_short_anywhere_leaves_the_old_or_the_new_record() {
    let chain = chain(4);
    let mut cases = 0;
    for chunk in [512, 2560, 8192] {
        for is_intent in [false, true] {
            for kind in [Fault::Before as fn(usize) -> Fault, Fault::After] {
                for at in 0.. {
                    let world = World::new("cut");
                    let store = world.store(chunk);
                    let act = if is_intent { Store::swap_intent } else { Store::swap };
                    store.swap(None, &chain[0]).unwrap();
                    world.mock.set(kind(at));
                    let done = act(&store, Some(version(&chain[0])), &chain[1]);
                    let changes = world.mock.state().changes;
                    world.mock.set(Fault::None);
                    let held = world.held().unwrap();
                    assert!(held == chain[0] || held == chain[1], "{chunk} {is_intent} {at}");
                    if done.is_ok() {
                        assert_eq!(held, chain[1], "what was stored stays");
                    }
                    // Another process goes on from either, and nothing of the one that failed is left.
                    let next = world.store(chunk);
                    assert!(is_stored(&next.swap(Some(version(&held)), &chain[2]).unwrap()));
                    assert!(is_stored(&next.swap(Some(version(&chain[2])), &chain[3]).unwrap()));
                    assert_eq!(world.held().unwrap(), chain[3]);
                    assert_eq!(world.full_slots("record").len(), 1, "{chunk} {is_intent} {at}: old tokens are left");
                    cases += 1;
                    if changes <= at {
                        break;
                    }
                }
            }
        }
    }
    println!("{cases} changes were cut short, 0 lost");
}

// R081
#[test]
fn a_stored_intent_has_the_room_of_its_commit() {
    let chain = chain(40);
    let mut refused = 0;
    for chunk in [64, 2560] {
        let world = World::new("room");
        let store = world.store(chunk);
        store.swap(None, &chain[0]).unwrap();
        for pair in chain.windows(3).step_by(2) {
            let [before, intent, commit] = pair else { panic!() };
            // Whatever is left: the intent is refused and nothing has changed, or what follows it has its room. (The numbers in
            // the head may have a few digits more.)
            let full = world.mock.size();
            for left in (0..).step_by(chunk) {
                world.mock.set(Fault::Full(full + left));
                if let Err(error) = store.swap_intent(Some(version(before)), intent) {
                    assert!(matches!(fault(&error), KeyringError::Failed { .. }) && !error.is_permanent(), "{error}");
                    assert_eq!(world.held().unwrap(), *before);
                    refused += 1;
                    continue;
                }
                world.mock.set(Fault::Full(full + left + 8));
                assert!(is_stored(&store.swap(Some(version(intent)), commit).unwrap()));
                break;
            }
            world.mock.set(Fault::None);
        }
    }
    assert!(refused > 0, "nothing was ever refused");
}

#[test]
fn the_tokens_from_before_are_overwritten() {
    let (world, chain) = (World::new("wiped"), chain(86));
    let store = world.store(512);
    let mut expected = None;
    for (at, record) in chain.iter().enumerate() {
        store.swap_intent(expected, record).unwrap();
        store.save_pending(record).unwrap();
        // And what the slots do not need any more is removed.
        let head = String::from_utf8(world.mock.state().entries["gatepass/alice#record"].clone()).unwrap();
        let chunks: usize = head.split(' ').nth(2).unwrap().parse().unwrap();
        assert_eq!(world.names().iter().filter(|name| name.starts_with("gatepass/alice#record.")).count(), 2 * chunks);
        expected = Some(version(record));
        let counts = [if at % 2 == 0 { 'a' } else { 'b' }];
        assert_eq!((world.full_slots("record"), world.full_slots("pending")), (counts.to_vec(), counts.to_vec()), "{at}");
    }
}

#[test]
fn remove_leaves_no_entry_but_a_key_also_of_what_was_cut_short() {
    let chain = chain(2);
    for at in 0..12 {
        let world = World::new("remove");
        let store = world.store(1024);
        store.remove().unwrap();
        store.swap(None, &chain[0]).unwrap();
        store.save_pending(b"pending").unwrap();
        world.mock.set(Fault::Before(at));
        let _ = store.swap(Some(version(&chain[0])), &chain[1]);
        world.mock.set(Fault::Before(at));
        let _ = store.remove();
        world.mock.set(Fault::None);
        store.remove().unwrap();
        assert_eq!(world.names(), Vec::<String>::new());
        assert!(store.load().unwrap().is_none() && store.load_pending().unwrap().is_none());
        assert!(is_stored(&store.swap(None, &chain[0]).unwrap()));
    }
}

#[test]
fn a_pending_sign_in_is_kept_replaced_and_forgotten() {
    let (world, chain) = (World::new("pending"), chain(1));
    let store = world.store(64);
    store.clear_pending().unwrap();
    assert!(store.load_pending().unwrap().is_none());
    store.swap(None, &chain[0]).unwrap();
    store.save_pending(b"one").unwrap();
    store.save_pending(b"two").unwrap();
    assert_eq!(store.load_pending().unwrap().unwrap().as_bytes(), b"two");
    // A damaged one makes way.
    world.mock.state().entries.insert("gatepass/alice#pending".into(), b"?".to_vec());
    assert!(matches!(fault(&store.load_pending().unwrap_err()), KeyringError::Damaged { .. }));
    store.save_pending(b"three").unwrap();
    assert_eq!(store.load_pending().unwrap().unwrap().as_bytes(), b"three");
    store.clear_pending().unwrap();
    assert!(store.load_pending().unwrap().is_none());
    assert!(world.names().iter().all(|name| name.starts_with("gatepass/alice#record")));
    assert_eq!(world.held().unwrap(), chain[0]);
}

#[test]
fn a_change_under_another_lock_is_refused_with_its_cure() {
    let (world, chain) = (World::new("locks"), chain(2));
    let store = world.store(512);
    store.swap(None, &chain[0]).unwrap();
    let other = world.store(512).lock_at(world.folder.join("other"));
    let error = other.swap(Some(version(&chain[0])), &chain[1]).unwrap_err();
    assert!(matches!(fault(&error), KeyringError::OtherLock { .. }) && error.is_permanent(), "{error}");
    let text = error.to_string();
    assert!(text.contains("/lock") && text.contains("/other") && text.contains("lock_at"), "{text}");
    assert_eq!(other.load().unwrap().unwrap().as_bytes(), chain[0]);
    // Another way to the same file is the same lock.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&world.folder, world.folder.join("way")).unwrap();
        let same = world.store(512).lock_at(world.folder.join("way/lock"));
        assert!(is_stored(&same.swap(Some(version(&chain[0])), &chain[1]).unwrap()));
    }
}

#[test]
fn a_keyring_that_gives_no_access_or_has_two_of_a_name_is_an_error_with_its_cure() {
    let (world, chain) = (World::new("access"), chain(2));
    let store = world.store(512);
    store.swap(None, &chain[0]).unwrap();
    for (fails, cure) in [(Fault::Locked, "unlock"), (Fault::Ambiguous, "own tool")] {
        world.mock.set(fails);
        let errors = [
            store.load().unwrap_err(),
            store.swap(Some(version(&chain[0])), &chain[1]).unwrap_err(),
            store.save_pending(b"p").unwrap_err(),
            store.remove().unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_permanent() && error.to_string().contains(cure), "{error}");
            assert!(matches!((fails, fault(&error)), (Fault::Locked, KeyringError::Locked { .. }) | (_, KeyringError::Ambiguous { .. })));
        }
        world.mock.set(Fault::None);
        assert_eq!(world.held().unwrap(), chain[0]);
    }
}

#[test]
fn an_entry_that_was_changed_by_anybody_is_refused_and_left() {
    let (world, chain) = (World::new("flips"), chain(1));
    let store = world.store(1024);
    store.swap(None, &chain[0]).unwrap();
    // A record has a sum of its own; this has none.
    let pending: Vec<u8> = (0..200).collect();
    store.save_pending(&pending).unwrap();
    let entries = world.mock.state().entries.clone();
    let (mut refused, mut harmless) = (0, 0);
    for (name, text) in &entries {
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            world.mock.state().entries.insert(name.clone(), changed.clone());
            if name.contains("#pending") {
                match store.load_pending() {
                    Ok(found) => assert_eq!(found.unwrap().as_bytes(), pending, "{name} {at}"),
                    Err(error) => assert!(matches!(fault(&error), KeyringError::Damaged { .. }), "{error}"),
                }
                continue;
            }
            match store.load() {
                Ok(record) => {
                    assert_eq!(record.unwrap().as_bytes(), chain[0], "{name} {at}");
                    harmless += 1;
                }
                Err(error) => {
                    assert!(matches!(fault(&error), KeyringError::Damaged { .. }) && error.is_permanent(), "{error}");
                    assert!(store.swap(Some(version(&chain[0])), &chain[0]).is_err() && world.mock.state().entries[name] == changed);
                    refused += 1;
                }
            }
        }
        // Shorter, longer, and gone.
        for changed in [text[1..].to_vec(), [text.as_slice(), b"A"].concat()] {
            world.mock.state().entries.insert(name.clone(), changed);
            assert!(store.load().is_err() || store.load().unwrap().unwrap().as_bytes() == chain[0]);
        }
        world.mock.state().entries.insert(name.clone(), text.clone());
    }
    println!("{refused} changed bytes were refused, {harmless} were in padding or in the name of the lock");
    assert!(refused * 3 > chain[0].len() * 4 && harmless > 0);
}

// R078
#[test]
fn a_reader_beside_changes_gets_a_whole_record() {
    let (world, chain) = (World::new("readers"), chain(60));
    world.store(64).swap(None, &chain[0]).unwrap();
    thread::scope(|scope| {
        let alive = Arc::new(());
        for _ in 0..2 {
            let (world, chain, writer) = (&world, &chain, Arc::downgrade(&alive));
            scope.spawn(move || {
                let (store, mut last) = (world.store(256), 0);
                while writer.strong_count() > 0 {
                    let held = store.load().unwrap().unwrap();
                    let at = chain.iter().position(|record| record == held.as_bytes()).unwrap();
                    assert!(at >= last, "it went back");
                    last = at;
                }
            });
        }
        // Dropped also by a panic: the readers end.
        let _alive = alive;
        let store = world.store(256);
        for pair in chain.windows(2) {
            assert!(is_stored(&store.swap(Some(version(&pair[0])), &pair[1]).unwrap()));
        }
    });
    assert_eq!(world.held().unwrap(), chain[59]);
}

#[cfg(feature = "chacha20poly1305")]
#[test]
fn a_key_is_made_once_and_a_broken_one_is_not_replaced() {
    let (world, chain) = (World::new("key"), chain(1));
    let store = world.store(64);
    let path = world.folder.join("grant");
    gatepass_store::File::encrypted(&path, store.key().unwrap()).swap(None, &chain[0]).unwrap();
    let again = gatepass_store::File::encrypted(&path, world.store(64).key().unwrap());
    assert_eq!(again.load().unwrap().unwrap().as_bytes(), chain[0]);
    // Forgetting the grant leaves it.
    store.remove().unwrap();
    assert_eq!(world.names(), ["gatepass/alice#key"]);
    for broken in ["", "AAAA", "?", &"A".repeat(44)] {
        world.mock.state().entries.insert("gatepass/alice#key".into(), broken.into());
        let error = store.key().unwrap_err();
        assert!(matches!(fault(&error), KeyringError::Damaged { .. }) && error.to_string().contains("remove_key"), "{error}");
    }
    store.remove_key().unwrap();
    let other = gatepass_store::File::encrypted(&path, store.key().unwrap());
    assert!(matches!(other.load(), Err(StoreError::WrongKey { .. })));
}
