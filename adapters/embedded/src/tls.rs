//! TLS 1.3 with one pinned root, by [`embedded_tls`], for devices that talk to servers of their own maker.
//!
//! ```no_run
//! # use gatepass::{Config, Request, Session, Timestamp};
//! use gatepass_embedded::{Exchange, tls};
//!
//! # fn send<S: embedded_io::Read + embedded_io::Write>(session: &mut Session, config: &Config<'_>, request: Request<'_>,
//! #     now: fn() -> Timestamp, open: fn(&str) -> S, rng: impl tls::rand_core::CryptoRngCore, root: &[u8], unix_seconds: u64,
//! #     receive: &mut [u8], send: &mut [u8], scratch: &mut [u8]) -> Result<(), tls::Error> {
//! let root = tls::PinnedRoot::from_der(root)?;
//! let exchange = Exchange::new(session, config, request, now);
//! let name = tls::ServerName::from_authority(request.authority())?;
//! let peer = tls::Peer::new(name, root, tls::Clock::unix_seconds(unix_seconds));
//! // Where a `?` returns, dropping the exchange tells the session that nothing was sent.
//! let mut connection = tls::connect(open(request.authority()), &peer, rng, receive, send)?;
//! // The error is for the log.
//! let _ = exchange.run(&mut connection, scratch);
//! connection.close()
//! # }
//! ```
//!
//! # What is checked
//!
//! The server's certificate must be signed **directly** by the [`PinnedRoot`]: there is no chain, so that nobody's server
//! certificate can act as an authority; what else the server shows is not looked at. Its name must be in the subject alternative
//! name, where a common name counts for nothing (RFC 9525); now must be in its validity period, basicConstraints must not make it an
//! authority, keyUsage and extendedKeyUsage must allow a TLS server where they are present, no critical extension may be unknown.
//! The server must sign the handshake with that certificate's key. One suite: ECDHE and ECDSA on P-256, AES-128-GCM, SHA-256.
//!
//! embedded-tls 0.19 alone checks less. This module is to be used instead of its `open`, because that one (`tests/tls/alone.rs` shows
//! each)
//!
//! - takes any certificate for an authority, and a common name beside a subject alternative name,
//! - **takes a server that leaves certificate and signature out**, whatever verifier it is given,
//! - believes alerts in the clear once keys are agreed, so that anybody on the path can end a body with a `close_notify`,
//! - panics on a handshake message in the clear then, and on an encrypted record without content.
//!
//! # What is not
//!
//! - **No revocation.** A stolen key serves until its certificate expires, and without a clock for ever: issue short-lived ones, and
//!   never pin a root that signs for others.
//! - **No Internet.** RSA, Ed25519, other curves, intermediate authorities, a second root, name constraints: refused. To change roots,
//!   try one and then the other.
//! - **A server that proved itself can make the device panic**, with any handshake message after the handshake but a session ticket
//!   or a key update; the latter ends the connection.
//! - A handshake message must come in one record. A record must fit the receive buffer: 16,640 bytes, unless the server is known to
//!   send smaller ones.
//! - Session keys stay in memory that is not wiped. Both buffers hold secrets afterwards: wipe them.
//! - No resumption, no early data, no certificate of the client, no ALPN.
//! - The feature `defmt` of embedded-tls must stay off: what it traces is not ours to vouch for.
//!
//! Time limits are the stream's: let it fail when the request's deadline passes.

mod certificate;
mod error;
mod guard;
mod name;
mod root;
mod verifier;

#[cfg(test)]
mod tests;

pub use error::{CertificateError, Error};
pub use name::ServerName;
/// The generator's traits, of the version that embedded-tls wants.
pub use p256::elliptic_curve::rand_core;
pub use root::{Clock, PinnedRoot};

use embedded_io::{ErrorType, Read, Write};
use embedded_tls::{Aes128GcmSha256, CryptoRngCore, TlsConfig, TlsContext, TlsError};
use guard::Guard;
use verifier::{Provider, Verifier};

/// The least that holds a `ClientHello` with the longest host name.
const LEAST_SEND: usize = 640;

/// Whom to believe: a name, the root that vouches for it, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'p> {
    name: ServerName<'p>,
    root: PinnedRoot<'p>,
    clock: Clock,
}

impl<'p> Peer<'p> {
    /// All three.
    #[must_use]
    pub const fn new(name: ServerName<'p>, root: PinnedRoot<'p>, clock: Clock) -> Self {
        Self { name, root, clock }
    }

    fn config(&self) -> TlsConfig<'p> {
        match self.name.indication() {
            Some(host) => TlsConfig::new().with_server_name(host),
            None => TlsConfig::new(),
        }
    }
}

/// How a connection stands. What ended it stays: nothing is read after an error.
#[derive(Clone, Copy, Debug)]
enum Life {
    Open,
    /// The server said `close_notify`.
    Ended,
    Failed(Error),
}

impl Life {
    /// Before something is read: `Some` when nothing will come.
    fn before_read(&self) -> Option<Result<usize, Error>> {
        match self {
            Self::Open => None,
            Self::Ended => Some(Ok(0)),
            Self::Failed(error) => Some(Err(*error)),
        }
    }

    fn before_write(&self) -> Result<(), Error> {
        match self {
            Self::Open => Ok(()),
            Self::Ended => Err(Error::Io(embedded_io::ErrorKind::BrokenPipe)),
            Self::Failed(error) => Err(*error),
        }
    }

    fn after_read(&mut self, outcome: Result<usize, TlsError>) -> Result<usize, Error> {
        if let Err(TlsError::ConnectionClosed) = outcome {
            *self = Self::Ended;
            return Ok(0);
        }
        self.after(outcome)
    }

    fn after<T>(&mut self, outcome: Result<T, TlsError>) -> Result<T, Error> {
        outcome.map_err(|error| {
            let error = Error::of(error);
            *self = Self::Failed(error);
            error
        })
    }
}

/// A connection over a blocking stream, to a server that proved who it is. Reading gives 0 bytes only after the server said that it
/// is done; a stream that just ends is [`Error::Truncated`].
pub struct Connection<'b, S: Read + Write + 'b> {
    tls: embedded_tls::blocking::TlsConnection<'b, Guard<S>, Aes128GcmSha256>,
    life: Life,
}

/// The same over an async stream. A cancelled future leaves it in the middle of a record: drop it then.
pub struct AsyncConnection<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> {
    tls: embedded_tls::TlsConnection<'b, Guard<S>, Aes128GcmSha256>,
    life: Life,
}

/// Greets the server on a stream that was just opened to it, and returns when it has proven to be `peer`.
///
/// `rng` must be cryptographic. `receive` takes whole records (16,640 bytes are always enough), `send` at least 640 bytes: 128
/// bytes of it are overhead, the rest is the most that one record carries. Both hold secrets afterwards.
///
/// # Errors
/// Why there is no connection. Nothing of a request has left then.
pub fn connect<'b, S: Read + Write + 'b>(
    stream: S,
    peer: &Peer<'_>,
    rng: impl CryptoRngCore,
    receive: &'b mut [u8],
    send: &'b mut [u8],
) -> Result<Connection<'b, S>, Error> {
    if send.len() < LEAST_SEND {
        return Err(Error::Capacity);
    }
    let mut tls = embedded_tls::blocking::TlsConnection::new(Guard::new(stream), receive, send);
    let mut provider = Provider { verifier: Verifier::new(peer), rng };
    let opened = tls.open(TlsContext::new(&peer.config(), &mut provider));
    provider.verifier.outcome(opened)?;
    Ok(Connection { tls, life: Life::Open })
}

/// [`connect`] over an async stream.
///
/// # Errors
/// Like [`connect`].
pub async fn connect_async<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b>(
    stream: S,
    peer: &Peer<'_>,
    rng: impl CryptoRngCore,
    receive: &'b mut [u8],
    send: &'b mut [u8],
) -> Result<AsyncConnection<'b, S>, Error> {
    if send.len() < LEAST_SEND {
        return Err(Error::Capacity);
    }
    let mut tls = embedded_tls::TlsConnection::new(Guard::new(stream), receive, send);
    let mut provider = Provider { verifier: Verifier::new(peer), rng };
    let opened = tls.open(TlsContext::new(&peer.config(), &mut provider)).await;
    provider.verifier.outcome(opened)?;
    Ok(AsyncConnection { tls, life: Life::Open })
}

impl<'b, S: Read + Write + 'b> Connection<'b, S> {
    /// Sends what is left and says `close_notify` (RFC 8446 §6.1). The stream is the caller's to close; lend it, to have it still.
    ///
    /// # Errors
    /// The stream's, or what ended the connection before.
    pub fn close(mut self) -> Result<(), Error> {
        match self.life {
            Life::Ended => Ok(()),
            Life::Failed(error) => Err(error),
            Life::Open => {
                let flushed = self.tls.flush();
                self.life.after(flushed)?;
                self.tls.close().map(|_| ()).map_err(|(_, error)| Error::of(error))
            }
        }
    }
}

impl<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> AsyncConnection<'b, S> {
    /// Like [`Connection::close`].
    ///
    /// # Errors
    /// Likewise.
    pub async fn close(mut self) -> Result<(), Error> {
        match self.life {
            Life::Ended => Ok(()),
            Life::Failed(error) => Err(error),
            Life::Open => {
                let flushed = self.tls.flush().await;
                self.life.after(flushed)?;
                self.tls.close().await.map(|_| ()).map_err(|(_, error)| Error::of(error))
            }
        }
    }
}

impl<'b, S: Read + Write + 'b> ErrorType for Connection<'b, S> {
    type Error = Error;
}

impl<'b, S: Read + Write + 'b> Read for Connection<'b, S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if let Some(over) = self.life.before_read() {
            return over;
        }
        let outcome = self.tls.read(buffer);
        self.life.after_read(outcome)
    }
}

impl<'b, S: Read + Write + 'b> Write for Connection<'b, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.life.before_write()?;
        let outcome = self.tls.write(bytes);
        self.life.after(outcome)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.life.before_write()?;
        let outcome = self.tls.flush();
        self.life.after(outcome)
    }
}

impl<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> ErrorType for AsyncConnection<'b, S> {
    type Error = Error;
}

impl<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> embedded_io_async::Read for AsyncConnection<'b, S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if let Some(over) = self.life.before_read() {
            return over;
        }
        let outcome = self.tls.read(buffer).await;
        self.life.after_read(outcome)
    }
}

impl<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> embedded_io_async::Write for AsyncConnection<'b, S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.life.before_write()?;
        let outcome = self.tls.write(bytes).await;
        self.life.after(outcome)
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.life.before_write()?;
        let outcome = self.tls.flush().await;
        self.life.after(outcome)
    }
}

impl<'b, S: Read + Write + 'b> core::fmt::Debug for Connection<'b, S> {
    /// How it stands alone: the rest is keys.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection").field("life", &self.life).finish_non_exhaustive()
    }
}

impl<'b, S: embedded_io_async::Read + embedded_io_async::Write + 'b> core::fmt::Debug for AsyncConnection<'b, S> {
    /// Likewise.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AsyncConnection").field("life", &self.life).finish_non_exhaustive()
    }
}
