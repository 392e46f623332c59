//! A listener on a thread of its own, and a browser's side of a connection.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gatepass_native::{Error, Listener, Outcome, Verdict};

/// Only so that a failure ends: nothing is measured with it.
pub(crate) const GUARD: Duration = Duration::from_secs(60);

/// A listener that waits for `state=right`, and notes every URI that it was shown.
pub(crate) struct Waiting {
    pub(crate) address: SocketAddr,
    pub(crate) redirect_uri: String,
    thread: JoinHandle<(Listener, Received, Vec<String>)>,
}

/// What a listener's `receive` returns.
pub(crate) type Received = Result<Option<Outcome>, Error>;

pub(crate) fn wait_for_the_right_state(mut listener: Listener) -> Waiting {
    let address = listener.addresses().next().unwrap();
    let redirect_uri = listener.redirect_uri().to_owned();
    let thread = thread::spawn(move || {
        let mut seen = Vec::new();
        let result = listener.receive(GUARD, |uri| {
            seen.push(uri.to_owned());
            judge(uri)
        });
        (listener, result, seen)
    });
    Waiting { address, redirect_uri, thread }
}

pub(crate) fn judge(uri: &str) -> Verdict {
    match (uri.contains("state=right"), uri.contains("error=")) {
        (false, _) => Verdict::Ignored,
        (true, false) => Verdict::Accepted,
        (true, true) => Verdict::Denied,
    }
}

impl Waiting {
    /// What the wait came to, and every URI that the closure was shown.
    pub(crate) fn end(self) -> (Received, Vec<String>) {
        let (_, result, seen) = self.thread.join().unwrap();
        (result, seen)
    }

    /// The same, and the listener.
    pub(crate) fn end_with_listener(self) -> (Listener, Received) {
        let (listener, result, _) = self.thread.join().unwrap();
        (listener, result)
    }

    /// Sends what a browser sends after the right redirect, and expects that it was taken.
    pub(crate) fn succeed(self) -> Vec<String> {
        let page = get(self.address, "/callback?code=c&state=right");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        let (result, seen) = self.end();
        assert_eq!(result, Ok(Some(Outcome::Accepted)));
        seen
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream
}

/// Sends bytes and returns the whole response; a reset fails the test.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    rest(&mut stream)
}

pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    String::from_utf8(response).unwrap()
}

/// What Chrome sends for a top-level navigation after a redirect from another site.
pub(crate) fn browser_request(address: SocketAddr, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive\r\n\
         sec-ch-ua: \"Chromium\";v=\"142\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\n\
         User-Agent: Mozilla/5.0\r\nAccept: text/html,*/*;q=0.8\r\nSec-Fetch-Site: cross-site\r\n\
         Sec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n\
         Referer: https://as.example/\r\nAccept-Encoding: gzip\r\nAccept-Language: en\r\n\r\n"
    )
}

pub(crate) fn get(address: SocketAddr, target: &str) -> String {
    exchange(address, browser_request(address, target).as_bytes())
}
