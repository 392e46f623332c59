//! A record read out of bytes, and written into them.

use super::{ACCESS, FOOT, HEAD, Held, Kind, OTHERS, REFRESH, RESOURCES, TEXTS, Tokens, WORDS};
use crate::{
    arena::{self, Arena},
    config::Config,
    digest::checksum,
    entries,
    entropy::Id,
    error::{Error, Violation},
    life::Life,
    policy::Policy,
    time::Timestamp,
    writer::Writer,
};

/// `gpR`, version 1.
const MAGIC: u32 = u32::from_le_bytes(*b"gpR\x01");
/// All of the magic but its version.
const NAME: u32 = 0x00ff_ffff;

/// A record whose checksum is right, and whose lengths are those of its texts.
#[derive(Clone, Copy)]
pub(crate) struct Head<'r> {
    pub(crate) held: Held,
    /// Who wrote this revision.
    pub(crate) writer: Id,
    /// The lease of the writer's intent in milliseconds, or zero.
    pub(crate) lease: u32,
    pub(crate) kind: Kind,
    scope_known: bool,
    identity: [u32; 2],
    asked: u32,
    lifetime: u32,
    minted: u32,
    lens: [u32; TEXTS],
    texts: &'r [u8],
}

impl<'r> Head<'r> {
    /// # Errors
    /// [`Violation::Record`] for bytes that this crate did not write, [`Violation::RecordVersion`] for a newer record.
    pub(crate) fn read(record: &'r [u8]) -> Result<Self, Error> {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(record.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [magic, i0, i1, f0, f1, f2, generation, revision, w0, w1, w2, lease, counts, kinds, asked, lifetime, minted, lens @ ..] = words;
        if magic & NAME == MAGIC & NAME && magic != MAGIC {
            return Err(Violation::RecordVersion.into());
        }
        let (body, sum) = record.split_last_chunk::<FOOT>().unwrap_or((&[], &[0; FOOT]));
        let texts = body.get(HEAD..).unwrap_or_default();
        let len = lens.iter().fold(0, |sum, len| u64::from(*len).wrapping_add(sum));
        let kind = match kinds & 0xff {
            0 => Some(Kind::Live),
            1 => Some(Kind::Cleared),
            2 => Some(Kind::SignedOut),
            _ => None,
        };
        // A count that cannot go on would no longer tell one write from the next.
        let good = magic == MAGIC
            && checksum(body) == u64::from_le_bytes(*sum)
            && len == texts.len() as u64
            && kinds >> 9 == 0
            && [f0, f1, f2] != [0; 3]
            && (generation | revision) >> 31 == 0;
        let (Some(kind), true) = (kind, good) else { return Err(Violation::Record.into()) };
        Ok(Self {
            held: Held { family: Id([f0, f1, f2]), generation, revision, attempts: counts as u16, answered: (counts >> 16) as u16 },
            writer: Id([w0, w1, w2]),
            // No policy allows a lease of more than a day.
            lease: lease.min(Policy::MAX_LEASE),
            kind,
            scope_known: kinds >> 8 == 1,
            identity: [i0, i1],
            asked,
            lifetime,
            minted,
            lens,
            texts,
        })
    }

    /// Reads a record that belongs to this configuration.
    ///
    /// # Errors
    /// [`Violation::Record`] also for a record of another issuer or client, or with a text that has bytes it may not.
    pub(crate) fn of(record: &'r [u8], config: &Config<'_>) -> Result<Self, Error> {
        let head = Self::read(record)?;
        let others = head.text(OTHERS);
        let texts = head.texts.get(..head.texts.len().wrapping_sub(others.len())).unwrap_or_default();
        // Tokens and scope are printable ASCII; members are JSON, which the tokenizer has made UTF-8.
        if head.identity != identity(config)
            || core::str::from_utf8(texts).is_err()
            || !are_resources(head.text(RESOURCES))
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

    /// All of its texts, one behind the other: the room that taking them in needs.
    pub(crate) const fn texts(&self) -> &'r [u8] {
        self.texts
    }

    /// One of its texts.
    pub(crate) fn text(&self, number: usize) -> &'r [u8] {
        let mut rest = self.texts;
        for len in self.lens.iter().take(number) {
            rest = rest.get(*len as usize..).unwrap_or_default();
        }
        let len = self.lens.get(number).copied().unwrap_or_default();
        rest.get(..len as usize).unwrap_or_default()
    }

    /// The token by which the grant is revoked, and its number.
    pub(crate) fn revocable(&self) -> (&'r [u8], usize) {
        let refresh = self.text(REFRESH);
        if refresh.is_empty() { (self.text(ACCESS), ACCESS) } else { (refresh, REFRESH) }
    }

    /// Takes the texts into an arena that is empty.
    ///
    /// # Errors
    /// [`Error::Capacity`]; nothing is written then.
    pub(crate) fn take(&self, arena: &mut Arena<'_>, now: Timestamp) -> Result<Tokens, Error> {
        let mut rest = arena.add(self.texts)?;
        let mut tokens = Tokens {
            life: Life::stored(self.asked, self.lifetime, now),
            minted: self.minted,
            scope_known: self.scope_known,
            ..Tokens::NONE
        };
        for (span, len) in tokens.texts.iter_mut().zip(self.lens) {
            (*span, rest) = rest.cut(len as usize);
        }
        if cfg!(feature = "audiences") {
            entries::take_over(arena.get_mut(tokens.texts[OTHERS]), now);
        }
        Ok(tokens)
    }
}

/// What is to be written of a grant beside what is held of it.
pub(crate) struct Write<'w> {
    pub(crate) held: &'w Held,
    pub(crate) writer: Id,
    /// In milliseconds, zero for no intent.
    pub(crate) lease: u32,
    pub(crate) kind: Kind,
    pub(crate) tokens: &'w Tokens,
}

impl Write<'_> {
    /// # Errors
    /// [`Error::Capacity`] when the buffer is too small.
    pub(crate) fn write<'o>(&self, config: &Config<'_>, bytes: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], Error> {
        let Tokens { texts, life, minted, scope_known } = self.tokens;
        let Held { family: Id([f0, f1, f2]), generation, revision, attempts, answered } = *self.held;
        let [i0, i1] = identity(config);
        let Id([w0, w1, w2]) = self.writer;
        let counts = u32::from(attempts) | u32::from(answered) << 16;
        let kinds = self.kind as u32 | u32::from(*scope_known) << 8;
        let [l0, l1, l2, l3, l4, l5, ..] = texts.map(|span| span.len() as u32);
        let (unix, lifetime) = (life.unix, life.lifetime);
        let words: [u32; WORDS] = [
            MAGIC, i0, i1, f0, f1, f2, generation, revision, w0, w1, w2, self.lease, counts, kinds, unix, lifetime, *minted, l0, l1, l2,
            l3, l4, l5,
        ];
        let mut to = Writer::new(out);
        for word in words {
            to.bytes(&word.to_le_bytes());
        }
        for span in texts.iter().take(TEXTS) {
            to.bytes(arena::get(bytes, *span));
        }
        to.seal()
    }
}

/// Whom a record belongs to.
fn identity(config: &Config<'_>) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = config.identity;
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
}

/// Whether a text of a store is what a sign-in asked for: nothing else may get into a request.
pub(super) fn are_resources(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"&resource=";
    let encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-._+%".contains(byte);
    let mut rest = bytes;
    while let Some(value) = rest.strip_prefix(NAME) {
        let len = value.iter().take_while(|byte| encoded(byte)).count();
        rest = value.get(len..).unwrap_or_default();
    }
    rest.is_empty()
}
