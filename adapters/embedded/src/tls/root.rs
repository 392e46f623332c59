//! The pinned root, and the one link from it to a server.

use super::{
    certificate::{Certificate, Point},
    error::CertificateError,
    name::ServerName,
};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};

/// The one certificate authority that a device believes: usually the maker's own, never a public one.
#[derive(Clone, Copy, Debug)]
pub struct PinnedRoot<'r> {
    subject: &'r [u8],
    key: &'r Point,
}

/// What the device knows of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Clock(Option<u64>);

impl Clock {
    /// Seconds since 1970-01-01T00:00:00Z, of a clock that was set.
    #[must_use]
    pub const fn unix_seconds(now: u64) -> Self {
        Self(Some(now))
    }

    /// Nothing: **expired certificates pass**, for ever, and so does whoever got hold of the key of one. Set the clock instead, by
    /// an RTC or authenticated network time.
    #[must_use]
    pub const fn unknown_so_expired_certificates_pass() -> Self {
        Self(None)
    }
}

impl<'r> PinnedRoot<'r> {
    /// Pins the certificate, in DER, that signs the server's certificate **directly**: an intermediate one if there is one. Its own
    /// validity period and signature are not looked at, for it is trusted because it is here (RFC 5280 §6.1.1).
    ///
    /// # Errors
    /// What is wrong with it: [`NotAnAuthority`](CertificateError::NotAnAuthority) when basicConstraints or keyUsage do not let it
    /// sign certificates, [`Extension`](CertificateError::Extension) when it has name constraints, which are not kept here.
    pub fn from_der(der: &'r [u8]) -> Result<Self, CertificateError> {
        let root = Certificate::read(der)?;
        if root.extensions.name_constraints {
            return Err(CertificateError::Extension);
        }
        let may_sign = root.extensions.key_usage.is_none_or(|usage| usage.key_cert_sign);
        if root.extensions.authority != Some(true) || !may_sign {
            return Err(CertificateError::NotAnAuthority);
        }
        VerifyingKey::from_sec1_bytes(root.key).map_err(|_| CertificateError::Algorithm)?;
        Ok(Self { subject: root.subject, key: root.key })
    }

    /// Whether this root vouches for a server's certificate, in DER: as a connection will ask, to be asked before one is deployed.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, certificate: &[u8], name: &ServerName<'_>, clock: Clock) -> Result<(), CertificateError> {
        self.vouches(certificate, name, clock).map(|_| ())
    }

    /// The server's key, when the root vouches for it. The signature is looked at last, since it costs most.
    pub(super) fn vouches<'c>(&self, der: &'c [u8], name: &ServerName<'_>, clock: Clock) -> Result<&'c Point, CertificateError> {
        let server = Certificate::read(der)?;
        self.allows(&server, name, clock)?;
        let key = VerifyingKey::from_sec1_bytes(self.key).map_err(|_| CertificateError::Algorithm)?;
        let signature = Signature::from_der(server.signature).map_err(|_| CertificateError::Signature)?;
        key.verify(server.signed, &signature).map_err(|_| CertificateError::Signature)?;
        Ok(server.key)
    }

    /// RFC 5280 §6.1.3 and RFC 9525 §6, the signature apart.
    pub(super) fn allows(&self, server: &Certificate<'_>, name: &ServerName<'_>, clock: Clock) -> Result<(), CertificateError> {
        if server.issuer != self.subject {
            return Err(CertificateError::Issuer);
        }
        if clock.0.is_some_and(|now| now < server.not_before) {
            return Err(CertificateError::NotYetValid);
        }
        if clock.0.is_some_and(|now| now > server.not_after) {
            return Err(CertificateError::Expired);
        }
        let extensions = &server.extensions;
        if extensions.authority == Some(true) {
            return Err(CertificateError::Authority);
        }
        if extensions.key_usage.is_some_and(|usage| !usage.digital_signature) {
            return Err(CertificateError::KeyUsage);
        }
        if extensions.server_auth == Some(false) {
            return Err(CertificateError::Purpose);
        }
        name.check(extensions.names().ok_or(CertificateError::NoNames)?)
    }
}
