//! A store for one machine: a file, owner-only, locked across processes, replaced as a whole.

mod disk;
mod pending;
mod spare;

use core::time::Duration;
use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use gatepass::Version;

use crate::{
    error::StoreError,
    store::{Record, Store, Swap},
};

/// How long a change waits for the lock: each is held for a few writes.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

/// A record in a file, for the threads and processes of one machine.
///
/// | file | what |
/// |---|---|
/// | `NAME` | the record, mode 0600; replaced by a rename, so that it is the old or the new one whatever is killed and when |
/// | `NAME.lock` | the lock of every change, across threads and processes; it is never deleted, or two could hold it |
/// | `NAME.next` | room for the next record, and 4 KiB more: taken on the disk while there is some |
/// | `NAME.room` | the room after that, while a change is made |
/// | `NAME.pending` | a sign-in that waits for the person, see [`save_pending`](Self::save_pending) |
///
/// The folder is created with mode 0700 if it is not there. A file that others can read, or that belongs to another user, is refused. Names are never followed
/// where they are symbolic links, and what a killed process left behind is taken over by the next change.
///
/// **Room.** A refresh writes twice: the intent before, the new tokens after. With a full disk the second write must not fail,
/// since the old token is used up by then. So each change is written into room that was taken on the disk by the change before,
/// and takes room for the next: as much as its own record, and 4 KiB more (with `fallocate` where the system has it, with zeros
/// elsewhere; what that is worth is the file system's to say). An intent ([`Store::swap_intent`]) takes it first, or fails with
/// [`StoreError::Full`] before anything has changed: the commit that follows a stored intent has its room, whoever fills the
/// disk, unless its tokens are 4 KiB longer. Any other change may use up its room and find none for the next. One that finds no
/// room takes both, or fails with `Full`, also before anything has changed.
///
/// **Lock.** A change waits up to 10 s for those of others, then fails with [`StoreError::Locked`].
///
/// Keep it on a local disk: locks and renames of network file systems promise less.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
}

impl File {
    /// A store at this path. Nothing is touched until it is used.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path of the record.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside the record.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().map_or_else(OsString::new, OsString::from);
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
    }

    /// Everybody else who wants to change something waits until the lock is dropped.
    fn lock(&self) -> Result<fs::File, StoreError> {
        self.lock_within(LOCK_LIMIT)
    }

    /// As long as that: a process that is stopped holds it for ever.
    fn lock_within(&self, limit: Duration) -> Result<fs::File, StoreError> {
        disk::create_folder(self.folder())?;
        let path = self.beside(".lock");
        let lock = disk::open(&path, fs::OpenOptions::new().read(true).write(true).create(true))?;
        let (start, mut pause) = (Instant::now(), Duration::from_millis(1));
        loop {
            match fs4::FileExt::try_lock(&lock) {
                Ok(()) => return Ok(lock),
                Err(fs4::TryLockError::Error(source)) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(fs4::TryLockError::Error(source)) => return Err(disk::error("lock", &path, source)),
                Err(fs4::TryLockError::WouldBlock) => {}
            }
            if start.elapsed() >= limit {
                return Err(StoreError::Locked { path });
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2).min(Duration::from_millis(20));
        }
    }

    /// The record, checked.
    fn read(&self) -> Result<Option<(Version, Record)>, StoreError> {
        let Some(record) = disk::read(&self.path)? else { return Ok(None) };
        match Version::of(record.as_bytes()) {
            Ok(version) => Ok(Some((version, record))),
            Err(fault) => Err(StoreError::Damaged { path: self.path.clone(), fault }),
        }
    }

    /// Writes, and replaces the record in one step; what was there before stays until then.
    /// Where a commit follows, room for it is taken before anything is changed.
    fn write(&self, record: &[u8], is_intent: bool) -> Result<(), StoreError> {
        let length = record.len() as u64;
        let (next, room) = (self.beside(".next"), self.beside(".room"));
        let taken = spare::taken(&next, length)?;
        let had_room = taken.is_some();
        let mut file = match taken {
            Some(file) => file,
            None => spare::take(&next, length)?,
        };
        let wanted = length.saturating_add(spare::SLACK);
        let reserved = spare::take(&room, wanted);
        if reserved.is_err() && (is_intent || !had_room) {
            if !had_room {
                disk::remove(&next)?;
            }
            return reserved.map(drop);
        }
        let written = file.write_all(record).and_then(|()| file.set_len(length)).and_then(|()| file.sync_all());
        written.map_err(|source| disk::error("write", &next, source))?;
        drop(file);
        disk::rename(&next, &self.path)?;
        disk::sync_folder(self.folder())?;
        // The old record has made way, and left its room.
        if reserved.is_ok() || spare::take(&room, wanted).is_ok() {
            disk::rename(&room, &next)?;
        }
        Ok(())
    }
}

impl Store for File {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        Ok(self.read()?.map(|(_, record)| record))
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.change(expected, record, false)
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.change(expected, record, true)
    }
}

impl File {
    fn change(&self, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Swap, StoreError> {
        let _ = Version::of(record).map_err(StoreError::NotARecord)?;
        let _lock = self.lock()?;
        let held = self.read()?;
        if held.as_ref().map(|(version, _)| *version) != expected {
            return Ok(Swap::Superseded(held.map(|(_, record)| record)));
        }
        self.write(record, is_intent)?;
        Ok(Swap::Stored)
    }
}

/// Whether the disk, or what of it one may use, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_never_let_go_is_an_error_that_names_the_cure() {
        let folder = std::env::temp_dir().join(format!("gatepass-lock-{}", std::process::id()));
        let store = File::new(folder.join("grant"));
        let held = store.lock().unwrap();
        let error = store.lock_within(Duration::from_millis(30)).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }) && error.to_string().contains("fuser"), "{error}");
        assert!(!error.is_permanent());
        drop(held);
        assert!(store.lock_within(Duration::ZERO).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
