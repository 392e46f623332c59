//! Over a connection that blocks.

use core::time::Duration;
use std::{io, sync::PoisonError, time::Instant};

use gatepass::Version;
use redis::{Connection, RedisResult, Value};

use super::{
    Redis,
    call::{self, Call},
    is_stale,
};
use crate::{
    durability::Durability,
    error::StoreError,
    store::{Record, Store, Swap},
};

impl Redis {
    /// Asks whether the server keeps what it is given, by `CONFIG GET`. A server that does not say is no error.
    ///
    /// # Errors
    /// Those of a server that cannot be asked at all.
    pub fn durability_blocking(&self) -> Result<Durability, StoreError> {
        let answers = Call::settings().map(|call| self.ask(&call));
        call::durability(answers)
    }

    fn ask(&self, call: &Call) -> Result<Value, StoreError> {
        let until = Instant::now().checked_add(self.timeout);
        let left = || -> RedisResult<Duration> {
            let left = until.map_or(self.timeout, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() { Err(io::Error::from(io::ErrorKind::TimedOut).into()) } else { Ok(left) }
        };
        let ask = |connection: &mut Connection| {
            connection.set_read_timeout(Some(left()?))?;
            connection.set_write_timeout(Some(left()?))?;
            call.ask(connection)
        };
        // A connection is kept only when it served: after an error nobody knows what is still to come over it.
        let mut kept = self.blocking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut connection) = kept.take() {
            match ask(&mut connection) {
                Ok(answer) => {
                    *kept = Some(connection);
                    return Ok(answer);
                }
                Err(error) if is_stale(&error) => {}
                Err(error) => return Err(self.error(error)),
            }
        }
        let connected = || {
            let mut connection = self.client.get_connection_with_timeout(left()?)?;
            let answer = ask(&mut connection)?;
            Ok((connection, answer))
        };
        let (connection, answer) = connected().map_err(|error| self.error(error))?;
        *kept = Some(connection);
        Ok(answer)
    }

    fn swap_as(&self, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Swap, StoreError> {
        let answer = self.ask(&Call::swap(&self.key, expected, record, is_intent)?)?;
        self.swapped(answer)
    }
}

impl Store for Redis {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.held(self.ask(&Call::load(&self.key))?)
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.swap_as(expected, record, false)
    }

    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.swap_as(expected, record, true)
    }
}
