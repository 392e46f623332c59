//! The person's browser, for a client in another process.

use super::trial::OPENED;
use crate::form::append;
use crate::visit::{get, status_and_location, visit};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs as _};

/// Opens what a client wants opened, so many times, and agrees; tells the issuer of the case what it was. Where the browser would go
/// to next, each time.
///
/// # Errors
///
/// `InvalidInput` for an issuer that is none of [`Trial::issuer`](super::Trial::issuer); otherwise what the connection said. A URL that
/// is not of the issuer leads nowhere, and is no error.
pub fn open(issuer: &str, url: &str, visits: u32) -> io::Result<Vec<String>> {
    let (address, _) = split(issuer)?;
    get(address, &append(OPENED, &[("url", url)]), "")?;
    Ok((0..visits).filter_map(|_| visit(issuer, address, url, "allow").ok()).collect())
}

/// Goes where a redirect leads, as a browser would: to a client that listens on loopback. The status of its answer.
///
/// # Errors
///
/// `InvalidInput` unless it is plain `http` on loopback; otherwise what the connection said.
pub fn follow(redirect: &str) -> io::Result<u16> {
    let (address, target) = split(redirect)?;
    status_and_location(&get(address, target, "")?).map(|(status, _)| status)
}

/// The address of an `http` URL on loopback, and what follows its authority.
fn split(url: &str) -> io::Result<(SocketAddr, &str)> {
    let foreign = || io::Error::new(ErrorKind::InvalidInput, "no http URL on loopback");
    let rest = url.strip_prefix("http://").ok_or_else(foreign)?;
    let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut found = authority.to_socket_addrs()?.filter(|address| address.ip().is_loopback());
    // A name may stand for both families; clients listen on the first of them, and mostly on no other.
    let address = found.clone().find(SocketAddr::is_ipv4).or_else(|| found.next()).ok_or_else(foreign)?;
    Ok((address, if target.is_empty() { "/" } else { target }))
}
