//! A store in the platform's keyring, under a file lock.

mod entries;
mod error;
#[cfg(feature = "chacha20poly1305")]
mod key;
mod slots;

use std::{fs, path::PathBuf, sync::Arc};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use gatepass::Version;
use keyring_core::CredentialStore;
use sha2::{Digest as _, Sha256};

pub use self::error::KeyringError;
use self::{
    entries::Entries,
    slots::{Head, Slots},
};
use crate::{
    error::StoreError,
    lock,
    store::{Record, Store, Swap},
};

/// Bytes an entry. The Windows Credential Manager allows 2560 (`CRED_MAX_CREDENTIAL_BLOB_SIZE`); others allow far more, and
/// get a record of the usual size in one.
const CHUNK: usize = if cfg!(windows) { 2560 } else { 8192 };

/// A record in the platform's keyring, for the threads and processes of one user on one machine.
///
/// | platform | keyring | tested |
/// |---|---|---|
/// | Linux, BSD | Secret Service, over D-Bus (GNOME Keyring, KDE Wallet, `KeePassXC`) | on Linux with GNOME Keyring |
/// | macOS | the login keychain | it compiles; nobody has run it |
/// | Windows | Credential Manager | it compiles; nobody has run it |
///
/// ```no_run
/// use gatepass_store::{Keyring, Store};
///
/// let store = Keyring::new("example.app", "alice@example.com");
/// assert!(store.load()?.is_none());
/// # Ok::<(), gatepass_store::StoreError>(())
/// ```
///
/// **Lock.** No keyring can compare and swap, so every change is made under a file lock, which is never deleted. All programs
/// that share a grant must use the same lock: the default one, which depends on nothing but the home folder, the service and
/// the account, or one that [`lock_at`](Self::lock_at) names for all of them. The record names its lock, and a change of it
/// under another one is refused ([`KeyringError::OtherLock`]); a pending sign-in and a key name none, and whatever is removed is so
/// under this store's own. A change waits up to 10 s for those of others, then fails with [`StoreError::Locked`].
///
/// **Size.** A keyring limits its entries: the Windows Credential Manager to 2560 bytes each. So `ACCOUNT#record` names one of
/// two slots, which are `ACCOUNT#record.a.0`, `.a.1` and so on, and the same with `b`. A change writes the slot that is not in
/// use, then the name: the record is the old or the new one whatever is killed and when. Right after, the slot from before is
/// overwritten. All is text, since KDE Wallet keeps nothing else.
///
/// **Room.** A slot has room for 4 KiB more than its record when an intent is stored ([`Store::swap_intent`]), and so has the other
/// one, which the commit is written to. A keyring that is locked, full or refuses such entries fails then, before a request
/// leaves. What this is worth on a full disk is the keyring's to say, and so is what a power cut leaves of an entry
/// that it said it has: choose [`File`](crate::File) where that counts more.
///
/// **Person.** Each call blocks. It may show a dialogue, to unlock the keyring or to allow this program to use an entry, and waits
/// for the person as long as that takes; a change does so before it takes the lock, unless the keyring asks for each entry. Who
/// declines gets [`KeyringError::Locked`]. Where there is no keyring, as on most servers, every call is [`KeyringError::Missing`],
/// and nothing falls back to a file by itself. In a program on tokio call it where blocking is allowed, as the drivers do.
///
/// **Who can read it.** On Linux and Windows every program of the user, on Linux once the keyring is unlocked; on macOS the
/// programs that the person allowed. What passes through D-Bus and the platform's own buffers is encrypted or not, and wiped or
/// not, as these do it.
#[derive(Debug)]
pub struct Keyring {
    entries: Entries,
    lock: Option<PathBuf>,
    chunk: usize,
}

impl Keyring {
    /// A store under these names. Nothing is touched until it is used.
    ///
    /// The names are shown in the keyring's own tools; the Windows Credential Manager does not tell upper from lower case.
    #[must_use]
    pub fn new(service: impl Into<String>, account: impl Into<String>) -> Self {
        Self { entries: Entries::new(service.into(), account.into()), lock: None, chunk: CHUNK }
    }

    /// With a lock at this path, which all who share the grant must use. Its folder is created with mode 0700 if it is not there; it
    /// belongs on a local disk.
    #[must_use]
    pub fn lock_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.lock = Some(path.into());
        self
    }

    /// In this keyring instead of the platform's: another one that the crates around [`keyring_core`] know, or one for tests.
    #[must_use]
    pub fn within(mut self, keyring: Arc<CredentialStore>) -> Self {
        self.entries = self.entries.within(keyring);
        self
    }

    /// With so many bytes an entry, for a keyring that allows fewer than is usual on its platform: 2560 on Windows, 8192
    /// elsewhere. Fewer than 64 are taken for 64. What was written with another number is still read.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        self.chunk = bytes.max(64);
        self
    }

    /// Keeps what [`Session::pending`](gatepass::Session::pending) exported, so that the sign-in survives a restart. One at a time; the
    /// last one counts.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn save_pending(&self, pending: &[u8]) -> Result<(), StoreError> {
        let (_lock, name) = self.hold()?;
        let slots = self.slots("pending");
        // Whatever there is makes way.
        let held = slots.head().or_else(|error| if is_damaged(&error) { Ok(None) } else { Err(error) })?;
        slots.replace(held.as_ref(), &name, pending, false)
    }

    /// What was kept, if anything was. Its bytes are a secret.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn load_pending(&self) -> Result<Option<Record>, StoreError> {
        self.read(self.slots("pending"))
    }

    /// Forgets it: the sign-in is complete, or given up.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    pub fn clear_pending(&self) -> Result<(), StoreError> {
        let _lock = self.hold()?;
        self.slots("pending").remove()
    }

    /// Forgets the record and a pending sign-in, also damaged ones and what a killed process left of them; a key
    /// of the same names stays. It revokes nothing: sign out first. The lock stays, or two could hold it.
    ///
    /// # Errors
    /// [`StoreError`] when something cannot be removed. It can be repeated.
    pub fn remove(&self) -> Result<(), StoreError> {
        let _lock = self.hold()?;
        self.slots("record").remove()?;
        self.slots("pending").remove()
    }

    fn slots(&self, purpose: &'static str) -> Slots<'_> {
        Slots { entries: &self.entries, purpose, chunk: self.chunk }
    }

    /// The lock, and its name.
    fn hold(&self) -> Result<(fs::File, String), StoreError> {
        let path = match &self.lock {
            Some(path) => path.clone(),
            None => self.default_lock()?,
        };
        // A locked keyring asks the person now, and not while others wait for the lock.
        let _ = self.entries.get("record")?;
        let held = lock::hold(path.clone())?;
        // It is there now, and has one name, wherever this process looks from.
        let name = fs::canonicalize(&path).map_err(|source| StoreError::Io { doing: "find", path, source })?;
        Ok((held, name.to_string_lossy().into_owned()))
    }

    /// It must not depend on the environment, but for the home folder: a service and a shell of one user have different ones.
    fn default_lock(&self) -> Result<PathBuf, StoreError> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty()).ok_or(KeyringError::NoHome)?;
        let folder = if cfg!(windows) {
            "AppData/Local/gatepass"
        } else if cfg!(target_os = "macos") {
            "Library/Application Support/gatepass"
        } else {
            ".local/state/gatepass"
        };
        // Some keyrings do not tell upper from lower case.
        let names = self.entries.names().map(str::to_lowercase);
        let digest = names.iter().fold(Sha256::new(), |digest, name| digest.chain_update(name).chain_update([0])).finalize();
        let mut text = [0; 43];
        let name = Base64UrlUnpadded::encode(&digest, &mut text).unwrap_or_default();
        Ok(home.join(folder).join(format!("keyring-{name}.lock")))
    }

    /// What is there. Only if that is not whole, the lock is waited for: it may have been the moment of a change.
    fn read(&self, slots: Slots<'_>) -> Result<Option<Record>, StoreError> {
        let read = || slots.head()?.map(|head| slots.read(&head)).transpose();
        match read() {
            Err(error) if is_damaged(&error) => {
                let _lock = self.hold()?;
                read()
            }
            other => other,
        }
    }

    fn change(&self, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Swap, StoreError> {
        let _ = Version::of(record).map_err(StoreError::NotARecord)?;
        let slots = self.slots("record");
        let (_lock, name) = self.hold()?;
        let head = slots.head()?;
        let held = head.as_ref().map(|head| slots.read(head)).transpose()?;
        let version = held.as_ref().map(|held| self.version(held)).transpose()?;
        if version != expected {
            return Ok(Swap::Superseded(held));
        }
        if let Some(Head { lock, .. }) = head.as_ref().filter(|head| head.lock != name) {
            return Err(KeyringError::OtherLock { theirs: lock.clone(), ours: name }.into());
        }
        slots.replace(head.as_ref(), &name, record, is_intent)?;
        Ok(Swap::Stored)
    }

    fn version(&self, record: &Record) -> Result<Version, StoreError> {
        let damaged = |fault| KeyringError::Damaged { entry: self.entries.name("record"), fault: Some(fault) };
        Ok(Version::of(record.as_bytes()).map_err(damaged)?)
    }
}

impl Store for Keyring {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        let held = self.read(self.slots("record"))?;
        held.as_ref().map(|held| self.version(held)).transpose()?;
        Ok(held)
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.change(expected, record, false)
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.change(expected, record, true)
    }
}

const fn is_damaged(error: &StoreError) -> bool {
    matches!(error, StoreError::Keyring(KeyringError::Damaged { .. }))
}
