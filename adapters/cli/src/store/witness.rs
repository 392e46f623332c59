//! Whose sign-in counts: where two people sign in to one shared store at the same time, the first one's grant stands, and the second
//! one's client would take it up.

use std::sync::{Arc, Mutex, PoisonError};

use gatepass::Version;
use gatepass_store::{Record, Store, StoreError, Swap};

use crate::output::Failure;

/// A store that remembers which grant this process last wrote, or tried to.
#[derive(Clone)]
pub(crate) struct Witness {
    store: Arc<dyn Store>,
    written: Arc<Mutex<Option<[u8; 12]>>>,
}

impl Witness {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, written: Arc::default() }
    }

    /// Whether the store holds that grant, and not somebody else's.
    pub(crate) fn is_kept(&self) -> Result<bool, Failure> {
        let held = self.store.load()?.map(|held| Version::of(held.as_bytes())).transpose()?;
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.map(|held| held.family()) == written)
    }

    fn note(&self, record: &[u8]) {
        let family = Version::of(record).ok().map(|version| version.family());
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = family;
    }
}

impl Store for Witness {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.store.load()
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.note(record);
        self.store.swap(expected, record)
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.note(record);
        self.store.swap_intent(expected, record)
    }
}
