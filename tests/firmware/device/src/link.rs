//! The frames of the serial line: SLIP (RFC 1055), a byte that says the kind, and the payload. `README.md` beside this workspace
//! has the table of kinds.

use core::fmt;

use crate::{
    log,
    machine::Machine,
    meter::{Lane, Meter},
};

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// The serial line, and the meter that does not count it.
#[derive(Debug)]
pub struct Link<M> {
    pub(crate) machine: M,
    /// What work costs.
    pub meter: Meter,
    is_in_step: bool,
}

impl<M: Machine> Link<M> {
    /// A line on which nothing was said yet.
    pub fn new(mut machine: M) -> Self {
        machine.mark_stack();
        Self { machine, meter: Meter::new(), is_in_step: false }
    }

    /// The machine.
    pub const fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// Counts what `f` does.
    pub fn count<T>(&mut self, lane: Lane, f: impl FnOnce(&mut Self) -> T) -> T {
        self.meter.enter(lane, &mut self.machine);
        let done = f(self);
        self.meter.leave(&mut self.machine);
        done
    }

    /// The figures of the stack: of each lane, and of everything.
    pub fn stack(&mut self) -> ([u32; 3], u32) {
        self.meter.stack(&mut self.machine)
    }

    /// Sends a frame.
    pub fn send(&mut self, kind: u8, payload: &[u8]) {
        self.frame(kind, |out| out.bytes(payload));
    }

    /// Sends a frame of text.
    pub fn say(&mut self, kind: u8, text: fmt::Arguments<'_>) {
        self.frame(kind, |out| {
            let _ = fmt::Write::write_fmt(out, text);
        });
    }

    /// Sends a frame and waits for its answer: a frame of one of these kinds. Any other is left over from before a reset, and ignored.
    /// Its kind, and the bytes that were filled.
    ///
    /// # Panics
    /// When the answer is longer than `into`.
    pub fn ask<'i>(&mut self, kind: u8, payload: &[u8], kinds: &[u8], into: &'i mut [u8]) -> (u8, &'i mut [u8]) {
        self.send(kind, payload);
        self.meter.pause(&mut self.machine);
        let (kind, len) = loop {
            let (kind, len) = self.next(into);
            if kinds.contains(&kind) {
                break (kind, len);
            }
        };
        self.meter.resume(&mut self.machine);
        (kind, into.get_mut(..len).expect("the answer is no longer than asked for"))
    }

    fn frame(&mut self, kind: u8, fill: impl FnOnce(&mut Escaped<'_, M>)) {
        self.meter.pause(&mut self.machine);
        let logged = log::take();
        if !logged.is_empty() {
            self.framed(b'L', |out| out.bytes(&logged));
        }
        self.framed(kind, fill);
        self.meter.resume(&mut self.machine);
    }

    fn framed(&mut self, kind: u8, fill: impl FnOnce(&mut Escaped<'_, M>)) {
        let mut out = Escaped(&mut self.machine);
        out.raw(&[END]);
        out.bytes(&[kind]);
        fill(&mut out);
        out.raw(&[END]);
    }

    /// The next frame's kind and length; bytes past `into` are dropped.
    fn next(&mut self, into: &mut [u8]) -> (u8, usize) {
        // Until the first END, this is the rest of a frame that was cut by a reset.
        while !self.is_in_step {
            self.is_in_step = self.byte() == END;
        }
        let mut kind = None;
        let mut len = 0;
        loop {
            let byte = match self.byte() {
                END => match kind {
                    Some(kind) => return (kind, len),
                    None => continue,
                },
                ESC => match self.byte() {
                    ESC_END => END,
                    ESC_ESC => ESC,
                    other => other,
                },
                byte => byte,
            };
            if kind.is_none() {
                kind = Some(byte);
                continue;
            }
            if let Some(to) = into.get_mut(len) {
                *to = byte;
            }
            len += 1;
        }
    }

    fn byte(&mut self) -> u8 {
        self.machine.take()
    }
}

/// The inside of a frame.
struct Escaped<'m, M>(&'m mut M);

impl<M: Machine> Escaped<'_, M> {
    fn raw(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0.put(*byte));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match *byte {
                END => self.raw(&[ESC, ESC_END]),
                ESC => self.raw(&[ESC, ESC_ESC]),
                byte => self.raw(&[byte]),
            }
        }
    }
}

impl<M: Machine> fmt::Write for Escaped<'_, M> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

/// Says that the device panicked, and where, without what was panicked about: that may be a secret.
pub fn panicked<M: Machine>(machine: M, info: &core::panic::PanicInfo<'_>) -> ! {
    let mut link = Link::new(machine);
    match info.location() {
        Some(at) => link.say(b'T', format_args!("panicked at {}:{}", at.file(), at.line())),
        None => link.say(b'T', format_args!("panicked")),
    }
    loop {
        core::hint::spin_loop();
    }
}
