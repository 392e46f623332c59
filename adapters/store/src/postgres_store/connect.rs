//! Making a connection, whatever carries it.

use core::{error::Error, iter, net::IpAddr, pin::Pin};
use std::io::{self, ErrorKind};

use tokio_postgres::{
    Client, Config, Socket,
    config::{Host, TargetSessionAttrs},
    tls::{MakeTlsConnect, TlsConnect},
};

type Connecting<'c> = Pin<Box<dyn Future<Output = Result<Client, tokio_postgres::Error>> + Send + 'c>>;

/// What makes connections; it hides the kind of TLS.
pub(super) trait Connect: Send + Sync {
    fn connect(&self) -> Connecting<'_>;
}

pub(super) struct Connector<T> {
    pub(super) config: Config,
    pub(super) tls: T,
}

impl<T> Connect for Connector<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let mut config = self.config.clone();
            // A standby may lag behind, and cannot be written.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
            let (client, connection) = config.connect(self.tls.clone()).await?;
            // It ends with its client; what goes wrong is told to whoever asks next.
            drop(tokio::spawn(async { drop(connection.await) }));
            Ok(client)
        })
    }
}

/// Whether nothing leaves this machine.
pub(super) fn stays_here(config: &Config) -> bool {
    let here = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // An address goes before the name of its host.
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(here),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    }
}

/// Whether the connection was lost, or is being closed by a server that stops (`admin_shutdown`, `crash_shutdown`).
pub(super) fn is_stale(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_none_or(|said| matches!(said.code().code(), "57P01" | "57P02"))
}

/// Whether an error that the server did not answer with is one of the configuration, the TLS or the authentication, which never
/// mends itself. The library does not say; but what a network does is an `io::Error`, and a connection that was closed has no cause.
/// A certificate that is not trusted is an `io::Error` too, of a kind that no network makes.
pub(super) fn is_for_good(error: &tokio_postgres::Error) -> bool {
    match causes(error).find_map(<dyn Error>::downcast_ref::<io::Error>) {
        Some(error) => matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput),
        None => error.source().is_some(),
    }
}

fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}

/// Where it is, without user and password.
pub(super) fn place(config: &Config) -> String {
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let port = config.get_ports().get(at).or_else(|| config.get_ports().first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => format!("{}:{port}", folder.display()),
        }
    });
    let hosts: Vec<_> = hosts.chain(config.get_hostaddrs().iter().map(ToString::to_string)).collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().or_else(|| config.get_user()).unwrap_or_default())
}

/// An error with its causes: the library's own words for it are few.
pub(super) fn words(error: &dyn Error) -> String {
    causes(error).fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}
