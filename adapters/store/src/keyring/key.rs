//! The key of encrypted files, kept in the keyring.

use base64ct::{Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

use super::{Keyring, error::KeyringError};
use crate::{Key, StoreError};

/// The entry: `ACCOUNT#key`.
const PART: &str = "key";

impl Key {
    /// The key that the platform's keyring has under these names, made and kept there if it has none: the
    /// [`key`](Keyring::key) of a [`Keyring`].
    ///
    /// # Errors
    /// As [`Keyring::key`].
    pub fn from_keyring(service: impl Into<String>, account: impl Into<String>) -> Result<Self, StoreError> {
        Keyring::new(service, account).key()
    }
}

impl Keyring {
    /// The key that is kept under these names. The first call makes it, from the system's random numbers, under the lock: of
    /// many processes that ask at once all get the same.
    ///
    /// Who loses it loses what was encrypted with it: a new one is made, and the files then are [`StoreError::WrongKey`].
    ///
    /// # Errors
    /// [`StoreError`] when there is no keyring, it gives no access, or what it has under this name is no key.
    pub fn key(&self) -> Result<Key, StoreError> {
        if let Some(key) = self.kept_key()? {
            return Ok(key);
        }
        let _lock = self.hold()?;
        if let Some(key) = self.kept_key()? {
            return Ok(key);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|_| StoreError::Entropy)?;
        let mut text = Zeroizing::new([0; 43]);
        let text = Base64Unpadded::encode(&*bytes, &mut *text).unwrap_or_default();
        self.entries.set(PART, text.as_bytes())?;
        // What the keyring gives back is what the next process will get.
        self.kept_key()?.filter(|kept| kept.as_bytes() == &*bytes).ok_or_else(|| self.no_key())
    }

    /// Forgets the key: what was encrypted with it is lost. [`remove`](Self::remove) leaves it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    pub fn remove_key(&self) -> Result<(), StoreError> {
        let _lock = self.hold()?;
        Ok(self.entries.delete(PART)?)
    }

    fn kept_key(&self) -> Result<Option<Key>, StoreError> {
        let Some(text) = self.entries.get(PART)? else { return Ok(None) };
        let mut bytes = Zeroizing::new([0; 32]);
        match Base64Unpadded::decode(&*text, &mut *bytes) {
            Ok(decoded) if decoded.len() == 32 => Ok(Some(Key::new(*bytes))),
            _ => Err(self.no_key()),
        }
    }

    fn no_key(&self) -> StoreError {
        KeyringError::damaged(&self.entries.name(PART))
    }
}
