//! What the life of a device asks of its machine.

use embedded_io::{Read, Write};

/// A machine, but for its flash.
pub trait Machine {
    /// Its name, as it says when it boots.
    const NAME: &'static str;

    /// The serial line to the harness.
    type Uart: Read + Write;

    /// The serial line.
    fn uart(&mut self) -> &mut Self::Uart;

    /// A counter that only goes on.
    fn counter(&mut self) -> u32;

    /// Instructions since the counter had that value, if it did not wrap twice.
    fn instructions_since(&mut self, then: u32) -> u32;

    /// Fills from a hardware generator; whether there is one.
    fn random(&mut self, into: &mut [u8]) -> bool;

    /// Forgets how deep the stack went.
    fn mark_stack(&mut self);

    /// Bytes of stack in use, and the most since the mark.
    fn stack(&mut self) -> (u32, u32);

    /// Bytes of static memory.
    fn static_memory(&self) -> u32;
}
