//! Files at rest: as they are, or encrypted.

use std::{borrow::Cow, path::Path};

#[cfg(feature = "chacha20poly1305")]
mod key;

#[cfg(feature = "chacha20poly1305")]
pub use key::Key;

use crate::{error::StoreError, store::Record};

/// What an encrypted file begins with; the version of its format follows. No record begins so.
const MAGIC: [u8; 15] = *b"gatepass sealed";

/// What a file is for: one is not taken for the other.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Record,
    Pending,
}

/// How a store's files are kept.
#[derive(Debug)]
pub(crate) enum Seal {
    Plain,
    #[cfg(feature = "chacha20poly1305")]
    Key(Key),
}

impl Seal {
    /// What the file holds for these bytes.
    #[cfg_attr(not(feature = "chacha20poly1305"), allow(unused, clippy::unnecessary_wraps, reason = "only encryption needs more"))]
    pub(crate) fn close<'b>(&self, purpose: Purpose, bytes: &'b [u8]) -> Result<Cow<'b, [u8]>, StoreError> {
        match self {
            Self::Plain => Ok(Cow::Borrowed(bytes)),
            #[cfg(feature = "chacha20poly1305")]
            Self::Key(key) => Ok(Cow::Owned(key.close(purpose, bytes)?)),
        }
    }

    /// The bytes of what this file holds.
    #[cfg_attr(not(feature = "chacha20poly1305"), allow(unused, reason = "only encryption needs more"))]
    pub(crate) fn open(&self, purpose: Purpose, path: &Path, found: Record) -> Result<Record, StoreError> {
        match self {
            Self::Plain if is_sealed(&found) => Err(StoreError::Encrypted { path: path.to_owned() }),
            Self::Plain => Ok(found),
            #[cfg(feature = "chacha20poly1305")]
            Self::Key(key) => key.open(purpose, path, &found),
        }
    }
}

fn is_sealed(found: &Record) -> bool {
    found.as_bytes().starts_with(&MAGIC)
}
