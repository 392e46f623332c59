//! X.509 certificates (RFC 5280): as much as one link from a pinned root needs, read strictly as DER.

use super::{error::CertificateError, name::Presented};
use der::{
    Decode as _, Reader as _, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, BitStringRef, GeneralizedTime, UtcTime},
};

/// `AlgorithmIdentifier` of ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_WITH_SHA256: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
/// `SubjectPublicKeyInfo` of a key on P-256, up to its point (RFC 5480 §2).
const P256_KEY: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00,
];
const VERSION_3: &[u8] = &[0x02, 0x01, 0x02];
/// id-ce, the arc of the extensions (RFC 5280 §4.2.1): one byte follows.
const EXTENSIONS: &[u8] = &[0x55, 0x1D];
const SERVER_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/// An uncompressed point on P-256.
pub(super) type Point = [u8; 65];

/// A certificate's fields. Nothing is believed of them yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificate<'c> {
    /// What was signed.
    pub(super) signed: &'c [u8],
    /// `ECDSA-Sig-Value`.
    pub(super) signature: &'c [u8],
    pub(super) issuer: &'c [u8],
    pub(super) subject: &'c [u8],
    /// Seconds of Unix time, both included.
    pub(super) not_before: u64,
    pub(super) not_after: u64,
    pub(super) key: &'c Point,
    pub(super) extensions: Extensions<'c>,
}

/// `None` where it is absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extensions<'c> {
    pub(super) authority: Option<bool>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) server_auth: Option<bool>,
    pub(super) name_constraints: bool,
    names: Option<&'c [u8]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct KeyUsage {
    pub(super) digital_signature: bool,
    pub(super) key_cert_sign: bool,
}

impl From<der::Error> for CertificateError {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl<'c> Certificate<'c> {
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::Algorithm`] or [`CertificateError::Extension`].
    pub(super) fn read(der: &'c [u8]) -> Result<Self, CertificateError> {
        let mut outer = SliceReader::new(der)?;
        let mut certificate = inside(&mut outer, Tag::Sequence)?;
        outer.finish(())?;
        let signed = certificate.tlv_bytes()?;
        let algorithm = certificate.tlv_bytes()?;
        let signature = BitStringRef::decode(&mut certificate)?.as_bytes().ok_or(CertificateError::Malformed)?;
        certificate.finish(())?;
        if algorithm != ECDSA_WITH_SHA256 {
            return Err(CertificateError::Algorithm);
        }
        Self::read_signed(signed, signature)
    }

    /// `TBSCertificate` (RFC 5280 §4.1.2). Unique identifiers are not allowed to be there.
    fn read_signed(signed: &'c [u8], signature: &'c [u8]) -> Result<Self, CertificateError> {
        let mut outer = SliceReader::new(signed)?;
        let mut fields = inside(&mut outer, Tag::Sequence)?;
        if value(&mut fields, explicit(TagNumber::N0))? != VERSION_3 {
            return Err(CertificateError::Malformed);
        }
        if !(1..=20).contains(&value(&mut fields, Tag::Integer)?.len()) {
            return Err(CertificateError::Malformed);
        }
        if fields.tlv_bytes()? != ECDSA_WITH_SHA256 {
            return Err(CertificateError::Algorithm);
        }
        let issuer = sequence(&mut fields)?;
        let mut validity = inside(&mut fields, Tag::Sequence)?;
        let (not_before, not_after) = (seconds(&mut validity)?, seconds(&mut validity)?);
        validity.finish(())?;
        let subject = sequence(&mut fields)?;
        let key = sequence(&mut fields)?.strip_prefix(P256_KEY).and_then(|point| point.try_into().ok());
        let key = key.ok_or(CertificateError::Algorithm)?;
        let extensions =
            if fields.is_finished() { Extensions::default() } else { Extensions::read(value(&mut fields, explicit(TagNumber::N3))?)? };
        fields.finish(())?;
        Ok(Self { signed, signature, issuer, subject, not_before, not_after, key, extensions })
    }
}

impl<'c> Extensions<'c> {
    fn read(explicit: &'c [u8]) -> Result<Self, CertificateError> {
        let mut outer = SliceReader::new(explicit)?;
        let mut list = inside(&mut outer, Tag::Sequence)?;
        outer.finish(())?;
        let mut extensions = Self::default();
        while !list.is_finished() {
            let mut fields = inside(&mut list, Tag::Sequence)?;
            let id = value(&mut fields, Tag::ObjectIdentifier)?;
            let critical = fields.peek_tag()? == Tag::Boolean;
            if critical && !bool::decode(&mut fields)? {
                return Err(CertificateError::Malformed);
            }
            let content = value(&mut fields, Tag::OctetString)?;
            fields.finish(())?;
            extensions.add(id, critical, content)?;
        }
        Ok(extensions)
    }

    fn add(&mut self, id: &[u8], critical: bool, content: &'c [u8]) -> Result<(), CertificateError> {
        let repeated = match id.strip_prefix(EXTENSIONS) {
            Some([15]) => self.key_usage.replace(key_usage(content)?).is_some(),
            Some([17]) => self.names.replace(checked_names(content)?).is_some(),
            Some([19]) => self.authority.replace(basic_constraints(content)?).is_some(),
            Some([37]) => self.server_auth.replace(extended_key_usage(content)?).is_some(),
            Some([30]) => core::mem::replace(&mut self.name_constraints, true),
            _ if critical => return Err(CertificateError::Extension),
            _ => false,
        };
        if repeated { Err(CertificateError::Malformed) } else { Ok(()) }
    }

    /// The names of subjectAltName that a TLS server can have; `None` when the extension is absent.
    pub(super) fn names(&self) -> Option<impl Iterator<Item = Presented<'c>> + use<'c>> {
        let mut names = SliceReader::new(self.names?).ok()?;
        Some(core::iter::from_fn(move || next_name(&mut names).ok().flatten()).flatten())
    }
}

/// One name: `Some(None)` for a kind that no TLS server has.
fn next_name<'c>(names: &mut SliceReader<'c>) -> Result<Option<Option<Presented<'c>>>, CertificateError> {
    if names.is_finished() {
        return Ok(None);
    }
    let name = AnyRef::decode(names)?;
    let Tag::ContextSpecific { constructed, number } = der::Tagged::tag(&name) else { return Err(CertificateError::Malformed) };
    let presented = if number == TagNumber::N2 {
        Presented::Dns(name.value())
    } else if number == TagNumber::N7 {
        Presented::Address(name.value())
    } else {
        return Ok(Some(None));
    };
    if constructed || !name.value().is_ascii() && number == TagNumber::N2 {
        Err(CertificateError::Malformed)
    } else {
        Ok(Some(Some(presented)))
    }
}

/// RFC 5280 §4.2.1.6.
fn checked_names(content: &[u8]) -> Result<&[u8], CertificateError> {
    let mut outer = SliceReader::new(content)?;
    let names = value(&mut outer, Tag::Sequence)?;
    outer.finish(())?;
    let mut each = SliceReader::new(names)?;
    while next_name(&mut each)?.is_some() {}
    if names.is_empty() { Err(CertificateError::Malformed) } else { Ok(names) }
}

/// RFC 5280 §4.2.1.9: whether it is an authority. No path length matters, for one link is the longest path.
fn basic_constraints(content: &[u8]) -> Result<bool, CertificateError> {
    let mut outer = SliceReader::new(content)?;
    let mut fields = inside(&mut outer, Tag::Sequence)?;
    outer.finish(())?;
    if fields.is_finished() {
        return Ok(false);
    }
    if !bool::decode(&mut fields)? {
        return Err(CertificateError::Malformed);
    }
    if !fields.is_finished() {
        value(&mut fields, Tag::Integer)?;
    }
    fields.finish(true).map_err(CertificateError::from)
}

/// RFC 5280 §4.2.1.3.
fn key_usage(content: &[u8]) -> Result<KeyUsage, CertificateError> {
    let bits = BitStringRef::from_der(content)?;
    let first = bits.raw_bytes().first().copied().ok_or(CertificateError::Malformed)?;
    Ok(KeyUsage { digital_signature: first & 0x80 != 0, key_cert_sign: first & 0x04 != 0 })
}

/// RFC 5280 §4.2.1.12: whether serverAuth is among them.
fn extended_key_usage(content: &[u8]) -> Result<bool, CertificateError> {
    let mut outer = SliceReader::new(content)?;
    let mut purposes = inside(&mut outer, Tag::Sequence)?;
    outer.finish(())?;
    let mut server = false;
    while !purposes.is_finished() {
        server |= value(&mut purposes, Tag::ObjectIdentifier)? == SERVER_AUTH;
    }
    Ok(server)
}

/// RFC 5280 §4.1.2.5.
fn seconds(reader: &mut SliceReader<'_>) -> Result<u64, CertificateError> {
    let time = if reader.peek_tag()? == Tag::UtcTime {
        UtcTime::decode(reader)?.to_unix_duration()
    } else {
        GeneralizedTime::decode(reader)?.to_unix_duration()
    };
    Ok(time.as_secs())
}

const fn explicit(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: true, number }
}

/// The next element's value, which must have this tag.
fn value<'c>(reader: &mut SliceReader<'c>, tag: Tag) -> Result<&'c [u8], CertificateError> {
    let element = AnyRef::decode(reader)?;
    der::Tagged::tag(&element).assert_eq(tag)?;
    Ok(element.value())
}

fn inside<'c>(reader: &mut SliceReader<'c>, tag: Tag) -> Result<SliceReader<'c>, CertificateError> {
    Ok(SliceReader::new(value(reader, tag)?)?)
}

/// A whole SEQUENCE, header and all.
fn sequence<'c>(reader: &mut SliceReader<'c>) -> Result<&'c [u8], CertificateError> {
    if reader.peek_tag()? == Tag::Sequence { Ok(reader.tlv_bytes()?) } else { Err(CertificateError::Malformed) }
}
