//! The timer that every Cortex-M has.

use crate::Register;

// SAFETY: addresses of the ARMv6-M and ARMv7-M architectures, aligned.
const CONTROL: Register = unsafe { Register::at(0xE000_E010) };
// SAFETY: as above.
const RELOAD: Register = unsafe { Register::at(0xE000_E014) };
// SAFETY: as above.
const CURRENT: Register = unsafe { Register::at(0xE000_E018) };
/// It counts 24 bits down.
const MASK: u32 = 0x00FF_FFFF;

/// `SysTick`, on the processor's clock.
#[derive(Clone, Copy, Debug)]
pub struct SysTick;

impl SysTick {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        RELOAD.write(MASK);
        CURRENT.write(0);
        CONTROL.write(0b101);
        Self
    }

    /// What it stands at.
    #[must_use]
    pub fn now(self) -> u32 {
        CURRENT.read()
    }

    /// Ticks since it stood there, if it did not go round since.
    #[must_use]
    pub fn since(self, then: u32) -> u32 {
        then.wrapping_sub(self.now()) & MASK
    }
}
