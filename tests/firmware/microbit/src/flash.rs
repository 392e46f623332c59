//! The flash of the nRF51, by its controller.

use gatepass_bare::{Chip, Nor, Register};

/// The controller.
#[derive(Debug)]
pub struct Nvmc(());

// SAFETY: addresses of the nRF51 Series Reference Manual, chapter 6, all aligned.
const READY: Register = unsafe { Register::at(0x4001_E400) };
// SAFETY: as above.
const CONFIG: Register = unsafe { Register::at(0x4001_E504) };
// SAFETY: as above.
const ERASE_PAGE: Register = unsafe { Register::at(0x4001_E508) };

const READ: u32 = 0;
const WRITE: u32 = 1;
const ERASE: u32 = 2;

const START: usize = 240 << 10;
const PAGES: usize = 15;

impl Chip for Nvmc {
    const PAGE: usize = 1024;

    fn erase(&mut self, page: Register) {
        with(ERASE, || ERASE_PAGE.write(page.address() as u32));
    }

    fn program(&mut self, at: Register, word: u32) {
        with(WRITE, || at.write(word));
    }
}

fn with(mode: u32, act: impl FnOnce()) {
    CONFIG.write(mode);
    act();
    while READY.read() == 0 {}
    CONFIG.write(READ);
}

/// Pages that the store takes together, so that a record fits.
pub const SECTORS: usize = 3;

/// The store's part: the last 16 KB but one page. To be called once.
#[must_use]
pub fn flash() -> Nor<Nvmc> {
    // SAFETY: the linker's script leaves this part of the flash to the store.
    let mut flash = unsafe { Nor::new(Nvmc(()), START, PAGES * Nvmc::PAGE) };
    flash.erase_if_new();
    flash
}
