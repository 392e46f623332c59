//! Bytes of any length in entries of a limited one, replaced in one step.
//!
//! Two slots, of which the head names one. A change writes the other slot, then the head: whoever is killed and when, the head
//! names a slot that is whole. All entries of a slot are text of one length, filled up with padding.

use base64ct::{Base64Unpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{entries::Entries, error::KeyringError};
use crate::{error::StoreError, store::Record};

/// Bytes beyond the last record's: the next one may be longer.
const SLACK: usize = 4096;

/// In no text of base64.
const PADDING: u8 = b'.';

/// What a head begins with, and its version.
const FORMAT: &str = "gatepass1";

/// Longer than any record.
const LONGEST: usize = 64 << 20;

/// The bytes of one purpose: `ACCOUNT#PURPOSE`, and `ACCOUNT#PURPOSE.SLOT.NUMBER`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<'k> {
    pub(super) entries: &'k Entries,
    pub(super) purpose: &'static str,
    /// Bytes an entry.
    pub(super) chunk: usize,
}

/// Which slot counts, and what it holds.
#[derive(Debug)]
pub(super) struct Head {
    slot: char,
    chunks: usize,
    chunk: usize,
    length: usize,
    digest: String,
    /// The lock under which it was written.
    pub(super) lock: String,
}

impl Slots<'_> {
    /// The head; an error if there is something else in its place.
    pub(super) fn head(&self) -> Result<Option<Head>, StoreError> {
        let Some(found) = self.entries.get(self.purpose)? else { return Ok(None) };
        let head = core::str::from_utf8(&found).ok().and_then(Head::parse);
        head.map(Some).ok_or_else(|| self.damaged())
    }

    /// What the head names. Without the lock it may be damaged for the moment of a change.
    pub(super) fn read(&self, head: &Head) -> Result<Record, StoreError> {
        let length = encoded_length(head.length);
        let mut text = Zeroizing::new(Vec::with_capacity(length.saturating_add(head.chunk)));
        for number in 0..head.chunks {
            if text.len() >= length {
                break;
            }
            let chunk = self.entries.get(&self.part(head.slot, number))?.ok_or_else(|| self.damaged())?;
            // It would grow, and leave copies behind.
            if chunk.len() != head.chunk {
                return Err(self.damaged());
            }
            text.extend_from_slice(&chunk);
        }
        let mut bytes = Zeroizing::new(vec![0; head.length]);
        let decoded = text.get(..length).and_then(|text| Base64Unpadded::decode(text, &mut bytes).ok()).map(<[u8]>::len);
        if decoded != Some(head.length) || digest(&bytes) != head.digest {
            return Err(self.damaged());
        }
        Ok(Record::new(core::mem::take(&mut *bytes)))
    }

    /// Replaces them, in one step as far as any reader can tell. Where more follows, room for that is taken before.
    pub(super) fn replace(&self, held: Option<&Head>, lock: &str, bytes: &[u8], is_intent: bool) -> Result<(), StoreError> {
        // A commit makes do with the room of its intent.
        let chunks = match held {
            Some(held) if !is_intent => encoded_length(bytes.len()).max(held.chunks.saturating_mul(held.chunk)).div_ceil(self.chunk),
            _ => encoded_length(bytes.len().saturating_add(SLACK)).div_ceil(self.chunk),
        };
        let (used, spare) = match held {
            Some(Head { slot: 'a', .. }) => ('a', 'b'),
            _ => ('b', 'a'),
        };
        self.fill(spare, bytes, chunks)?;
        if let Some(held) = held.filter(|_| is_intent) {
            self.extend(held, chunks)?;
        }
        let head = Head { slot: spare, chunks, chunk: self.chunk, length: bytes.len(), digest: digest(bytes), lock: lock.to_owned() };
        self.entries.set(self.purpose, head.text().as_bytes())?;
        // It is stored. If this fails, the bytes from before stay until the next change.
        let _ = self.fill(used, &[], chunks);
        Ok(())
    }

    /// Forgets them: first which they are, then all of both slots, also what a killed process left.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        self.entries.delete(self.purpose)?;
        ['a', 'b'].into_iter().try_for_each(|slot| self.trim(slot, 0))
    }

    /// Writes all of a slot that does not count.
    fn fill(&self, slot: char, bytes: &[u8], chunks: usize) -> Result<(), StoreError> {
        let mut text = Zeroizing::new(vec![PADDING; chunks.saturating_mul(self.chunk)]);
        let encoded = Base64Unpadded::encode(bytes, &mut text).map(str::len);
        encoded.map_err(|_| StoreError::NotARecord(gatepass::Violation::TooLong.into()))?;
        for (number, chunk) in text.chunks(self.chunk).enumerate() {
            self.entries.set(&self.part(slot, number), chunk)?;
        }
        self.trim(slot, chunks)
    }

    /// Makes the slot that counts as large as that in all, by padding after what it holds.
    fn extend(&self, held: &Head, chunks: usize) -> Result<(), StoreError> {
        let missing = chunks.saturating_mul(self.chunk).saturating_sub(held.chunks.saturating_mul(held.chunk)).div_ceil(self.chunk);
        let padding = vec![PADDING; self.chunk];
        for number in held.chunks..held.chunks.saturating_add(missing) {
            self.entries.set(&self.part(held.slot, number), &padding)?;
        }
        Ok(())
    }

    /// Removes the entries of a slot from this one on, the last one first, so that none is out of reach if this is cut short.
    fn trim(&self, slot: char, from: usize) -> Result<(), StoreError> {
        let mut end = from;
        while self.entries.get(&self.part(slot, end))?.is_some() {
            end = end.saturating_add(1);
        }
        for number in (from..end).rev() {
            self.entries.delete(&self.part(slot, number))?;
        }
        Ok(())
    }

    fn part(&self, slot: char, number: usize) -> String {
        format!("{}.{slot}.{number}", self.purpose)
    }

    fn damaged(&self) -> StoreError {
        KeyringError::damaged(&self.entries.name(self.purpose))
    }
}

impl Head {
    fn text(&self) -> String {
        let Self { slot, chunks, chunk, length, digest, lock } = self;
        format!("{FORMAT} {slot} {chunks} {chunk} {length} {digest} {lock}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(7, ' ');
        if fields.next()? != FORMAT {
            return None;
        }
        let slot = match fields.next()? {
            "a" => 'a',
            "b" => 'b',
            _ => return None,
        };
        let mut number = || fields.next()?.parse::<usize>().ok().filter(|&number| number <= LONGEST);
        let (chunks, chunk, length) = (number()?, number()?, number()?);
        // A foreign head must not ask for more memory than there is.
        if chunk == 0 || chunks.saturating_mul(chunk) > 2 * LONGEST || length > chunks.saturating_mul(chunk) {
            return None;
        }
        Some(Self { slot, chunks, chunk, length, digest: fields.next()?.to_owned(), lock: fields.next()?.to_owned() })
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut text = [0; 43];
    let digest = Sha256::digest(bytes);
    Base64Unpadded::encode(&digest, &mut text).map(str::to_owned).unwrap_or_default()
}

/// Bytes of base64, without padding, for so many.
const fn encoded_length(length: usize) -> usize {
    length.saturating_mul(4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn a_head_that_asks_for_more_than_any_record_is_none() {
        let head = |numbers: &str| Head::parse(&format!("gatepass1 a {numbers} digest /lock"));
        assert!(head("2 64 100").is_some());
        for numbers in ["1 0 0", "67108864 67108864 1", "1 64 65", "1 67108865 1", "-1 64 1"] {
            assert!(head(numbers).is_none(), "{numbers}");
        }
    }
}
