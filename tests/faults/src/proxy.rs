//! A proxy on loopback that cuts a connection at any byte, in front of any server.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    net::{self, sockopt::set_socket_linger},
};

/// A peer that waits longer than this at a connection that says nothing more would wait for ever: the connection is ended, so that
/// the test ends too, and says so.
const GUARD: Duration = Duration::from_secs(45);

/// Whose bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Side {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Response,
}

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum How {
    /// It ends in order, to both of its sides.
    End,
    /// It is reset, to the client; to the server it ends.
    Reset,
    /// No byte passes any more, and the client learns nothing of it; to the server it ends.
    Stall,
    /// From here on each byte passes alone: whoever reads, reads short.
    Trickle,
    /// It is refused, as are all after it, until [`Proxy::mend`].
    Refuse,
}

/// A fault: the connection (from 0, since the proxy was armed) and the number of bytes of one side that pass.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, missing_docs)]
pub struct Cut {
    pub connection: usize,
    pub side: Side,
    pub at: usize,
    pub how: How,
}

/// What went over a connection.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Wire {
    /// All that the client sent, also after the cut where it can still be heard.
    pub request: Vec<u8>,
    /// What the client was given.
    pub response: Vec<u8>,
    /// Where the reads of either side ended: request, then response.
    pub events: [Vec<usize>; 2],
    has_ended: bool,
}

#[derive(Debug, Default)]
struct State {
    cut: Option<Cut>,
    is_struck: bool,
    /// A client never let go of a connection that was stalled.
    has_hung: bool,
    wires: Vec<Wire>,
    /// Counts how often it was armed: connections of before are not written down.
    round: usize,
    is_closed: bool,
    is_over: bool,
}

#[derive(Debug)]
struct Shared {
    listener: TcpListener,
    upstream: Mutex<Option<SocketAddr>>,
    state: Mutex<State>,
    changed: Condvar,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    acceptor: Option<thread::JoinHandle<()>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on a connection is refused: a socket that is bound and does not listen.
    fn close(&self, state: &mut State) {
        state.is_closed = true;
        state.is_struck = true;
        let _ = net::shutdown(&self.listener, net::Shutdown::Read);
    }
}

/// A port of one's own. Not of those that the system gives to whoever asks for any: a port that refuses must not become another's.
fn listen() -> TcpListener {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(89).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", 10_000 + (number % 10_000) as u16)) {
            return listener;
        }
    }
}

impl Proxy {
    /// One in front of a server that is named later.
    #[must_use]
    pub fn new() -> Self {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { listener, upstream: Mutex::default(), state: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        Self { shared, address, acceptor: Some(thread::spawn(move || accept(&theirs))) }
    }

    /// Its server.
    pub fn lead_to(&self, upstream: SocketAddr) {
        *self.shared.upstream.lock().unwrap() = Some(upstream);
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to count connections anew, and cuts one of them.
    pub fn arm(&self, cut: Option<Cut>) {
        let mut state = self.shared.lock();
        state.round += 1;
        state.wires.clear();
        state.is_struck = false;
        state.cut = cut;
        if cut.is_some_and(|cut| cut.how == How::Refuse && cut.connection == 0) {
            self.shared.close(&mut state);
        }
    }

    /// Whether the fault has struck.
    #[must_use]
    pub fn is_struck(&self) -> bool {
        self.shared.lock().is_struck
    }

    /// Whether a client has never let go of a connection that was stalled.
    #[must_use]
    pub fn has_hung(&self) -> bool {
        self.shared.lock().has_hung
    }

    /// Ends the fault, and waits until the server is done with the connection that was cut.
    pub fn mend(&self) {
        let mut state = self.shared.lock();
        if let Some(cut) = state.cut.take().filter(|cut| !matches!(cut.how, How::Refuse | How::Trickle)) {
            let is_open = |state: &mut State| state.wires.get(cut.connection).is_some_and(|wire| !wire.has_ended);
            if state.is_struck {
                state = self.shared.changed.wait_while(state, is_open).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if state.is_closed {
            net::listen(&self.shared.listener, 128).unwrap();
            state.is_closed = false;
            self.shared.changed.notify_all();
        }
    }

    /// What went over it since it was armed, a connection each.
    #[must_use]
    pub fn wires(&self) -> Vec<Wire> {
        self.shared.lock().wires.clone()
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_over = true;
        let _ = net::shutdown(&self.shared.listener, net::Shutdown::Read);
        self.shared.changed.notify_all();
        drop(state);
        let _ = self.acceptor.take().map(thread::JoinHandle::join);
    }
}

fn accept(shared: &Arc<Shared>) {
    loop {
        let accepted = shared.listener.accept();
        let mut state = shared.lock();
        if state.is_over {
            return;
        }
        let Ok((client, _)) = accepted else {
            drop(shared.changed.wait_while(state, |state| state.is_closed && !state.is_over));
            continue;
        };
        let (number, round) = (state.wires.len(), state.round);
        state.wires.push(Wire::default());
        let cut = state.cut.filter(|cut| cut.connection == number && cut.how != How::Refuse);
        if state.cut.is_some_and(|cut| cut.connection == number + 1 && cut.how == How::Refuse) {
            shared.close(&mut state);
        }
        drop(state);
        let relay = Relay { shared: Arc::clone(shared), number, round, cut };
        thread::spawn(move || relay.run(client));
    }
}

/// One connection.
struct Relay {
    shared: Arc<Shared>,
    number: usize,
    round: usize,
    cut: Option<Cut>,
}

impl Relay {
    fn run(mut self, client: TcpStream) {
        let upstream = self.shared.upstream.lock().unwrap().unwrap();
        if let Ok(server) = TcpStream::connect(upstream) {
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            self.carry(client, server);
        }
        self.end();
    }

    /// The server has said all that it had to say.
    fn end(&self) {
        self.note(|wire| wire.has_ended = true);
        self.shared.changed.notify_all();
    }

    fn note(&self, note: impl FnOnce(&mut Wire)) {
        let mut state = self.shared.lock();
        if state.round == self.round {
            note(&mut state.wires[self.number]);
        }
    }

    fn carry(&mut self, client: TcpStream, server: TcpStream) {
        if self.cuts(Side::Request, 0, 0) == Some(0) {
            return self.strike(client, server, Side::Request);
        }
        let (mut passed, mut chunk) = ([0_usize; 2], vec![0; 1 << 16]);
        loop {
            let Some(sides) = ready(&client, &server) else { return };
            for (at, side) in [Side::Request, Side::Response].into_iter().enumerate().filter(|(at, _)| sides[*at]) {
                let (mut from, to) = if at == 0 { (&client, &server) } else { (&server, &client) };
                let read = from.read(&mut chunk).unwrap_or(0);
                if read == 0 {
                    // Whoever ends is answered to the end.
                    let _ = to.shutdown(Shutdown::Write);
                    if at == 0 {
                        self.rest(server, &client);
                    } else {
                        self.hear(&client);
                    }
                    return;
                }
                let bytes = &chunk[..read];
                let passes = self.cuts(side, passed[at], read);
                let some = &bytes[..passes.unwrap_or(read)];
                self.note(|wire| match side {
                    Side::Request => {
                        wire.request.extend_from_slice(bytes);
                        wire.events[0].push(wire.request.len());
                    }
                    Side::Response => {
                        wire.response.extend_from_slice(some);
                        wire.events[1].push(wire.response.len());
                    }
                });
                if passes.is_some() {
                    // Whoever gets the last byte may ask at once.
                    self.shared.lock().is_struck = true;
                }
                if self.pass(to, some, side).is_err() {
                    return;
                }
                passed[at] += some.len();
                if passes.is_some() {
                    return self.strike(client, server, side);
                }
            }
        }
    }

    /// How many of these bytes pass before the connection is cut; `None` if it is not.
    fn cuts(&self, side: Side, passed: usize, read: usize) -> Option<usize> {
        let cut = self.cut.filter(|cut| cut.side == side && cut.how != How::Trickle && cut.at <= passed + read)?;
        Some(cut.at - passed)
    }

    fn pass(&self, mut to: &TcpStream, bytes: &[u8], side: Side) -> std::io::Result<()> {
        let trickles = self.cut.is_some_and(|cut| cut.how == How::Trickle && cut.side == side);
        if !trickles {
            return to.write_all(bytes);
        }
        self.shared.lock().is_struck = true;
        for byte in bytes {
            to.write_all(&[*byte])?;
            // So that the other side finds each alone.
            thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    /// The server is told all that passed, and that there is no more.
    fn strike(&self, client: TcpStream, server: TcpStream, side: Side) {
        self.shared.lock().is_struck = true;
        match self.cut.map(|cut| cut.how) {
            Some(How::Reset) => {
                if side == Side::Request {
                    // What it had sent by then is written down; what it sends now is lost.
                    self.hear_what_is_there(&client);
                }
                set_socket_linger(&client, Some(Duration::ZERO)).unwrap();
                drop(client);
                self.rest(server, None);
            }
            Some(How::End) => {
                let _ = client.shutdown(Shutdown::Write);
                self.rest(server, None);
                self.hear(&client);
            }
            _ => {
                self.rest(server, None);
                if !self.hear(&client) {
                    self.shared.lock().has_hung = true;
                }
            }
        }
    }

    /// Reads what the server still has to say; whoever is there for it gets it.
    fn rest<'c>(&self, mut server: TcpStream, client: impl Into<Option<&'c TcpStream>>) {
        let _ = server.shutdown(Shutdown::Write);
        let (mut client, mut chunk) = (client.into(), vec![0; 1 << 16]);
        while let Ok(read @ 1..) = server.read(&mut chunk) {
            if client.is_some_and(|mut client| client.write_all(&chunk[..read]).is_err()) {
                client = None;
            } else if client.is_some() {
                self.note(|wire| wire.response.extend_from_slice(&chunk[..read]));
            }
        }
        self.end();
    }

    /// Writes down what the client sends until it lets go; `false` if it never does.
    fn hear(&self, mut client: &TcpStream) -> bool {
        client.set_read_timeout(Some(GUARD)).unwrap();
        let mut chunk = vec![0; 1 << 16];
        loop {
            match client.read(&mut chunk) {
                Ok(read @ 1..) => self.note(|wire| wire.request.extend_from_slice(&chunk[..read])),
                Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                Ok(_) => return true,
            }
        }
    }

    fn hear_what_is_there(&self, mut client: &TcpStream) {
        let mut chunk = vec![0; 1 << 16];
        let _ = client.set_nonblocking(true);
        while let Ok(read @ 1..) = client.read(&mut chunk) {
            self.note(|wire| wire.request.extend_from_slice(&chunk[..read]));
        }
    }
}

/// Waits until one of them has something to say: whether the client has, and the server.
fn ready(client: &TcpStream, server: &TcpStream) -> Option<[bool; 2]> {
    loop {
        let mut both = [PollFd::new(client, PollFlags::IN), PollFd::new(server, PollFlags::IN)];
        match poll(&mut both, None) {
            Ok(1..) => return Some(both.map(|one| !one.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => {}
            _ => return None,
        }
    }
}
