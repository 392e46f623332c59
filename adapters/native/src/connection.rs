//! One connection: a request head in, one page out, a quiet end. Nothing here blocks.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Instant;

use mio::net::TcpStream;
use zeroize::Zeroizing;

use crate::page::Page;

/// Longest request head that is read, in bytes.
pub const MAX_HEAD: usize = 8 * 1024;

/// How long a connection may take to send its whole request, from when it was accepted.
pub const CONNECTION_TIME: Duration = Duration::from_secs(5);

/// How long a connection may take to read its page and to close.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// What a peer may still send after its request and have read, so that the system does not reset
/// the connection under the page, in bytes.
const MAX_DRAIN: usize = 64 * 1024;

/// Where a connection stands after it went as far as its socket allowed.
pub(crate) enum Progress {
    /// It waits for its peer.
    Waiting,
    /// It has a whole request head and wants [`Connection::answer`].
    Request,
    /// What it sent is no request; it wants [`Connection::answer`] with this page.
    Refused(Page),
    /// It is over, and may be dropped.
    Over,
}

pub(crate) struct Connection {
    stream: TcpStream,
    local: SocketAddr,
    accepted: Instant,
    /// `None` if the clock cannot count so far, which no clock is known for.
    deadline: Option<Instant>,
    phase: Phase,
}

enum Phase {
    /// The head, with a code in it, and how much of it was received.
    Reading(Zeroizing<Vec<u8>>, usize),
    /// The response, and how much of it was sent.
    Answering(Vec<u8>, usize),
    /// Our side is closed; how much more is read.
    Draining(usize),
}

impl Connection {
    /// `local` is the address that was bound, and the only `Host` that this connection may name.
    pub(crate) fn new(stream: TcpStream, local: SocketAddr, now: Instant) -> Self {
        let head = Zeroizing::new(vec![0; MAX_HEAD]);
        let deadline = now.checked_add(CONNECTION_TIME);
        Self { stream, local, accepted: now, deadline, phase: Phase::Reading(head, 0) }
    }

    /// Whether it has not got its answer yet.
    pub(crate) const fn is_reading(&self) -> bool {
        matches!(self.phase, Phase::Reading(..))
    }

    /// How long ago it was accepted.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.accepted)
    }

    pub(crate) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// What was received; a whole head after [`Progress::Request`].
    pub(crate) fn head(&self) -> &[u8] {
        match &self.phase {
            Phase::Reading(head, filled) => {
                let received = head.get(..*filled).unwrap_or_default();
                received.get(..head_end(received, 0).unwrap_or(*filled)).unwrap_or_default()
            }
            Phase::Answering(..) | Phase::Draining(_) => &[],
        }
    }

    /// Gives the peer its page. The head is wiped.
    pub(crate) fn answer(&mut self, page: Page, now: Instant) {
        self.phase = Phase::Answering(page.response(), 0);
        self.deadline = now.checked_add(LINGER);
    }

    /// Goes as far as the socket allows.
    pub(crate) fn advance(&mut self, now: Instant) -> Progress {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Progress::Over;
        }
        match self.advance_phase() {
            Ok(progress) => progress,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Progress::Waiting,
            Err(_) => Progress::Over,
        }
    }

    fn advance_phase(&mut self) -> io::Result<Progress> {
        loop {
            match &mut self.phase {
                Phase::Reading(head, filled) => return read_head(&mut self.stream, head, filled),
                Phase::Answering(response, sent) => {
                    if write_rest(&mut self.stream, response, sent)? {
                        self.stream.shutdown(Shutdown::Write)?;
                        self.phase = Phase::Draining(MAX_DRAIN);
                    }
                }
                Phase::Draining(left) => return drain(&mut self.stream, left),
            }
        }
    }
}

/// Reads until the head is whole, full, or cannot be one.
fn read_head(stream: &mut TcpStream, head: &mut [u8], filled: &mut usize) -> io::Result<Progress> {
    loop {
        let space = head.get_mut(*filled..).unwrap_or_default();
        if space.is_empty() {
            return Ok(Progress::Refused(Page::HeadTooLarge));
        }
        let n = match retried(|| stream.read(space))? {
            0 => return Ok(Progress::Over),
            n => n,
        };
        let before = *filled;
        *filled = filled.saturating_add(n);
        let received = head.get(..*filled).unwrap_or_default();
        // A browser that tries https first learns at its first byte that it must not.
        if !received.first().is_some_and(u8::is_ascii_uppercase) {
            return Ok(Progress::Refused(Page::BadRequest));
        }
        if head_end(received, before).is_some() {
            return Ok(Progress::Request);
        }
    }
}

/// Where the head ends, if its empty line lies at or after `from` (less three bytes for one that was
/// cut): each byte is looked at once, however slowly it comes.
fn head_end(received: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(3);
    let at = received.get(from..)?.windows(4).position(|four| four == b"\r\n\r\n")?;
    from.checked_add(at)?.checked_add(4)
}

/// Whether everything is sent.
fn write_rest(stream: &mut TcpStream, response: &[u8], sent: &mut usize) -> io::Result<bool> {
    loop {
        let rest = response.get(*sent..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(true);
        }
        match retried(|| stream.write(rest))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => *sent = sent.saturating_add(n),
        }
    }
}

/// Reads and forgets, until the peer closes or has sent too much.
fn drain(stream: &mut TcpStream, left: &mut usize) -> io::Result<Progress> {
    let mut scratch = [0; 1024];
    loop {
        let n = retried(|| stream.read(&mut scratch))?;
        *left = left.saturating_sub(n);
        if n == 0 || *left == 0 {
            return Ok(Progress::Over);
        }
    }
}

/// A system call that a signal may cut short.
fn retried(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_head_is_found_wherever_it_was_cut() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
        let end = head.len() - 4;
        for cut in 0..end {
            assert_eq!(head_end(&head[..cut], 0), None);
            assert_eq!(head_end(head, cut), Some(end));
        }
    }
}
