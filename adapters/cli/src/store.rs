//! Where the grant of a profile is kept: what the profile says of it, and the store itself.

mod pending;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "redis", feature = "postgres"))]
mod server;

use std::path::PathBuf;
use std::sync::Arc;

#[cfg(any(feature = "redis", feature = "postgres"))]
use gatepass_store::ServerError;
use gatepass_store::{File, StoreError};
use serde::{Deserialize, Serialize};

pub(crate) use self::pending::Pending;
use crate::output::{Failure, Screen};
use crate::profile::{Place, Profile};

/// What a profile says of its store. Never a password: a profile gets copied, backed up and shown.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreAt {
    /// `file`, `encrypted`, `keyring`, or the URL of a server.
    pub(crate) at: String,
    /// The grant's name in a keyring or on a server, where it is not the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_file: Option<PathBuf>,
    /// Whether tokens may travel to the server unprotected.
    pub(crate) allow_plain: bool,
    /// Whether this profile has signed in to, or joined, a grant that machines share. Only then it uses the grant there, which may be
    /// somebody else's, and only then a new sign-in may replace it unasked.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub(crate) is_member: bool,
}

impl Default for StoreAt {
    fn default() -> Self {
        Self { at: "file".to_owned(), name: None, password_file: None, allow_plain: false, is_member: false }
    }
}

/// The kinds of stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    File,
    Encrypted,
    Keyring,
    Redis,
    Postgres,
}

impl StoreAt {
    /// Which kind it is. What is none is not repeated in the error: it may hold a password.
    pub(crate) fn kind(&self) -> Result<Kind, Failure> {
        let scheme = self.at.split_once("://").map_or(self.at.as_str(), |(scheme, _)| scheme);
        Ok(match (scheme, scheme == self.at) {
            ("file", true) => Kind::File,
            ("encrypted", true) => Kind::Encrypted,
            ("keyring", true) => Kind::Keyring,
            ("redis" | "rediss", false) => Kind::Redis,
            ("postgres" | "postgresql", false) => Kind::Postgres,
            _ => {
                let cure = "choose file, encrypted, keyring, or a URL: rediss://HOST/ or postgresql://USER@HOST/DATABASE";
                return Err(Failure::usage("that is no store").cure(cure));
            }
        })
    }

    /// Whether other machines may use the same grant.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.kind(), Ok(Kind::Redis | Kind::Postgres))
    }

    /// Checks all that can be known without the store. What is not checked by this is never written into a profile.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let kind = self.kind()?;
        let is_named = self.name.as_ref().is_some_and(|name| name.is_empty() || name.len() > 256 || name.chars().any(char::is_control));
        if is_named {
            return Err(Failure::usage("that can be no name in a store").cure("use up to 256 bytes, and no control characters"));
        }
        if matches!(kind, Kind::File | Kind::Encrypted) && self.name.is_some() {
            return Err(Failure::usage("--store-name is for a keyring or a server").cure("a file is named by the profile: leave it out"));
        }
        if !self.is_shared() && (self.password_file.is_some() || self.allow_plain) {
            let problem = "--store-password-file and --allow-plain-store are for a store on a server";
            return Err(Failure::usage(problem).cure("leave them out"));
        }
        match kind {
            #[cfg(feature = "redis")]
            Kind::Redis => redis::address(self).map(|_| ()),
            #[cfg(feature = "postgres")]
            Kind::Postgres => postgres::options(self).map(|_| ()),
            _ => is_built_in(kind),
        }
    }

    /// For people.
    pub(crate) fn shown(&self, place: &Place) -> String {
        match self.kind() {
            Ok(Kind::File) => place.grant.display().to_string(),
            Ok(Kind::Encrypted) => format!("{}, encrypted with a key from the keyring", place.grant.display()),
            Ok(Kind::Keyring) => "the keyring".to_owned(),
            Ok(Kind::Redis | Kind::Postgres) => self.at.clone(),
            Err(_) => "no store".to_owned(),
        }
    }
}

impl Profile {
    /// The grant's name in a keyring or on a server: the same on each machine where the same account has a profile of the same name.
    pub(crate) fn grant_name(&self, place: &Place) -> String {
        self.store.name.clone().unwrap_or_else(|| self.own_name(place))
    }

    /// The name that no other profile here has.
    fn own_name(&self, place: &Place) -> String {
        // Neither a profile's name has a slash nor an issuer a fragment: two accounts never have the same.
        format!("gatepass/{}/{}#{}", place.name, self.issuer, self.client_id)
    }
}

/// The store of an account.
pub(crate) struct Opened {
    pub(crate) grant: Arc<dyn gatepass_store::Store>,
    pub(crate) pending: Pending,
}

/// The store as the profile says. At a login a screen is given: what the store needs is made ready, and what of it may lose a
/// grant is said.
pub(crate) fn open(place: &Place, profile: &Profile, login: Option<Screen>) -> Result<Opened, Failure> {
    let (store, name) = (&profile.store, profile.grant_name(place));
    let file = || File::new(&place.grant);
    let pending = || Pending::of(place, profile);
    let _ = (&name, login);
    Ok(match store.kind()? {
        Kind::File => Opened { grant: Arc::new(file()), pending: pending() },
        #[cfg(all(feature = "keyring", feature = "chacha20poly1305"))]
        Kind::Encrypted => {
            // One for all profiles: it is worth as much as the keyring is, however many there are.
            let key = gatepass_store::Key::from_keyring(SERVICE, "encrypted files")?;
            let file = || File::encrypted(&place.grant, key.clone());
            Opened { grant: Arc::new(file()), pending: Pending::File(file()) }
        }
        #[cfg(feature = "keyring")]
        Kind::Keyring => Opened { grant: Arc::new(gatepass_store::Keyring::new(SERVICE, name)), pending: pending() },
        #[cfg(feature = "redis")]
        Kind::Redis => Opened { grant: Arc::new(redis::open(store, name, login)?), pending: pending() },
        #[cfg(feature = "postgres")]
        Kind::Postgres => Opened { grant: Arc::new(postgres::open(store, name, login)?), pending: pending() },
        #[allow(unreachable_patterns, reason = "with all features there is no other")]
        kind => {
            is_built_in(kind)?;
            Opened { grant: Arc::new(file()), pending: pending() }
        }
    })
}

/// Removes what a keyring has of the account.
pub(crate) fn remove_from_keyring(place: &Place, profile: &Profile) -> Result<(), Failure> {
    #[cfg(feature = "keyring")]
    if profile.store.kind()? == Kind::Keyring {
        gatepass_store::Keyring::new(SERVICE, profile.grant_name(place)).remove()?;
        Pending::of(place, profile).clear()?;
    }
    let _ = (place, profile);
    Ok(())
}

/// What the keyring's own tools show.
#[cfg(feature = "keyring")]
const SERVICE: &str = "gatepass";

fn is_built_in(kind: Kind) -> Result<(), Failure> {
    let needed = match kind {
        Kind::Encrypted if cfg!(not(all(feature = "keyring", feature = "chacha20poly1305"))) => "keyring,chacha20poly1305",
        Kind::Keyring if cfg!(not(feature = "keyring")) => "keyring",
        Kind::Redis if cfg!(not(feature = "redis")) => "redis",
        Kind::Postgres if cfg!(not(feature = "postgres")) => "postgres",
        _ => return Ok(()),
    };
    Err(Failure::usage("this gatepass was built without that store").cure(format_args!("build it with --features {needed}")))
}

/// What there is to do about a store's error beside what its text says.
pub(crate) const fn cure(error: &StoreError) -> &'static str {
    match error {
        #[cfg(any(feature = "redis", feature = "postgres"))]
        StoreError::Server(ServerError::Refused { is_passing: false, .. }) => {
            "if it wants a password, set GATEPASS_STORE_PASSWORD, or sign in with --store-password-file"
        }
        _ => "",
    }
}
