//! A store that forgets: for tests, and for grants that may end with the process.

use std::sync::{Mutex, PoisonError};

use gatepass::Version;

use crate::{
    error::StoreError,
    store::{Record, Store, Swap},
};

/// A record in memory, gone with the process. Put it in an `Arc` to share it between sessions.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Option<Record>>);

impl Memory {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }
}

impl Store for Memory {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        let _ = Version::of(record).map_err(StoreError::NotARecord)?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only records come in, so one that cannot be read cannot be there; it would be no version to compare with.
        if held.as_ref().and_then(|held| Version::of(held.as_bytes()).ok()) != expected {
            return Ok(Swap::Superseded(held.clone()));
        }
        *held = Some(Record::from(record));
        Ok(Swap::Stored)
    }
}
