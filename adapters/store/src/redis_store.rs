//! Redis: a key for each grant, compared and swapped by a script on the server.

#[cfg(feature = "redis-tokio")]
mod asynchronous;
mod blocking;
mod call;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use redis::{Client, Connection, ErrorKind, RedisError, ServerErrorKind};

use crate::{error::StoreError, server::ServerError};

/// A record in a key of Redis (or Valkey), for the threads, processes and machines of a fleet. It is a [`Store`](crate::Store),
/// and under the feature `redis-tokio` an [`AsyncStore`](crate::AsyncStore) too: one protocol over two kinds of connection, each
/// opened when it is needed.
///
/// ```no_run
/// use gatepass_store::Redis;
///
/// # fn main() -> Result<(), gatepass_store::StoreError> {
/// let store = Redis::open("redis://127.0.0.1/", "gatepass:alice")?;
/// let durability = store.durability_blocking()?;
/// if durability.is_durable() == Some(false) {
///     eprintln!("{durability}");
/// }
/// let bob = store.key("gatepass:bob");
/// # let _ = bob;
/// # Ok(())
/// # }
/// ```
///
/// The key is a hash of two fields, both binary: `version` (family and revision) and `record`. One script, which Redis runs as
/// one step, compares and swaps; no other key is touched, so a proxy before a cluster serves as well. The key never expires. A user of an access control list needs `~KEY +hgetall +evalsha +script|load
/// +type +hget +hset +persist`, and `+config|get` for [`durability_blocking`](Self::durability_blocking).
///
/// **Durability.** A refresh token is used up when the server has rotated it: a store that forgets the new one loses the grant.
/// Redis forgets by default. Set `appendonly yes`, `appendfsync always` (Redis then answers after the disk has), and a
/// `maxmemory-policy` that does not evict keys without expiry (`noeviction`, or one of `volatile-`).
/// [`durability_blocking`](Self::durability_blocking) says what of it is missing.
///
/// **What a server that forgot does.** A failover to a replica that lags, or a restart without the above, goes back to an older
/// record. Whoever still runs refuses it (`OlderRecord`, and nothing is sent), uses its access token to the end, and needs a new
/// sign-in after that, or the newer record back. Whoever starts after it cannot know: it sends a refresh token that was used
/// before, and a server with reuse detection ends that grant. Grants that were not refreshed since the replica's last word are
/// as good as before. `min-replicas-to-write` and a lag limit on the server narrow this, and do not close it.
///
/// **A full memory** (`maxmemory`, nothing to evict) refuses to take an intent, so no refresh is sent; what follows an intent is
/// stored all the same.
///
/// **Time.** A call ends within its [`timeout`](Self::timeout). A blocking one may take longer by the resolution of a name, which
/// the system limits, and by the calls of other threads, since they use the connection in turn; over the asynchronous one any
/// number of calls are under way at a time. A connection that was lost is replaced by the next call. Nobody knows what became of
/// a call that failed: repeat it, as sessions do.
///
/// **TLS** (`rediss://`) is a feature of the crate `redis`: add that crate with `tls-rustls`, and under `redis-tokio` with
/// `tokio-rustls-comp` instead, which serves both kinds of connection; `tls-rustls` alone does not compile there. `tls-native-tls`
/// and `tokio-native-tls-comp` are their twins. [`Redis::new`] takes a client with certificates of your own.
///
/// **Memory.** A record is wiped from the memory of this crate. The buffers of the crate `redis` and of its TLS, which it passes
/// through, are not.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    key: String,
    timeout: Duration,
    blocking: Arc<Mutex<Option<Connection>>>,
    #[cfg(feature = "redis-tokio")]
    asynchronous: Arc<Mutex<Option<redis::aio::MultiplexedConnection>>>,
}

impl Redis {
    /// A store at a URL (`redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `unix://`). Nothing is asked until it is used.
    ///
    /// # Errors
    /// [`ServerError::Options`] for a URL that is none of Redis.
    pub fn open(url: &str, key: impl Into<String>) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(|error| ServerError::Options { what: format!("the URL of Redis: {error}") })?;
        Ok(Self::new(client, key))
    }

    /// The same with a client of your own.
    #[must_use]
    pub fn new(client: Client, key: impl Into<String>) -> Self {
        Self {
            client,
            key: key.into(),
            timeout: Duration::from_secs(5),
            blocking: Arc::default(),
            #[cfg(feature = "redis-tokio")]
            asynchronous: Arc::default(),
        }
    }

    /// The store of another key, over the same connections.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self.clone() }
    }

    /// How long a call may take, connecting included: 5 s by default, and at least 1 ms.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// For errors and people; a password is not in it.
    fn place(&self) -> String {
        format!("the Redis key {} at {}", self.key, self.client.get_connection_info().addr())
    }

    fn not_a_grant(&self, found: &'static str) -> StoreError {
        ServerError::NotAGrant { place: self.place(), found, fault: None }.into()
    }

    fn timed_out(&self) -> StoreError {
        ServerError::TimedOut { place: self.place(), limit: self.timeout }.into()
    }

    /// Of what the server said no more is kept than can hold neither a record nor a password.
    fn error(&self, error: RedisError) -> StoreError {
        use ServerErrorKind::{NoPerm, ResponseError};
        let is_passing = match (error.kind(), error.code()) {
            _ if error.is_timeout() => return self.timed_out(),
            _ if is_cut(&error) => return ServerError::Unreachable { place: self.place(), source: Box::new(error) }.into(),
            (_, Some("WRONGTYPE")) => return self.not_a_grant("something that is no hash"),
            (ErrorKind::Server(kind), _) => !matches!(kind, ResponseError | NoPerm),
            (ErrorKind::Extension, code) => matches!(code, Some("OOM" | "MISCONF" | "NOREPLICAS" | "BUSY" | "UNKILLABLE")),
            // A command that is forbidden is quoted with its arguments, which are no text.
            (ErrorKind::Parse, _) => return self.refused("it said what cannot be read; see that it allows EVALSHA".to_owned(), false),
            (ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported, _) => false,
            _ => return ServerError::Unreachable { place: self.place(), source: Box::new(error) }.into(),
        };
        let code = error.code().unwrap_or_else(|| error.category());
        let detail = error.detail().and_then(|detail| detail.split(", with args").next()).unwrap_or_default();
        self.refused(format!("{code} {detail}").trim_end().to_owned(), is_passing)
    }

    fn refused(&self, said: String, is_passing: bool) -> StoreError {
        ServerError::Refused { place: self.place(), said, is_passing }.into()
    }
}

impl core::fmt::Debug for Redis {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Redis({})", self.place())
    }
}

/// Whether the connection was found dead, so that another may serve the same call: it is safe to repeat.
fn is_stale(error: &RedisError) -> bool {
    (error.is_io_error() || is_cut(error)) && !error.is_timeout()
}

/// Whether an answer ended too soon, since its connection did. Where it is awaited, the library calls it an answer that cannot be
/// parsed, and says only in words why.
fn is_cut(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Parse && error.to_string().contains("end of input")
}
