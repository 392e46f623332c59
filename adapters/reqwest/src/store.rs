//! Where an errand is run: on a thread that may block, or right in the flight.

use std::sync::Arc;

use gatepass_store::{
    AsyncStore, Store,
    driver::{Answered, Errand},
};

use crate::sync::spawn_blocking;

/// A store of either kind: what [`Settings`](crate::Settings) hold after `new` or `new_async`. Exhaustive on purpose: there is
/// no third kind.
#[derive(Clone)]
#[allow(clippy::exhaustive_enums)]
pub enum AnyStore {
    /// Called by [`tokio::task::spawn_blocking`].
    Blocking(Arc<dyn Store>),
    /// Awaited.
    Async(Arc<dyn AsyncStore>),
}

impl AnyStore {
    pub(crate) async fn run(&self, errand: Errand) -> Answered {
        match self {
            Self::Blocking(store) => {
                let store = Arc::clone(store);
                spawn_blocking(move || errand.run(&*store)).await.unwrap_or_else(Answered::lost)
            }
            Self::Async(store) => errand.run_async(&**store).await,
        }
    }
}

impl From<Arc<dyn Store>> for AnyStore {
    fn from(store: Arc<dyn Store>) -> Self {
        Self::Blocking(store)
    }
}

impl From<Arc<dyn AsyncStore>> for AnyStore {
    fn from(store: Arc<dyn AsyncStore>) -> Self {
        Self::Async(store)
    }
}

impl core::fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Blocking(_) => "AnyStore(blocking)",
            Self::Async(_) => "AnyStore(async)",
        })
    }
}
