//! Flash that the rest of the firmware drives.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use gatepass_embedded::flash::BlockingFlashStore;

/// Sectors of 4 KiB, two of them for a record.
pub(crate) type Store = BlockingFlashStore<Chip, 2>;

/// See the module.
pub(crate) struct Chip;

impl ErrorType for Chip {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 1;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        done(super::ask(at, bytes))
    }

    fn capacity(&self) -> usize {
        0x1_0000
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        done(super::ask(from, &mut to.to_le_bytes()))
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        super::tell(at, bytes);
        Ok(())
    }
}

const fn done(answer: usize) -> Result<(), NorFlashErrorKind> {
    if answer == 0 { Ok(()) } else { Err(NorFlashErrorKind::Other) }
}
