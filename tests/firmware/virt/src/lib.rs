//! A 32-bit RISC-V, as QEMU's `virt` has it.
#![no_std]

pub mod flash;

use core::{panic::PanicInfo, ptr::addr_of};

use gatepass_bare::Stack;
use gatepass_device::{Machine, link};

/// What of the machine is used: its UART, the counter of instructions, the stack.
#[derive(Debug)]
pub struct Virt {
    stack: Stack,
}

const UART_DATA: *mut u8 = 0x1000_0000 as *mut u8;
const UART_FIFO: *mut u8 = 0x1000_0002 as *mut u8;
const UART_STATE: *mut u8 = 0x1000_0005 as *mut u8;
const RX_FULL: u8 = 1;
const TX_EMPTY: u8 = 1 << 5;

impl Virt {
    /// Starts the UART's buffers.
    #[must_use]
    pub fn start() -> Self {
        // SAFETY: the machine's register, one byte wide.
        unsafe { UART_FIFO.write_volatile(1) };
        let (bottom, top) = stack();
        // SAFETY: from the end of the static memory to the stack's start, which riscv-rt leaves to the stack.
        Self { stack: unsafe { Stack::new(bottom, top) } }
    }
}

unsafe extern "C" {
    static _stack_start: u32;
    static __ebss: u32;
    static __sdata: u32;
}

fn stack() -> (usize, usize) {
    (addr_of!(__ebss) as usize, addr_of!(_stack_start) as usize)
}

impl Machine for Virt {
    const NAME: &'static str = "riscv-virt";

    fn take(&mut self) -> u8 {
        // SAFETY: the machine's register, one byte wide.
        while unsafe { UART_STATE.read_volatile() } & RX_FULL == 0 {}
        // SAFETY: as above.
        unsafe { UART_DATA.read_volatile() }
    }

    fn put(&mut self, byte: u8) {
        // SAFETY: the machine's register, one byte wide.
        while unsafe { UART_STATE.read_volatile() } & TX_EMPTY == 0 {}
        // SAFETY: as above.
        unsafe { UART_DATA.write_volatile(byte) };
    }

    fn counter(&mut self) -> u32 {
        riscv::register::minstret::read() as u32
    }

    fn instructions_since(&mut self, then: u32) -> u32 {
        self.counter().wrapping_sub(then)
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
    link::panicked(Virt::start(), info)
}
