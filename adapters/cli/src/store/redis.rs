//! Redis.

use gatepass_store::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use gatepass_store::{Redis, Store as _};

use super::StoreAt;
use super::server::{failed, is_loopback, no_password, no_plain, password, set_provider};
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
        warn(&redis, screen)?;
    }
    Ok(redis)
}

/// Says what a grant needs of the server and does not have there. A server that does not let one in does not say, which is no error of
/// that question: so the grant is looked for first.
fn warn(redis: &Redis, screen: Screen) -> Result<(), Failure> {
    let durability = redis.load().and_then(|_| redis.durability()).map_err(|error| failed(&error))?;
    let what = match durability.is_durable() {
        Some(true) => return Ok(()),
        Some(false) => "this Redis may lose what it has acknowledged, and with it the grant; set there",
        None => "this Redis does not say whether it keeps what it has acknowledged; see to it there",
    };
    screen.note(format_args!("gatepass: {what}: {}", [durability.missing(), durability.unknown()].concat().join(", ")));
    Ok(())
}
