//! The store in a real keyring: the Secret Service of this session, unlocked (`tests/run keyring` makes one).
#![cfg(all(target_os = "linux", feature = "keyring", feature = "chacha20poly1305"))]
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

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
};

use gatepass_store::{File, Key, Keyring, KeyringError, Store, StoreError, Swap};

#[allow(unreachable_pub, reason = "shared by several tests")]
mod chain;
use chain::{chain, version};

/// A folder of the test's own and the account of its name, removed at the end.
struct World {
    folder: PathBuf,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("gatepass-secrets-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn store(&self) -> Keyring {
        store(&self.folder)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = (self.store().remove(), self.store().remove_key());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// In pieces, as on a platform whose keyring takes no more.
fn store(folder: &Path) -> Keyring {
    Keyring::new("gatepass test", folder.to_str().unwrap()).lock_at(folder.join("lock")).chunk(2560)
}

fn is_stored(swap: &Swap) -> bool {
    matches!(swap, Swap::Stored)
}

/// A test once more, as a process of its own, told to work in this folder.
fn again(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", test]).env("GATEPASS_FOLDER", folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The folder that this process was started to work in.
fn folder_of_child() -> Option<PathBuf> {
    env::var_os("GATEPASS_FOLDER").map(PathBuf::from)
}

fn finish(child: Child) -> String {
    let output: Output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

// R078
#[test]
fn a_swap_stores_over_what_was_expected_and_over_nothing_else() {
    let chain = chain(7);
    for store in [World::new("swap").store(), World::new("swap-8192").store().chunk(8192)] {
        assert!(store.load().unwrap().is_none());
        assert!(is_stored(&store.swap(None, &chain[0]).unwrap()));
        assert!(matches!(store.swap(None, &chain[1]).unwrap(), Swap::Superseded(Some(held)) if held.as_bytes() == chain[0]));
        for pair in chain.windows(2) {
            assert!(is_stored(&store.swap_intent(Some(version(&pair[0])), &pair[1]).unwrap()));
            assert_eq!(store.load().unwrap().unwrap().as_bytes(), pair[1]);
        }
        let large = vec![7; 40_000];
        store.save_pending(&large).unwrap();
        assert_eq!(store.load_pending().unwrap().unwrap().as_bytes(), large);
        store.remove().unwrap();
        assert!(store.load().unwrap().is_none() && store.load_pending().unwrap().is_none());
    }
}

fn climb(store: &dyn Store, chain: &[Vec<u8>]) -> usize {
    let mut expected = None;
    let mut stored = 0;
    for record in chain {
        stored += usize::from(is_stored(&store.swap(expected, record).unwrap()));
        expected = Some(version(record));
    }
    stored
}

// R078
#[test]
fn of_many_threads_and_processes_one_makes_each_change() {
    let chain = chain(30);
    if let Some(folder) = folder_of_child() {
        return println!("stored={};", climb(&store(&folder), &chain));
    }
    let world = World::new("many");
    let test = "of_many_threads_and_processes_one_makes_each_change";
    let children: Vec<Child> = (0..4).map(|_| again(test, &world.folder).spawn().unwrap()).collect();
    let store = world.store();
    let mut all = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| climb(&store, &chain))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    for child in children {
        all += finish(child).split("stored=").nth(1).unwrap().split(';').next().unwrap().parse::<usize>().unwrap();
    }
    assert_eq!(all, chain.len());
    assert_eq!(world.store().load().unwrap().unwrap().as_bytes(), chain[29]);
}

/// Processes that are killed, and the changes that each makes at most.
const KILLS: usize = 20;
const CHANGES: usize = 4;

/// What a process says before each.
const BEGINS: &str = "a change begins";

// R081
#[test]
fn a_killed_process_leaves_the_old_or_the_new_record() {
    let chain = chain(KILLS * CHANGES + 1);
    if let Some(folder) = folder_of_child() {
        let store = store(&folder);
        let held = store.load().unwrap();
        let from = held.map_or(0, |held| place_of(held.as_bytes(), &chain) + 1);
        for at in from..from + CHANGES {
            println!("{BEGINS}");
            let expected = at.checked_sub(1).map(|before| version(&chain[before]));
            assert!(is_stored(&store.swap(expected, &chain[at]).unwrap()));
        }
        // For the kill, which is later than the changes on some machines; or for the end of who would do it.
        io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let world = World::new("killed");
    let mut highest = 0;
    for round in 0..KILLS {
        let mut command = again("a_killed_process_leaves_the_old_or_the_new_record", &world.folder);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // Somewhere in one of its changes, or after it, by what this process reads in the meantime.
        let (changes, reads) = (1 + round % CHANGES, round % 5);
        // Held until the kill: who has nobody to speak to fails.
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(said.by_ref().filter(|line| line.contains(BEGINS)).take(changes).count(), changes);
        for _ in 0..reads {
            let _ = position(&world, &chain);
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");
        drop(said);
        let now = position(&world, &chain).map_or(0, |at| at + 1);
        assert!(now >= highest + changes - 1, "a change that was made is never undone");
        highest = now;
    }
    climb(&world.store(), &chain);
    assert_eq!(position(&world, &chain), Some(chain.len() - 1));
    world.store().remove().unwrap();
    println!("{KILLS} processes were killed, 0 records lost");
}

fn position(world: &World, chain: &[Vec<u8>]) -> Option<usize> {
    world.store().load().unwrap().map(|held| place_of(held.as_bytes(), chain))
}

fn place_of(held: &[u8], chain: &[Vec<u8>]) -> usize {
    chain.iter().position(|record| record == held).unwrap()
}

#[test]
fn of_many_processes_that_ask_for_a_key_all_get_the_same() {
    let (test, chain) = ("of_many_processes_that_ask_for_a_key_all_get_the_same", chain(1));
    if let Some(folder) = folder_of_child() {
        let file = File::encrypted(folder.join(std::process::id().to_string()), store(&folder).key().unwrap());
        return assert!(is_stored(&file.swap(None, &chain[0]).unwrap()));
    }
    let world = World::new("key");
    let children: Vec<Child> = (0..8).map(|_| again(test, &world.folder).spawn().unwrap()).collect();
    let ids: Vec<u32> = children.iter().map(Child::id).collect();
    children.into_iter().for_each(|child| drop(finish(child)));
    let key = world.store().key().unwrap();
    for id in ids {
        let file = File::encrypted(world.folder.join(id.to_string()), key.clone());
        assert_eq!(file.load().unwrap().unwrap().as_bytes(), chain[0]);
    }
}

/// A test once more, in a session of its own, after this script has prepared it.
fn in_a_session(name: &str, test: &str, script: &str) {
    let world = World::new(name);
    let inner = again(test, &world.folder);
    let mut session = Command::new("dbus-run-session");
    session.args(["--", "sh", "-euc", &format!("{script}; exec \"$0\" \"$@\"")]).arg(inner.get_program()).args(inner.get_args());
    session.env("GATEPASS_FOLDER", &world.folder).env("HOME", &world.folder).env("XDG_RUNTIME_DIR", &world.folder);
    for variable in ["XDG_DATA_HOME", "DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        session.env_remove(variable);
    }
    finish(session.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dbus-run-session is there (Debian: dbus)"));
}

const UNLOCK: &str = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
const REPLACE: &str = "printf secret | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null";
const LOCK: &str = "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null";

fn run(script: &str) {
    assert!(Command::new("sh").args(["-euc", script]).status().unwrap().success(), "{script}");
}

#[test]
fn a_keyring_that_is_locked_is_an_error_with_its_cure() {
    let Some(folder) = folder_of_child() else {
        return in_a_session("locked", "a_keyring_that_is_locked_is_an_error_with_its_cure", UNLOCK);
    };
    let (store, chain) = (store(&folder), chain(2));
    store.swap(None, &chain[0]).unwrap();
    run(LOCK);
    let errors = [store.load().unwrap_err(), store.swap(Some(version(&chain[0])), &chain[1]).unwrap_err(), store.key().unwrap_err()];
    for error in errors {
        assert!(matches!(error, StoreError::Keyring(KeyringError::Locked { .. })), "{error:?}");
        assert!(error.is_permanent() && error.to_string().contains("unlock it"), "{error}");
    }
    // The same store goes on when it is unlocked.
    run(REPLACE);
    assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[0]);
}

#[test]
fn a_keyring_that_was_never_made_is_an_error_with_its_cure() {
    let Some(folder) = folder_of_child() else {
        return in_a_session("never", "a_keyring_that_was_never_made_is_an_error_with_its_cure", "true");
    };
    let error = store(&folder).swap(None, &chain(1)[0]).unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("keep the grant in a file"), "{error:?}");
}

#[test]
fn without_a_session_there_is_no_keyring_and_no_silent_file() {
    let test = "without_a_session_there_is_no_keyring_and_no_silent_file";
    let Some(folder) = folder_of_child() else {
        let world = World::new("none");
        let mut child = again(test, &world.folder);
        finish(child.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env("HOME", &world.folder).spawn().unwrap());
        return assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 0);
    };
    let store = store(&folder);
    let errors = [store.load().unwrap_err(), store.swap(None, &chain(1)[0]).unwrap_err(), Key::from_keyring("gatepass", "a").unwrap_err()];
    for error in errors {
        assert!(matches!(error, StoreError::Keyring(KeyringError::Missing { .. })), "{error:?}");
        assert!(error.is_permanent() && error.to_string().contains("keep the grant in a file"), "{error}");
    }
}

#[test]
fn a_keyring_that_was_started_again_is_found_again() {
    let Some(folder) = folder_of_child() else {
        return in_a_session("again", "a_keyring_that_was_started_again_is_found_again", UNLOCK);
    };
    let (store, chain) = (store(&folder), chain(2));
    store.swap(None, &chain[0]).unwrap();
    run(REPLACE);
    // The connection from before may be of no use: one failure, and then a new one is made.
    let held = store.load().or_else(|_| store.load()).unwrap();
    assert_eq!(held.unwrap().as_bytes(), chain[0]);
    assert!(is_stored(&store.swap(Some(version(&chain[0])), &chain[1]).unwrap()));
}

#[test]
fn without_a_path_the_lock_is_in_the_home_folder_and_one_for_each_account() {
    let test = "without_a_path_the_lock_is_in_the_home_folder_and_one_for_each_account";
    let Some(folder) = folder_of_child() else { return in_a_session("home", test, UNLOCK) };
    let chain = chain(1);
    for account in ["alice", "bob", "ALICE"] {
        let store = Keyring::new("gatepass", account);
        assert!(is_stored(&store.swap(None, &chain[0]).unwrap()));
        assert_eq!(store.load().unwrap().unwrap().as_bytes(), chain[0]);
    }
    assert_eq!(fs::read_dir(folder.join(".local/state/gatepass")).unwrap().count(), 2);
}
