//! The same for who may block: on a thread of its own, since only there it may be in anybody's runtime or in none.

use std::sync::{Mutex, PoisonError, mpsc};

use gatepass::Version;
use tokio::runtime::{Builder, Runtime};

use super::Postgres;
use crate::{
    error::StoreError,
    server::ServerError,
    store::{AsyncStore, Record, Store, Swap},
};

/// A thread, from its first use on.
#[derive(Default)]
pub(super) struct Worker(Mutex<Option<Runtime>>);

impl Worker {
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, StoreError> {
        let (answer, answered) = mpsc::sync_channel(1);
        {
            let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if runtime.is_none() {
                let options = |error| ServerError::Options { what: format!("no thread for PostgreSQL: {error}") };
                *runtime =
                    Some(Builder::new_multi_thread().worker_threads(1).thread_name("gatepass").enable_all().build().map_err(options)?);
            }
            if let Some(runtime) = &*runtime {
                drop(runtime.spawn(async move { drop(answer.send(work.await)) }));
            }
        }
        answered.recv().map_err(|lost| StoreError::Other(Box::new(lost)))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let runtime = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // Nothing is waited for: it may be dropped where blocking is forbidden.
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// [`migrate`](Self::migrate), blocking.
    ///
    /// # Errors
    /// Those of the server.
    pub fn migrate_blocking(&self) -> Result<(), StoreError> {
        let store = self.clone();
        self.server.worker.run(async move { store.migrate().await })?
    }
}

impl Store for Postgres {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        let store = self.clone();
        self.server.worker.run(async move { AsyncStore::load(&store).await })?
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        let (store, record) = (self.clone(), Record::from(record));
        self.server.worker.run(async move { AsyncStore::swap(&store, expected, record.as_bytes()).await })?
    }
}
