//! Redis.

use gatepass_store::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use gatepass_store::{Redis, Store as _};

use super::StoreAt;
use super::server::{is_loopback, no_password, no_plain, password, set_provider, warn};
use crate::output::{Failure, Screen};

/// Where it is, checked. The library's errors are not shown: they may quote the URL.
pub(super) fn address(store: &StoreAt) -> Result<ConnectionInfo, Failure> {
    let unreadable = || Failure::usage("the URL of Redis cannot be read").cure("write it as rediss://[USER@]HOST[:PORT][/DATABASE]");
    // Nothing behind a `#` is asked for: there one could wave the certificate through.
    let info = store.at.as_str().into_connection_info().ok().filter(|_| !store.at.contains('#')).ok_or_else(unreadable)?;
    if info.redis_settings().password().is_some() {
        return Err(no_password());
    }
    match info.addr() {
        ConnectionAddr::TcpTls { .. } => {}
        ConnectionAddr::Tcp(host, _) if store.allow_plain || is_loopback(host) => {}
        ConnectionAddr::Tcp(..) => return Err(no_plain("use rediss://")),
        _ => return Err(unreadable()),
    }
    Ok(info)
}

pub(super) fn open(store: &StoreAt, name: String, login: Option<Screen>) -> Result<Redis, Failure> {
    set_provider();
    let mut info = address(store)?;
    if let Some(secret) = password(store)? {
        let settings = info.redis_settings().clone().set_password(secret.as_str());
        info = info.set_redis_settings(settings);
    }
    let client = Client::open(info).map_err(|_| Failure::usage("Redis cannot be used with this URL").cure("correct --store"))?;
    let redis = Redis::new(client, name);
    if let Some(screen) = login {
        // A server that does not let one in does not say, which is no error of that question: so the grant is looked for first.
        warn("Redis", redis.load().and_then(|_| redis.durability_blocking()), screen)?;
    }
    Ok(redis)
}
