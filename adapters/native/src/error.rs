//! What can go wrong before and while a browser signs a person in, and what to do about it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why there is no listener, no browser, or no redirect.
///
/// `Copy`, and without a byte from outside: an error holds no URL and no code, so it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The callback path is not one that a browser would send back unchanged.
    Path,
    /// The redirect URI is not one that a [`Listener`](crate::Listener) made.
    RedirectUri,
    /// The port can be none of a redirect URI: 0 means any, and browsers leave 80 out.
    Port,
    /// Another program holds the port that was asked for.
    PortTaken(SocketAddr),
    /// The system does not let this program have the port that was asked for.
    PortDenied(SocketAddr),
    /// No port was free on all loopback addresses, in a bounded number of tries.
    NoFreePort,
    /// The machine has no usable loopback address.
    NoLoopback(io::ErrorKind),
    /// The system refused to set up or to wait for connections.
    Wait(io::ErrorKind),
    /// The sign-in has ended and the port is closed.
    Ended,
    /// No browser could be started.
    Browser(io::ErrorKind),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str(
                "the callback path cannot be used: choose one like `/callback`, of `/` and at most 255 letters, digits \
                 and `-._~/`, without empty, `.` or `..` segments",
            ),
            Self::RedirectUri => f.write_str(
                "the redirect URI must be one that a listener made, like \
                 `http://127.0.0.1:49152/callback`: start a new sign-in",
            ),
            Self::Port => f.write_str("a fixed port must be neither 0 nor 80: choose one from 1024 up, or let the system choose"),
            Self::PortTaken(address) => write!(
                f,
                "another program listens on {address}: end it, or use another port and start a new \
                 sign-in"
            ),
            Self::PortDenied(address) => write!(
                f,
                "the system does not allow listening on {address}: use a port from 1024 up that is \
                 not reserved"
            ),
            Self::NoFreePort => f.write_str(
                "no port is free on every loopback address: end programs that hold many ports, or \
                 allow this one to listen on loopback",
            ),
            Self::NoLoopback(kind) => write!(f, "neither 127.0.0.1 nor [::1] can be used ({kind}): bring the loopback interface up"),
            Self::Wait(kind) => write!(f, "waiting for the browser failed ({kind}): close files or programs and try again"),
            Self::Ended => f.write_str("this sign-in has ended: bind a new listener for the next one"),
            Self::Browser(kind) => write!(f, "no browser could be started ({kind}): open the address by hand, on this machine"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_is_wrong_and_then_what_to_do() {
        let address = SocketAddr::from(([127, 0, 0, 1], 443));
        let kind = io::ErrorKind::Other;
        for error in [
            Error::Path,
            Error::RedirectUri,
            Error::Port,
            Error::PortTaken(address),
            Error::PortDenied(address),
            Error::NoFreePort,
            Error::NoLoopback(kind),
            Error::Wait(kind),
            Error::Ended,
            Error::Browser(kind),
        ] {
            let text = error.to_string();
            let (problem, cure) = text.rsplit_once(": ").unwrap();
            assert!(!problem.is_empty() && cure.starts_with(char::is_lowercase), "{text}");
        }
    }
}
