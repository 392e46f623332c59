//! A model of NOR flash, for the emulated board has no flash controller: a window of the PSRAM, which survives a reset.

use gatepass_bare::{Chip, Nor, Register};

/// Memory that is treated as flash.
#[derive(Debug)]
pub struct Model(());

const START: usize = 0x2100_0000;
const PAGES: usize = 4;

impl Chip for Model {
    const PAGE: usize = 4096;

    fn erase(&mut self, page: Register) {
        for offset in (0..Self::PAGE).step_by(4) {
            // SAFETY: within the page.
            unsafe { page.plus(offset) }.write(u32::MAX);
        }
    }

    fn program(&mut self, at: Register, word: u32) {
        at.write(at.read() & word);
    }
}

/// Pages that the store takes together, so that a record fits.
pub const SECTORS: usize = 1;

/// The store's part. To be called once.
#[must_use]
pub fn flash() -> Nor<Model> {
    // SAFETY: the PSRAM has 16 MB from this address, and the linker's script gives none of it to anything else.
    let mut flash = unsafe { Nor::new(Model(()), START, PAGES * Model::PAGE) };
    flash.erase_if_new();
    flash
}
