//! Stores that are broken on purpose: each must be caught.

use std::{fs, io::Write as _, path::PathBuf};

use gatepass::Version;
use gatepass_store::{Record, Store, StoreError, Swap};

/// What a store gets wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
pub enum Fault {
    /// It empties the record's file and writes into it.
    InPlace,
    /// It writes over the record without emptying it, and cuts what is left.
    Over,
    /// It renames what is not yet on the disk.
    NoFileSync,
    /// It says that the record is stored before the rename lasts.
    NoFolderSync,
    /// Its folder may be lost.
    NoParentSync,
    /// Nothing is wrong but that it takes no room for the record after an intent.
    NoRoom,
}

impl Fault {
    /// Each, with its name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("in-place", Self::InPlace),
        ("over", Self::Over),
        ("no-file-sync", Self::NoFileSync),
        ("no-folder-sync", Self::NoFolderSync),
        ("no-parent-sync", Self::NoParentSync),
        ("no-room", Self::NoRoom),
    ];
}

/// A store with one fault.
#[derive(Debug)]
pub struct Broken {
    /// Where the record is.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: Fault,
}

impl Broken {
    fn write(&self, record: &[u8]) -> std::io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let folder = self.path.parent().unwrap();
        if !folder.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if self.fault != Fault::NoParentSync {
            folder.ancestors().skip(1).take(2).try_for_each(|above| fs::File::open(above)?.sync_all())?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).mode(0o600);
        if matches!(self.fault, Fault::InPlace | Fault::Over) {
            let mut file = options.truncate(self.fault == Fault::InPlace).open(&self.path)?;
            file.write_all(record)?;
            file.set_len(record.len() as u64)?;
            file.sync_all()?;
        } else {
            let new = self.path.with_extension("next");
            let mut file = options.truncate(true).open(&new)?;
            file.write_all(record)?;
            if self.fault != Fault::NoFileSync {
                file.sync_all()?;
            }
            fs::rename(&new, &self.path)?;
        }
        if self.fault == Fault::NoFolderSync { Ok(()) } else { fs::File::open(folder)?.sync_all() }
    }
}

impl Store for Broken {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(Record::new(bytes))),
            Err(_) => Ok(None),
        }
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        let held = self.load()?;
        if held.as_ref().and_then(|held| Version::of(held.as_bytes()).ok()) != expected {
            return Ok(Swap::Superseded(held));
        }
        self.write(record).map_err(|error| StoreError::Other(Box::new(error)))?;
        Ok(Swap::Stored)
    }
}
