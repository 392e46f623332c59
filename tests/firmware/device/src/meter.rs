//! What the device's own work costs: instructions, and bytes of stack.
//!
//! Work is counted by lane. Whatever happens on the serial line is not counted, nor what a `defmt` frame takes: a device has a
//! radio there, and a harness does not wait like one.

use crate::machine::Machine;

/// What work is counted as.
#[derive(Clone, Copy, Debug)]
pub enum Lane {
    /// Verbs of the session.
    Core,
    /// A request and its answer: HTTP, and the session that reads the answer.
    Http,
    /// The store, down to the flash.
    Store,
}

/// Names of the lanes, in order.
pub const LANES: [&str; 3] = ["core", "http", "store"];

/// Instructions and the deepest stack of each lane.
#[derive(Debug)]
pub struct Meter {
    running: Option<(Lane, u32)>,
    base: u32,
    instructions: [u32; 3],
    stack: [u32; 3],
    deepest: u32,
}

impl Meter {
    pub(crate) const fn new() -> Self {
        Self { running: None, base: 0, instructions: [0; 3], stack: [0; 3], deepest: 0 }
    }

    /// Begins to count.
    pub fn enter<M: Machine>(&mut self, lane: Lane, machine: &mut M) {
        let (used, deepest) = machine.stack();
        self.deepest = self.deepest.max(deepest);
        self.base = used;
        machine.mark_stack();
        self.running = Some((lane, machine.counter()));
    }

    /// Ends what `enter` began.
    pub fn leave<M: Machine>(&mut self, machine: &mut M) {
        self.pause(machine);
        if let Some((lane, _)) = self.running.take() {
            let (_, deepest) = machine.stack();
            self.deepest = self.deepest.max(deepest);
            let stack = &mut self.stack[lane as usize];
            *stack = (*stack).max(deepest.saturating_sub(self.base));
        }
    }

    /// What follows is not counted.
    pub(crate) fn pause<M: Machine>(&mut self, machine: &mut M) {
        if let Some((lane, since)) = self.running {
            let count = &mut self.instructions[lane as usize];
            *count = count.saturating_add(machine.instructions_since(since));
        }
    }

    /// What follows is counted again.
    pub(crate) fn resume<M: Machine>(&mut self, machine: &mut M) {
        if let Some((_, since)) = &mut self.running {
            *since = machine.counter();
        }
    }

    /// Instructions of each lane since the last time.
    pub fn take(&mut self) -> [u32; 3] {
        core::mem::take(&mut self.instructions)
    }

    /// The deepest stack of each lane below its call, and of everything.
    pub fn stack<M: Machine>(&mut self, machine: &mut M) -> ([u32; 3], u32) {
        self.deepest = self.deepest.max(machine.stack().1);
        (self.stack, self.deepest)
    }
}
