//! What can go wrong with a store on a server, and the cure.

use core::{error::Error, fmt, time::Duration};

use gatepass::Version;

use crate::{
    error::{NEWER, NO_BACKUP, StoreError, is_newer},
    store::Record,
};

/// A store on a server failed. No variant holds a byte of what was stored, nor a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// There is no connection, or it broke: nobody knows what became of a change that was under way.
    Unreachable {
        /// What, and where.
        place: String,
        /// What the system or the library said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No answer in time: nobody knows what became of a change.
    TimedOut {
        /// What, and where.
        place: String,
        /// The limit.
        limit: Duration,
    },
    /// The server answered with an error. Nothing was changed.
    Refused {
        /// What, and where.
        place: String,
        /// Its code and words.
        said: String,
        /// Whether it may pass without anybody doing anything.
        is_passing: bool,
    },
    /// What stands there is no grant, is damaged, or is of a newer version of gatepass. Nothing was changed.
    NotAGrant {
        /// What, and where.
        place: String,
        /// What stands there instead.
        found: &'static str,
        /// What the core said of it, where it is a record at all.
        fault: Option<gatepass::Error>,
    },
    /// The address, the password, the TLS or another option cannot be used.
    Options {
        /// Which, and why.
        what: String,
    },
}

impl ServerError {
    /// Whether a repeat fails alike until a person does something about it.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => false,
            Self::Refused { is_passing, .. } => !*is_passing,
            Self::NotAGrant { .. } | Self::Options { .. } => true,
        }
    }
}

/// A record that was found on a server, if it is whole and of the version beside it.
pub(crate) fn checked(
    record: Record,
    place: impl FnOnce() -> String,
    is_beside: impl FnOnce(Version) -> bool,
) -> Result<Record, StoreError> {
    let (found, fault) = match Version::of(record.as_bytes()) {
        Ok(held) if is_beside(held) => return Ok(record),
        Ok(_) => ("a record that is not of the version beside it", None),
        Err(fault) => ("a damaged record", Some(fault)),
    };
    Err(ServerError::NotAGrant { place: place(), found, fault }.into())
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { place, source } => {
                write!(f, "cannot reach {place}: {source}")?;
                // A library's own words for it may be few.
                let mut deeper = source.source();
                while let Some(cause) = deeper {
                    write!(f, ": {cause}")?;
                    deeper = cause.source();
                }
                f.write_str("; see that the server runs and the network lets this machine in")
            }
            Self::TimedOut { place, limit } => {
                write!(f, "{place} did not answer within {limit:?}; see whether the server or the network is stuck")
            }
            Self::Refused { place, said, is_passing: true } => {
                write!(f, "{place} cannot be used now: {said}; it may pass: try again, and if it does not, look after the server")
            }
            Self::Refused { place, said, is_passing: false } => write!(f, "{place} cannot be used until the server is set up: {said}"),
            Self::NotAGrant { place, fault: Some(fault), .. } if is_newer(*fault) => write!(f, "{place} {NEWER}"),
            Self::NotAGrant { place, found, .. } => {
                write!(f, "{place} holds {found}; choose another name, or move it away, and sign in again; {NO_BACKUP}")
            }
            Self::Options { what } => {
                write!(
                    f,
                    "the options of the store cannot be used: {what}; correct the address, the password or the TLS that it was opened with"
                )
            }
        }
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(&**source),
            Self::NotAGrant { fault: Some(fault), .. } => Some(fault),
            Self::TimedOut { .. } | Self::Refused { .. } | Self::NotAGrant { fault: None, .. } | Self::Options { .. } => None,
        }
    }
}
