//! A connection over the serial line, and TLS in it.

use core::{cell::RefCell, convert::Infallible};

use critical_section::Mutex;
use embedded_io::{ErrorType, Read, Write};
use gatepass_embedded::tls::{self, Clock, Connection, Error, Peer, PinnedRoot, ServerName, rand_core};
use zeroize::Zeroize;

use crate::{link::Link, machine::Machine, meter::Lane, settings::Settings};

/// The maker's root. Its key is beside it, for tests, and so worth nothing.
static ROOT: &[u8] = include_bytes!("../root.der");
/// The largest record.
const RECEIVE: usize = 16_640;
const SEND: usize = 1024;

struct Buffers {
    receive: [u8; RECEIVE],
    send: [u8; SEND],
}

static BUFFERS: Mutex<RefCell<Buffers>> = Mutex::new(RefCell::new(Buffers { receive: [0; RECEIVE], send: [0; SEND] }));

/// A connection; it is closed when it is dropped.
pub(crate) struct Socket<'l, M: Machine> {
    link: &'l mut Link<M>,
    authority: &'l str,
}

impl<'l, M: Machine> Socket<'l, M> {
    /// Connects to `host:port`; `None` when nobody is there.
    pub(crate) fn open(link: &'l mut Link<M>, authority: &'l str) -> Option<Self> {
        let mut failed = [1];
        link.ask(b'O', authority.as_bytes(), b"O", &mut failed);
        (failed == [0]).then_some(Self { link, authority })
    }

    /// Counts the handshake, and what `f` does with the connection.
    pub(crate) fn work<T>(&mut self, lane: Lane, f: impl FnOnce(&mut Stream<'_, '_, M>) -> T) -> T {
        let authority = self.authority;
        self.link.count(lane, |link| {
            critical_section::with(|section| {
                let Buffers { receive, send } = &mut *BUFFERS.borrow_ref_mut(section);
                let clock = clock(link, receive);
                let line = RefCell::new(link);
                let mut stream = Stream(greet(&line, authority, clock, receive, send));
                let done = f(&mut stream);
                let closed = stream.0.and_then(Connection::close);
                if let Err(error) = closed {
                    line.borrow_mut().say(b'T', format_args!("tls: {error}"));
                }
                receive.zeroize();
                send.zeroize();
                done
            })
        })
    }
}

impl<M: Machine> Drop for Socket<'_, M> {
    fn drop(&mut self) {
        self.link.send(b'C', &[]);
    }
}

/// The time of day, which the host is asked for: this board has no clock that was set.
fn clock<M: Machine>(link: &mut Link<M>, buffer: &mut [u8]) -> Clock {
    let (_, lines) = link.ask(b'I', &[], b"I", buffer);
    let now = Settings::of(lines).get("time").parse();
    now.map_or(Clock::unix_seconds(0), Clock::unix_seconds)
}

type Line<'l, M> = RefCell<&'l mut Link<M>>;

fn greet<'b, 'l, M: Machine>(
    line: &'b Line<'l, M>,
    authority: &str,
    clock: Clock,
    receive: &'b mut [u8],
    send: &'b mut [u8],
) -> Result<Connection<'b, Raw<'b, 'l, M>>, Error> {
    let peer = Peer::new(ServerName::from_authority(authority)?, PinnedRoot::from_der(ROOT)?, clock);
    tls::connect(Raw(line), &peer, Random(line), receive, send)
}

/// The connection, or why there is none.
pub(crate) struct Stream<'b, 'l, M: Machine>(Result<Connection<'b, Raw<'b, 'l, M>>, Error>);

impl<'b, 'l, M: Machine> Stream<'b, 'l, M> {
    fn open(&mut self) -> Result<&mut Connection<'b, Raw<'b, 'l, M>>, Error> {
        self.0.as_mut().map_err(|error| *error)
    }
}

impl<M: Machine> ErrorType for Stream<'_, '_, M> {
    type Error = Error;
}

impl<M: Machine> Read for Stream<'_, '_, M> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        self.open()?.read(into)
    }
}

impl<M: Machine> Write for Stream<'_, '_, M> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.open()?.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.open()?.flush()
    }
}

/// What TLS is in.
pub(crate) struct Raw<'b, 'l, M>(&'b Line<'l, M>);

impl<M> ErrorType for Raw<'_, '_, M> {
    type Error = Infallible;
}

impl<M: Machine> Read for Raw<'_, '_, M> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let most = into.len().min(1024);
        if most == 0 {
            return Ok(0);
        }
        let (kind, bytes) = self.0.borrow_mut().ask(b'M', &(most as u16).to_le_bytes(), b"DC", into);
        Ok(if kind == b'D' { bytes.len() } else { 0 })
    }
}

impl<M: Machine> Write for Raw<'_, '_, M> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        if !bytes.is_empty() {
            self.0.borrow_mut().send(b'D', bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The machine's generator, or the host's.
struct Random<'b, 'l, M>(&'b Line<'l, M>);

impl<M> rand_core::CryptoRng for Random<'_, '_, M> {}

impl<M: Machine> rand_core::RngCore for Random<'_, '_, M> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, into: &mut [u8]) {
        let mut link = self.0.borrow_mut();
        for piece in into.chunks_mut(256) {
            if !link.machine().random(piece) {
                link.ask(b'E', &(piece.len() as u16).to_le_bytes(), b"E", piece);
            }
        }
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(into);
        Ok(())
    }
}
