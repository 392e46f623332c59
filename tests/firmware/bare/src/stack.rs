//! How deep the stack went: what lies below the stack pointer is painted, and what is no longer paint was used.

const PAINT: u32 = 0x5AFE_57AC;
/// Bytes below the stack pointer that are left alone, for the frames of the painter itself.
const MARGIN: usize = 256;

/// A stack that grows down from `top` to `bottom`.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    bottom: usize,
    top: usize,
}

impl Stack {
    /// The stack between two addresses.
    ///
    /// # Safety
    /// Both are aligned to four bytes; the memory between belongs to the one stack in use, and to nothing else.
    #[must_use]
    pub const unsafe fn new(bottom: usize, top: usize) -> Self {
        Self { bottom, top }
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn size(self) -> usize {
        self.top - self.bottom
    }

    /// Bytes in use now.
    #[inline(never)]
    #[must_use]
    pub fn used(self) -> usize {
        let here = 0u32;
        self.top.saturating_sub(core::ptr::from_ref(&here) as usize)
    }

    /// Paints what is not in use.
    #[inline(never)]
    pub fn paint(self) {
        let end = (self.top - self.used()).saturating_sub(MARGIN);
        for address in (self.bottom..end).step_by(4) {
            // SAFETY: below the stack pointer by more than this function's frame, and within the stack, as `new` was promised.
            unsafe { (address as *mut u32).write_volatile(PAINT) }
        }
    }

    /// The most bytes in use since it was painted. What is within 256 bytes below the painter counts as used.
    #[inline(never)]
    #[must_use]
    pub fn deepest(self) -> usize {
        // SAFETY: within the stack; whatever is there is a word.
        let is_paint = |address: &usize| unsafe { (*address as *const u32).read_volatile() } == PAINT;
        let untouched = (self.bottom..self.top).step_by(4).take_while(is_paint).count();
        self.size() - untouched * 4
    }
}
