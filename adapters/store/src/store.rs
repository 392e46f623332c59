//! The traits: one compare-and-swap, blocking or asynchronous.

use core::pin::Pin;

use gatepass::Version;
use zeroize::Zeroizing;

use crate::error::StoreError;

/// Keeps the record of one grant.
///
/// Object safe, blocking, shared by threads: an asynchronous driver calls it where blocking is allowed. One store holds one
/// record; a keyring entry, a Redis key or a row of a table each are one store. Its calls end: one that waits for another
/// machine has a limit for that, since nothing else is done for the grant meanwhile.
pub trait Store: Send + Sync {
    /// The record, or `None` when there is none. It must be the newest that any `swap` has stored (no replica that lags).
    ///
    /// # Errors
    /// [`StoreError`] when nobody can tell what the store holds.
    fn load(&self) -> Result<Option<Record>, StoreError>;

    /// Stores `record` if the store holds the `expected` version, [`Version::of`] what it holds (`None`: if it holds nothing),
    /// and otherwise changes nothing and says what it holds. One atomic step for all who share the store, and durable when it
    /// returns: a refresh token that is lost after that is lost for good.
    ///
    /// # Errors
    /// [`StoreError`] when it failed, or when nobody knows what became of it. The caller repeats it.
    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError>;

    /// The [`swap`](Self::swap) that takes the intent to refresh: what is saved while the session is
    /// [`SavingIntent`](gatepass::StateName::SavingIntent). It must leave room for the `swap` that follows, or fail and change
    /// nothing: once the server has rotated the token, a full disk must not keep the new one from being stored.
    ///
    /// It is `swap` unless implemented, which is right for a store that sets no room aside. Whoever wraps a store passes it on.
    ///
    /// # Errors
    /// As [`swap`](Self::swap).
    fn swap_intent(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.swap(expected, record)
    }
}

/// What a call of an [`AsyncStore`] returns.
pub type StoreFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// The same for a store that waits without blocking a thread. Each promise of [`Store`] holds here too.
///
/// A future that is dropped in the middle leaves the outcome unknown, as a failure does: the change may still be made, and the
/// next call finds the store as usable as before.
pub trait AsyncStore: Send + Sync {
    /// As [`Store::load`].
    ///
    /// # Errors
    /// As [`Store::load`].
    fn load(&self) -> StoreFuture<'_, Option<Record>>;

    /// As [`Store::swap`].
    ///
    /// # Errors
    /// As [`Store::swap`].
    fn swap<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap>;

    /// As [`Store::swap_intent`], and `swap` unless implemented.
    ///
    /// # Errors
    /// As [`Store::swap`].
    fn swap_intent<'s>(&'s self, expected: Option<Version>, record: &'s [u8]) -> StoreFuture<'s, Swap> {
        self.swap(expected, record)
    }
}

/// What became of a compare-and-swap. Exhaustive on purpose: there is no third outcome.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Swap {
    /// The record is stored, durably.
    Stored,
    /// The store holds another record than expected, this one or none, and nothing was changed.
    Superseded(Option<Record>),
}

/// The bytes of a stored record. They hold tokens: wiped when dropped, and not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Record(Zeroizing<Vec<u8>>);

impl Record {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Record {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}

impl core::fmt::Debug for Record {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Record({} bytes)", self.0.len())
    }
}
