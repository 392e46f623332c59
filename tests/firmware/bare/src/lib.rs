//! Registers, flash memory, a timer and the stack: all that the machines share of what needs `unsafe`.
#![no_std]

mod nor;
mod register;
mod stack;
mod systick;

pub use nor::{Chip, Nor};
pub use register::Register;
pub use stack::Stack;
pub use systick::SysTick;
