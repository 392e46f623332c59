//! A register of a device, behind a volatile access.

/// A 32-bit register, or a word of memory that only volatile accesses reach.
#[derive(Clone, Copy, Debug)]
pub struct Register(usize);

impl Register {
    /// The register at this address.
    ///
    /// # Safety
    /// The address is aligned to four bytes, belongs to the machine, and no reference of Rust covers it.
    #[must_use]
    pub const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// The register so many bytes further.
    ///
    /// # Safety
    /// As for [`at`](Self::at).
    #[must_use]
    pub const unsafe fn plus(self, bytes: usize) -> Self {
        Self(self.0 + bytes)
    }

    /// Its address.
    #[must_use]
    pub const fn address(self) -> usize {
        self.0
    }

    /// Its value.
    #[must_use]
    pub fn read(self) -> u32 {
        // SAFETY: `at` was promised an aligned address of the machine that nothing else refers to.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    /// Sets it.
    pub fn write(self, value: u32) {
        // SAFETY: as in `read`.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}
