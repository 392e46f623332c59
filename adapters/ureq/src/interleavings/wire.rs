//! Connections in memory, below ureq: its own requests, and its own reading of answers.

use std::{io, sync::Arc};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport},
    },
};

use super::shared::server::{Flight, Server};

/// Connects to the server, and to the API.
pub(crate) struct Wire(pub(crate) Arc<Server>);

impl core::fmt::Debug for Wire {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Wire")
    }
}

impl Connector<()> for Wire {
    type Out = Line;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Line>, Error> {
        let flight = if details.uri.host() == Some("as.example") { Some(self.0.begin()) } else { None };
        if flight.as_ref().is_some_and(Flight::is_unreachable) {
            return Err(Error::ConnectionFailed);
        }
        let buffers = LazyBuffers::new(1 << 12, 1 << 12);
        Ok(Some(Line { server: Arc::clone(&self.0), flight, buffers, sent: Vec::new(), is_open: true }))
    }
}

/// One connection, for one request.
pub(crate) struct Line {
    server: Arc<Server>,
    flight: Option<Flight>,
    buffers: LazyBuffers,
    sent: Vec<u8>,
    is_open: bool,
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    fn answer(&self) -> Result<String, Error> {
        let request = core::str::from_utf8(&self.sent).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        let Some(flight) = &self.flight else {
            let token = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap();
            return Ok(if self.server.accepts(token) {
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into()
            } else {
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into()
            });
        };
        let path = head.split(' ').nth(1).unwrap();
        let (status, body) = flight.answer(path, body).ok_or_else(|| Error::from(io::Error::from(io::ErrorKind::ConnectionReset)))?;
        let length = body.len();
        Ok(format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.sent.extend_from_slice(&self.buffers.output()[..amount]);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        if !self.is_open {
            return Ok(false);
        }
        self.is_open = false;
        let answer = self.answer()?;
        self.buffers.input_append_buf()[..answer.len()].copy_from_slice(answer.as_bytes());
        self.buffers.input_appended(answer.len());
        Ok(true)
    }

    fn is_open(&mut self) -> bool {
        self.is_open
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// All names are at one address, which nobody looks at.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(([192, 0, 2, 1], 443).into());
        Ok(addresses)
    }
}
