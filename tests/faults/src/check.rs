//! Whether a folder holds what it must, and the store works on in it.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use gatepass::Version;
use gatepass_store::{File, Store as _, StoreError, Swap};

use crate::{
    chain::Link,
    worker::{PENDING, PLACE, encrypted},
};

/// What may be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Allowed {
    /// The first link; `None` is none at all.
    pub from: Option<usize>,
    /// The last one.
    pub to: Option<usize>,
    /// Whether a sign-in waits, where that is certain.
    pub waits: Option<bool>,
}

impl Allowed {
    /// A change was cut short when this link was the last that was stored for certain.
    #[must_use]
    pub fn after(stored: Option<usize>) -> Self {
        Self { from: stored, to: Some(stored.map_or(0, |stored| stored + 1)), waits: None }
    }
}

/// Bytes that a record may be longer than the one before for the room to be enough.
const SLACK: u64 = 4096;

/// The store, as whoever wrote last opened it.
fn open(root: &Path) -> File {
    let path = root.join(PLACE);
    let plain = File::new(&path);
    if matches!(plain.load(), Err(StoreError::Encrypted { .. })) { encrypted(path) } else { plain }
}

/// What is stored, if it is whole and one of those that may be.
///
/// # Errors
/// What is wrong.
pub fn held(chain: &[Link], root: &Path, allowed: Allowed) -> Result<Option<usize>, String> {
    let held = open(root).load().map_err(|error| error.to_string())?;
    let at = match held {
        None => None,
        Some(held) => Some(chain.iter().position(|link| link.record == held.as_bytes()).ok_or("a record that nobody wrote")?),
    };
    if at < allowed.from || at > allowed.to { Err(format!("{at:?} is stored, not one of {allowed:?}")) } else { Ok(at) }
}

/// Checks what is stored; then a whole rotation and a sign-in that waits must succeed, and nothing else be left behind.
///
/// # Errors
/// What is wrong.
pub fn check(chain: &[Link], root: &Path, allowed: Allowed) -> Result<(), String> {
    let at = held(chain, root, allowed)?;
    let path = root.join(PLACE);
    let store = open(root);
    let mut expected = at.map(|at| Version::of(&chain[at].record).unwrap());
    let first = at.map_or(0, |at| at + 1);
    // An intent, and the tokens after it, wherever it is now.
    let last = first + 1 + first % 2 + usize::from(at.is_none());
    // Whoever has the record open sees it as it was: it is replaced, and never written into.
    let mut reader = fs::File::open(&path).ok();
    let was = fs::read(&path).unwrap_or_default();
    for link in &chain[first..=last] {
        let swap = if link.is_intent { store.swap_intent(expected, &link.record) } else { store.swap(expected, &link.record) };
        match swap {
            Ok(Swap::Stored) => expected = Some(Version::of(&link.record).unwrap()),
            other => return Err(format!("after {at:?}: {other:?}")),
        }
    }
    let mut is = Vec::new();
    if reader.as_mut().is_some_and(|reader| reader.read_to_end(&mut is).is_err()) || is != was {
        return Err("the record was written in place".to_owned());
    }
    held(chain, root, Allowed { from: Some(last), to: Some(last), waits: None })?;
    let waits = store.load_pending().map_err(|error| error.to_string())?;
    if waits.as_ref().is_some_and(|found| found.as_bytes() != PENDING) || allowed.waits.is_some_and(|known| known != waits.is_some()) {
        return Err(format!("a sign-in that waits: {waits:?}"));
    }
    store.save_pending(PENDING).map_err(|error| error.to_string())?;
    store.clear_pending().map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    if names != ["grant", "grant.lock", "grant.next"] {
        return Err(format!("left behind: {names:?}"));
    }
    let room = fs::metadata(folder.join("grant.next")).unwrap();
    let is_room = room.len() >= chain[last].record.len() as u64 + SLACK && room.blocks() * 512 >= room.len();
    let is_own = room.permissions().mode() & 0o777 == 0o600 && room.nlink() == 1;
    if is_room && is_own { Ok(()) } else { Err(format!("no room: {room:?}")) }
}
