//! What the life of a device asks of its machine.

/// A machine, but for its flash.
pub trait Machine {
    /// Its name, as it says when it boots.
    const NAME: &'static str;

    /// Waits for the next byte of the serial line to the harness.
    fn take(&mut self) -> u8;

    /// Hands a byte to that line.
    fn put(&mut self, byte: u8);

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
