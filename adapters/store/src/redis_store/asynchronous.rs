//! Over a connection that is awaited, on tokio.

use std::sync::PoisonError;

use gatepass::Version;
use redis::{AsyncConnectionConfig, RedisResult, Value, aio::MultiplexedConnection};

use super::{
    Redis,
    call::{self, Call},
    is_stale,
};
use crate::{
    durability::Durability,
    error::StoreError,
    store::{AsyncStore, Record, StoreFuture, Swap},
};

impl Redis {
    /// [`durability_blocking`](Self::durability_blocking), without blocking.
    ///
    /// # Errors
    /// Those of a server that cannot be asked at all.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        let [append_only, fsync, policy] = Call::settings();
        call::durability([self.ask_async(&append_only).await, self.ask_async(&fsync).await, self.ask_async(&policy).await])
    }

    async fn ask_async(&self, call: &Call) -> Result<Value, StoreError> {
        let error = match tokio::time::timeout(self.timeout, self.exchange(call)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => self.error(error),
            Err(_) => self.timed_out(),
        };
        // A connection is kept only while it serves.
        self.keep(None);
        Err(error)
    }

    async fn exchange(&self, call: &Call) -> RedisResult<Value> {
        let kept = self.asynchronous.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(mut connection) = kept {
            let asked = call.ask_async(&mut connection).await;
            if !asked.as_ref().is_err_and(is_stale) {
                return asked;
            }
        }
        // The limit is for the whole call, and somebody else's to keep.
        let options = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&options).await?;
        self.keep(Some(connection.clone()));
        call.ask_async(&mut connection).await
    }

    fn keep(&self, connection: Option<MultiplexedConnection>) {
        *self.asynchronous.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    async fn swap_async(&self, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Swap, StoreError> {
        let answer = self.ask_async(&Call::swap(&self.key, expected, record, is_intent)?).await?;
        self.swapped(answer)
    }
}

impl AsyncStore for Redis {
    fn load(&self) -> StoreFuture<'_, Option<Record>> {
        Box::pin(async { self.held(self.ask_async(&Call::load(&self.key)).await?) })
    }

    fn swap<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        Box::pin(self.swap_async(expected, record, false))
    }

    fn swap_intent<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        Box::pin(self.swap_async(expected, record, true))
    }
}
