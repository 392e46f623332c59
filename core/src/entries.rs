//! The access tokens for other audiences than the grant's own, as they lie in one span of the arena and of the record.
//!
//! | bytes | what, one entry after the other |
//! |--:|---|
//! | 0 | whom the token is for, zero for nobody any more: 8 |
//! | 8 | the generation that it came with: 4 |
//! | 12 | its life, as this instance knows it: 20 |
//! | 32 | the token's length: 4 |
//! | 36 | the token |

use crate::{
    arena::{Arena, Span},
    audience::Target,
    error::Error,
    life::{LIFE_LEN, Life},
    time::{Moment, Timestamp},
    writer::Writer,
};

/// Bytes before a token.
const HEAD: usize = 16 + LIFE_LEN;
/// No grant keeps more: the oldest makes way.
const MAX_ENTRIES: usize = 16;

/// What is known of an access token beside its text.
#[derive(Clone, Copy)]
pub(crate) struct Mint {
    pub(crate) target: Target,
    /// The generation that it came with.
    pub(crate) generation: u32,
    pub(crate) life: Life,
}

impl Mint {
    /// With the token's length.
    fn read(head: &[u8; HEAD]) -> Option<(Self, usize)> {
        let (target, rest) = head.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (life, rest) = rest.split_first_chunk()?;
        let len = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        let target = Target::from_bytes(*target);
        Some((Self { target, generation: u32::from_le_bytes(*generation), life: Life::read(*life) }, len))
    }

    fn write(&self, len: usize, head: &mut [u8; HEAD]) {
        let mut to = Writer::new(head);
        to.bytes(&self.target.to_bytes());
        to.bytes(&self.generation.to_le_bytes());
        self.life.write(&mut to);
        to.bytes(&(len as u32).to_le_bytes());
    }
}

/// Entries one after the other. What is none ends them, and is left over.
struct Entries<'b>(&'b [u8]);

impl<'b> Iterator for Entries<'b> {
    type Item = (Mint, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk()?;
        let (mint, len) = Mint::read(head)?;
        let (token, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((mint, token))
    }
}

/// Whether bytes out of a store are entries, and their tokens text.
pub(crate) fn are_entries(bytes: &[u8]) -> bool {
    let mut entries = Entries(bytes);
    entries.by_ref().all(|(_, token)| core::str::from_utf8(token).is_ok()) && entries.0.is_empty()
}

/// The access token for an audience, if there is one.
pub(crate) fn find(bytes: &[u8], target: Target) -> Option<(Mint, &[u8])> {
    Entries(bytes).find(|(mint, _)| mint.target == target && target != Target::OWN)
}

fn each(mut bytes: &mut [u8], mut change: impl FnMut(&mut Mint)) {
    while let Some((head, rest)) = bytes.split_first_chunk_mut::<HEAD>() {
        let Some((mut mint, len)) = Mint::read(head) else { return };
        let Some((token, rest)) = rest.split_at_mut_checked(len) else { return };
        change(&mut mint);
        if mint.target == Target::OWN {
            token.fill(0);
        }
        mint.write(len, head);
        bytes = rest;
    }
}

/// What came out of a store: how long it was asked for ago is this instance's to say.
pub(crate) fn take_over(bytes: &mut [u8], now: Timestamp) {
    each(bytes, |mint| mint.life = Life::stored(mint.life.unix, mint.life.lifetime, now));
}

/// Ends the access token for an audience that came with this generation; whether it was there.
pub(crate) fn end(bytes: &mut [u8], target: Target, generation: u32) -> bool {
    let mut was_there = false;
    each(bytes, |mint| {
        if target != Target::OWN && (mint.target, mint.generation) == (target, generation) {
            mint.target = Target::OWN;
            was_there = true;
        }
    });
    was_there
}

/// Writes the entries that serve behind everything else, and after them another one, which takes the place of its predecessor.
///
/// # Errors
/// [`Error::Capacity`] when they do not fit; nothing is written then.
pub(crate) fn with(arena: &mut Arena<'_>, old: Span, mint: &Mint, token: Span, now: Moment) -> Result<Span, Error> {
    let start = arena.used();
    let mut all = arena.open();
    let written = write_with(arena, &mut all, old, mint, token, now);
    if written.is_err() {
        arena.truncate(start);
    }
    written.map(|()| all)
}

fn write_with(arena: &mut Arena<'_>, all: &mut Span, old: Span, mint: &Mint, token: Span, now: Moment) -> Result<(), Error> {
    let stays = |other: &Mint| other.target != Target::OWN && other.target != mint.target && !other.life.left(now).is_over();
    let kept = Entries(arena.get(old)).filter(|(other, _)| stays(other)).count();
    let mut at = 0;
    let mut skipped = 0;
    while let Some((other, len)) = Entries(arena.get(old).get(at..).unwrap_or_default()).next().map(|(other, token)| (other, token.len())) {
        let whole = len.saturating_add(HEAD);
        if stays(&other) {
            if kept.saturating_sub(skipped) < MAX_ENTRIES {
                arena.copy(all, old.part(at, whole))?;
            } else {
                skipped = skipped.saturating_add(1);
            }
        }
        at = at.saturating_add(whole);
    }
    let mut head = [0; HEAD];
    mint.write(token.len(), &mut head);
    arena.grow(all, &head)?;
    arena.copy(all, token)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn bytes_are_entries_only_to_the_last_of_them_and_with_text_for_tokens() {
        let entry = |len: usize, token: &[u8]| {
            let mut head = [0; HEAD];
            Mint { target: Target::OTHERS, generation: 1, life: Life::read([0; LIFE_LEN]) }.write(len, &mut head);
            [&head[..], token].concat()
        };
        let good = entry(3, b"abc");
        assert!(are_entries(b"") && are_entries(&good) && are_entries(&[&good[..], &good].concat()));
        for bad in [&good[..1], &good[..HEAD], &good[..HEAD + 2], &[&good[..], b"x"].concat(), &entry(3, b"ab\xff")] {
            assert!(!are_entries(bad), "{}", bad.escape_ascii());
        }
    }
}
