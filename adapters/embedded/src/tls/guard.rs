//! Between the stream and embedded-tls: only such records pass as TLS 1.3 allows.
//!
//! embedded-tls 0.19 believes an alert in the clear after the handshake, so that anybody on the path could end a body with a
//! forged `close_notify`; panics on a handshake message in the clear then; and panics on a record that is encrypted and empty.

use embedded_io::{ErrorKind, ErrorType, Read, Write};

/// The kind that a refused record is reported with. No stream has a reason to use it.
pub(super) const REFUSED: ErrorKind = ErrorKind::AddrNotAvailable;

const HEADER: usize = 5;
/// The tag of AES-128-GCM and the inner content type (RFC 8446 §5.2).
const LEAST_ENCRYPTED: u16 = 17;
const MOST_ENCRYPTED: u16 = 16_640;
const MOST_PLAIN: u16 = 16_384;

#[derive(Debug)]
pub(super) struct Guard<S> {
    stream: S,
    records: Records,
}

/// Where in the server's stream of records the next byte stands.
#[derive(Debug, Default)]
struct Records {
    header: [u8; HEADER],
    filled: usize,
    body: u16,
    hello: bool,
    change_cipher_spec: bool,
    refused: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Refused(ErrorKind);

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl core::error::Error for Refused {}

impl embedded_io::Error for Refused {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl Refused {
    /// A stream's error is handed on, but never as ours.
    fn stream(error: &impl embedded_io::Error) -> Self {
        Self(if error.kind() == REFUSED { ErrorKind::Other } else { error.kind() })
    }
}

impl Records {
    fn see(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.refused {
                return Err(Refused(REFUSED));
            }
            if self.body > 0 {
                let here = usize::from(self.body).min(bytes.len());
                self.body = self.body.saturating_sub(here as u16);
                bytes = bytes.get(here..).unwrap_or_default();
                continue;
            }
            bytes = rest;
            if let Some(slot) = self.header.get_mut(self.filled) {
                *slot = first;
            }
            self.filled = self.filled.saturating_add(1);
            if self.filled == HEADER {
                self.filled = 0;
                let [kind, _, _, high, low] = self.header;
                self.body = u16::from_be_bytes([high, low]);
                self.refused = !self.allows(kind);
            }
        }
        if self.refused { Err(Refused(REFUSED)) } else { Ok(()) }
    }

    /// RFC 8446 §5: in the clear only the server's first message, an alert instead of it, and once the byte of middlebox
    /// compatibility.
    fn allows(&mut self, kind: u8) -> bool {
        match (kind, self.body) {
            (20, 1) => !core::mem::replace(&mut self.change_cipher_spec, true),
            (21, 2) => !self.hello,
            (22, 1..=MOST_PLAIN) => !core::mem::replace(&mut self.hello, true),
            (23, LEAST_ENCRYPTED..=MOST_ENCRYPTED) => self.hello,
            _ => false,
        }
    }
}

impl<S> Guard<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, records: Records::default() }
    }

    fn seen(&mut self, buffer: &[u8], count: usize) -> Result<usize, Refused> {
        self.records.see(buffer.get(..count).unwrap_or(buffer))?;
        Ok(count)
    }
}

impl<S> ErrorType for Guard<S> {
    type Error = Refused;
}

impl<S: Read> Read for Guard<S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Refused> {
        let count = self.stream.read(buffer).map_err(|error| Refused::stream(&error))?;
        self.seen(buffer, count)
    }
}

impl<S: Write> Write for Guard<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Refused> {
        took(self.stream.write(bytes).map_err(|error| Refused::stream(&error))?, bytes)
    }

    fn flush(&mut self) -> Result<(), Refused> {
        self.stream.flush().map_err(|error| Refused::stream(&error))
    }
}

impl<S: embedded_io_async::Read> embedded_io_async::Read for Guard<S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Refused> {
        let count = self.stream.read(buffer).await.map_err(|error| Refused::stream(&error))?;
        self.seen(buffer, count)
    }
}

impl<S: embedded_io_async::Write> embedded_io_async::Write for Guard<S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Refused> {
        took(self.stream.write(bytes).await.map_err(|error| Refused::stream(&error))?, bytes)
    }

    async fn flush(&mut self) -> Result<(), Refused> {
        self.stream.flush().await.map_err(|error| Refused::stream(&error))
    }
}

/// A stream that takes nothing is closed: the `write_all` of the traits, which embedded-tls uses, would panic.
const fn took(count: usize, bytes: &[u8]) -> Result<usize, Refused> {
    if count == 0 && !bytes.is_empty() { Err(Refused(ErrorKind::WriteZero)) } else { Ok(count) }
}
