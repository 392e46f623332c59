//! The second flash of the machine, by its command set (Intel's, CFI 01): two chips of 16 bits side by side.

use gatepass_bare::{Chip, Nor, Register};

/// Both chips.
#[derive(Debug)]
pub struct Pair(());

const BLOCK_ERASE: u32 = 0x0020_0020;
const CONFIRM: u32 = 0x00D0_00D0;
const PROGRAM: u32 = 0x0040_0040;
const READ_STATUS: u32 = 0x0070_0070;
const READ_ARRAY: u32 = 0x00FF_00FF;
const READY: u32 = 0x80;

const START: usize = 0x2200_0000;
const PAGES: usize = 4;

impl Chip for Pair {
    const PAGE: usize = 256 << 10;

    fn erase(&mut self, page: Register) {
        page.write(BLOCK_ERASE);
        page.write(CONFIRM);
        settle(page);
    }

    fn program(&mut self, at: Register, word: u32) {
        // These chips of the emulator would set bits, too.
        let word = at.read() & word;
        at.write(PROGRAM);
        at.write(word);
        settle(at);
    }
}

fn settle(at: Register) {
    at.write(READ_STATUS);
    while at.read() & READY == 0 {}
    at.write(READ_ARRAY);
}

/// Pages that the store takes together, so that a record fits.
pub const SECTORS: usize = 1;

/// The store's part: the first blocks. To be called once.
#[must_use]
pub fn flash() -> Nor<Pair> {
    // SAFETY: the machine's second flash begins here, and nothing else uses it.
    let mut flash = unsafe { Nor::new(Pair(()), START, PAGES * Pair::PAGE) };
    flash.erase_if_new();
    flash
}
