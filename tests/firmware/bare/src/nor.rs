//! NOR flash that is read like memory: words are programmed, which clears bits, and pages erased, which sets them.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write};

use crate::register::Register;

/// What differs from one flash to the next.
pub trait Chip {
    /// Bytes that are erased together.
    const PAGE: usize;

    /// Sets all bits of the page that begins at this register.
    fn erase(&mut self, page: Register);

    /// Clears the bits of a word that are zero in `word`.
    fn program(&mut self, at: Register, word: u32);
}

/// A part of a flash.
#[derive(Debug)]
pub struct Nor<C> {
    chip: C,
    start: usize,
    size: usize,
}

impl<C: Chip> Nor<C> {
    /// The part of `size` bytes from the address `start`.
    ///
    /// # Safety
    /// All of it is memory of the machine that nothing else uses; both are multiples of the page.
    pub const unsafe fn new(chip: C, start: usize, size: usize) -> Self {
        Self { chip, start, size }
    }

    /// The emulator delivers some flashes full of zeros, which no store leaves behind; a real one comes erased. Whether it was so.
    pub fn erase_if_new(&mut self) -> bool {
        let is_new = (0..self.size).step_by(4).all(|offset| self.word(offset).read() == 0);
        if is_new {
            for offset in (0..self.size).step_by(C::PAGE) {
                self.chip.erase(self.word(offset));
            }
        }
        is_new
    }

    const fn word(&self, offset: usize) -> Register {
        // SAFETY: within the part, as `new` was promised; whoever calls has checked the offset, and it is a multiple of four.
        unsafe { Register::at(self.start + offset) }
    }
}

impl<C> ErrorType for Nor<C> {
    type Error = NorFlashErrorKind;
}

impl<C: Chip> ReadNorFlash for Nor<C> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, into.len())?;
        let mut offset = offset as usize;
        let mut rest = into;
        while !rest.is_empty() {
            let word = self.word(offset & !3).read().to_le_bytes();
            let from = &word[offset & 3..];
            let (now, later) = rest.split_at_mut(from.len().min(rest.len()));
            now.copy_from_slice(&from[..now.len()]);
            offset += now.len();
            rest = later;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.size
    }
}

impl<C: Chip> NorFlash for Nor<C> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = C::PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        for offset in (from as usize..to as usize).step_by(C::PAGE) {
            self.chip.erase(self.word(offset));
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        for (offset, word) in (offset as usize..).step_by(4).zip(bytes.chunks_exact(4)) {
            let word = word.try_into().map_or(u32::MAX, u32::from_le_bytes);
            self.chip.program(self.word(offset), word);
        }
        Ok(())
    }
}
