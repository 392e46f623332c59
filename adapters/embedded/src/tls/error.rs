//! What can go wrong with TLS, and who is at fault.

use core::fmt;

/// Why a certificate is refused. Nothing of it is quoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CertificateError {
    /// It is no DER, no X.509 version 3 certificate, or has a field twice (RFC 5280 §4.1).
    Malformed,
    /// Its key or its signature is of another kind than ECDSA on P-256 with SHA-256.
    Algorithm,
    /// It has a critical extension that is not understood, or the root has name constraints (RFC 5280 §4.2).
    Extension,
    /// What should be a root is no certificate authority (RFC 5280 §4.2.1.9).
    NotAnAuthority,
    /// A certificate authority shows itself as a server.
    Authority,
    /// Its key is not for signatures (RFC 5280 §4.2.1.3).
    KeyUsage,
    /// It is not for TLS servers (RFC 5280 §4.2.1.12).
    Purpose,
    /// Its issuer is not the pinned root.
    Issuer,
    /// The pinned root did not sign it.
    Signature,
    /// Its time has not begun.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// It has no subject alternative name; a common name is none (RFC 9525 §2).
    NoNames,
    /// It is for other names.
    Name,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the certificate is malformed: it must be one X.509 version 3 certificate in DER",
            Self::Algorithm => "the certificate's key or signature is not ECDSA on P-256 with SHA-256: issue it so",
            Self::Extension => "the certificate has a critical extension that is not understood: issue it without",
            Self::NotAnAuthority => "the root is no certificate authority: pin the certificate that signs the server's",
            Self::Authority => "a certificate authority shows itself as a server: issue a certificate for the server",
            Self::KeyUsage => "the certificate's key usage lacks digitalSignature",
            Self::Purpose => "the certificate's extended key usage lacks serverAuth",
            Self::Issuer => "the certificate's issuer is not the pinned root: pin the authority that signs it directly",
            Self::Signature => "the pinned root did not sign the certificate",
            Self::NotYetValid => "the certificate is not valid yet: look at the device's clock",
            Self::Expired => "the certificate has expired: renew it, or look at the device's clock",
            Self::NoNames => "the certificate has no subject alternative name",
            Self::Name => "the certificate is for other names than the server's",
        })
    }
}

impl core::error::Error for CertificateError {}

/// Why there is no connection, or none any more. Each of them ends it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The server's name is no host name and no IP address.
    ServerName,
    /// The server's certificate, or the root itself.
    Certificate(CertificateError),
    /// The handshake ended without a proof that the server holds the certificate's key: it left its certificate or its signature
    /// out, showed two, or signed with another key (RFC 8446 §4.4).
    Unauthenticated,
    /// A buffer is too small: the first must hold a record, 16,640 bytes unless the server sends smaller ones; the second 640
    /// bytes.
    Capacity,
    /// A record that TLS 1.3 does not allow here (RFC 8446 §5).
    Record,
    /// The stream ended without `close_notify`: what came before may have been cut (RFC 8446 §6.1).
    Truncated,
    /// The stream's own error.
    Io(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] embedded_io::ErrorKind),
    /// Anything else that embedded-tls refuses: another version, an alert, a bad tag.
    Tls(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] embedded_tls::TlsError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerName => f.write_str("the server's name is no host name and no IP address"),
            Self::Certificate(error) => error.fmt(f),
            Self::Unauthenticated => f.write_str("the server did not prove that it holds its certificate's key"),
            Self::Capacity => f.write_str("a buffer is too small: 16640 bytes to receive a record, 640 to send"),
            Self::Record => f.write_str("the peer sent a record that TLS 1.3 does not allow here"),
            Self::Truncated => f.write_str("the stream ended without close_notify"),
            Self::Io(kind) => write!(f, "the stream failed: {kind:?}"),
            Self::Tls(error) => write!(f, "TLS failed: {error:?}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Certificate(error) => Some(error),
            Self::ServerName | Self::Unauthenticated | Self::Capacity | Self::Record | Self::Truncated | Self::Io(_) | Self::Tls(_) => None,
        }
    }
}

impl embedded_io::Error for Error {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self {
            Self::Io(kind) => *kind,
            Self::Truncated => embedded_io::ErrorKind::ConnectionReset,
            Self::Certificate(_) | Self::Unauthenticated => embedded_io::ErrorKind::PermissionDenied,
            Self::ServerName => embedded_io::ErrorKind::InvalidInput,
            Self::Capacity => embedded_io::ErrorKind::OutOfMemory,
            Self::Record | Self::Tls(_) => embedded_io::ErrorKind::InvalidData,
        }
    }
}

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}

impl Error {
    pub(super) fn of(error: embedded_tls::TlsError) -> Self {
        use embedded_tls::TlsError;
        if let TlsError::Io(kind) = error {
            return if kind == super::guard::REFUSED { Self::Record } else { Self::Io(kind) };
        }
        if matches!(error, TlsError::InsufficientSpace | TlsError::EncodeError) {
            return Self::Capacity;
        }
        if matches!(error, TlsError::IoError) { Self::Truncated } else { Self::Tls(error) }
    }
}
