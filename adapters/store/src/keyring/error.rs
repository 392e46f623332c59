//! What can go wrong with a keyring, and the cure.

use std::{error::Error, fmt};

use crate::error::{NEWER, NO_BACKUP, StoreError, is_newer};

/// What the platform said. It holds no secret.
type Platform = Box<dyn Error + Send + Sync>;

/// The platform's keyring failed. No variant holds a byte of what was stored.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is none, or it does not run: on a server usually.
    Missing {
        /// What the platform said.
        source: Platform,
    },
    /// It is locked, the person declined, this program may not use it, or it has no default collection.
    Locked {
        /// What the platform said.
        source: Platform,
    },
    /// It could not do what it was asked for.
    Failed {
        /// What was being done, as in "cannot ...".
        doing: &'static str,
        /// The entry.
        entry: String,
        /// What the platform said.
        source: Platform,
    },
    /// A name or a secret that this keyring takes in no such length or form.
    Unfit {
        /// The entry.
        entry: String,
        /// What the platform said.
        why: String,
    },
    /// Several entries have this name: another program, or a restored backup, made one.
    Ambiguous {
        /// The entry.
        entry: String,
    },
    /// The entries are not what was written, or hold a record of a newer version of gatepass.
    Damaged {
        /// The first of them.
        entry: String,
        /// What the core said of them, where they hold a record at all.
        fault: Option<gatepass::Error>,
    },
    /// The record was written under another lock: two processes that use different ones would lose each other's tokens.
    OtherLock {
        /// The lock that the record names.
        theirs: String,
        /// The lock of this store.
        ours: String,
    },
    /// No lock was given, and nobody knows where this user's home folder is.
    NoHome,
}

impl KeyringError {
    /// Whether a repeat fails alike until a person does something about it.
    pub(crate) const fn is_permanent(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }

    pub(super) fn damaged(entry: &str) -> StoreError {
        Self::Damaged { entry: entry.to_owned(), fault: None }.into()
    }
}

impl From<KeyringError> for StoreError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { source } => {
                write!(f, "no keyring could be reached ({source}); start one in this session, or keep the grant in a file (File)")
            }
            Self::Locked { source } => {
                write!(
                    f,
                    "the keyring gives no access ({source}); unlock it and allow this program to use it, or keep the grant in a file (File)"
                )
            }
            Self::Failed { doing, entry, source } => write!(f, "cannot {doing} {entry} in the keyring: {source}; try again"),
            Self::Unfit { entry, why } => {
                write!(f, "the keyring does not take {entry} ({why}); choose a shorter name or smaller chunks, or a file (File)")
            }
            Self::Ambiguous { entry } => {
                write!(f, "the keyring has several entries {entry}; with its own tool remove what another program made")
            }
            Self::Damaged { entry, fault: Some(fault) } if is_newer(*fault) => write!(f, "what the keyring has under {entry} {NEWER}"),
            Self::Damaged { entry, .. } => {
                write!(
                    f,
                    "what the keyring has under {entry} is not what was written; remove it (Keyring::remove, or for a \
                     key remove_key) and sign in again; {NO_BACKUP}"
                )
            }
            Self::OtherLock { theirs, ours } => {
                write!(
                    f,
                    "this grant is changed under the lock {theirs}, and not {ours}: let all programs use the same (Keyring::lock_at), or \
                     remove it (Keyring::remove) and sign in again"
                )
            }
            Self::NoHome => f.write_str("nobody knows where your home folder is; set HOME, or say where the lock is (Keyring::lock_at)"),
        }
    }
}

impl Error for KeyringError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Missing { source } | Self::Locked { source } | Self::Failed { source, .. } => Some(&**source),
            Self::Damaged { fault: Some(fault), .. } => Some(fault),
            Self::Unfit { .. } | Self::Ambiguous { .. } | Self::Damaged { fault: None, .. } | Self::OtherLock { .. } | Self::NoHome => None,
        }
    }
}
