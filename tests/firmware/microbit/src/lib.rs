//! The BBC micro:bit: a Cortex-M0 (nRF51822), as QEMU's `microbit` has it, with its random number generator.
#![no_std]

pub mod flash;

use core::{panic::PanicInfo, ptr::addr_of};

use gatepass_bare::{Register, Stack, SysTick};
use gatepass_device::{Machine, link};

/// What of the board is used: UART 0, the random number generator, the `SysTick` timer, the stack.
#[derive(Debug)]
pub struct Microbit {
    timer: SysTick,
    stack: Stack,
}

// SAFETY: addresses of the nRF51 Series Reference Manual and of the ARMv6-M architecture, all aligned.
const UART_START_RX: Register = unsafe { Register::at(0x4000_2000) };
// SAFETY: as above.
const UART_START_TX: Register = unsafe { Register::at(0x4000_2008) };
// SAFETY: as above.
const UART_RX_READY: Register = unsafe { Register::at(0x4000_2108) };
// SAFETY: as above.
const UART_TX_READY: Register = unsafe { Register::at(0x4000_211C) };
// SAFETY: as above.
const UART_ENABLE: Register = unsafe { Register::at(0x4000_2500) };
// SAFETY: as above.
const UART_RXD: Register = unsafe { Register::at(0x4000_2518) };
// SAFETY: as above.
const UART_TXD: Register = unsafe { Register::at(0x4000_251C) };
// SAFETY: as above.
const RNG_START: Register = unsafe { Register::at(0x4000_D000) };
// SAFETY: as above.
const RNG_STOP: Register = unsafe { Register::at(0x4000_D004) };
// SAFETY: as above.
const RNG_READY: Register = unsafe { Register::at(0x4000_D100) };
// SAFETY: as above.
const RNG_VALUE: Register = unsafe { Register::at(0x4000_D508) };

impl Microbit {
    /// Starts UART and timer.
    #[must_use]
    pub fn start() -> Self {
        UART_ENABLE.write(4);
        UART_START_RX.write(1);
        UART_START_TX.write(1);
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

impl Machine for Microbit {
    const NAME: &'static str = "microbit";

    fn take(&mut self) -> u8 {
        while UART_RX_READY.read() == 0 {}
        // Before the byte is taken: the next one raises it again.
        UART_RX_READY.write(0);
        UART_RXD.read() as u8
    }

    fn put(&mut self, byte: u8) {
        UART_TX_READY.write(0);
        UART_TXD.write(u32::from(byte));
        while UART_TX_READY.read() == 0 {}
    }

    fn counter(&mut self) -> u32 {
        self.timer.now()
    }

    /// With `-icount shift=0` an instruction takes a nanosecond, and the clock of 16 MHz ticks every 62.5.
    fn instructions_since(&mut self, then: u32) -> u32 {
        self.timer.since(then).saturating_mul(125) / 2
    }

    fn random(&mut self, into: &mut [u8]) -> bool {
        RNG_START.write(1);
        for byte in into {
            while RNG_READY.read() == 0 {
                // A byte takes a fraction of a millisecond, and emulators are slow at accesses to devices.
                cortex_m::asm::delay(10_000);
            }
            RNG_READY.write(0);
            *byte = RNG_VALUE.read() as u8;
        }
        RNG_STOP.write(1);
        true
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
    link::panicked(Microbit::start(), info)
}
