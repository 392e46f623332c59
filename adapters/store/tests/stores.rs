//! What every store promises, and what the file promises beyond.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]

use core::{sync::atomic::AtomicBool, time::Duration};
use std::{
    fs,
    io::{Seek as _, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use gatepass_store::{File, Memory, Store, StoreError, Swap};

#[allow(unreachable_pub, reason = "shared by several tests")]
mod chain;
use chain::{chain, version};

/// A folder of the test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatepass-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn store(&self) -> File {
        File::new(self.0.join("grant"))
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

fn is_stored(swap: Swap) -> bool {
    matches!(swap, Swap::Stored)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

// R078
#[test]
fn a_swap_stores_over_what_was_expected_and_over_nothing_else() {
    let (folder, chain) = (Folder::new("swap"), chain(3));
    let stores: [Box<dyn Store>; 2] = [Box::new(Memory::new()), Box::new(folder.store())];
    for store in stores {
        assert!(store.load().unwrap().is_none());
        assert!(matches!(store.swap(Some(version(&chain[0])), &chain[1]).unwrap(), Swap::Superseded(None)));
        assert!(is_stored(store.swap(None, &chain[0]).unwrap()));
        for expected in [None, Some(version(&chain[1]))] {
            let Swap::Superseded(Some(held)) = store.swap(expected, &chain[2]).unwrap() else { panic!() };
            assert_eq!(held.as_bytes(), chain[0]);
        }
        assert!(is_stored(store.swap(Some(version(&chain[0])), &chain[1]).unwrap()));
        assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[1]);
        assert!(matches!(store.swap(Some(version(&chain[1])), b"no record"), Err(StoreError::NotARecord(_))));
        assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[1]);
    }
}

// R151
#[test]
fn files_are_the_owners_alone_and_none_is_left_behind() {
    let (folder, chain) = (Folder::new("mode"), chain(8));
    let store = File::new(folder.0.join("new/grant"));
    let mut expected = None;
    for record in &chain {
        assert!(is_stored(store.swap(expected, record).unwrap()));
        expected = Some(version(record));
    }
    store.save_pending(b"pending").unwrap();
    let inner = folder.0.join("new");
    assert_eq!((mode(&folder.0), mode(&inner)), (0o700, 0o700));
    let mut names: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in &names {
        assert_eq!(mode(path), 0o600, "{path:?}");
    }
    let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["grant", "grant.lock", "grant.next", "grant.pending"]);
}

// R151
#[test]
fn a_file_that_others_can_read_is_refused_with_its_cure() {
    let (folder, chain) = (Folder::new("exposed"), chain(2));
    let store = folder.store();
    store.swap(None, &chain[0]).unwrap();
    for wide in [0o640, 0o604, 0o620] {
        fs::set_permissions(store.path(), fs::Permissions::from_mode(wide)).unwrap();
        let error = store.load().unwrap_err();
        assert!(matches!(error, StoreError::Exposed { .. }) && error.to_string().contains("chmod 600"), "{error}");
        assert!(matches!(store.swap(Some(version(&chain[0])), &chain[1]), Err(StoreError::Exposed { .. })));
    }
}

#[test]
fn a_damaged_record_is_named_and_not_overwritten() {
    let (folder, chain) = (Folder::new("damaged"), chain(2));
    let store = folder.store();
    store.swap(None, &chain[0]).unwrap();
    for bytes in [&chain[0][..chain[0].len() - 1], b"", b"{}"] {
        fs::write(store.path(), bytes).unwrap();
        let error = store.load().unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }) && error.to_string().contains("grant"), "{error}");
        for expected in [None, Some(version(&chain[0]))] {
            assert!(matches!(store.swap(expected, &chain[1]), Err(StoreError::Damaged { .. })));
        }
        assert_eq!(fs::read(store.path()).unwrap(), bytes);
    }
}

// R151
#[test]
fn no_symbolic_link_is_followed() {
    let (folder, chain) = (Folder::new("links"), chain(2));
    let store = folder.store();
    store.swap(None, &chain[0]).unwrap();
    let victim = folder.0.join("victim");
    fs::write(&victim, "untouched").unwrap();
    for ending in ["next", "room", "pending.new"] {
        let link = folder.0.join(format!("grant.{ending}"));
        let _ = fs::remove_file(&link);
        symlink(&victim, link).unwrap();
    }
    assert!(is_stored(store.swap(Some(version(&chain[0])), &chain[1]).unwrap()));
    store.save_pending(b"pending").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    fs::remove_file(store.path()).unwrap();
    symlink(&victim, store.path()).unwrap();
    assert!(matches!(store.load(), Err(StoreError::NotAFile { .. })));
    fs::remove_file(folder.0.join("grant.lock")).unwrap();
    symlink(&victim, folder.0.join("grant.lock")).unwrap();
    assert!(matches!(store.swap(None, &chain[0]), Err(StoreError::NotAFile { .. })));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
}

#[test]
fn a_spare_that_has_a_second_name_or_other_readers_is_not_written_into() {
    let (folder, chain) = (Folder::new("spare"), chain(3));
    let store = folder.store();
    store.swap(None, &chain[0]).unwrap();
    let (next, second) = (folder.0.join("grant.next"), folder.0.join("second"));
    fs::hard_link(&next, &second).unwrap();
    store.swap(Some(version(&chain[0])), &chain[1]).unwrap();
    assert_ne!(fs::read(&second).unwrap(), chain[1]);
    fs::set_permissions(&next, fs::Permissions::from_mode(0o644)).unwrap();
    store.swap(Some(version(&chain[1])), &chain[2]).unwrap();
    assert_eq!(mode(store.path()), 0o600);
}

#[test]
fn room_for_the_next_record_is_taken_on_the_disk() {
    let (folder, chain) = (Folder::new("room"), chain(6));
    let store = folder.store();
    let mut expected = None;
    for record in &chain {
        store.swap(expected, record).unwrap();
        expected = Some(version(record));
        let next = fs::metadata(folder.0.join("grant.next")).unwrap();
        assert!(next.len() >= record.len() as u64 + 4096);
        assert!(next.blocks() * 512 >= next.len(), "set aside, and not a hole");
    }
}

#[test]
fn a_pending_sign_in_is_kept_replaced_and_forgotten() {
    let folder = Folder::new("pending");
    let store = folder.store();
    store.clear_pending().unwrap();
    assert!(store.load_pending().unwrap().is_none());
    store.save_pending(b"one").unwrap();
    store.save_pending(b"two").unwrap();
    assert_eq!(store.load_pending().unwrap().unwrap().as_bytes(), b"two");
    store.clear_pending().unwrap();
    assert!(store.load_pending().unwrap().is_none());
    assert_eq!(folder.names(), ["grant.lock"]);
}

/// Stores the chain as far as it can, and says how many of the swaps were its own.
fn climb(store: &dyn Store, chain: &[Vec<u8>]) -> usize {
    let mut expected = None;
    let mut stored = 0;
    for record in chain {
        stored += usize::from(is_stored(store.swap(expected, record).unwrap()));
        expected = Some(version(record));
    }
    stored
}

// R078
#[test]
fn of_many_threads_and_processes_one_makes_each_change() {
    if let Some(folder) = child_folder() {
        return climb_in(&folder);
    }
    let (folder, chain) = (Folder::new("many"), chain(40));
    let children: Vec<Child> = (0..4).map(|_| child(&folder.0, "of_many_threads_and_processes_one_makes_each_change")).collect();
    let stored = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| stored.fetch_add(climb(&folder.store(), &chain), Ordering::SeqCst));
        }
    });
    let mut all = stored.into_inner();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        all += count(&String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(all, chain.len());
    assert_eq!(folder.store().load().unwrap().unwrap().as_bytes(), chain[39]);
}

// R081
#[test]
fn a_killed_process_leaves_the_old_or_the_new_record() {
    if let Some(folder) = child_folder() {
        return climb_in(&folder);
    }
    // One longer than what the processes climb: there is always one change more, which takes over what they left.
    let (folder, chain) = (Folder::new("killed"), chain(41));
    let store = folder.store();
    let mut highest = 0;
    for round in 0..12 {
        let mut child = child(&folder.0, "a_killed_process_leaves_the_old_or_the_new_record");
        // Somewhere in the middle, later each time.
        let aim = 3 * round;
        while child.try_wait().unwrap().is_none() && position(&store, &chain) < Some(aim) {
            thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        let now = position(&store, &chain).map_or(0, |at| at + 1);
        assert!(now >= highest, "a change that was made is never undone");
        highest = now;
    }
    climb(&store, &chain);
    assert_eq!(position(&store, &chain), Some(40));
    assert_eq!(folder.names(), ["grant", "grant.lock", "grant.next"]);
}

fn position(store: &File, chain: &[Vec<u8>]) -> Option<usize> {
    let held = store.load().unwrap()?;
    Some(chain.iter().position(|record| record == held.as_bytes()).unwrap())
}

// R081
#[test]
fn a_full_disk_stores_what_follows_an_intent_and_nothing_else() {
    if let Some(folder) = child_folder() {
        return on_a_full_disk(&folder);
    }
    on_a_disk_of_its_own("a_full_disk_stores_what_follows_an_intent_and_nothing_else", &Folder::new("full"));
}

/// A test once more, where 128 KiB are all there is.
fn on_a_disk_of_its_own(test: &str, folder: &Folder) {
    fs::create_dir_all(&folder.0).unwrap();
    // A file system of its own, without being anybody special.
    let script = "mount -t tmpfs -o size=128k none \"$GATEPASS_FOLDER\" && exec \"$0\" \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    inside.arg(std::env::current_exe().unwrap()).args(["--exact", "--nocapture", test]);
    let output = inside.env("GATEPASS_FOLDER", &folder.0).output().expect("unshare is there (Debian: util-linux)");
    let said = String::from_utf8_lossy(&output.stdout);
    let cure = "a file system of its own needs user namespaces (sysctl kernel.unprivileged_userns_clone=1), or root";
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}; {cure}", String::from_utf8_lossy(&output.stderr));
}

fn on_a_full_disk(folder: &Path) {
    let chain = chain(6);
    let store = File::new(folder.join("grant"));
    let fill = || {
        let mut size = 65536;
        for at in 0.. {
            if fs::write(folder.join(format!("fill{size}-{at}")), vec![1; size]).is_err() {
                let _ = fs::remove_file(folder.join(format!("fill{size}-{at}")));
                size /= 2;
                if size < 512 {
                    break;
                }
            }
        }
    };
    // Nothing stored yet, and no room: nothing is begun.
    fs::write(store.path().with_file_name("grant.lock"), "").unwrap();
    fill();
    let error = store.swap(None, &chain[0]).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }) && error.to_string().contains("make room"), "{error}");
    assert!(store.load().unwrap().is_none());
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    store.swap(None, &chain[0]).unwrap();
    store.swap_intent(Some(version(&chain[0])), &chain[1]).unwrap();
    fill();
    // The intent is stored: what follows it has its room, whatever fills the disk.
    assert!(is_stored(store.swap(Some(version(&chain[1])), &chain[2]).unwrap()));
    fill();
    // The next is not, but for the room that the commit found.
    match store.swap_intent(Some(version(&chain[2])), &chain[3]) {
        Ok(_) => assert!(is_stored(store.swap(Some(version(&chain[3])), &chain[4]).unwrap())),
        Err(error) => {
            assert!(matches!(error, StoreError::Full { .. }), "{error}");
            assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[2]);
        }
    }
}

// R081
#[test]
fn whoever_fills_the_disk_a_stored_intent_has_room_for_its_commit() {
    let test = "whoever_fills_the_disk_a_stored_intent_has_room_for_its_commit";
    match child_folder() {
        Some(folder) => beside_a_competitor(&folder),
        None => on_a_disk_of_its_own(test, &Folder::new("competitor")),
    }
}

fn beside_a_competitor(folder: &Path) {
    let chain = chain(121);
    let store = File::new(folder.join("grant"));
    store.swap(None, &chain[0]).unwrap();
    let (is_done, mut refused) = (AtomicBool::new(false), 0);
    thread::scope(|scope| {
        // It takes whatever is free, and lets go of it for a moment now and then.
        scope.spawn(|| {
            let mut filler = fs::File::create(folder.join("filler")).unwrap();
            while !is_done.load(Ordering::SeqCst) {
                let until = Instant::now() + Duration::from_millis(2);
                while Instant::now() < until {
                    let _ = filler.write_all(&[1; 4096]);
                }
                filler.set_len(0).unwrap();
                filler.rewind().unwrap();
            }
        });
        let _done = Done(&is_done);
        for (at, record) in chain.iter().enumerate().skip(1) {
            let expected = Some(version(&chain[at - 1]));
            if at % 2 == 0 {
                assert!(is_stored(store.swap(expected, record).unwrap()), "{at}");
                continue;
            }
            while let Err(error) = store.swap_intent(expected, record) {
                assert!(matches!(error, StoreError::Full { .. }), "{error}");
                assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[at - 1]);
                refused += 1;
            }
        }
    });
    assert!(refused > 0, "there was no competition");
}

/// Ends the competition, also by a panic.
struct Done<'d>(&'d AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

// R151
#[test]
fn a_file_of_another_user_is_refused_with_its_cure() {
    let (folder, chain) = (Folder::new("foreign"), chain(1));
    let store = folder.store();
    store.swap(None, &chain[0]).unwrap();
    // Who may not give a file away is not who owns this one.
    let given = std::os::unix::fs::chown(store.path(), Some(12345), None).is_ok();
    let store = if given { store } else { File::new("/etc/passwd") };
    let error = store.load().unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }) && error.to_string().contains("run this as that user"), "{error}");
    assert!(error.is_permanent());
}

/// The folder that this process was started to work in, by the test that it runs.
fn child_folder() -> Option<PathBuf> {
    std::env::var_os("GATEPASS_FOLDER").map(PathBuf::from)
}

fn climb_in(folder: &Path) {
    println!("stored={};", climb(&File::new(folder.join("grant")), &chain(40)));
}

/// A test once more, as a process of its own.
fn child(folder: &Path, test: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", test]).env("GATEPASS_FOLDER", folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn count(output: &str) -> usize {
    output.split("stored=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
}
