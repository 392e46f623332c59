//! A connection over the serial line.

use core::convert::Infallible;

use embedded_io::{ErrorType, Read, Write};

use crate::{link::Link, machine::Machine, meter::Lane};

/// A connection; it is closed when it is dropped.
#[derive(Debug)]
pub struct Socket<'l, M: Machine>(&'l mut Link<M>);

impl<'l, M: Machine> Socket<'l, M> {
    /// Connects to `host:port`; `None` when nobody is there.
    pub fn open(link: &'l mut Link<M>, authority: &str) -> Option<Self> {
        let mut failed = [1];
        link.ask(b'O', authority.as_bytes(), b"O", &mut failed);
        (failed == [0]).then_some(Self(link))
    }

    /// Counts what `f` does with the connection.
    pub fn work<T>(&mut self, lane: Lane, f: impl FnOnce(&mut Self) -> T) -> T {
        let Link { meter, machine, .. } = self.0;
        meter.enter(lane, machine);
        let done = f(self);
        let Link { meter, machine, .. } = self.0;
        meter.leave(machine);
        done
    }
}

impl<M: Machine> ErrorType for Socket<'_, M> {
    type Error = Infallible;
}

impl<M: Machine> Read for Socket<'_, M> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let most = into.len().min(1024);
        if most == 0 {
            return Ok(0);
        }
        let (kind, bytes) = self.0.ask(b'M', &(most as u16).to_le_bytes(), b"DC", into);
        Ok(if kind == b'D' { bytes.len() } else { 0 })
    }
}

impl<M: Machine> Write for Socket<'_, M> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        if !bytes.is_empty() {
            self.0.send(b'D', bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<M: Machine> Drop for Socket<'_, M> {
    fn drop(&mut self) {
        self.0.send(b'C', &[]);
    }
}
