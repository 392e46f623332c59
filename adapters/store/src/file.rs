//! A store for one machine: a file, owner-only, locked across processes, replaced as a whole.

mod pending;
mod spare;

use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use gatepass::Version;

use crate::{
    disk,
    error::StoreError,
    lock,
    seal::{Purpose, Seal},
    store::{Record, Store, Swap},
};

/// A record in a file, for the threads and processes of one machine.
///
/// | file | what |
/// |---|---|
/// | `NAME` | the record, mode 0600; replaced by a rename, so that it is the old or the new one whatever is killed and when |
/// | `NAME.lock` | the lock of every change, across threads and processes; it is never deleted, or two could hold it |
/// | `NAME.next` | room for the next record, and 4 KiB more: taken on the disk while there is some |
/// | `NAME.room` | the room after that, while a change is made |
/// | `NAME.pending` | a sign-in that waits for the person, see [`save_pending`](Self::save_pending) |
/// | `NAME.pending.new` | the next such sign-in, while it is written |
///
/// The folder is created with mode 0700 if it is not there, and made to last with those above it when the first record is stored.
/// A file that others can read, or that belongs to another user, is refused. Names are never followed where they are symbolic
/// links, and what a killed process left behind is taken over by the next change.
///
/// **Room.** A refresh writes twice: the intent before, the new tokens after. With a full disk the second write must not fail,
/// since the old token is used up by then. So each change is written into room that was taken on the disk by the change before,
/// and takes room for the next: as much as its own record, and 4 KiB more (with `fallocate` where the system has it, with zeros
/// elsewhere; what that is worth is the file system's to say). An intent ([`Store::swap_intent`]) takes it first, or fails with
/// [`StoreError::Full`] before anything has changed: the commit that follows a stored intent has its room, whoever fills the
/// disk, unless its tokens are 4 KiB longer. Any other change may use up its room and find none for the next. One that finds no
/// room takes what it needs itself, or fails with `Full`, also before anything has changed.
///
/// **Lock.** A change waits up to 10 s for those of others, then fails with [`StoreError::Locked`].
///
/// Keep it on a local disk: locks and renames of network file systems promise less.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    seal: Seal,
}

impl File {
    /// A store at this path. Nothing is touched until it is used.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), seal: Seal::Plain }
    }

    /// A store at this path whose files are encrypted at rest, with XChaCha20-Poly1305 and a random nonce for each write. The
    /// record and a pending sign-in take 65 bytes more each, and the room for them counts these.
    ///
    /// It keeps tokens from whoever gets at the disk or a backup, not from what runs as this user. It does not notice a file
    /// that was replaced by an older one of its own, or by one of another account with the same key.
    ///
    /// What is not encrypted is refused ([`StoreError::NotEncrypted`]), as [`File::new`] refuses what is
    /// ([`StoreError::Encrypted`]); another key is [`StoreError::WrongKey`], any other change to the file
    /// [`StoreError::Damaged`]. All of them leave the file as it is.
    ///
    /// ```no_run
    /// use gatepass_store::{File, Key, Store};
    ///
    /// # #[cfg(feature = "keyring")]
    /// # {
    /// // Where there is no keyring this is an error: a plain file is for the caller to choose.
    /// let key = Key::from_keyring("example.app", "files")?;
    /// let store = File::encrypted("state/grant", key);
    /// assert!(store.load()?.is_none());
    /// # }
    /// # Ok::<(), gatepass_store::StoreError>(())
    /// ```
    #[cfg(feature = "chacha20poly1305")]
    #[must_use]
    pub fn encrypted(path: impl Into<PathBuf>, key: crate::Key) -> Self {
        Self { path: path.into(), seal: Seal::Key(key) }
    }

    /// The path of the record.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets the record, a pending sign-in and the room for both. It revokes nothing: sign out first. The lock stays, or two
    /// could hold it.
    ///
    /// # Errors
    /// [`StoreError`] when something cannot be removed. It can be repeated.
    pub fn remove(&self) -> Result<(), StoreError> {
        if !self.folder().is_dir() {
            return Ok(());
        }
        let _lock = self.lock()?;
        for ending in ["", ".next", ".room", ".pending", ".pending.new"] {
            disk::remove(&self.beside(ending))?;
        }
        disk::sync_folder(self.folder())
    }

    /// A file beside the record.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().map_or_else(OsString::new, OsString::from);
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn folder(&self) -> &Path {
        lock::folder(&self.path)
    }

    /// Everybody else who wants to change something waits until the lock is dropped.
    fn lock(&self) -> Result<fs::File, StoreError> {
        lock::hold(self.beside(".lock"))
    }

    /// The record, checked.
    fn read(&self) -> Result<Option<(Version, Record)>, StoreError> {
        let Some(found) = disk::read(&self.path)? else { return Ok(None) };
        let record = self.seal.open(Purpose::Record, &self.path, found)?;
        match Version::of(record.as_bytes()) {
            Ok(version) => Ok(Some((version, record))),
            Err(fault) => Err(StoreError::Damaged { path: self.path.clone(), fault }),
        }
    }

    fn change(&self, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Swap, StoreError> {
        let _ = Version::of(record).map_err(StoreError::NotARecord)?;
        let _lock = self.lock()?;
        let held = self.read()?;
        if held.as_ref().map(|(version, _)| *version) != expected {
            // It may be the caller's own, whose answer was lost before its rename lasted.
            disk::sync_folder(self.folder())?;
            return Ok(Swap::Superseded(held.map(|(_, record)| record)));
        }
        if held.is_none() {
            disk::keep_folder(self.folder())?;
        }
        self.write(&self.seal.close(Purpose::Record, record)?, is_intent)?;
        Ok(Swap::Stored)
    }

    /// Writes a record, sealed, into room that an earlier change took, or takes room now; then replaces the one before in one step.
    /// Room for the next is taken first. Where there is none an intent fails, before it has changed anything: a commit would follow.
    /// Any other change goes on, and asks for room again when the old record has made way.
    fn write(&self, record: &[u8], is_intent: bool) -> Result<(), StoreError> {
        let length = record.len() as u64;
        let (next, room) = (self.beside(".next"), self.beside(".room"));
        let taken = match spare::taken(&next, length)? {
            None => spare::found(&room, &next, length)?,
            taken => taken,
        };
        let had_room = taken.is_some();
        let mut file = match taken {
            Some(file) => file,
            None => spare::take(&next, length)?,
        };
        let wanted = length.saturating_add(spare::SLACK);
        let reserved = spare::take(&room, wanted);
        if reserved.is_err() && is_intent {
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
            // The record is stored, whatever becomes of this: room is found by this name, too.
            let _ = disk::rename(&room, &next);
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
