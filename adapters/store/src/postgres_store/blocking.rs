//! The same for who may block: on a thread of its own, since only there it may be in anybody's runtime or in none.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use gatepass::Version;
use tokio::runtime::{Builder, Runtime};

use super::{Postgres, Slot};
use crate::{
    durability::Durability,
    error::StoreError,
    store::{AsyncStore, Record, Store, Swap},
};

/// A thread, from its first use on, and its connection: nobody else polls what was opened in its runtime, nor it what others did.
#[derive(Default)]
pub(super) struct Worker {
    runtime: Mutex<Option<Runtime>>,
    client: Arc<Slot>,
}

impl Worker {
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, StoreError> {
        let (answer, answered) = mpsc::sync_channel(1);
        {
            let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
            if runtime.is_none() {
                let built = Builder::new_multi_thread().worker_threads(1).thread_name("gatepass").enable_all().build();
                let no_thread = |error| format!("the system gave no thread for PostgreSQL ({error}); see its limits, and try again");
                *runtime = Some(built.map_err(|error| StoreError::Other(no_thread(error).into()))?);
            }
            if let Some(runtime) = &*runtime {
                drop(runtime.spawn(async move { drop(answer.send(work.await)) }));
            }
        }
        let lost = "the thread for PostgreSQL ended during the call; nobody knows what became of a change: try again";
        answered.recv().map_err(|_| StoreError::Other(lost.into()))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let runtime = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // Nothing is waited for: it may be dropped where blocking is forbidden.
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// The same store over the connection of the worker.
    fn on_worker(&self) -> Self {
        Self { client: Arc::clone(&self.server.worker.client), ..self.clone() }
    }

    /// [`migrate`](Self::migrate), blocking.
    ///
    /// # Errors
    /// Those of the server.
    pub fn migrate_blocking(&self) -> Result<(), StoreError> {
        let store = self.on_worker();
        self.server.worker.run(async move { store.migrate().await })?
    }

    /// [`durability`](Self::durability), blocking.
    ///
    /// # Errors
    /// Those of the server.
    pub fn durability_blocking(&self) -> Result<Durability, StoreError> {
        let store = self.on_worker();
        self.server.worker.run(async move { store.durability().await })?
    }
}

impl Store for Postgres {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        let store = self.on_worker();
        self.server.worker.run(async move { AsyncStore::load(&store).await })?
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        let (store, record) = (self.on_worker(), Record::from(record));
        self.server.worker.run(async move { AsyncStore::swap(&store, expected, record.as_bytes()).await })?
    }
}
