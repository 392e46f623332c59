//! PostgreSQL: a row for each grant, compared and swapped by single statements.

#[cfg(feature = "postgres")]
mod blocking;
mod connect;
mod row;

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use gatepass::Version;
use tokio_postgres::{
    Client, Config, NoTls, Row, Socket,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};

use self::{
    connect::{Connect, Connector},
    row::Call,
};
use crate::{
    durability::Durability,
    error::StoreError,
    server::ServerError,
    store::{AsyncStore, Record, StoreFuture, Swap},
};

/// A record in a row of PostgreSQL, for the threads, processes and machines of a fleet. It is an
/// [`AsyncStore`](crate::AsyncStore) on tokio, and under the feature `postgres` a [`Store`](crate::Store) too, which runs the
/// same on a thread of its own.
///
/// ```no_run
/// use gatepass_store::{AsyncStore, Postgres};
///
/// # async fn run() -> Result<(), gatepass_store::StoreError> {
/// let store = Postgres::open("postgresql://app@db.example/app?sslmode=disable", "alice")?;
/// store.migrate().await?; // or run `Postgres::MIGRATION` with whatever runs yours
/// let bob = store.row("bob");
/// # let _ = bob;
/// # Ok(())
/// # }
/// ```
///
/// **Table.** `gatepass_grants`, in the first schema of the search path, made by [`MIGRATION`](Self::MIGRATION). The name is
/// yours to choose: a user, an account. A user of the database needs `SELECT`, `INSERT` and `UPDATE` on it.
///
/// **Compare-and-swap.** One `UPDATE` of the row of the expected family and revision, or one `INSERT` where there was none: the
/// row's lock lets one writer in at a time, and the next finds the revision changed. Only who loses asks what is held now, in a
/// statement of its own, which sees what the winner committed. No transaction is open between two calls. Revisions count writes;
/// one beyond `bigint` (2⁶³ − 1) is refused.
///
/// **Durability.** A commit that returned must be on the disk. `synchronous_commit` is turned on for the store's own session
/// where it is `off`; the other values are left to you, and each is durable on the server itself (`remote_apply` and a
/// synchronous standby let a failover lose nothing). [`durability`](Self::durability) says whether `fsync` and
/// `full_page_writes` are on. A connection is made to a server that can be written only, never to a hot standby. A failover to a
/// standby that lags goes back to an older record: whoever still runs refuses it (`OlderRecord`, and nothing is sent), and a grant
/// that was refreshed since the standby's last word may need a new sign-in.
///
/// **Time.** A call ends within its [`timeout`](Self::timeout), connecting included; the server is given the same limit
/// (`statement_timeout`). A connection that was lost is replaced by the next call. Nobody knows what became of a call that failed:
/// repeat it, as sessions do.
///
/// **TLS** is whatever connector [`with_tls`](Self::with_tls) is given (`tokio-postgres-rustls`, `postgres-native-tls`); the others
/// have none, and refuse an address that requires it (`sslmode=require`). A pooler in between must pool sessions, not
/// transactions: the settings above are the session's.
///
/// **Runtime.** A connection is served by the runtime that opened it: make the asynchronous calls of one store, and of its
/// clones, from one. The blocking ones have a thread and a connection of their own.
///
/// **Memory.** A record is wiped from the memory of this crate. The buffers of `tokio-postgres` and of the TLS connector, which it
/// passes through, are not.
#[derive(Clone)]
pub struct Postgres {
    server: Arc<Server>,
    client: Arc<Slot>,
    name: String,
    timeout: Duration,
}

/// A connection, while it serves.
type Slot = Mutex<Option<Arc<Client>>>;

/// What the rows of one database share.
struct Server {
    connect: Box<dyn Connect>,
    place: String,
    #[cfg(feature = "postgres")]
    worker: blocking::Worker,
}

impl Postgres {
    /// The migration: SQL that makes the table where it is not there. It may be run any number of times.
    pub const MIGRATION: &'static str = include_str!("../migrations/0001_gatepass_grants.sql");

    /// A store at an address (a URL or `key=value` text of PostgreSQL), without TLS. Nothing is asked until it is used.
    ///
    /// # Errors
    /// [`ServerError::Options`] for an address that cannot be read, and for one of another machine that does not say
    /// `sslmode=disable`: tokens travel unprotected there.
    pub fn open(address: &str, name: impl Into<String>) -> Result<Self, StoreError> {
        let options = |error| ServerError::Options { what: format!("the address of PostgreSQL: {}", connect::words(&error)) };
        let config: Config = address.parse().map_err(options)?;
        if config.get_ssl_mode() == SslMode::Prefer && !connect::stays_here(&config) {
            let what =
                "PostgreSQL on another machine: add TLS (Postgres::with_tls), or say sslmode=disable if its network is to be trusted";
            return Err(ServerError::Options { what: what.to_owned() }.into());
        }
        Ok(Self::over(config, NoTls, name))
    }

    /// The same with options and a TLS connector of your own. `sslmode=prefer`, the library's default, counts as `require`: who sits
    /// between could say that there is no TLS.
    #[must_use]
    pub fn with_tls<T>(mut config: Config, tls: T, name: impl Into<String>) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        if config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(SslMode::Require);
        }
        Self::over(config, tls, name)
    }

    fn over<T>(config: Config, tls: T, name: impl Into<String>) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let server = Server {
            place: connect::place(&config),
            connect: Box::new(Connector { config, tls }),
            #[cfg(feature = "postgres")]
            worker: blocking::Worker::default(),
        };
        Self { server: Arc::new(server), client: Arc::default(), name: name.into(), timeout: Duration::from_secs(5) }
    }

    /// The store of another row, over the same connections.
    #[must_use]
    pub fn row(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// How long a call may take, connecting included: 5 s by default, at least 1 ms and at most 24 days. The server learns of it
    /// when a connection is made.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.clamp(Duration::from_millis(1), Duration::from_secs(24 * 86_400));
        self
    }

    /// Runs [`MIGRATION`](Self::MIGRATION).
    ///
    /// # Errors
    /// Those of the server.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.within(self.ask(&Call::Batch(Self::MIGRATION))).await.map(drop)
    }

    /// Asks whether the server keeps what it is given. A server that does not say is no error.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        let rows = self.within(self.ask(&Call::Query(row::SETTINGS, &[]))).await?;
        let setting = |column| rows.first()?.try_get::<_, bool>(column).ok();
        let mut durability = Durability::default();
        durability.add(setting(0), "fsync on (or a crash of the machine loses or corrupts what was stored)");
        durability.add(setting(1), "full_page_writes on (or a crash of the machine may corrupt what was stored)");
        Ok(durability)
    }

    /// Keeps the limit for a whole call.
    async fn within<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(answer) => answer,
            Err(_) => {
                self.keep(None);
                Err(self.timed_out())
            }
        }
    }

    async fn ask(&self, call: &Call<'_>) -> Result<Vec<Row>, StoreError> {
        self.exchange(call).await.map_err(|error| {
            // After a server's refusal, too: one that lost its role refuses every write.
            self.keep(None);
            self.error(error)
        })
    }

    async fn exchange(&self, call: &Call<'_>) -> Result<Vec<Row>, tokio_postgres::Error> {
        let kept = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = kept {
            let asked = call.ask(&client).await;
            // Where the connection was found dead, another may serve the same call: it is safe to repeat.
            if !asked.as_ref().is_err_and(connect::is_stale) {
                return asked;
            }
        }
        let client = Arc::new(self.server.connect.connect().await?);
        Call::Batch(&row::session(self.timeout)).ask(&client).await?;
        self.keep(Some(Arc::clone(&client)));
        call.ask(&client).await
    }

    fn keep(&self, client: Option<Arc<Client>>) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// For errors and people; a password is not in it.
    fn place(&self) -> String {
        format!("the row {} of gatepass_grants at {}", self.name, self.server.place)
    }

    fn timed_out(&self) -> StoreError {
        ServerError::TimedOut { place: self.place(), limit: self.timeout }.into()
    }

    fn error(&self, error: tokio_postgres::Error) -> StoreError {
        let Some(said) = error.as_db_error() else {
            if connect::is_for_good(&error) {
                let what = format!("{}: {} (TLS is Postgres::with_tls)", self.place(), connect::words(&error));
                return ServerError::Options { what }.into();
            }
            return ServerError::Unreachable { place: self.place(), source: Box::new(error) }.into();
        };
        let code = said.code().code();
        // A statement that was cancelled for its time.
        if code == "57014" {
            return self.timed_out();
        }
        // Its detail may quote the row.
        let cure = if code == "42P01" { " (run Postgres::MIGRATION)" } else { "" };
        let is_passing = ["08", "40", "53", "55", "57"].iter().any(|class| code.starts_with(class)) || code == "25006";
        ServerError::Refused { place: self.place(), said: format!("{code} {}{cure}", said.message()), is_passing }.into()
    }
}

impl AsyncStore for Postgres {
    fn load(&self) -> StoreFuture<'_, Option<Record>> {
        Box::pin(self.within(self.held()))
    }

    fn swap<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        Box::pin(self.within(self.compare_and_swap(expected, record)))
    }
}

impl core::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Postgres({})", self.place())
    }
}
