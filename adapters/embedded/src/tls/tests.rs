//! Hostile bytes below the signature, and records ahead of embedded-tls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

extern crate std;

use super::{certificate::Certificate, error::CertificateError, guard::Guard, name::ServerName, root::Clock, root::PinnedRoot};
use embedded_io::Read as _;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use std::{vec, vec::Vec};

const NOW: Clock = Clock::unix_seconds(1_795_305_600);

/// A root and a server's certificate with all that is read.
fn pair() -> (Vec<u8>, Vec<u8>) {
    let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let signer = key();
    let own = root.self_signed(&signer).unwrap().der().to_vec();
    let mut server = CertificateParams::new(["as.example".into(), "192.0.2.1".into(), "*.as.example".into()]).unwrap();
    server.is_ca = IsCa::ExplicitNoCa;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    (own, server.signed_by(&key(), &Issuer::new(root, signer)).unwrap().der().to_vec())
}

/// xorshift64*: the same mutations every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(6) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = [0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF][self.below(8)],
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, self.below(256) as u8),
            4 => bytes[at] = bytes[at].wrapping_add(1),
            _ => {
                let end = at + self.below(bytes.len() - at).min(40);
                let piece = bytes[at..end].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, piece).for_each(drop);
            }
        }
    }
}

#[test]
fn a_mutated_certificate_never_panics_and_is_never_believed() {
    let (root, server) = pair();
    let root = PinnedRoot::from_der(&root).unwrap();
    let name = ServerName::from_authority("eu.as.example").unwrap();
    assert!(root.check(&server, &name, NOW).is_ok());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut read, mut signatures) = (0, 0);
    for _ in 0..400_000 {
        let mut mutant = server.clone();
        for _ in 0..=dice.below(3) {
            dice.mutate(&mut mutant);
        }
        let Ok(certificate) = Certificate::read(&mutant) else { continue };
        read += 1;
        // The signature is slow, and some hundreds of them are enough.
        if root.allows(&certificate, &name, NOW).is_ok() && mutant != server && signatures < 300 {
            signatures += 1;
            assert_eq!(root.check(&mutant, &name, NOW), Err(CertificateError::Signature));
        }
    }
    assert!(read > 10_000 && signatures == 300, "{read} {signatures}");
}

#[test]
fn a_certificate_that_is_cut_or_goes_on_is_malformed() {
    let (root, server) = pair();
    for whole in [root, server] {
        for length in 0..whole.len() {
            assert!(Certificate::read(&whole[..length]).is_err());
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(Certificate::read(&longer).map(|_| ()), Err(CertificateError::Malformed));
    }
}

#[test]
fn noise_is_no_certificate() {
    let mut dice = Dice(7);
    for _ in 0..100_000 {
        let noise: Vec<u8> = (0..dice.below(64)).map(|_| dice.below(256) as u8).collect();
        assert!(Certificate::read(&noise).is_err());
    }
}

/// What a guard lets through of these bytes, in chunks of this size.
fn passes(bytes: &[u8], size: usize) -> bool {
    let mut guard = Guard::new(bytes);
    let mut chunk = vec![0; size];
    loop {
        match guard.read(&mut chunk) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(_) => return guard.read(&mut chunk).is_ok(),
        }
    }
}

#[test]
fn only_records_of_tls_1_3_pass() {
    let record = |kind: u8, length: u16| [&[kind, 3, 3][..], &length.to_be_bytes(), &vec![0; length.into()]].concat();
    let hello = || record(22, 90);
    let after = |records: &[Vec<u8>]| [hello(), records.concat()].concat();
    let (data, compatible, alert) = (record(23, 17), record(20, 1), record(21, 2));
    for (bytes, pass) in [
        (after(&[compatible.clone(), data.clone(), record(23, 16_640)]), true),
        ([compatible.clone(), hello(), data.clone()].concat(), true),
        (alert.clone(), true),
        (data.clone(), false),
        (after(&[alert]), false),
        (after(&[hello()]), false),
        (after(&[data.clone(), hello()]), false),
        (after(&[compatible.clone(), compatible]), false),
        (after(&[record(20, 2)]), false),
        (after(&[record(23, 16)]), false),
        (after(&[record(23, 0)]), false),
        (after(&[record(23, 16_641)]), false),
        (after(&[record(24, 17)]), false),
        (record(22, 0), false),
        (record(22, 16_385), false),
    ] {
        for size in [1, 2, 5, 7, 64, 40_000] {
            assert_eq!(passes(&bytes, size), pass, "{:?} {size}", &bytes[..5]);
        }
    }
}
