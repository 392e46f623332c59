//! The device on a Cortex-M0.
#![no_std]
#![no_main]

use gatepass_microbit::{Microbit, flash};

#[cortex_m_rt::entry]
fn main() -> ! {
    gatepass_device::live::<{ flash::SECTORS }, _, _>(Microbit::start(), flash::flash())
}
