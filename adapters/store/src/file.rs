//! A store for one machine: a file.

use std::path::PathBuf;

use gatepass::Version;

use crate::{
    error::StoreError,
    store::{Record, Store, Swap},
};

/// A record in a file.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
}

impl File {
    /// A store at this path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Store for File {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(Some(Record::new(bytes))),
            Err(_) => Ok(None),
        }
    }

    fn swap(&self, _: Option<Version>, _: &[u8]) -> Result<Swap, StoreError> {
        Err(StoreError::Entropy)
    }
}
