//! A store that tells what it did, so that each loss can be laid at somebody's door.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gatepass::Version;
use gatepass_store::{AsyncStore, Record, Store, StoreError, StoreFuture, Swap};

use crate::event::What;

/// Passes everything on, and tells what came of it. A store that goes back to a lower revision is told as a failure.
pub(crate) struct Witness<S: ?Sized> {
    inner: Arc<S>,
    highest: AtomicU64,
}

impl<S: ?Sized> Witness<S> {
    pub(crate) fn new(inner: Arc<S>) -> Self {
        Self { inner, highest: AtomicU64::new(0) }
    }

    fn sees(&self, record: Option<&[u8]>) {
        let revision = record.and_then(|record| Version::of(record).ok()).map_or(0, |version| version.revision());
        let highest = self.highest.fetch_max(revision, Ordering::SeqCst);
        if revision < highest {
            What::Failed(format!("the store went back from revision {highest} to {revision}")).tell();
        }
    }

    fn loaded(&self, loaded: Result<Option<Record>, StoreError>) -> Result<Option<Record>, StoreError> {
        match &loaded {
            Ok(found) => self.sees(found.as_ref().map(Record::as_bytes)),
            Err(error) => What::StoreFailed(error.to_string()).tell(),
        }
        loaded
    }

    fn swapped(&self, record: &[u8], stored: What, swapped: Result<Swap, StoreError>) -> Result<Swap, StoreError> {
        match &swapped {
            Ok(Swap::Stored) => {
                stored.tell();
                self.sees(Some(record));
            }
            Ok(Swap::Superseded(found)) => {
                What::Lost.tell();
                self.sees(found.as_ref().map(Record::as_bytes));
            }
            Err(error) => What::StoreFailed(error.to_string()).tell(),
        }
        swapped
    }
}

impl Store for Witness<dyn Store> {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.loaded(self.inner.load())
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.swapped(record, What::Saved, self.inner.swap(expected, record))
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.swapped(record, What::Intent, self.inner.swap_intent(expected, record))
    }
}

impl AsyncStore for Witness<dyn AsyncStore> {
    fn load(&self) -> StoreFuture<'_, Option<Record>> {
        Box::pin(async { self.loaded(self.inner.load().await) })
    }

    fn swap<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        Box::pin(async move { self.swapped(record, What::Saved, self.inner.swap(expected, record).await) })
    }

    fn swap_intent<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        Box::pin(async move { self.swapped(record, What::Intent, self.inner.swap_intent(expected, record).await) })
    }
}
