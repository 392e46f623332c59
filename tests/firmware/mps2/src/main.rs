//! The device on a Cortex-M4.
#![no_std]
#![no_main]

use gatepass_mps2::{Mps2, flash};

#[cortex_m_rt::entry]
fn main() -> ! {
    gatepass_device::live::<{ flash::SECTORS }, _, _>(Mps2::start(), flash::flash())
}
