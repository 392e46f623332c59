//! A sign-in that waits for the person, beside the record.

use std::io::Write as _;

use super::File;
use crate::{disk, error::StoreError, seal::Purpose, store::Record};

impl File {
    /// Keeps what [`Session::pending`](gatepass::Session::pending) exported, so that the sign-in survives a restart: in a file
    /// beside the record, owner-only and replaced as a whole. One at a time; the last one counts.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn save_pending(&self, pending: &[u8]) -> Result<(), StoreError> {
        let pending = self.seal.close(Purpose::Pending, pending)?;
        let _lock = self.lock()?;
        let (path, new) = (self.beside(".pending"), self.beside(".pending.new"));
        disk::keep_folder(self.folder())?;
        let mut file = disk::create(&new)?;
        let written = file.write_all(&pending).and_then(|()| file.sync_all());
        drop(file);
        if let Err(source) = written {
            disk::remove(&new)?;
            return Err(disk::error("write", &new, source));
        }
        disk::rename(&new, &path)?;
        disk::sync_folder(self.folder())
    }

    /// What was kept, if anything was. Its bytes are a secret.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or others can.
    pub fn load_pending(&self) -> Result<Option<Record>, StoreError> {
        let path = self.beside(".pending");
        disk::read(&path)?.map(|found| self.seal.open(Purpose::Pending, &path, found)).transpose()
    }

    /// Forgets it: the sign-in is complete, or given up.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    pub fn clear_pending(&self) -> Result<(), StoreError> {
        if !self.folder().is_dir() {
            return Ok(());
        }
        let _lock = self.lock()?;
        disk::remove(&self.beside(".pending.new"))?;
        disk::remove(&self.beside(".pending"))?;
        disk::sync_folder(self.folder())
    }
}
