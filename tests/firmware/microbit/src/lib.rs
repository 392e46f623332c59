//! The BBC micro:bit: a Cortex-M0 (nRF51822), as QEMU's `microbit` has it, with its random number generator.
#![no_std]

pub mod flash;

use core::{convert::Infallible, panic::PanicInfo, ptr::addr_of};

use embedded_io::{ErrorType, Read, Write};
use gatepass_bare::{Register, Stack};
use gatepass_device::{Machine, link};

/// What of the board is used: UART 0, the random number generator, the `SysTick` timer, the stack.
#[derive(Debug)]
pub struct Microbit {
    uart: Uart,
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
// SAFETY: as above.
const SYST_CONTROL: Register = unsafe { Register::at(0xE000_E010) };
// SAFETY: as above.
const SYST_RELOAD: Register = unsafe { Register::at(0xE000_E014) };
// SAFETY: as above.
const SYST_CURRENT: Register = unsafe { Register::at(0xE000_E018) };

/// `SysTick` counts 24 bits down.
const SYST_MASK: u32 = 0x00FF_FFFF;

impl Microbit {
    /// Starts UART and timer.
    #[must_use]
    pub fn start() -> Self {
        UART_ENABLE.write(4);
        UART_START_RX.write(1);
        UART_START_TX.write(1);
        SYST_RELOAD.write(SYST_MASK);
        SYST_CURRENT.write(0);
        SYST_CONTROL.write(0b101);
        let (bottom, top) = stack();
        // SAFETY: from the end of the static memory to the stack's start, which cortex-m-rt leaves to the stack.
        Self { uart: Uart, stack: unsafe { Stack::new(bottom, top) } }
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
    type Uart = Uart;

    fn uart(&mut self) -> &mut Uart {
        &mut self.uart
    }

    fn counter(&mut self) -> u32 {
        SYST_CURRENT.read()
    }

    /// With `-icount shift=0` an instruction takes a nanosecond, and the clock of 16 MHz ticks every 62.5.
    fn instructions_since(&mut self, then: u32) -> u32 {
        let ticks = then.wrapping_sub(SYST_CURRENT.read()) & SYST_MASK;
        ticks.saturating_mul(125) / 2
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

/// The UART of the nRF51.
#[derive(Debug)]
pub struct Uart;

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read for Uart {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let Some(byte) = into.first_mut() else { return Ok(0) };
        while UART_RX_READY.read() == 0 {}
        // Before the byte is taken: the next one raises it again.
        UART_RX_READY.write(0);
        *byte = UART_RXD.read() as u8;
        Ok(1)
    }
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let Some(byte) = bytes.first() else { return Ok(0) };
        UART_TX_READY.write(0);
        UART_TXD.write(u32::from(*byte));
        while UART_TX_READY.read() == 0 {}
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    link::panicked(Microbit::start(), info)
}
