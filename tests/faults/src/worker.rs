//! What the killed process does: it stores links of the chain as a driver does, and tells what it was told.
//!
//! It tells by looking for files that cannot be there (`/dev/null/stored/3`): a look-up changes nothing, and stands in the log
//! of system calls at its place among the others.

use std::path::{Path, PathBuf};

use gatepass::Version;
use gatepass_store::{File, Key, Store, StoreError, Swap};

use crate::{
    broken::{Broken, Fault},
    chain::chain,
};

/// Where a worker keeps its record, below the folder that is there.
pub const PLACE: &str = "new/deep/grant";

/// The bytes of the sign-in that waits.
pub const PENDING: &[u8] = b"a sign-in that waits for the person";

/// The folder of what a worker tells.
pub const TOLD: &str = "/dev/null/";

/// The real store, encrypted at rest.
#[must_use]
pub fn encrypted(path: impl Into<PathBuf>) -> File {
    File::encrypted(path, Key::new([7; 32]))
}

/// How often a change that failed is tried again.
pub(crate) const REPEATS: usize = 4;

/// `FOLDER STORE UNTIL`: goes on from what is stored to the link of this number; or with `pending` for it, keeps and clears a
/// sign-in that waits. `STORE` is `file`, `encrypted`, what a broken one
/// does, or [`listener`](crate::listener), which stores nothing.
pub fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, store, until] = &arguments[..] else { panic!("FOLDER STORE UNTIL") };
    if store == crate::listener::KIND {
        return crate::listener::main(Path::new(folder));
    }
    let path = PathBuf::from(folder).join(PLACE);
    let broken = Fault::ALL.iter().find(|(name, _)| name == store);
    let store: Box<dyn Store> = match broken {
        Some((_, fault)) => Box::new(Broken { path: path.clone(), fault: *fault }),
        None if store == "encrypted" => Box::new(encrypted(path.clone())),
        None => Box::new(File::new(path.clone())),
    };
    if until == "pending" {
        return keep(&File::new(path));
    }
    climb(&*store, until.parse().unwrap());
}

pub(crate) fn tell(what: &str, which: impl core::fmt::Display) {
    let _ = Path::new(&format!("{TOLD}{what}/{which}")).symlink_metadata();
}

/// Does it until it succeeds, as a driver does. `None`: it does not.
fn insist<T>(mut attempt: impl FnMut() -> Result<T, StoreError>) -> Option<T> {
    for _ in 0..REPEATS {
        match attempt() {
            Ok(done) => return Some(done),
            Err(StoreError::Full { .. }) => tell("failed", "full"),
            Err(StoreError::Io { .. }) => tell("failed", "io"),
            Err(other) => tell("failed", other),
        }
    }
    None
}

fn climb(store: &dyn Store, until: usize) {
    let chain = chain();
    tell("begun", "climb");
    let Some(held) = insist(|| store.load()) else { return };
    let mut expected = held.as_ref().map(|held| Version::of(held.as_bytes()).unwrap());
    let next = held.map_or(0, |held| 1 + chain.iter().position(|link| link.record == held.as_bytes()).unwrap());
    for (at, link) in chain.iter().enumerate().take(until + 1).skip(next) {
        let swap = || if link.is_intent { store.swap_intent(expected, &link.record) } else { store.swap(expected, &link.record) };
        match insist(swap) {
            Some(Swap::Stored) => {}
            // The answer of an earlier attempt was lost.
            Some(Swap::Superseded(Some(held))) if held.as_bytes() == link.record => {}
            Some(Swap::Superseded(_)) => return tell("failed", "superseded"),
            None => return,
        }
        tell("stored", at);
        expected = Some(Version::of(&link.record).unwrap());
    }
}

fn keep(store: &File) {
    tell("begun", "keep");
    if insist(|| store.save_pending(PENDING)).is_some() {
        tell("kept", 0);
        if insist(|| store.clear_pending()).is_some() {
            tell("cleared", 0);
        }
    }
}
