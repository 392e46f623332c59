//! What embedded-tls asks of us in a handshake.

use super::{
    Peer,
    certificate::Point,
    error::{CertificateError, Error},
};
use embedded_tls::{
    Aes128GcmSha256, CertificateEntryRef, CertificateRef, CertificateVerifyRef, CryptoProvider, CryptoRngCore, Sha256, SignatureScheme,
    TlsError, TlsVerifier,
};
use p256::ecdsa::{DerSignature, Signature, VerifyingKey, signature::Verifier as _};
use sha2_10::Digest as _;

/// RFC 8446 §4.4.3: 64 spaces, the context and a zero byte, ahead of the transcript's hash.
const CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";
const SIGNED: usize = 64 + CONTEXT.len() + 32;

pub(super) struct Provider<'p, R> {
    pub(super) verifier: Verifier<'p>,
    pub(super) rng: R,
}

pub(super) struct Verifier<'p> {
    peer: &'p Peer<'p>,
    progress: Progress,
}

enum Progress {
    Nothing,
    /// The root vouches for this key; the transcript ends with the certificate.
    Vouched {
        key: Point,
        transcript: Sha256,
    },
    Proven,
    Refused(Error),
}

impl<'p> Verifier<'p> {
    pub(super) const fn new(peer: &'p Peer<'p>) -> Self {
        Self { peer, progress: Progress::Nothing }
    }

    /// What became of the handshake. embedded-tls lets a server go on that shows no certificate, or does not sign: only a proof
    /// counts.
    pub(super) fn outcome(&self, handshake: Result<(), TlsError>) -> Result<(), Error> {
        match (&self.progress, handshake) {
            (Progress::Refused(error), _) => Err(*error),
            (_, Err(error)) => Err(Error::of(error)),
            (Progress::Proven, Ok(())) => Ok(()),
            (Progress::Nothing | Progress::Vouched { .. }, Ok(())) => Err(Error::Unauthenticated),
        }
    }

    fn note(&mut self, outcome: Result<Progress, Error>) -> Result<(), TlsError> {
        match outcome {
            Ok(progress) => self.progress = progress,
            Err(error) => {
                self.progress = Progress::Refused(error);
                return Err(TlsError::InvalidCertificate);
            }
        }
        Ok(())
    }

    /// The first certificate is the server's own; those that follow cannot help it.
    fn vouch(&self, transcript: &Sha256, shown: &CertificateRef<'_>) -> Result<Progress, Error> {
        let (Progress::Nothing, Some(CertificateEntryRef::X509(der))) = (&self.progress, shown.entries.first()) else {
            return Err(Error::Unauthenticated);
        };
        let key = self.peer.root.vouches(der, &self.peer.name, self.peer.clock)?;
        Ok(Progress::Vouched { key: *key, transcript: transcript.clone() })
    }

    fn prove(&mut self, shown: &CertificateVerifyRef<'_>) -> Result<Progress, Error> {
        let Progress::Vouched { key, transcript } = core::mem::replace(&mut self.progress, Progress::Nothing) else {
            return Err(Error::Unauthenticated);
        };
        if !matches!(shown.signature_scheme, SignatureScheme::EcdsaSecp256r1Sha256) {
            return Err(CertificateError::Algorithm.into());
        }
        let mut message = [b' '; SIGNED];
        let tail = CONTEXT.iter().copied().chain(transcript.finalize());
        message.iter_mut().skip(64).zip(tail).for_each(|(slot, byte)| *slot = byte);
        let key = VerifyingKey::from_sec1_bytes(&key).map_err(|_| CertificateError::Algorithm)?;
        let signature = Signature::from_der(shown.signature).map_err(|_| Error::Unauthenticated)?;
        key.verify(&message, &signature).map_err(|_| Error::Unauthenticated)?;
        Ok(Progress::Proven)
    }
}

impl TlsVerifier<Aes128GcmSha256> for Verifier<'_> {
    /// The name is the peer's, and was given at the beginning.
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
        Ok(())
    }

    fn verify_certificate(&mut self, transcript: &Sha256, shown: CertificateRef<'_>) -> Result<(), TlsError> {
        let outcome = self.vouch(transcript, &shown);
        self.note(outcome)
    }

    fn verify_signature(&mut self, shown: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        let outcome = self.prove(&shown);
        self.note(outcome)
    }
}

impl<R: CryptoRngCore> CryptoProvider for Provider<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.rng
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}
