//! What is stored: a journal and a lock in one value, which only compare-and-swap may change.
//!
//! Words of 32 bits, little-endian, then the texts:
//!
//! | words | what |
//! |--:|---|
//! | 1 | `gpR`, version 1 |
//! | 2 | digest of issuer and client |
//! | 3 | family |
//! | 1, 1 | generation, revision |
//! | 1 | attempts, and answered attempts above them: 16 bits each |
//! | 3 | writer of this revision |
//! | 1 | lease of its intent in milliseconds, 0 without one |
//! | 1 | kind; above its 8 bits whether the scope is known |
//! | 1 | when the access token was asked for, in seconds since 1970, 0 unknown |
//! | 1 | its life in seconds, all ones unknown |
//! | 1 | the generation that it came with |
//! | 6 | lengths of access token, refresh token, scope, members, own resources, access tokens for other audiences |
//! | | the texts, in that order |
//! | 2 | checksum of all before |

mod head;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use head::{Head, NO_WORDS, Write};
pub(crate) use tokens::{ACCESS, CODE, DESCRIPTION, MEMBERS, OTHERS, REFRESH, RESOURCES, SCOPE, TEXTS, Tokens};

use crate::{entropy::Id, error::Error};

/// Words before the texts.
const WORDS: usize = 23;
/// Bytes of them.
pub(crate) const HEAD: usize = 4 * WORDS;
/// Bytes of the checksum.
const FOOT: usize = 8;

/// Bytes of a stored record beside its texts (access token, refresh token, scope, the application's members, the grant's own resources
/// form-encoded with 10 bytes more for each, and each access token for another audience with 36 bytes more).
pub const RECORD_OVERHEAD: usize = HEAD + FOOT;

/// Which state of a grant a store holds: what compare-and-swap compares.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "model", derive(Hash))]
pub struct Version {
    pub(crate) family: Id,
    pub(crate) revision: u32,
}

impl Version {
    /// Of a store that holds nothing, as far as anybody has seen.
    pub(crate) const NOTHING: Self = Self { family: Id::NOBODY, revision: 0 };

    /// The version of a stored record: what a store compares with what a save expects.
    ///
    /// # Errors
    /// [`Violation::Record`](crate::Violation::Record) for bytes that this crate did not write or that are damaged,
    /// [`Violation::RecordVersion`](crate::Violation::RecordVersion) for those of a newer one.
    pub fn of(record: &[u8]) -> Result<Self, Error> {
        Ok(Head::read(record, &mut { NO_WORDS })?.version())
    }

    /// The number of this write; it never goes back, not even from one grant to the next.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision as u64
    }

    /// The random name of the grant; one a sign-in.
    #[must_use]
    pub fn family(&self) -> [u8; 12] {
        self.family.to_bytes()
    }
}

impl core::fmt::Debug for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Version({})", self.revision)
    }
}

/// What is known of a grant, the tokens apart, as a record says it; what the store holds may lag behind while a change is saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Held {
    pub(crate) family: Id,
    pub(crate) generation: u32,
    pub(crate) revision: u32,
    /// Sends that may have left for this generation.
    pub(crate) attempts: u16,
    /// Those of them that the server answered with a failure of its own.
    pub(crate) answered: u16,
}

impl Held {
    /// Nothing.
    pub(crate) const NONE: Self = Self { family: Id::NOBODY, generation: 0, revision: 0, attempts: 0, answered: 0 };

    pub(crate) const fn version(&self) -> Version {
        Version { family: self.family, revision: self.revision }
    }
}

/// What a record is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A grant that lives.
    Live,
    /// One that the server ended.
    Cleared,
    /// One that its user ended; it may keep a token whose revocation is still to be sent.
    SignedOut,
}
