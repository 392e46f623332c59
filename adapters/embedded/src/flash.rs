//! A record store on NOR flash, by [`sequential_storage`]: compare-and-swap that survives a power cut at any program or erase step.
//!
//! # How it lies in flash
//!
//! Sectors are taken together in *groups* of `SECTORS`, so that a record may be larger than one; there are [`MIN_GROUPS`] or more. A save
//! appends the record to the group in use and, when that is done, a *seal*: the record's revision. A group that is full is left behind, and
//! the one after the next is erased, which by then holds nothing but old copies. So no step of a save touches the newest record, and a cut
//! leaves the old one or the new one. Both carry checksums of sequential-storage and of the core. An erasure that was cut is recognised, and
//! done again, before anything is read: sequential-storage alone may take a half erased group for an empty one, for the one in use, or for one
//! that must be copied again.
//!
//! The seal tells damage from a cut: a newest record that is older than its seal, or none where a seal is, means that flash has lost what
//! was stored. That is [`FlashError::Damaged`], and never *no record*: going on with an older one would send a refresh token twice.
//!
//! # Room and wear
//!
//! A save takes the record's length and some 30 bytes, rounded up to the flash's words, in one group: `floor(group / (record + 30))` records
//! fit in a group. A refresh under rotation is two saves (intent and tokens), one without. Each group that is full erases another, which is
//! `SECTORS` erasures, and all sectors take turns. Records of 1,200 bytes go three into a sector of 4 KiB, so two out of three rotations
//! erase one sector; into a group of two sectors go six, and one rotation in three erases both. More groups spread the wear; larger ones do
//! not, but for what is left over at their ends.
//!
//! # What stays behind
//!
//! Old copies stay in flash until their group comes round again: they hold refresh tokens that were replaced and access tokens that have
//! expired or soon will, and after a sign-out tokens that the server has revoked, if it can. Whoever can read flash reads the newest record
//! as well; against them flash is encrypted or its read-out locked, not cleaned. Before a device changes hands, sign out and
//! [`wipe`](FlashStore::wipe).

mod blocking;
mod group;

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use gatepass::{Input, Save, Ticket, Version, Violation};
use sequential_storage::{
    cache::{Cache, Uncached},
    map::{MapConfig, MapStorage},
};

pub use blocking::{BlockingFlash, BlockingFlashStore};
use group::Grouped;

/// The fewest groups of sectors: one in use, the one behind it, one that is erased ahead, and one in which nothing of the newest record can be.
pub const MIN_GROUPS: u32 = 4;

/// Bytes that the buffer needs beside the longest record: what a key and rounding up to words of 32 bytes take.
pub const BUFFER_OVERHEAD: usize = 32;

const RECORD: u8 = 0;
const SEAL: u8 = 1;

/// Bytes of a group beside record and seal, with words of 32 bytes: two marks, two headers, two keys, rounded up.
const GROUP_OVERHEAD: usize = 7 * 32;

/// The record of one grant on NOR flash, by an asynchronous driver. For a blocking one there is [`BlockingFlashStore`].
///
/// A future that is dropped in the middle is like a power cut, to flash: the next call finds the old record or the new one.
pub struct FlashStore<F: NorFlash, const SECTORS: usize = 1> {
    map: MapStorage<u8, Grouped<F, SECTORS>, Cache<Uncached, Uncached, Uncached, u8>>,
    /// Whether nothing was left half done since the flash was mended.
    is_whole: bool,
    longest: usize,
}

/// What became of a save.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums, reason = "there is no third outcome")]
pub enum Swap<'b> {
    /// The record is stored, durably.
    Saved,
    /// Another record stands there, or none. Nothing was changed.
    Superseded(Option<&'b [u8]>),
}

impl<'b> Swap<'b> {
    /// What to tell the session. A failure is [`NotSaved`](Input::NotSaved): what flash holds then is read with the next attempt.
    #[must_use]
    pub const fn input<E>(outcome: &Result<Self, E>, ticket: Ticket) -> Input<'b> {
        match outcome {
            Ok(Self::Saved) => Input::Saved(ticket),
            Ok(Self::Superseded(found)) => Input::Superseded(*found),
            Err(_) => Input::NotSaved(ticket),
        }
    }
}

impl core::fmt::Debug for Swap<'_> {
    /// Its name alone: a record holds tokens.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if matches!(self, Self::Saved) { "Saved" } else { "Superseded" })
    }
}

/// Why flash could not be read or written. Each names its cure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FlashError<E> {
    /// The flash driver failed, with its own error.
    Flash(E),
    /// What was stored is lost or no record. [`wipe`](FlashStore::wipe) it and sign in again.
    Damaged,
    /// The record is of a newer version of the core. Update the firmware, or wipe it and sign in again.
    Newer,
    /// The record is longer than a group holds. Take more sectors together.
    TooLong,
    /// The buffer that was lent is too small.
    Buffer {
        /// Bytes that it must have in all.
        needed: usize,
    },
    /// The range does not begin and end with a group, has fewer than [`MIN_GROUPS`] or ends beyond the flash; a group is no multiple of 32
    /// bytes or does not hold the longest record and 224 bytes; or that record may have 65,535 bytes or more.
    Layout,
}

impl<E> FlashError<E> {
    fn of(error: sequential_storage::Error<E>) -> Self {
        use sequential_storage::Error;
        #[allow(clippy::wildcard_enum_match_arm, reason = "whatever else it finds is nothing that was stored here")]
        match error {
            Error::Storage { value, .. } => Self::Flash(value),
            Error::BufferTooSmall(needed) => Self::Buffer { needed },
            Error::FullStorage | Error::ItemTooBig => Self::TooLong,
            _ => Self::Damaged,
        }
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for FlashError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash driver failed: {error:?}"),
            Self::Damaged => f.write_str("flash has lost what was stored, or holds no record; wipe it and sign in again"),
            Self::Newer => f.write_str("the record in flash is of a newer version; update the firmware, or wipe it and sign in again"),
            Self::TooLong => f.write_str("the record is longer than a group of sectors; take more sectors together"),
            Self::Buffer { needed } => write!(f, "the store's buffer is too small: it needs {needed} bytes"),
            Self::Layout => f.write_str(
                "the store's range must be four or more whole groups of sectors within the flash, and a group must hold the longest record, \
                 below 65,535 bytes, and 224 bytes; take more sectors",
            ),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for FlashError<E> {}

/// The outcome of a call.
type Outcome<T, F> = Result<T, FlashError<<F as embedded_storage_async::nor_flash::ErrorType>::Error>>;

impl<F: NorFlash, const SECTORS: usize> FlashStore<F, SECTORS> {
    /// A store in this range of addresses, for records of `longest` bytes at most:
    /// [`RECORD_OVERHEAD`](gatepass::RECORD_OVERHEAD) and the session's `N` are always enough. The range is [`MIN_GROUPS`] whole groups or more
    /// and ends within the flash's capacity; `longest` is below 65,535, and a group holds 224 bytes more. It is checked here, so that no
    /// tokens are lost because they do not fit.
    ///
    /// # Errors
    /// [`FlashError::Layout`].
    pub fn new(flash: F, range: Range<u32>, longest: usize) -> Outcome<Self, F> {
        let group = F::ERASE_SIZE.saturating_mul(SECTORS);
        let room = u32::try_from(group).unwrap_or(u32::MAX).saturating_mul(MIN_GROUPS);
        let is_good = range.end.saturating_sub(range.start) >= room
            && longest.saturating_add(GROUP_OVERHEAD) <= group
            && longest < usize::from(u16::MAX)
            && group.is_multiple_of(32)
            && group > 0
            && range.end as usize <= flash.capacity();
        let config = is_good.then(|| MapConfig::try_new(range).ok()).flatten().ok_or(FlashError::Layout)?;
        Ok(Self { map: MapStorage::new(Grouped::new(flash), config, Cache::new_uncached()), is_whole: false, longest })
    }

    /// Reads the record, `None` when there is none: the answer to [`Output::Load`](gatepass::Output::Load). The buffer is as long as the
    /// longest record and [`BUFFER_OVERHEAD`]; it holds tokens afterwards.
    ///
    /// What a power cut left half done is repaired on the way, so this may write.
    ///
    /// # Errors
    /// [`FlashError`].
    pub async fn load<'b>(&mut self, buffer: &'b mut [u8]) -> Outcome<Option<&'b [u8]>, F> {
        let found = self.find(buffer).await?;
        Ok(found.and_then(|(length, _)| stored(buffer, length)))
    }

    /// Compares and swaps: the answer to [`Output::Save`](gatepass::Output::Save), which [`Swap::input`] makes of it. The buffer is as for
    /// [`load`](Self::load), and another than the one lent to `poll`.
    ///
    /// # Errors
    /// [`FlashError`]: nobody knows then what flash holds, and the session asks again.
    pub async fn swap<'b>(&mut self, save: &Save<'_>, buffer: &'b mut [u8]) -> Outcome<Swap<'b>, F> {
        let found = self.find(buffer).await?;
        if found.map(|(_, version)| version) != save.expected() {
            return Ok(Swap::Superseded(found.and_then(|(length, _)| stored(buffer, length))));
        }
        let needed = save.record().len().saturating_add(BUFFER_OVERHEAD);
        if buffer.len() < needed {
            return Err(FlashError::Buffer { needed });
        }
        let revision = Version::of(save.record()).map_err(|_| FlashError::Damaged)?.revision();
        self.is_whole = false;
        self.map.store_item(buffer, &RECORD, &save.record()).await.map_err(FlashError::of)?;
        self.seal(buffer, revision).await?;
        Ok(Swap::Saved)
    }

    /// Erases the whole range, old copies and all. Sign out first, and repeat a wipe that was cut: until one has returned, the store may hold
    /// what it held before, and that may be a record that was replaced.
    ///
    /// # Errors
    /// [`FlashError::Flash`].
    pub async fn wipe(&mut self) -> Outcome<(), F> {
        self.is_whole = false;
        self.map.erase_all().await.map_err(FlashError::of)
    }

    /// Gives the flash back.
    pub fn release(self) -> F {
        self.map.destroy().0.release()
    }

    /// The newest record's length and version; it stands in the buffer behind its key.
    async fn find(&mut self, buffer: &mut [u8]) -> Outcome<Option<(usize, Version)>, F> {
        // Every item is read on the way to the newest, and what sequential-storage asks for is the room of the first that is too long.
        let needed = self.longest.saturating_add(BUFFER_OVERHEAD);
        if buffer.len() < needed {
            return Err(FlashError::Buffer { needed });
        }
        if !self.is_whole {
            let range = self.map.flash_range();
            self.map.flash().mend(range.clone()).await.map_err(FlashError::Flash)?;
            self.finish_erasure(range, buffer).await?;
            self.is_whole = true;
        }
        let seal = self.map.fetch_item::<[u8; 8]>(buffer, &SEAL).await.map_err(FlashError::of)?.map(u64::from_le_bytes);
        let Some(record) = self.map.fetch_item::<&[u8]>(buffer, &RECORD).await.map_err(FlashError::of)? else {
            return if seal.is_some() { Err(FlashError::Damaged) } else { Ok(None) };
        };
        let newer = gatepass::Error::Violation(Violation::RecordVersion);
        let version = Version::of(record).map_err(|error| if error == newer { FlashError::Newer } else { FlashError::Damaged })?;
        let length = record.len();
        match seal {
            Some(seal) if version.revision() < seal => return Err(FlashError::Damaged),
            Some(seal) if version.revision() == seal => {}
            // It was cut before its seal, and now it counts: an older one must not take its place when it rots.
            _ => {
                self.seal(buffer, version.revision()).await?;
                self.map.fetch_item::<&[u8]>(buffer, &RECORD).await.map_err(FlashError::of)?;
            }
        }
        Ok(Some((length, version)))
    }

    /// Goes on with an erasure that was cut, if one was. A group is erased when what counts of it is copied into the one before, which is in
    /// use then; what is half erased may look whole, and to copy out of it once more, over the copy, would lose the record. So it is read
    /// without that group: where a record and a seal are there, this group holds nothing but older ones.
    async fn finish_erasure(&mut self, range: Range<u32>, buffer: &mut [u8]) -> Outcome<(), F> {
        let Some(old) = self.map.flash().behind_in_use(range).await.map_err(FlashError::Flash)? else { return Ok(()) };
        self.map.flash().hide(old.clone());
        let seal = self.map.fetch_item::<[u8; 8]>(buffer, &SEAL).await.map(|seal| seal.map(u64::from_le_bytes));
        let record = self.map.fetch_item::<&[u8]>(buffer, &RECORD).await;
        let is_copied = match (seal, &record) {
            (Ok(Some(seal)), Ok(Some(record))) => Version::of(record).is_ok_and(|version| version.revision() >= seal),
            _ => false,
        };
        self.map.flash().hide(0..0);
        if is_copied {
            self.map.flash().erase(old.start, old.end).await.map_err(FlashError::Flash)?;
        }
        Ok(())
    }

    async fn seal(&mut self, buffer: &mut [u8], revision: u64) -> Outcome<(), F> {
        self.is_whole = false;
        self.map.store_item(buffer, &SEAL, &revision.to_le_bytes()).await.map_err(FlashError::of)?;
        self.is_whole = true;
        Ok(())
    }
}

/// The record in a buffer that `find` has filled.
fn stored(buffer: &[u8], length: usize) -> Option<&[u8]> {
    buffer.get(1..)?.get(..length)
}

impl<F: NorFlash, const SECTORS: usize> core::fmt::Debug for FlashStore<F, SECTORS> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FlashStore").field("range", &self.map.flash_range()).field("sectors", &SECTORS).finish_non_exhaustive()
    }
}
