//! A server that means harm: whatever it is asked, it answers in one way.

use core::time::Duration;
use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What it answers. What has no end ends when the client lets go of it, or with the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// This status and these lines of a head, and a body without end.
    Endless(u16, &'static str),
    /// A body in chunks without end.
    EndlessChunks,
    /// A chunk that says it is as long as numbers go.
    GiantChunk,
    /// A body of which a byte comes now and then, for ever.
    SlowBody,
    /// A head likewise.
    SlowHead,
    /// Some kilobytes that unpack to ten thousand.
    Bomb,
    /// Lines of a head without end.
    Flood,
    /// One line without end.
    Line,
    /// Interim answers without end (RFC 9110 §15.2).
    Interim,
    /// Half of an answer, and no more; it goes on to listen.
    HalfClosed,
    /// Nothing, and no more.
    Mute,
    /// No HTTP.
    Noise,
    /// A redirect to this place.
    Redirect(u16, String),
}

impl Answer {
    /// Each that leads nowhere else.
    pub const STAYING: [Self; 14] = [
        Self::Endless(200, JSON),
        Self::Endless(400, JSON),
        Self::Endless(503, "Content-Type: text/plain\r\n"),
        Self::EndlessChunks,
        Self::GiantChunk,
        Self::SlowBody,
        Self::SlowHead,
        Self::Bomb,
        Self::Flood,
        Self::Line,
        Self::Interim,
        Self::HalfClosed,
        Self::Mute,
        Self::Noise,
    ];
}

const JSON: &str = "Content-Type: application/json\r\n";

/// See the [module](self).
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    acceptor: Option<thread::JoinHandle<()>>,
}

impl Hostile {
    /// Starts one.
    #[must_use]
    pub fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (calls, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (theirs, over) = (Arc::clone(&calls), Arc::clone(&is_over));
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                theirs.fetch_add(1, Ordering::SeqCst);
                let (answer, over) = (answer.clone(), Arc::clone(&over));
                // That the client goes is no error.
                thread::spawn(move || drop(stream.and_then(|stream| serve(stream, &answer, &over))));
            }
        });
        Self { address, calls, is_over, acceptor: Some(acceptor) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections it has had.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        let _ = self.acceptor.take().map(thread::JoinHandle::join);
    }
}

/// The pause of whoever is slow: shorter than any limit between two bytes.
const PAUSE: Duration = Duration::from_millis(20);

fn serve(mut stream: TcpStream, answer: &Answer, is_over: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    hear(&mut stream)?;
    let endless = |first: &str, then: &[u8], pause: Option<Duration>| -> io::Result<()> {
        (&stream).write_all(first.as_bytes())?;
        while !is_over.load(Ordering::SeqCst) {
            (&stream).write_all(then)?;
            pause.into_iter().for_each(thread::sleep);
        }
        Ok(())
    };
    let once = |text: &str| (&stream).write_all(text.as_bytes());
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    match answer {
        Answer::Endless(status, lines) => endless(&format!("HTTP/1.1 {status} x\r\n{lines}\r\n{{\"x\":\""), &[b'x'; 4096], None),
        Answer::EndlessChunks => endless(&format!("{json}Transfer-Encoding: chunked\r\n\r\n"), b"4\r\n    \r\n", None),
        Answer::GiantChunk => endless(&format!("{json}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"), &[b' '; 4096], None),
        Answer::SlowBody => endless(&format!("{json}Content-Length: 100000\r\n\r\n"), b" ", Some(PAUSE)),
        Answer::SlowHead => endless("HTTP/1.1 200 OK\r\nX: ", b"x", Some(PAUSE)),
        Answer::Bomb => {
            let bomb = bomb();
            once(&format!("{json}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len()))?;
            (&stream).write_all(&bomb)
        }
        Answer::Flood => endless("HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\nX-Y: z\r\n", None),
        Answer::Line => endless("HTTP/1.1 200 OK\r\nContent-Type: ", &[b'x'; 4096], None),
        Answer::Interim => endless("", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", Some(PAUSE / 20)),
        Answer::HalfClosed => {
            once(&format!("{json}Content-Length: 1000\r\n\r\n{{\"access_token\":\"A\","))?;
            hold(&stream)
        }
        Answer::Mute => hold(&stream),
        Answer::Noise => once("220 mail.example ESMTP\r\n"),
        Answer::Redirect(status, to) => {
            once(&format!("HTTP/1.1 {status} x\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
        }
    }
}

/// It says no more, and hears whatever comes.
fn hold(mut stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    while stream.read(&mut [0; 4096])? > 0 {}
    Ok(())
}

/// Hears a request, with its body: a connection that ends with something unheard is reset, and its answer lost.
fn hear(stream: &mut TcpStream) -> io::Result<()> {
    let (mut heard, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut chunk)?;
        heard.extend_from_slice(&chunk[..read]);
        let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") else {
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
        let length =
            head.split("\r\n").find_map(|line| line.strip_prefix("content-length:")).map_or(0, |length| length.trim().parse().unwrap());
        if read == 0 || heard.len() >= end + 4 + length {
            return Ok(());
        }
    }
}

/// Ten megabytes of zeros as gzip (RFC 1952): one block with the fixed codes (RFC 1951 §3.2.6), a zero, and over and over 258 bytes
/// like the one before.
#[must_use]
pub fn bomb() -> Vec<u8> {
    let mut bits = Vec::new();
    let mut code = |value: u32, width: u32| bits.extend((0..width).rev().map(|at| value >> at & 1 == 1));
    // The last block, in fixed codes; numbers go lowest bit first.
    code(0b110, 3);
    code(0b0011_0000, 8);
    for _ in 0..40_000 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    code(0, 7);
    let packed = bits.chunks(8).map(|eight| eight.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at));
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    // Checksum and length are not good: who has come so far has unpacked it.
    head.into_iter().chain(packed).chain([0; 8]).collect()
}
