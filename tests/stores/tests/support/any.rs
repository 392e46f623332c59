//! A store of either kind, called from any thread.

use std::sync::OnceLock;

use gatepass::Version;
pub(crate) use gatepass_reqwest::AnyStore;
use gatepass_store::{Record, StoreError, Swap};
use tokio::runtime::{Builder, Runtime};

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()).block_on(future)
}

pub(crate) fn load(store: &AnyStore) -> Result<Option<Record>, StoreError> {
    match store {
        AnyStore::Blocking(store) => store.load(),
        AnyStore::Async(store) => block_on(store.load()),
    }
}

pub(crate) fn swap(store: &AnyStore, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
    match store {
        AnyStore::Blocking(store) => store.swap(expected, record),
        AnyStore::Async(store) => block_on(store.swap(expected, record)),
    }
}

pub(crate) fn swap_intent(store: &AnyStore, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
    match store {
        AnyStore::Blocking(store) => store.swap_intent(expected, record),
        AnyStore::Async(store) => block_on(store.swap_intent(expected, record)),
    }
}
