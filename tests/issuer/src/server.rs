//! Connections: one thread each, a limit on their number, and an end for all of them.

use crate::http::{Reader, Trouble};
use crate::respond::respond;
use crate::response::Response;
use crate::shared::{Shared, lock};
use crate::wire::{self, Manner};
use std::collections::HashMap;
use std::io::{self, Read as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Connections served at once; one more is answered 503 and closed.
const CONNECTIONS_LIMIT: usize = 2_048;
/// How long a client may be silent, also between two requests.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may refuse to read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// Handlers are shallow, and there may be thousands.
const STACK: usize = 512 * 1024;
/// How long the end waits for connections to notice it.
const FAREWELL: Duration = Duration::from_secs(2);

/// The listener's thread, and what it takes to end it.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    open: Arc<Open>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let open = Arc::new(Open::default());
        let theirs = Arc::clone(&open);
        let thread = thread::Builder::new().name("gatepass-issuer".to_owned());
        let acceptor = thread.spawn(move || accept(&listener, &shared, &theirs))?;
        Ok(Self { address, open, acceptor: Mutex::new(Some(acceptor)) })
    }

    /// Ends the listener and cuts every connection. The caller has set `stop`.
    pub(crate) fn end(&self) {
        let Some(acceptor) = lock(&self.acceptor).take() else {
            return;
        };
        // The listener sits in `accept`: a connection wakes it, and it sees that it is to stop. If none
        // can be made, its thread is left behind rather than waited for.
        if TcpStream::connect_timeout(&self.address, FAREWELL).is_ok() {
            let _ = acceptor.join();
        }
        self.open.cut();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, open: &Arc<Open>) {
    for (stream, number) in listener.incoming().zip(1..) {
        if shared.stop.is_set() {
            return;
        }
        let Ok(stream) = stream else {
            // Out of descriptors, most likely: some will come back.
            if shared.stop.sleep(Duration::from_millis(10)) {
                return;
            }
            continue;
        };
        shared.count(|counts| counts.connections += 1);
        welcome(stream, number, shared, open);
    }
}

fn welcome(stream: TcpStream, number: u64, shared: &Arc<Shared>, open: &Arc<Open>) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(READ_TIMEOUT));
    let _ = stream.set_write_timeout(Some(WRITE_TIMEOUT));
    // One descriptor for reader, writer and the one who cuts: tests open hundreds of connections.
    let stream = Arc::new(stream);
    let Some(seat) = open.take(number, &stream) else {
        wire::send(&stream, shared, &Response::plain(503), Manner::Whole, true);
        return;
    };
    let shared = Arc::clone(shared);
    let thread = thread::Builder::new().name("gatepass-issuer".to_owned()).stack_size(STACK);
    // If no thread can be had, the closure is dropped, and with it the stream and the seat.
    let _ = thread.spawn(move || {
        serve(&stream, number, &shared);
        drop(seat);
    });
}

fn serve(stream: &Arc<TcpStream>, number: u64, shared: &Shared) {
    let mut reader = Reader::new(Arc::clone(stream));
    loop {
        let go_on = match reader.request() {
            Ok(request) => {
                let (answer, manner) = respond(shared, &request, number);
                wire::send(stream, shared, &answer, manner, request.close)
            }
            Err(Trouble::Refuse(status)) => wire::send(stream, shared, &Response::plain(status), Manner::Whole, true),
            Err(Trouble::Gone) => return,
        };
        if !go_on || shared.stop.is_set() {
            break;
        }
    }
    hang_up(stream);
}

/// Closes in order: bytes that nobody read would turn the end into a reset, and a reset may destroy the
/// answer on its way.
fn hang_up(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
    let mut rest = [0; 4096];
    for _ in 0..16 {
        if !matches!(stream.read(&mut rest), Ok(1..)) {
            return;
        }
    }
}

/// The connections that are open.
#[derive(Debug, Default)]
struct Open {
    streams: Mutex<HashMap<u64, Arc<TcpStream>>>,
    fewer: Condvar,
}

impl Open {
    fn take(self: &Arc<Self>, number: u64, stream: &Arc<TcpStream>) -> Option<Seat> {
        let mut streams = lock(&self.streams);
        if streams.len() >= CONNECTIONS_LIMIT {
            return None;
        }
        streams.insert(number, Arc::clone(stream));
        Some(Seat { number, open: Arc::clone(self) })
    }

    /// Cuts them all, and waits a little until their threads have seen it.
    fn cut(&self) {
        let streams = lock(&self.streams);
        for stream in streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let waited = self.fewer.wait_timeout_while(streams, FAREWELL, |streams| !streams.is_empty());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// A place among the open connections, given back when its thread ends, by panic too.
#[derive(Debug)]
struct Seat {
    number: u64,
    open: Arc<Open>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.open.streams).remove(&self.number);
        self.open.fewer.notify_all();
    }
}
