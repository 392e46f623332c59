//! Access tokens: signed JWTs (RFC 9068), or opaque names.

use crate::random;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use std::io;

/// The key of a server's life: fresh at every start.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
    kid: String,
}

impl Signer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { key: SigningKey::from_bytes(&random::bytes()?), kid: random::name("k-")? })
    }

    /// The JWT of some claims: `EdDSA` (RFC 8037 §3.1), `typ` as RFC 9068 §2.1 wants it.
    pub(crate) fn jwt(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.kid, "typ": "at+jwt" });
        let mut token = encode(header.to_string().as_bytes());
        token.push('.');
        token.push_str(&encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        token.push_str(&encode(&signature.to_bytes()));
        token
    }

    /// The public half as a key set (RFC 7517 §5, RFC 8037 §2).
    pub(crate) fn jwks(&self) -> Value {
        let x = encode(self.key.verifying_key().as_bytes());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x }] })
    }
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
