//! What can go wrong with a store, and the cure.

use std::{error::Error, fmt, io, path::PathBuf};

#[cfg(any(feature = "redis", feature = "tokio-postgres"))]
use crate::server::ServerError;

/// What a store says of a record that a newer gatepass wrote: nothing is wrong with it.
pub(crate) const NEWER: &str = "is of a newer version of gatepass; update this program";

/// What a store says beside the cure of a damaged record.
pub(crate) const NO_BACKUP: &str = "do not restore a backup: its refresh token is used up";

/// Whether the fault of a record is no more than its age.
pub(crate) const fn is_newer(fault: gatepass::Error) -> bool {
    matches!(fault, gatepass::Error::Violation(gatepass::Violation::RecordVersion))
}

/// A store failed. No variant holds a byte of what was stored.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// A file operation failed.
    Io {
        /// What was being done, as in "cannot ...".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full. What was stored before is intact.
    Full {
        /// The file that could not be written.
        path: PathBuf,
    },
    /// What the store holds is no record of this crate, is damaged, or is of a newer version of it.
    Damaged {
        /// Where it is.
        path: PathBuf,
        /// What the core said of it.
        fault: gatepass::Error,
    },
    /// Others can read or write the file: its tokens may be known to them.
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to another user: whoever that is can read and replace it.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process has held the lock for too long. Nothing was changed.
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// The path leads to something that is no regular file.
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is encrypted, and this store was given no key.
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file is not encrypted, and this store keeps only what is.
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted with another key. Nothing was changed.
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// The platform's keyring failed.
    #[cfg(feature = "keyring")]
    Keyring(crate::keyring::KeyringError),
    /// A store on a server failed.
    #[cfg(any(feature = "redis", feature = "tokio-postgres"))]
    Server(ServerError),
    /// The record that was to be stored is none.
    NotARecord(gatepass::Error),
    /// The system gave no random bytes.
    Entropy,
    /// A store of another crate failed, or one of this crate for want of a thread.
    Other(Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Whether a repeat fails alike until a person does something about it.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Damaged { .. }
            | Self::Exposed { .. }
            | Self::Foreign { .. }
            | Self::NotAFile { .. }
            | Self::Encrypted { .. }
            | Self::NotEncrypted { .. }
            | Self::WrongKey { .. }
            | Self::NotARecord(_) => true,
            #[cfg(feature = "keyring")]
            Self::Keyring(error) => error.is_permanent(),
            #[cfg(any(feature = "redis", feature = "tokio-postgres"))]
            Self::Server(error) => error.is_permanent(),
            Self::Io { .. } | Self::Full { .. } | Self::Locked { .. } | Self::Entropy | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Self::Full { path } => {
                write!(f, "the disk is full: make room where {} is; the tokens stored before are intact", path.display())
            }
            Self::Damaged { path, fault } if is_newer(*fault) => write!(f, "{} {NEWER}", path.display()),
            Self::Damaged { path, fault } => {
                write!(f, "{} cannot be used ({fault}); move it away and sign in again; {NO_BACKUP}", path.display())
            }
            Self::Exposed { path } => {
                write!(f, "others can read {0}; if they may not know its tokens, sign in again; in any case: chmod 600 {0}", path.display())
            }
            Self::Foreign { path } => {
                write!(f, "{0} belongs to another user; run this as that user, or move {0} away and sign in again", path.display())
            }
            Self::Locked { path } => {
                write!(
                    f,
                    "another process holds {0} and does not let go; continue or end it (fuser {0} names it), and try again",
                    path.display()
                )
            }
            Self::NotAFile { path } => write!(f, "{} is no regular file; choose another path, or remove it", path.display()),
            Self::Encrypted { path } => write!(f, "{} is encrypted; open it with its key (File::encrypted)", path.display()),
            Self::NotEncrypted { path } => {
                write!(
                    f,
                    "{} is not encrypted, as it should be; sign out with a store without a key, or move it away, and sign in again",
                    path.display()
                )
            }
            Self::WrongKey { path } => {
                write!(
                    f,
                    "{} is encrypted with another key, and was left as it is; use that key, or move the file away and sign in again",
                    path.display()
                )
            }
            #[cfg(feature = "keyring")]
            Self::Keyring(error) => error.fmt(f),
            #[cfg(any(feature = "redis", feature = "tokio-postgres"))]
            Self::Server(error) => error.fmt(f),
            Self::NotARecord(fault) => write!(f, "what was to be stored is no record of gatepass: {fault}"),
            Self::Entropy => f.write_str("the system gave no random bytes; try again, and look at its random number generator"),
            Self::Other(source) => write!(f, "the store failed: {source}"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Damaged { fault, .. } | Self::NotARecord(fault) => Some(fault),
            Self::Other(source) => Some(&**source),
            #[cfg(feature = "keyring")]
            Self::Keyring(error) => error.source(),
            #[cfg(any(feature = "redis", feature = "tokio-postgres"))]
            Self::Server(error) => error.source(),
            Self::Full { .. }
            | Self::Exposed { .. }
            | Self::Foreign { .. }
            | Self::Locked { .. }
            | Self::NotAFile { .. }
            | Self::Encrypted { .. }
            | Self::NotEncrypted { .. }
            | Self::WrongKey { .. }
            | Self::Entropy => None,
        }
    }
}

#[cfg(any(feature = "redis", feature = "tokio-postgres"))]
impl From<ServerError> for StoreError {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}
