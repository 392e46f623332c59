//! A TLS 1.3 server that leaves out, repeats and forges (RFC 8446 §4, §5, §7).

use super::authority::{Identity, key};
use super::peers::BODY;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{Context, SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use std::io::{Read, Write};
use std::net::TcpStream;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Act {
    Honest,
    /// Right to Finished, as with a pre-shared key.
    NoCertificate,
    /// A certificate that anybody can copy, and no proof.
    NoSignature,
    /// Signed with another key.
    ForeignSignature,
    /// Signed over another transcript.
    OldSignature,
    SignatureFirst,
    TwoCertificates,
    CertificateAfterProof,
    /// An encrypted record of a tag alone.
    EmptyRecord,
    /// A handshake message once all is done.
    LateHandshake,
}

/// One direction's keys.
struct Sealer {
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

struct Server {
    stream: TcpStream,
    transcript: Context,
}

pub fn serve(stream: TcpStream, identity: &Identity, act: Act) {
    // A client that refuses goes away in the middle of it.
    let _ = Server { stream, transcript: Context::new(&SHA256) }.run(identity, act);
}

impl Server {
    fn run(mut self, identity: &Identity, act: Act) -> std::io::Result<()> {
        let hello = self.record()?;
        self.transcript.update(&hello);
        let random = SystemRandom::new();
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
        let server_hello = server_hello(own.compute_public_key().unwrap().as_ref());
        let theirs = UnparsedPublicKey::new(&ECDH_P256, key_share(&hello));
        let shared: Vec<u8> = agree_ephemeral(own, &theirs, |secret| secret.to_vec()).unwrap();
        self.transcript.update(&server_hello);
        self.stream.write_all(&plain(22, &server_hello))?;

        let nothing = digest(&SHA256, b"");
        let early = extract(&[0; 32], &[0; 32]);
        let secret = extract(&expand(&early, "derived", nothing.as_ref(), 32), &shared);
        let traffic = expand(&secret, "s hs traffic", self.hash().as_ref(), 32);
        let mut sealer = Sealer::new(&traffic);

        self.say(&mut sealer, 8, &[0, 0])?;
        if act == Act::EmptyRecord {
            self.stream.write_all(&sealer.seal(&[]))?;
        }
        let before = self.hash();
        let prove = |server: &mut Self, sealer: &mut Sealer| {
            let signed = if act == Act::OldSignature { before } else { server.hash() };
            let signature = sign(identity, act, signed.as_ref());
            server.say(sealer, 15, &[&[4, 3][..], &(signature.len() as u16).to_be_bytes(), &signature].concat())
        };
        let show = |server: &mut Self, sealer: &mut Sealer| server.say(sealer, 11, &certificate(identity));
        match act {
            Act::NoCertificate => {}
            Act::NoSignature => show(&mut self, &mut sealer)?,
            Act::SignatureFirst => {
                prove(&mut self, &mut sealer)?;
                show(&mut self, &mut sealer)?;
            }
            Act::TwoCertificates => {
                show(&mut self, &mut sealer)?;
                show(&mut self, &mut sealer)?;
                prove(&mut self, &mut sealer)?;
            }
            Act::CertificateAfterProof => {
                show(&mut self, &mut sealer)?;
                prove(&mut self, &mut sealer)?;
                show(&mut self, &mut sealer)?;
            }
            _ => {
                show(&mut self, &mut sealer)?;
                prove(&mut self, &mut sealer)?;
            }
        }
        let finished = hmac::sign(&hmac::Key::new(HMAC_SHA256, &expand(&traffic, "finished", b"", 32)), self.hash().as_ref());
        self.say(&mut sealer, 20, finished.as_ref())?;

        let main = extract(&expand(&secret, "derived", nothing.as_ref(), 32), &[0; 32]);
        let mut sealer = Sealer::new(&expand(&main, "s ap traffic", self.hash().as_ref(), 32));
        // Finished, then the request. Neither is read.
        let (_, _) = (self.record()?, self.record()?);
        if act == Act::LateHandshake {
            self.say(&mut sealer, 8, &[0, 0])?;
        }
        self.stream.write_all(&sealer.seal(&[BODY, &[23]].concat()))?;
        self.stream.write_all(&sealer.seal(&[1, 0, 21]))?;
        self.stream.read_to_end(&mut Vec::new()).map(|_| ())
    }

    fn hash(&self) -> ring::digest::Digest {
        self.transcript.clone().finish()
    }

    /// The body of the client's next record.
    fn record(&mut self) -> std::io::Result<Vec<u8>> {
        let mut header = [0; 5];
        self.stream.read_exact(&mut header)?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn say(&mut self, sealer: &mut Sealer, kind: u8, body: &[u8]) -> std::io::Result<()> {
        let message = message(kind, body);
        self.transcript.update(&message);
        self.stream.write_all(&sealer.seal(&[&message[..], &[22]].concat()))
    }
}

impl Sealer {
    fn new(traffic: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_128_GCM, &expand(traffic, "key", b"", 16)).unwrap();
        Self { key: LessSafeKey::new(key), iv: expand(traffic, "iv", b"", 12).try_into().unwrap(), sequence: 0 }
    }

    /// A record; the content ends with its type.
    fn seal(&mut self, content: &[u8]) -> Vec<u8> {
        let mut nonce = self.iv;
        nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()).for_each(|(byte, other)| *byte ^= other);
        self.sequence += 1;
        let mut sealed = content.to_vec();
        let header = [&[23, 3, 3][..], &(content.len() as u16 + 16).to_be_bytes()].concat();
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&header), &mut sealed).unwrap();
        [header, sealed].concat()
    }
}

fn plain(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&[kind][..], &length[1..], body].concat()
}

fn server_hello(share: &[u8]) -> Vec<u8> {
    let extensions = [&[0, 0x2B, 0, 2, 3, 4, 0, 0x33, 0, 69, 0, 0x17, 0, 65][..], share].concat();
    let body = [&[3, 3][..], &[7; 32], &[0, 0x13, 1, 0], &(extensions.len() as u16).to_be_bytes(), &extensions].concat();
    message(2, &body)
}

/// The point on P-256 in a `ClientHello` with an empty session identifier and one suite.
fn key_share(hello: &[u8]) -> Vec<u8> {
    let mut rest = &hello[4 + 2 + 32 + 1 + 4 + 2 + 2..];
    loop {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if rest[..2] == [0, 0x33] {
            return rest[4 + 2 + 4..4 + length].to_vec();
        }
        rest = &rest[4 + length..];
    }
}

fn certificate(identity: &Identity) -> Vec<u8> {
    let der = &identity.chain[0];
    let length = |bytes: usize| (bytes as u32).to_be_bytes()[1..].to_vec();
    [&[0][..], &length(der.len() + 5), &length(der.len()), der, &[0, 0]].concat()
}

fn sign(identity: &Identity, act: Act, hash: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let foreign = key().serialize_der();
    let own = if act == Act::ForeignSignature { &foreign } else { identity.key.secret_pkcs8_der() };
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, own, &random).unwrap();
    let signed = [&[b' '; 64][..], b"TLS 1.3, server CertificateVerify\0", hash].concat();
    key.sign(&random, &signed).unwrap().as_ref().to_vec()
}

fn extract(salt: &[u8], secret: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, salt), secret).as_ref().to_vec()
}

/// HKDF-Expand-Label of one block (RFC 8446 §7.1).
fn expand(secret: &[u8], label: &str, context: &[u8], length: u8) -> Vec<u8> {
    let label = [b"tls13 ", label.as_bytes()].concat();
    let info = [&[0, length, label.len() as u8][..], &label, &[context.len() as u8], context, &[1]].concat();
    hmac::sign(&hmac::Key::new(HMAC_SHA256, secret), &info).as_ref()[..usize::from(length)].to_vec()
}
