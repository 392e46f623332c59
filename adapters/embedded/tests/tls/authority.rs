//! Certificates, made when they are needed.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Something that signs certificates, whether it may or not.
pub struct Authority {
    pub certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivatePkcs8KeyDer<'static>,
}

pub fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

/// For these names, otherwise plain.
pub fn server(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name = common_name("server");
    params
}

pub fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

impl Authority {
    pub fn root(name: &str) -> Self {
        Self::self_signed(authority(name), key())
    }

    pub fn self_signed(params: CertificateParams, key: KeyPair) -> Self {
        Self { certificate: params.self_signed(&key).unwrap(), issuer: Issuer::new(params, key) }
    }

    /// An authority below this one, or what would like to be one.
    pub fn authority(&self, params: CertificateParams) -> Self {
        let key = key();
        Self { certificate: params.signed_by(&key, &self.issuer).unwrap(), issuer: Issuer::new(params, key) }
    }

    pub fn der(&self) -> &[u8] {
        self.certificate.der()
    }

    pub fn issue(&self, params: &CertificateParams) -> Identity {
        self.issue_for(params, &key())
    }

    pub fn issue_for(&self, params: &CertificateParams, key: &KeyPair) -> Identity {
        Identity { chain: vec![params.signed_by(key, &self.issuer).unwrap().into()], key: key.serialize_der().into() }
    }
}

impl Identity {
    /// Shows another certificate behind its own.
    pub fn with(mut self, next: &Authority) -> Self {
        self.chain.push(next.certificate.der().clone());
        self
    }
}
