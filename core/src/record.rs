//! What is stored: a journal and a lock in one value, which only compare-and-swap may change.
//!
//! Little-endian, 120 bytes and the texts:
//!
//! | bytes | what |
//! |--:|---|
//! | 0 | `gpR`, version 1 |
//! | 4 | digest of issuer and client |
//! | 12 | family |
//! | 24 | generation, revision: 8 each |
//! | 40 | writer of this revision |
//! | 52 | lease of its intent in milliseconds, 0 without one |
//! | 56 | attempts, answered attempts: 2 each |
//! | 60 | kind, flags: 1 each, 2 zero |
//! | 64 | when the access token was asked for, in seconds since 1970, 0 unknown: 8 |
//! | 72 | its life in seconds, all ones unknown |
//! | 76 | the generation that it came with: 8 |
//! | 84 | lengths of access token, refresh token, scope, members, own resources, access tokens for other audiences: 4 each |
//! | 108 | the texts, in that order |
//! | end | checksum: 8, and 4 zero before it |

mod draft;
#[cfg(test)]
mod tests;

pub(crate) use draft::Draft;

use crate::{
    arena::{Arena, Span},
    config::Config,
    digest::checksum,
    entries,
    entropy::Id,
    error::{Error, Violation},
    life::Life,
    policy::Policy,
    time::{Moment, Timestamp},
};

const MAGIC: [u8; 3] = *b"gpR";
const VERSION: u8 = 1;
/// Bytes before the texts.
const HEAD: usize = 108;
/// Bytes of padding and checksum after them.
const FOOT: usize = 12;

/// Bytes of a stored record beside its texts (access token, refresh token, scope, the application's members, the grant's own resources
/// form-encoded with 10 bytes more for each, and each access token for another audience with 44 bytes more).
pub const RECORD_OVERHEAD: usize = HEAD + FOOT;

/// Which state of a grant a store holds: what compare-and-swap compares.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "model", derive(Hash))]
pub struct Version {
    pub(crate) family: Id,
    pub(crate) revision: u64,
}

impl Version {
    /// The version of a stored record: what a store compares with what a save expects.
    ///
    /// # Errors
    /// [`Violation::Record`] for bytes that this crate did not write or that are damaged, [`Violation::RecordVersion`] for
    /// those of a newer one.
    pub fn of(record: &[u8]) -> Result<Self, Error> {
        let head = Head::read(record)?;
        Ok(Self { family: head.held.family, revision: head.held.revision })
    }

    /// The number of this write; it never goes back, not even from one grant to the next.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The random name of the grant; one a sign-in.
    #[must_use]
    pub const fn family(&self) -> [u8; 12] {
        self.family.0
    }
}

impl core::fmt::Debug for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Version({})", self.revision)
    }
}

/// What the store holds of a grant, the tokens apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Held {
    pub(crate) family: Id,
    pub(crate) generation: u64,
    pub(crate) revision: u64,
    /// Sends that may have left for this generation.
    pub(crate) attempts: u16,
    /// Those of them that the server answered with a failure of its own.
    pub(crate) answered: u16,
}

impl Held {
    /// Nothing.
    pub(crate) const NONE: Self = Self { family: Id([0; 12]), generation: 0, revision: 0, attempts: 0, answered: 0 };

    pub(crate) const fn version(&self) -> Version {
        Version { family: self.family, revision: self.revision }
    }

    /// The same in the next write.
    pub(crate) const fn next(self) -> Self {
        Self { revision: self.revision.saturating_add(1), ..self }
    }
}

/// What a record is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A grant that lives.
    Live,
    /// One that the server ended.
    Cleared,
    /// One that its user ended; it may keep a token whose revocation is still to be sent.
    SignedOut,
}

/// The tokens of one generation, as they lie in the arena.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Tokens {
    pub(crate) access: Span,
    pub(crate) refresh: Span,
    pub(crate) scope: Span,
    pub(crate) members: Span,
    /// The resources of the grant's own access token, as parameters (`&resource=..`).
    pub(crate) resources: Span,
    /// The access tokens for other audiences.
    pub(crate) others: Span,
    /// Whether the scope is known; if not, it is the server's default.
    pub(crate) scope_known: bool,
    /// The access token's.
    pub(crate) life: Life,
    /// The generation that the access token came with: a refresh for another audience leaves it as it is.
    pub(crate) minted: u64,
}

impl Tokens {
    /// None.
    pub(crate) const NONE: Self = Self {
        access: Span::NONE,
        refresh: Span::NONE,
        scope: Span::NONE,
        members: Span::NONE,
        resources: Span::NONE,
        others: Span::NONE,
        scope_known: false,
        life: Life { asked: Moment::START, unix: 0, lifetime: 0, left: 0 },
        minted: 0,
    };

    pub(crate) fn spans(&mut self) -> [&mut Span; TEXTS] {
        [&mut self.access, &mut self.refresh, &mut self.scope, &mut self.members, &mut self.resources, &mut self.others]
    }

    pub(crate) const fn texts(&self) -> [Span; TEXTS] {
        [self.access, self.refresh, self.scope, self.members, self.resources, self.others]
    }

    /// The room for these, and for another refresh token and members as long as these: whatever else an answer has makes way.
    pub(crate) fn room_to_refresh(&self) -> usize {
        self.texts().iter().fold(self.refresh.len().saturating_add(self.members.len()), |sum, span| sum.saturating_add(span.len()))
    }

    /// Whether there is an access token that still serves, as far as anybody knows.
    pub(crate) fn serves(&self, now: Moment) -> bool {
        !self.access.is_empty() && self.life.serves(now)
    }
}

/// All of a record but its texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) held: Held,
    /// Who wrote this revision.
    pub(crate) writer: Id,
    /// The lease of the writer's intent in milliseconds, or zero.
    pub(crate) lease: u32,
    pub(crate) kind: Kind,
    identity: [u8; 8],
    scope_known: bool,
    asked: u64,
    lifetime: u32,
    minted: u64,
    lens: [u32; TEXTS],
}

/// How many texts a record has.
const TEXTS: usize = 6;

/// Reads fixed fields off the front; past the end they are zero, and it is remembered.
struct Fields<'a> {
    rest: &'a [u8],
    is_short: bool,
}

impl Fields<'_> {
    #[inline(never)]
    fn fill(&mut self, field: &mut [u8]) {
        let (front, rest) = self.rest.split_at_checked(field.len()).unwrap_or_default();
        self.is_short |= front.len() < field.len();
        self.rest = rest;
        field.iter_mut().zip(front).for_each(|(to, from)| *to = *from);
    }

    fn id(&mut self) -> Id {
        let mut id = Id::default();
        self.fill(&mut id.0);
        id
    }

    fn long(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn word(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }
}

impl Head {
    /// # Errors
    /// [`Violation::Record`] for bytes that this crate did not write, [`Violation::RecordVersion`] for a newer record.
    fn read(record: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields { rest: record, is_short: false };
        let [magic @ .., version] = fields.word().to_le_bytes();
        if magic != MAGIC {
            return Err(Violation::Record.into());
        }
        if version != VERSION {
            return Err(Violation::RecordVersion.into());
        }
        let (body, sum) = record.split_last_chunk::<8>().ok_or(Violation::Record)?;
        if checksum(body) != u64::from_le_bytes(*sum) {
            return Err(Violation::Record.into());
        }
        let identity = fields.long().to_le_bytes();
        let family = fields.id();
        let (generation, revision) = (fields.long(), fields.long());
        // A count that cannot go on would no longer tell one write from the next.
        if generation.max(revision) >= 1 << 63 {
            return Err(Violation::Record.into());
        }
        let writer = fields.id();
        // No policy allows a lease of more than a day.
        let lease = fields.word().min(Policy::MAX_LEASE);
        let counts = fields.word();
        let (attempts, answered) = (counts as u16, (counts >> 16) as u16);
        let [kind, flags, 0, 0] = fields.word().to_le_bytes() else { return Err(Violation::Record.into()) };
        let kind = match kind {
            0 => Kind::Live,
            1 => Kind::Cleared,
            2 => Kind::SignedOut,
            _ => return Err(Violation::Record.into()),
        };
        let asked = fields.long();
        let lifetime = fields.word();
        let minted = fields.long();
        let lens = [0; TEXTS].map(|_| fields.word());
        let texts = lens.iter().fold(0u64, |sum, len| sum.saturating_add(u64::from(*len)));
        if fields.is_short || texts.saturating_add(RECORD_OVERHEAD as u64) != record.len() as u64 || flags > 1 {
            return Err(Violation::Record.into());
        }
        let held = Held { family, generation, revision, attempts, answered };
        Ok(Self { held, writer, lease, kind, identity, scope_known: flags == 1, asked, lifetime, minted, lens })
    }

    /// Reads a record that belongs to this configuration.
    ///
    /// # Errors
    /// [`Violation::Record`] also for a record of another issuer or client, or with a text that has bytes it may not.
    pub(crate) fn of(record: &[u8], config: &Config<'_>) -> Result<Self, Error> {
        let head = Self::read(record)?;
        let texts = record.get(HEAD..record.len().saturating_sub(FOOT)).unwrap_or_default();
        let [.., resources, others] = head.lens.map(|len| len as usize);
        let (texts, others) = texts.split_at_checked(texts.len().saturating_sub(others)).unwrap_or_default();
        let resources = texts.get(texts.len().saturating_sub(resources)..).unwrap_or_default();
        // Tokens and scope are printable ASCII; members are JSON, which the tokenizer has made UTF-8.
        if head.identity != config.identity
            || core::str::from_utf8(texts).is_err()
            || !are_resources(resources)
            || (cfg!(feature = "audiences") && !entries::are_entries(others))
        {
            return Err(Violation::Record.into());
        }
        Ok(head)
    }

    /// Whether this very write is the one that an instance made. Two of its writes may compete for one revision (a sign-out
    /// begun while its intent was on the way), so what they say counts too.
    pub(crate) fn is_write_of(&self, writer: Id, held: &Held, kind: Kind, has_intent: bool) -> bool {
        self.writer == writer && self.held == *held && self.kind == kind && (self.lease > 0) == has_intent
    }

    /// Whether it is a grant of this family and generation without an intent, with so many attempts on it.
    pub(crate) fn says_as(&self, family: Id, generation: u64, attempts: u16) -> bool {
        let held = &self.held;
        self.kind == Kind::Live && self.lease == 0 && held.family == family && held.generation == generation && held.attempts == attempts
    }

    /// Bytes of the texts: the room that taking them in needs.
    pub(crate) fn texts(&self) -> usize {
        self.lens.iter().fold(0usize, |sum, len| sum.saturating_add(*len as usize))
    }

    /// The token by which the grant is revoked, and whether it is the refresh token.
    pub(crate) fn revocable<'r>(&self, record: &'r [u8]) -> (&'r [u8], bool) {
        let [access, refresh, ..] = self.lens;
        let texts = record.get(HEAD..).unwrap_or_default();
        let (access, rest) = texts.split_at_checked(access as usize).unwrap_or_default();
        let refresh = rest.get(..refresh as usize).unwrap_or_default();
        if refresh.is_empty() { (access, false) } else { (refresh, true) }
    }

    /// Takes the texts into the arena.
    ///
    /// # Errors
    /// [`Error::Capacity`]; nothing is written then.
    pub(crate) fn take(&self, record: &[u8], arena: &mut Arena<'_>, now: Timestamp) -> Result<Tokens, Error> {
        let texts = record.get(HEAD..).unwrap_or_default();
        let start = arena.used();
        arena.add(texts.get(..self.texts()).unwrap_or_default())?;
        arena.truncate(start);
        let mut rest = texts;
        let life = Life::stored(self.asked, self.lifetime, now);
        let mut tokens = Tokens { scope_known: self.scope_known, life, minted: self.minted, ..Tokens::NONE };
        for (span, len) in tokens.spans().into_iter().zip(self.lens) {
            let (text, after) = rest.split_at_checked(len as usize).unwrap_or_default();
            *span = if text.is_empty() { Span::default() } else { arena.add(text)? };
            rest = after;
        }
        if cfg!(feature = "audiences") {
            entries::take_over(arena.get_mut(tokens.others), now);
        }
        Ok(tokens)
    }
}

/// Whether a text of a store is what a sign-in asked for: nothing else may get into a request.
fn are_resources(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"&resource=";
    let encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-._+%".contains(byte);
    let mut rest = bytes;
    while let Some(value) = rest.strip_prefix(NAME) {
        let len = value.iter().take_while(|byte| encoded(byte)).count();
        rest = value.get(len..).unwrap_or_default();
    }
    rest.is_empty()
}
