//! PostgreSQL.

use gatepass_store::tokio_postgres::Config;
use gatepass_store::tokio_postgres::config::{Host, SslMode};
use gatepass_store::{Postgres, ServerError, Store as _, StoreError};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::StoreAt;
use super::server::{failed, is_loopback, no_password, no_plain, password, set_provider, warn};
use crate::output::{Failure, Screen};

/// How to connect, checked: with TLS, unless nobody is on the way or the person allowed to do without.
pub(super) fn options(store: &StoreAt) -> Result<Config, Failure> {
    // The library's errors are not shown: they may quote the URL.
    let unreadable = |_| {
        let cure =
            "write it as postgresql://USER@HOST[:PORT]/DATABASE; sslmode is disable, prefer or require, which checks the certificate";
        Failure::usage("the URL of PostgreSQL cannot be read").cure(cure)
    };
    let mut config: Config = store.at.parse().map_err(unreadable)?;
    if config.get_password().is_some() {
        return Err(no_password());
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Failure::usage("the URL of PostgreSQL names no host").cure("write it as postgresql://USER@HOST/DATABASE"));
    }
    let is_local = |host: &Host| match host {
        Host::Tcp(name) => is_loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // An address goes before the name of its host.
    let stays = match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(is_local),
        addresses => addresses.iter().all(core::net::IpAddr::is_loopback),
    };
    match config.get_ssl_mode() {
        // A server on this machine has no certificate that anybody vouches for.
        SslMode::Prefer if stays || store.allow_plain => config.ssl_mode(SslMode::Disable),
        SslMode::Prefer => config.ssl_mode(SslMode::Require),
        SslMode::Disable if !stays && !store.allow_plain => return Err(no_plain("leave sslmode=disable out of its URL")),
        _ => &mut config,
    };
    Ok(config)
}

pub(super) fn open(store: &StoreAt, name: String, login: Option<Screen>) -> Result<Postgres, Failure> {
    let mut config = options(store)?;
    if let Some(secret) = password(store)? {
        config.password(secret.as_str());
    }
    let postgres = if config.get_ssl_mode() == SslMode::Disable {
        Postgres::with_tls(config, gatepass_store::tokio_postgres::NoTls, name)
    } else {
        Postgres::with_tls(config, tls()?, name)
    };
    if let Some(screen) = login {
        make_table(&postgres)?;
        warn("PostgreSQL", postgres.durability_blocking(), screen)?;
    }
    Ok(postgres)
}

/// TLS with the roots of the system, where a company's own are, too.
fn tls() -> Result<MakeRustlsConnect, Failure> {
    set_provider();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let cure = "install them (Debian: ca-certificates), or name a file of them in SSL_CERT_FILE";
        return Err(Failure::usage("the system has no root certificates to check PostgreSQL's with").cure(cure));
    }
    Ok(MakeRustlsConnect::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// Makes the table where there is none. Who may only use one that is there needs no more than that.
fn make_table(postgres: &Postgres) -> Result<(), Failure> {
    if postgres.load().is_ok() {
        return Ok(());
    }
    match postgres.migrate_blocking() {
        Ok(()) => Ok(()),
        Err(error @ StoreError::Server(ServerError::Refused { is_passing: false, .. })) => {
            Err(failed(&error).cure(format_args!("if it is the table, let somebody who may run:\n\n{}", Postgres::MIGRATION)))
        }
        Err(error) => Err(failed(&error)),
    }
}
