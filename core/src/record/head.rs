//! A record read out of bytes, and written into them.

use super::{ACCESS, HEAD, Held, Kind, OTHERS, REFRESH, RESOURCES, TEXTS, Tokens, Version, WORDS};
use crate::{
    arena::{self, Arena},
    config::Config,
    digest::unsealed,
    entries,
    entropy::Id,
    error::{Error, Violation},
    grant::are_resources,
    life::Life,
    policy::Policy,
    time::Timestamp,
    writer::Writer,
};

/// What a record begins with.
const GATEPASS: u32 = u32::from_le_bytes(*b"gpR\x01");
/// The bit of the kind that says whether the scope is known.
const SCOPE_KNOWN: u32 = 1 << 8;

/// The words that have a place of their own.
const MAGIC: usize = 0;
const GENERATION: usize = 6;
const REVISION: usize = 7;
const COUNTS: usize = 8;
const LEASE: usize = 12;
const KIND: usize = 13;
const ASKED: usize = 14;
const LIFETIME: usize = 15;
const MINTED: usize = 16;

/// The words of a record: where its reader keeps them.
pub(crate) type Words = [u32; WORDS];
/// None are read yet.
pub(crate) const NO_WORDS: Words = [0; WORDS];

/// A record whose checksum is right, and whose lengths are those of its texts.
#[derive(Clone, Copy)]
pub(crate) struct Head<'r> {
    words: &'r Words,
    texts: &'r [u8],
}

impl<'r> Head<'r> {
    /// # Errors
    /// [`Violation::Record`] for bytes that this crate did not write, [`Violation::RecordVersion`] for a newer record.
    pub(crate) fn read(record: &'r [u8], words: &'r mut Words) -> Result<Self, Error> {
        for (word, bytes) in words.iter_mut().zip(record.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let magic = words[MAGIC];
        if (magic ^ GATEPASS) << 8 == 0 && magic != GATEPASS {
            return Err(Violation::RecordVersion.into());
        }
        let texts = unsealed(0, record).and_then(|body| body.get(HEAD..)).ok_or(Violation::Record)?;
        let head = Self { words, texts };
        let len = head.lens().iter().fold(0, |sum, len| u64::from(*len).wrapping_add(sum));
        // A count that cannot go on would no longer tell one write from the next.
        let good = magic == GATEPASS
            && len == texts.len() as u64
            && words[KIND] & !SCOPE_KNOWN <= Kind::SignedOut as u32
            && !head.version().family.is_nobody()
            && (words[GENERATION] | words[REVISION]) >> 31 == 0;
        if good { Ok(head) } else { Err(Violation::Record.into()) }
    }

    /// Reads a record that belongs to this configuration.
    ///
    /// # Errors
    /// [`Violation::Record`] also for a record of another issuer or client, or with a text that has bytes it may not.
    pub(crate) fn of(record: &'r [u8], words: &'r mut Words, config: &Config<'_>) -> Result<Self, Error> {
        let head = Self::read(record, words)?;
        let (others, resources) = (head.text(OTHERS), head.text(RESOURCES));
        if cfg!(feature = "audiences") && !(are_resources(resources) && entries::are_entries(others)) {
            return Err(Violation::Record.into());
        }
        let texts = head.texts().get(..head.texts().len().wrapping_sub(others.len())).unwrap_or_default();
        let [_, low, high, ..] = *head.words;
        // Tokens and scope are printable ASCII; members are JSON, which the tokenizer has made UTF-8.
        let own = [low, high] == identity(config) && core::str::from_utf8(texts).is_ok();
        if own { Ok(head) } else { Err(Violation::Record.into()) }
    }

    pub(crate) const fn version(&self) -> Version {
        let [_, _, _, a, b, c, _, revision, ..] = *self.words;
        Version { family: Id([a, b, c]), revision }
    }

    pub(crate) const fn held(&self) -> Held {
        let Version { family, revision } = self.version();
        let counts = self.words[COUNTS];
        Held { family, generation: self.words[GENERATION], revision, attempts: counts as u16, answered: (counts >> 16) as u16 }
    }

    pub(crate) const fn generation(&self) -> u32 {
        self.words[GENERATION]
    }

    /// Who wrote this revision.
    pub(crate) const fn writer(&self) -> Id {
        let [_, _, _, _, _, _, _, _, _, a, b, c, ..] = *self.words;
        Id([a, b, c])
    }

    /// The lease of the writer's intent in milliseconds, or zero. No policy allows one of more than a day.
    pub(crate) fn lease(&self) -> u32 {
        self.words[LEASE].min(Policy::MAX_LEASE)
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.words[KIND] & !SCOPE_KNOWN {
            0 => Kind::Live,
            1 => Kind::Cleared,
            _ => Kind::SignedOut,
        }
    }

    /// Whether this very write is the one that an instance made. Two of its writes may compete for one revision (a sign-out
    /// begun while its intent was on the way), so what they say counts too.
    pub(crate) fn is_write_of(&self, writer: Id, held: &Held, kind: Kind, has_intent: bool) -> bool {
        self.writer() == writer && self.held() == *held && self.kind() == kind && (self.lease() > 0) == has_intent
    }

    fn lens(&self) -> &'r [u32] {
        self.words.last_chunk::<TEXTS>().map_or(&[], |lens| lens)
    }

    /// All of its texts, one behind the other: the room that taking them in needs.
    pub(crate) const fn texts(&self) -> &'r [u8] {
        self.texts
    }

    /// One of its texts.
    #[inline(never)]
    pub(crate) fn text(&self, number: usize) -> &'r [u8] {
        let (mut text, mut rest) = (&[][..], self.texts);
        for len in self.lens().iter().take(number.wrapping_add(1)) {
            (text, rest) = rest.split_at_checked(*len as usize).unwrap_or_default();
        }
        text
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
    pub(crate) fn take(&self, arena: &mut Arena<'_>, tokens: &mut Tokens, now: Timestamp) -> Result<(), Error> {
        let mut rest = arena.add(self.texts())?;
        for (span, len) in tokens.texts.iter_mut().zip(self.lens()) {
            (*span, rest) = rest.cut(*len as usize);
        }
        tokens.life = Life::stored(self.words[ASKED], self.words[LIFETIME], now);
        tokens.minted = self.words[MINTED];
        tokens.scope_known = self.words[KIND] & SCOPE_KNOWN != 0;
        if cfg!(feature = "audiences") {
            entries::take_over(arena.get_mut(tokens.texts[OTHERS]), now);
        }
        Ok(())
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
        let Held { family, generation, revision, attempts, answered } = self.held;
        let mut to = Writer::new(out);
        to.words(&[GATEPASS]);
        to.bytes(&config.identity);
        to.words(&family.0);
        to.words(&[*generation, *revision, u32::from(*attempts) | u32::from(*answered) << 16]);
        to.words(&self.writer.0);
        let kinds = self.kind as u32 | u32::from(*scope_known) << 8;
        to.words(&[self.lease, kinds, life.unix, life.lifetime, *minted]);
        for span in texts.iter().take(TEXTS) {
            to.words(&[span.len() as u32]);
        }
        for span in texts.iter().take(TEXTS) {
            to.bytes(arena::get(bytes, *span));
        }
        to.seal(0)
    }
}

/// Whom a record belongs to.
fn identity(config: &Config<'_>) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = config.identity;
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
}
