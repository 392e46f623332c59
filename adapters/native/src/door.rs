//! A listening socket that never blocks.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use mio::{Interest, Poll, Token};

use crate::connection::Connection;

/// A listening socket, and the address it was bound to.
pub(crate) struct Door {
    socket: mio::net::TcpListener,
    pub(crate) local: SocketAddr,
}

impl Door {
    pub(crate) fn open(socket: TcpListener, poll: &Poll) -> io::Result<Self> {
        let local = socket.local_addr()?;
        socket.set_nonblocking(true)?;
        let mut socket = mio::net::TcpListener::from_std(socket);
        poll.registry().register(&mut socket, Token(0), Interest::READABLE)?;
        Ok(Self { socket, local })
    }

    /// The next connection, `None` for one that is already lost, or an error if there is none.
    pub(crate) fn accept(&self, poll: &Poll, now: Instant) -> io::Result<Option<Connection>> {
        let (mut stream, peer) = match self.socket.accept() {
            Ok(accepted) => accepted,
            Err(e) if is_lost(e.kind()) => return Ok(None),
            Err(e) => return Err(e),
        };
        let ready = Interest::READABLE.add(Interest::WRITABLE);
        if !peer.ip().is_loopback() || poll.registry().register(&mut stream, Token(1), ready).is_err() {
            return Ok(None);
        }
        Ok(Some(Connection::new(stream, self.local, now)))
    }
}

/// Whether one connection was lost before it was accepted, which says nothing about the next.
const fn is_lost(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted)
}
