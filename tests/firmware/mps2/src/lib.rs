//! The board MPS2 with the image AN386: a Cortex-M4, as QEMU's `mps2-an386` has it.
#![no_std]

pub mod flash;

use core::{panic::PanicInfo, ptr::addr_of};

// Brings the critical section of a single core.
use cortex_m as _;
use gatepass_bare::{Register, Stack, SysTick};
use gatepass_device::{Machine, link};

/// What of the board is used: UART 0, the `SysTick` timer, the stack.
#[derive(Debug)]
pub struct Mps2 {
    timer: SysTick,
    stack: Stack,
}

// SAFETY: addresses of the Application Note AN386 and of the ARMv7-M architecture, all aligned.
const UART_DATA: Register = unsafe { Register::at(0x4000_4000) };
// SAFETY: as above.
const UART_STATE: Register = unsafe { Register::at(0x4000_4004) };
// SAFETY: as above.
const UART_CONTROL: Register = unsafe { Register::at(0x4000_4008) };
// SAFETY: as above.
const UART_DIVIDER: Register = unsafe { Register::at(0x4000_4010) };

const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
/// With `-icount shift=0` an instruction takes a nanosecond, and the board's clock of 25 MHz ticks every 40.
const INSTRUCTIONS_A_TICK: u32 = 40;

impl Mps2 {
    /// Starts UART and timer.
    #[must_use]
    pub fn start() -> Self {
        UART_DIVIDER.write(16);
        UART_CONTROL.write(3);
        let (bottom, top) = stack();
        // SAFETY: from the end of the static memory to the stack's start, which cortex-m-rt leaves to the stack.
        Self { timer: SysTick::start(), stack: unsafe { Stack::new(bottom, top) } }
    }
}

unsafe extern "C" {
    static _stack_start: u32;
    static _stack_end: u32;
    static __sdata: u32;
}

fn stack() -> (usize, usize) {
    (addr_of!(_stack_end) as usize, addr_of!(_stack_start) as usize)
}

impl Machine for Mps2 {
    const NAME: &'static str = "mps2-an386";

    fn take(&mut self) -> u8 {
        while UART_STATE.read() & RX_FULL == 0 {}
        UART_DATA.read() as u8
    }

    fn put(&mut self, byte: u8) {
        while UART_STATE.read() & TX_FULL != 0 {}
        UART_DATA.write(u32::from(byte));
    }

    fn counter(&mut self) -> u32 {
        self.timer.now()
    }

    fn instructions_since(&mut self, then: u32) -> u32 {
        self.timer.since(then).saturating_mul(INSTRUCTIONS_A_TICK)
    }

    fn random(&mut self, _: &mut [u8]) -> bool {
        false
    }

    fn mark_stack(&mut self) {
        self.stack.paint();
    }

    fn stack(&mut self) -> (u32, u32) {
        (self.stack.used() as u32, self.stack.deepest() as u32)
    }

    fn static_memory(&self) -> u32 {
        (stack().0 - addr_of!(__sdata) as usize) as u32
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    link::panicked(Mps2::start(), info)
}
