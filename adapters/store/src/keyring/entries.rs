//! Single entries of the platform's keyring.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::error::KeyringError;

/// The entries of one account: `ACCOUNT#PART`, of a service.
pub(super) struct Entries {
    service: String,
    account: String,
    given: Option<Arc<CredentialStore>>,
    /// Made when it is needed, and again after it failed: a keyring may be started, stopped and started again.
    connection: Mutex<Option<Arc<CredentialStore>>>,
}

impl Entries {
    pub(super) fn new(service: String, account: String) -> Self {
        Self { service, account, given: None, connection: Mutex::new(None) }
    }

    /// In this keyring, instead of the platform's.
    pub(super) fn within(mut self, keyring: Arc<CredentialStore>) -> Self {
        self.given = Some(keyring);
        self
    }

    pub(super) fn names(&self) -> [&str; 2] {
        [&self.service, &self.account]
    }

    /// What an entry is called in errors.
    pub(super) fn name(&self, part: &str) -> String {
        format!("{}/{}#{part}", self.service, self.account)
    }

    /// What an entry holds, if it is there.
    pub(super) fn get(&self, part: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        self.act("read", part, |entry| entry.get_secret().map(Zeroizing::new))
    }

    /// Replaces what an entry holds, or makes it.
    pub(super) fn set(&self, part: &str, secret: &[u8]) -> Result<(), KeyringError> {
        match self.act("write", part, |entry| entry.set_secret(secret))? {
            Some(()) => Ok(()),
            None => Err(KeyringError::Failed { doing: "write", entry: self.name(part), source: "it vanished".into() }),
        }
    }

    /// Removes an entry, if it is there.
    pub(super) fn delete(&self, part: &str) -> Result<(), KeyringError> {
        self.act("remove", part, Entry::delete_credential).map(drop)
    }

    /// `None`: there is no such entry.
    fn act<T>(
        &self,
        doing: &'static str,
        part: &str,
        act: impl FnOnce(&Entry) -> keyring_core::Result<T>,
    ) -> Result<Option<T>, KeyringError> {
        let user = format!("{}#{part}", self.account);
        let done = self.keyring()?.build(&self.service, &user, None).and_then(|entry| act(&entry));
        match done {
            Ok(done) => Ok(Some(done)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => {
                *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err(self.explain(doing, part, error))
            }
        }
    }

    fn keyring(&self) -> Result<Arc<CredentialStore>, KeyringError> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*connection {
            return Ok(made.clone());
        }
        match platform() {
            Ok(made) => Ok(connection.insert(made).clone()),
            Err(Error::NoStorageAccess(source)) => Err(KeyringError::Locked { source }),
            Err(Error::PlatformFailure(source)) => Err(KeyringError::Missing { source }),
            Err(error) => Err(KeyringError::Missing { source: Box::new(error) }),
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the other crate may add some, and nothing more is known of the rest")]
    fn explain(&self, doing: &'static str, part: &str, error: Error) -> KeyringError {
        let entry = self.name(part);
        match error {
            Error::NoStorageAccess(source) => KeyringError::Locked { source },
            Error::PlatformFailure(source) => KeyringError::Failed { doing, entry, source },
            Error::Ambiguous(_) => KeyringError::Ambiguous { entry },
            Error::TooLong(..) | Error::Invalid(..) | Error::NotSupportedByStore(_) => {
                KeyringError::Unfit { entry, why: error.to_string() }
            }
            // Their bytes may be a secret: they go no further.
            Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
                drop(Zeroizing::new(bytes));
                KeyringError::Damaged { entry, fault: None }
            }
            other => KeyringError::Failed { doing, entry, source: Box::new(other) },
        }
    }
}

/// The names, and no secret.
impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.account)
    }
}

#[cfg(target_os = "macos")]
fn platform() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn platform() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
fn platform() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(not(any(windows, all(unix, not(any(target_os = "ios", target_os = "android"))))))]
fn platform() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NotSupportedByStore("this platform has no keyring that gatepass knows".to_owned()))
}
