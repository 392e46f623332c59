//! The name that a server must have.

use super::error::{CertificateError, Error};
use core::net::IpAddr;

/// Whom a server must prove to be: a host name or an IP address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ServerName<'n>(Kind<'n>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Kind<'n> {
    Dns(&'n str),
    Address(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] IpAddr),
}

impl<'n> ServerName<'n> {
    /// Of a URL's authority, such as [`gatepass::Request::authority`] gives: `as.example`, `as.example:8443`, `192.0.2.1`,
    /// `[2001:db8::1]:8443`. The port counts for nothing.
    ///
    /// # Errors
    /// [`Error::ServerName`] when it is no host name of letters, digits and hyphens (RFC 1123 §2.1; an internationalised one in its
    /// `xn--` form) and no IP address.
    pub fn from_authority(authority: &'n str) -> Result<Self, Error> {
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(Error::ServerName)?;
            let address = address.parse().map_err(|_| Error::ServerName)?;
            return if is_port(port) { Ok(Self(Kind::Address(IpAddr::V6(address)))) } else { Err(Error::ServerName) };
        }
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        if !is_port(authority.get(host.len()..).unwrap_or_default()) {
            return Err(Error::ServerName);
        }
        if let Ok(address) = host.parse() {
            return Ok(Self(Kind::Address(IpAddr::V4(address))));
        }
        if is_host(host) { Ok(Self(Kind::Dns(host))) } else { Err(Error::ServerName) }
    }

    /// What is told to the server (RFC 6066 §3: no address).
    pub(super) const fn indication(&self) -> Option<&'n str> {
        match self.0 {
            Kind::Dns(host) => Some(host),
            Kind::Address(_) => None,
        }
    }

    /// RFC 9525 §6: one `dNSName` or `iPAddress` of the certificate must be it; a `*` stands for exactly the first label.
    pub(super) fn check(&self, names: impl Iterator<Item = Presented<'n>>) -> Result<(), CertificateError> {
        let mut names = names;
        if names.any(|name| self.is(name)) { Ok(()) } else { Err(CertificateError::Name) }
    }

    fn is(&self, presented: Presented<'_>) -> bool {
        match (self.0, presented) {
            (Kind::Address(IpAddr::V4(own)), Presented::Address(octets)) => octets == own.octets(),
            (Kind::Address(IpAddr::V6(own)), Presented::Address(octets)) => octets == own.octets(),
            (Kind::Dns(host), Presented::Dns(name)) => match name.strip_prefix(b"*.") {
                None => host.as_bytes().eq_ignore_ascii_case(name),
                Some(parent) => {
                    host.split_once('.').is_some_and(|(_, own)| own.contains('.') && own.as_bytes().eq_ignore_ascii_case(parent))
                }
            },
            (Kind::Address(_), Presented::Dns(_)) | (Kind::Dns(_), Presented::Address(_)) => false,
        }
    }
}

/// A name that a certificate presents.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presented<'c> {
    Dns(&'c [u8]),
    Address(&'c [u8]),
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').map_or(text.is_empty(), |digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A last label of digits alone would be an address in some spelling (RFC 1123 §2.1).
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}
