//! One port on both loopback addresses.
//!
//! The standard library sets `SO_REUSEADDR` on Unix, where it lets a port be found again at once
//! after a restart and shares nothing while somebody listens; on Windows, where it would share,
//! it is not set. Sockets are not inherited by the browser that is started later.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::Error;

/// Ports that are tried before giving up on a pair.
const TRIES: usize = 16;

/// The listening sockets of one port, of each family that there is.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) v4: Option<TcpListener>,
    pub(crate) v6: Option<TcpListener>,
}

/// Why one port could not be had on both families.
enum Failure {
    /// Held by another, or kept from us; the first family's socket holds the port meanwhile.
    Unavailable(SocketAddr, io::ErrorKind, Option<TcpListener>),
    /// Neither family can be used at all.
    NoLoopback(io::ErrorKind),
}

/// A port of the kernel's choosing, free in both families (RFC 8252 §7.3).
pub(crate) fn any_port(mut bind: impl FnMut(SocketAddr) -> io::Result<TcpListener>) -> Result<Bound, Error> {
    // Half-taken ports are held until the end, so that the kernel does not offer one twice.
    let mut held = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        match pair(0, &mut bind) {
            Ok(bound) => return Ok(bound),
            Err(Failure::Unavailable(_, _, socket)) => held.extend(socket),
            Err(Failure::NoLoopback(kind)) => return Err(Error::NoLoopback(kind)),
        }
    }
    Err(Error::NoFreePort)
}

/// Exactly this port, in every family that there is.
///
/// Nobody else may hold it in the other family: a browser that tried that one first would give the
/// code to a stranger.
pub(crate) fn fixed_port(port: u16, mut bind: impl FnMut(SocketAddr) -> io::Result<TcpListener>) -> Result<Bound, Error> {
    if matches!(port, 0 | 80) {
        return Err(Error::Port);
    }
    pair(port, &mut bind).map_err(|failure| match failure {
        Failure::Unavailable(address, io::ErrorKind::PermissionDenied, _) => Error::PortDenied(address),
        Failure::Unavailable(address, ..) => Error::PortTaken(address),
        Failure::NoLoopback(kind) => Error::NoLoopback(kind),
    })
}

fn pair(port: u16, bind: &mut impl FnMut(SocketAddr) -> io::Result<TcpListener>) -> Result<Bound, Failure> {
    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    match bind(v4).and_then(|socket| Ok((socket.local_addr()?.port(), socket))) {
        Ok((port, socket)) => {
            let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
            match bind(v6) {
                Ok(other) => Ok(Bound { v4: Some(socket), v6: Some(other) }),
                Err(e) if is_unavailable(&e) => Err(Failure::Unavailable(v6, e.kind(), Some(socket))),
                Err(_) => Ok(Bound { v4: Some(socket), v6: None }),
            }
        }
        Err(e) if is_unavailable(&e) => Err(Failure::Unavailable(v4, e.kind(), None)),
        Err(e) => match bind(v6) {
            Ok(socket) => Ok(Bound { v4: None, v6: Some(socket) }),
            Err(e) if is_unavailable(&e) => Err(Failure::Unavailable(v6, e.kind(), None)),
            Err(_) => Err(Failure::NoLoopback(e.kind())),
        },
    }
}

/// Whether the family exists and only the port cannot be had (Windows denies reserved ranges).
/// Everything else means that the family cannot be used, and has as many names as there are systems.
fn is_unavailable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(family: fn(&SocketAddr) -> bool) -> impl FnMut(SocketAddr) -> io::Result<TcpListener> {
        move |address| match family(&address) {
            true => Err(io::ErrorKind::AddrNotAvailable.into()),
            false => TcpListener::bind(address),
        }
    }

    // R093
    #[test]
    fn without_ipv6_the_listener_uses_ipv4() {
        let bound = any_port(without(SocketAddr::is_ipv6)).unwrap();
        assert!(bound.v4.is_some() && bound.v6.is_none());
    }

    // R093
    #[test]
    fn without_ipv4_the_listener_uses_ipv6() {
        let bound = any_port(without(SocketAddr::is_ipv4)).unwrap();
        assert!(bound.v4.is_none() && bound.v6.is_some());
    }

    // R093
    #[test]
    fn without_any_loopback_address_the_error_says_so() {
        let error = any_port(without(|_| true)).unwrap_err();
        assert_eq!(error, Error::NoLoopback(io::ErrorKind::AddrNotAvailable));
    }

    // R093
    #[test]
    fn a_port_that_is_taken_in_the_other_family_is_passed_over() {
        let mut passed_over = Vec::new();
        let bound = any_port(|address| match address {
            SocketAddr::V6(_) if passed_over.len() < 3 => {
                passed_over.push(address.port());
                Err(io::ErrorKind::AddrInUse.into())
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => TcpListener::bind(address),
        })
        .unwrap();
        passed_over.push(bound.v6.unwrap().local_addr().unwrap().port());
        passed_over.sort_unstable();
        passed_over.dedup();
        assert_eq!(passed_over.len(), 4, "no port is offered twice");
    }

    // R093
    #[test]
    fn the_search_for_a_port_is_bounded() {
        let mut tries = 0;
        let error = any_port(|address| match address {
            SocketAddr::V6(_) => {
                tries += 1;
                Err(io::ErrorKind::AddrInUse.into())
            }
            SocketAddr::V4(_) => TcpListener::bind(address),
        });
        assert_eq!((error.unwrap_err(), tries), (Error::NoFreePort, TRIES));
    }

    // R094
    #[test]
    fn a_port_that_the_system_denies_is_named() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        let error = fixed_port(443, |_| Err(io::ErrorKind::PermissionDenied.into())).unwrap_err();
        assert_eq!(error, Error::PortDenied(address));
    }
}
