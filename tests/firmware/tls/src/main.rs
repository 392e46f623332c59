//! The device on a Cortex-M4 once more, and every connection is TLS 1.3 with a pinned root.
#![no_std]
#![no_main]
#![allow(unreachable_pub, reason = "the files of the device are a library elsewhere")]

// The life is the device's own, over the socket of this crate.
#[path = "../../device/src/figures.rs"]
mod figures;
#[path = "../../device/src/life.rs"]
mod life;
#[path = "../../device/src/memory.rs"]
mod memory;
mod socket;

use gatepass_device::{link, log, machine, meter, settings};
use gatepass_mps2::{Mps2, flash};

#[cortex_m_rt::entry]
fn main() -> ! {
    life::live::<{ flash::SECTORS }, _, _>(Mps2::start(), flash::flash())
}
