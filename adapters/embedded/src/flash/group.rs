//! Sectors that are erased together, so that a record may be larger than one.

use core::ops::Range;

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// The largest word of any flash that sequential-storage serves.
const WORD: usize = 32;

/// How many bits of a word make a mark, to sequential-storage.
const MARK_BITS: u32 = 4;

/// Flash whose sectors are groups of `SECTORS` of another's.
#[derive(Debug)]
pub(super) struct Grouped<F, const SECTORS: usize> {
    flash: F,
    /// What is read as if it were erased.
    hidden: Range<u32>,
}

impl<F: NorFlash, const SECTORS: usize> Grouped<F, SECTORS> {
    pub(super) const fn new(flash: F) -> Self {
        Self { flash, hidden: 0..0 }
    }

    pub(super) fn release(self) -> F {
        self.flash
    }

    /// Erases again what a power cut left half erased, and looks otherwise: content without the mark that a group begins with, and a second
    /// group that looks as if it were in use. Only the one behind the group in use is ever erased while the store runs.
    ///
    /// # Errors
    /// The driver's own.
    pub(super) async fn mend(&mut self, range: Range<u32>) -> Result<(), F::Error> {
        let group = u32::try_from(Self::ERASE_SIZE).unwrap_or(u32::MAX);
        let last = self.is_in_use(range.end.saturating_sub(group), group).await?;
        let mut was_in_use = last == Some(true);
        let mut at = range.start;
        while at < range.end {
            let end = at.saturating_add(group);
            let in_use = self.is_in_use(at, group).await?;
            if (in_use == Some(true) && was_in_use) || (in_use.is_none() && !self.is_blank(at..end).await?) {
                self.flash.erase(at, end).await?;
                was_in_use = false;
            } else {
                was_in_use = in_use == Some(true);
            }
            at = end;
        }
        Ok(())
    }

    /// The group behind the one in use, if it is not erased: a save was cut when what counts of it was copied, or when it was erased.
    ///
    /// # Errors
    /// The driver's own.
    pub(super) async fn behind_in_use(&mut self, range: Range<u32>) -> Result<Option<Range<u32>>, F::Error> {
        let group = u32::try_from(Self::ERASE_SIZE).unwrap_or(u32::MAX);
        let mut at = range.start;
        while at < range.end {
            let end = at.saturating_add(group);
            if self.is_in_use(at, group).await? == Some(true) {
                let next = if end < range.end { end } else { range.start };
                let next = next..next.saturating_add(group);
                return Ok(if self.is_blank(next.clone()).await? { None } else { Some(next) });
            }
            at = end;
        }
        Ok(None)
    }

    /// Reads a group as if it were erased; none, for an empty one.
    pub(super) const fn hide(&mut self, group: Range<u32>) {
        self.hidden = group;
    }

    /// Whether a group is in use, full, or `None`: neither. sequential-storage marks its first word when it is taken into use, and its
    /// last one when it is full.
    async fn is_in_use(&mut self, start: u32, group: u32) -> Result<Option<bool>, F::Error> {
        let word = u32::try_from(F::READ_SIZE).unwrap_or(u32::MAX);
        if !self.is_marked(start).await? {
            return Ok(None);
        }
        let is_full = self.is_marked(start.saturating_add(group.saturating_sub(word))).await?;
        Ok(Some(!is_full))
    }

    async fn is_marked(&mut self, at: u32) -> Result<bool, F::Error> {
        let mut word = [0; WORD];
        let Some(word) = word.get_mut(..F::READ_SIZE) else { return Ok(true) };
        self.flash.read(at, word).await?;
        Ok(word.iter().map(|byte| byte.count_zeros()).sum::<u32>() >= MARK_BITS)
    }

    async fn is_blank(&mut self, part: Range<u32>) -> Result<bool, F::Error> {
        let mut block = [0; WORD];
        let mut at = part.start;
        while at < part.end {
            self.flash.read(at, &mut block).await?;
            if block.iter().any(|byte| *byte != 0xff) {
                return Ok(false);
            }
            at = at.saturating_add(WORD as u32);
        }
        Ok(true)
    }
}

impl<F: ErrorType, const SECTORS: usize> ErrorType for Grouped<F, SECTORS> {
    type Error = F::Error;
}

impl<F: ReadNorFlash, const SECTORS: usize> ReadNorFlash for Grouped<F, SECTORS> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        if self.hidden.contains(&offset) {
            bytes.fill(0xff);
            return Ok(());
        }
        self.flash.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash, const SECTORS: usize> NorFlash for Grouped<F, SECTORS> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE * SECTORS;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.flash.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.flash.write(offset, bytes).await
    }
}
