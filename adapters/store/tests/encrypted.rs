//! What the file store promises when it is encrypted.
#![cfg(all(unix, feature = "chacha20poly1305"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::{fs, path::PathBuf};

use gatepass_store::{File, Key, Store, StoreError, Swap};

#[allow(unreachable_pub, reason = "shared by several tests")]
mod chain;
use chain::{chain, version};

/// A folder of the test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatepass-encrypted-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.0.join(format!("grant{ending}"))
    }

    fn store(&self) -> File {
        File::encrypted(self.path(""), Key::new([7; 32]))
    }

    fn plain(&self) -> File {
        File::new(self.path(""))
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

// R078
#[test]
fn a_swap_stores_over_what_was_expected_and_over_nothing_else() {
    let (folder, chain) = (Folder::new("swap"), chain(20));
    assert!(folder.store().load().unwrap().is_none());
    assert!(matches!(folder.store().swap(Some(version(&chain[0])), &chain[1]).unwrap(), Swap::Superseded(None)));
    let mut expected = None;
    for (at, record) in chain.iter().enumerate() {
        let act = if at % 2 == 0 { Store::swap } else { Store::swap_intent };
        assert!(matches!(act(&folder.store(), expected, record).unwrap(), Swap::Stored));
        let Swap::Superseded(Some(held)) = act(&folder.store(), expected, record).unwrap() else { panic!() };
        assert_eq!(held.as_bytes(), *record);
        expected = Some(version(record));
    }
    assert!(matches!(folder.store().swap(expected, b"no record"), Err(StoreError::NotARecord(_))));
    assert_eq!(folder.store().load().unwrap().unwrap().as_bytes(), chain[19]);
}

#[test]
fn no_file_holds_a_byte_of_what_was_stored_and_no_two_writes_are_alike() {
    let (folder, chain) = (Folder::new("secret"), chain(5));
    let secrets: Vec<&[u8]> = chain.iter().map(|record| &record[record.len() - 24..]).chain([b"a pending sign-in".as_slice()]).collect();
    let mut expected = None;
    let mut seen = Vec::new();
    for record in &chain {
        folder.store().swap(expected, record).unwrap();
        folder.store().save_pending(b"a pending sign-in").unwrap();
        expected = Some(version(record));
        for name in folder.names() {
            let bytes = fs::read(folder.0.join(name)).unwrap();
            for secret in &secrets {
                assert!(!bytes.windows(secret.len()).any(|window| window == *secret));
            }
        }
        seen.push(fs::read(folder.path(".pending")).unwrap());
    }
    assert_eq!(folder.store().load_pending().unwrap().unwrap().as_bytes(), b"a pending sign-in");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), chain.len());
}

// R081
#[test]
fn the_room_for_what_follows_an_intent_counts_the_encryption() {
    let (folder, chain) = (Folder::new("room"), chain(9));
    let mut expected = None;
    for record in &chain {
        folder.store().swap_intent(expected, record).unwrap();
        expected = Some(version(record));
        let (held, next) = (fs::metadata(folder.path("")).unwrap().len(), fs::metadata(folder.path(".next")).unwrap().len());
        assert_eq!(held, record.len() as u64 + 65);
        assert!(next >= held + 4096, "{next} {held}");
    }
}

#[test]
fn a_file_with_any_byte_changed_cut_off_or_added_is_refused_and_left() {
    let (folder, chain) = (Folder::new("flips"), chain(2));
    folder.store().swap(None, &chain[0]).unwrap();
    folder.store().save_pending(b"pending").unwrap();
    let mut refused = 0;
    for (ending, is_record) in [("", true), (".pending", false)] {
        let good = fs::read(folder.path(ending)).unwrap();
        let flipped = (0..good.len()).flat_map(|at| [1, 0x20, 0x80].map(|bit| (at, bit))).map(|(at, bit)| {
            let mut bad = good.clone();
            bad[at] ^= bit;
            bad
        });
        let cut = (0..good.len()).map(|length| good[..length].to_vec());
        for bad in flipped.chain(cut).chain([[good.as_slice(), &[0]].concat()]) {
            fs::write(folder.path(ending), &bad).unwrap();
            if is_record {
                let error = folder.store().load().unwrap_err();
                assert!(matches!(error, StoreError::Damaged { .. } | StoreError::WrongKey { .. }) && error.is_permanent(), "{error}");
                assert!(folder.store().swap(Some(version(&chain[0])), &chain[1]).is_err());
            } else {
                let error = folder.store().load_pending().unwrap_err();
                let is_right = matches!(error, StoreError::Damaged { .. } | StoreError::WrongKey { .. } | StoreError::NotEncrypted { .. });
                assert!(is_right && error.is_permanent(), "{error}");
            }
            assert_eq!(fs::read(folder.path(ending)).unwrap(), bad);
            refused += 1;
        }
        fs::write(folder.path(ending), &good).unwrap();
    }
    assert_eq!(folder.store().load().unwrap().unwrap().as_bytes(), chain[0]);
    println!("{refused} changed files were refused");
}

#[test]
fn another_key_is_an_error_of_its_own_and_destroys_nothing() {
    let (folder, chain) = (Folder::new("key"), chain(2));
    folder.store().swap(None, &chain[0]).unwrap();
    folder.store().save_pending(b"pending").unwrap();
    let before = fs::read(folder.path("")).unwrap();
    let other = File::encrypted(folder.path(""), Key::new([8; 32]));
    let errors = [
        other.load().unwrap_err(),
        other.swap(Some(version(&chain[0])), &chain[1]).unwrap_err(),
        other.swap(None, &chain[1]).unwrap_err(),
        other.load_pending().unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::WrongKey { .. }) && error.is_permanent(), "{error}");
        assert!(error.to_string().contains("use that key"), "{error}");
    }
    assert_eq!(fs::read(folder.path("")).unwrap(), before);
    assert_eq!(folder.store().load().unwrap().unwrap().as_bytes(), chain[0]);
    assert_eq!(format!("{:?}", Key::new([8; 32])), "Key(..)");
    assert!(!format!("{other:?}").contains("8, 8"));
}

#[test]
fn plain_is_refused_where_encrypted_is_expected_and_the_reverse() {
    let (folder, chain) = (Folder::new("mix"), chain(2));
    let (plain, encrypted) = (folder.plain(), folder.store());
    for (writer, reader, cure) in [(&plain, &encrypted, "sign in again"), (&encrypted, &plain, "File::encrypted")] {
        writer.swap(None, &chain[0]).unwrap();
        writer.save_pending(b"pending").unwrap();
        let before = fs::read(folder.path("")).unwrap();
        let errors = [
            reader.load().unwrap_err(),
            reader.swap(Some(version(&chain[0])), &chain[1]).unwrap_err(),
            reader.swap(None, &chain[1]).unwrap_err(),
            reader.load_pending().unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, StoreError::NotEncrypted { .. } | StoreError::Encrypted { .. }) && error.is_permanent(), "{error}");
            assert!(error.to_string().contains(cure), "{error}");
        }
        assert_eq!(fs::read(folder.path("")).unwrap(), before);
        assert_eq!(writer.load().unwrap().unwrap().as_bytes(), chain[0]);
        writer.remove().unwrap();
    }
}

#[test]
fn a_record_is_not_taken_for_a_pending_sign_in_nor_the_reverse() {
    let (folder, chain) = (Folder::new("purpose"), chain(1));
    folder.store().swap(None, &chain[0]).unwrap();
    folder.store().save_pending(&chain[0]).unwrap();
    fs::rename(folder.path(""), folder.path(".aside")).unwrap();
    fs::copy(folder.path(".pending"), folder.path("")).unwrap();
    assert!(matches!(folder.store().load(), Err(StoreError::Damaged { .. })));
    fs::copy(folder.path(".aside"), folder.path(".pending")).unwrap();
    assert!(matches!(folder.store().load_pending(), Err(StoreError::Damaged { .. })));
}

#[test]
fn remove_leaves_the_lock_alone() {
    let (folder, chain) = (Folder::new("remove"), chain(1));
    for store in [folder.store(), folder.plain()] {
        store.remove().unwrap();
        store.swap_intent(None, &chain[0]).unwrap();
        store.save_pending(b"pending").unwrap();
        for ending in [".room", ".pending.new"] {
            fs::write(folder.path(ending), "left by a killed process").unwrap();
        }
        store.remove().unwrap();
        assert_eq!(folder.names(), ["grant.lock"]);
        assert!(store.load().unwrap().is_none());
    }
}
