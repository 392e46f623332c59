//! The device's modem: one connection at a time.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// How long a server on loopback may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Modem(Option<TcpStream>);

impl Modem {
    /// Opens a connection in place of any other; whether it could.
    pub(crate) fn open(&mut self, authority: &str) -> bool {
        self.close();
        assert!(authority.starts_with("127.0.0.1:"), "the device left the loopback: {authority}");
        self.0 = TcpStream::connect(authority).ok();
        if let Some(stream) = &self.0 {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        self.0.is_some()
    }

    /// Sends; what a closed connection does not take is lost, as on any line.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if let Some(stream) = &mut self.0
            && stream.write_all(bytes).is_err()
        {
            self.0 = None;
        }
    }

    /// Up to `most` bytes; none when the peer has closed.
    pub(crate) fn receive(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; most.min(1024)];
        let read = self.0.as_mut().map_or(0, |stream| match stream.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("the server does not answer: {error}"),
        });
        bytes.truncate(read);
        bytes
    }

    /// Closes, and returns when the server is done with what it was sent: what it counts is final then.
    pub(crate) fn close(&mut self) {
        if let Some(mut stream) = self.0.take()
            && stream.shutdown(Shutdown::Write).is_ok()
        {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    }
}
