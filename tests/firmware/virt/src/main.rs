//! The device on a 32-bit RISC-V.
#![no_std]
#![no_main]
#![allow(missing_docs, reason = "of what the attribute makes")]

use gatepass_virt::{Virt, flash};

#[riscv_rt::entry]
fn main() -> ! {
    gatepass_device::live::<{ flash::SECTORS }, _, _>(Virt::start(), flash::flash())
}
