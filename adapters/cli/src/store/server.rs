//! What stores on a server have in common.

use gatepass_store::{Durability, StoreError};
use zeroize::Zeroizing;

use super::{StoreAt, cure};
use crate::output::{Exit, Failure, Screen};
use crate::secret::Secret;

/// The password, if there is one.
pub(super) fn password(store: &StoreAt) -> Result<Option<Zeroizing<String>>, Failure> {
    Secret::STORE.read(store.password_file.as_deref())
}

/// A profile that holds a password is used by no command.
pub(super) fn no_password() -> Failure {
    Failure::usage("the store's URL holds a password, which would stay in the profile and in the shell's history")
        .cure(format_args!("leave it out of the URL, and set {}, or name a file with --store-password-file", Secret::STORE.variable))
}

/// Tokens in the clear need a word of the person.
pub(super) fn no_plain(secure: &str) -> Failure {
    Failure::usage("tokens would travel to the store unprotected")
        .cure(format_args!("{secure}, or say --allow-plain-store if everybody on the way may know them"))
}

/// Whether a host is this machine: nobody is on the way.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: core::net::IpAddr| address.is_loopback())
}

/// `ring` for all TLS of this process: another provider may be linked besides, and then none is the default.
pub(super) fn set_provider() {
    // It may have been set before, to the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Says what a grant needs of the server and does not have there.
pub(super) fn warn(server: &str, asked: Result<Durability, StoreError>, screen: Screen) -> Result<(), Failure> {
    let durability = asked.map_err(|error| failed(&error))?;
    let what = match durability.is_durable() {
        Some(true) => return Ok(()),
        Some(false) => "may lose what it has acknowledged, and with it the grant; set there",
        None => "does not say whether it keeps what it has acknowledged; see to it there",
    };
    let settings = [durability.missing(), durability.unknown()].concat().join(", ");
    screen.note(format_args!("gatepass: this {server} {what}: {settings}"));
    Ok(())
}

/// A store's error at a login.
pub(super) fn failed(error: &StoreError) -> Failure {
    Failure::new(Exit::Storage, format_args!("the store cannot be used: {error}")).cure(cure(error))
}
