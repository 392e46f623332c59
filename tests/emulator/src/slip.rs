//! The frames of the serial line: SLIP (RFC 1055), a byte that says the kind, and the payload.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// A frame from the device.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// Its kind.
    pub kind: u8,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The payload, where it is text.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.payload).unwrap_or_else(|_| panic!("a frame {} that is no text", char::from(self.kind)))
    }
}

/// The serial line of a device.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    until: Instant,
    held: Vec<u8>,
    at: usize,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, until: Instant) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, until, held: Vec::new(), at: 0 }
    }

    /// # Errors
    /// What the device did instead of sending a frame, until the guard's time.
    pub(crate) fn next(&mut self) -> Result<Frame, &'static str> {
        let mut bytes = Vec::new();
        loop {
            match self.byte()? {
                END if bytes.is_empty() => {}
                END => return Ok(Frame { kind: bytes.remove(0), payload: bytes }),
                ESC => match self.byte()? {
                    ESC_END => bytes.push(END),
                    ESC_ESC => bytes.push(ESC),
                    // The frame was cut by a reset here, and the next one begins.
                    END => bytes.clear(),
                    other => bytes.push(other),
                },
                byte => bytes.push(byte),
            }
        }
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        if self.at == self.held.len() {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("the device hangs");
            }
            self.stream.set_read_timeout(Some(left)).unwrap();
            self.held.resize(4096, 0);
            let read = match self.stream.read(&mut self.held) {
                Ok(0) => return Err("the emulator ended"),
                Ok(read) => read,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err("the device hangs"),
                Err(_) => return Err("the emulator is gone"),
            };
            self.held.truncate(read);
            self.at = 0;
        }
        self.at += 1;
        Ok(self.held[self.at - 1])
    }

    pub(crate) fn send(&mut self, kind: u8, payload: &[u8]) {
        assert!(payload.len() <= 1024, "the device need not take more");
        let mut frame = vec![END];
        for byte in core::iter::once(&kind).chain(payload) {
            match *byte {
                END => frame.extend([ESC, ESC_END]),
                ESC => frame.extend([ESC, ESC_ESC]),
                byte => frame.push(byte),
            }
        }
        frame.push(END);
        self.stream.write_all(&frame).expect("the emulator takes what is sent");
    }
}
