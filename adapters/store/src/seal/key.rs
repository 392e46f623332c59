//! The key, and what it encrypts.
//!
//! | bytes | what |
//! |---|---|
//! | 15 | magic |
//! | 1 | version of the format |
//! | 1 | what the file is for |
//! | 8 | which key: the beginning of a digest of it |
//! | 24 | nonce, random for each write |
//! | n | the bytes, encrypted |
//! | 16 | tag, over all of that |

use core::{fmt, ops::Range};
use std::path::Path;

use chacha20poly1305::{AeadInOut as _, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use gatepass::{Version, Violation};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{MAGIC, Purpose, is_sealed};
use crate::{error::StoreError, store::Record};

const FORMAT: u8 = 1;
const NONCE: usize = 24;
const FORMAT_AT: Range<usize> = MAGIC.len()..MAGIC.len() + 1;
const KEY_AT: Range<usize> = FORMAT_AT.end + 1..FORMAT_AT.end + 9;
const HEADER: usize = KEY_AT.end + NONCE;

/// A key that files are encrypted with ([`File::encrypted`](crate::File::encrypted)): 32 bytes, wiped when dropped, and not in
/// `Debug`.
#[derive(Clone)]
pub struct Key(Box<Zeroizing<[u8; 32]>>);

impl Key {
    /// A key from elsewhere: a hardware module, a secret that a service manager hands in. It must be 32 random bytes, and never
    /// a password. The array that was passed in is the caller's to wipe.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    #[cfg(feature = "keyring")]
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn close(&self, purpose: Purpose, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::Entropy)?;
        let header = self.header(purpose, nonce);
        let mut sealed = Vec::with_capacity(HEADER.saturating_add(bytes.len()).saturating_add(size_of::<Tag>()));
        sealed.extend_from_slice(&header);
        sealed.extend_from_slice(bytes);
        let text = sealed.get_mut(HEADER..).unwrap_or_default();
        // It fails for what is longer than 256 GiB: no record.
        let tag = self.cipher().encrypt_inout_detached(&XNonce::from(nonce), &header, text.into());
        let tag = tag.map_err(|_| StoreError::NotARecord(Violation::TooLong.into()))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    pub(super) fn open(&self, purpose: Purpose, path: &Path, found: &Record) -> Result<Record, StoreError> {
        let damaged = |fault: Violation| StoreError::Damaged { path: path.to_owned(), fault: fault.into() };
        let broken = || damaged(Violation::Record);
        if !is_sealed(found) {
            // Anything can be a plain pending sign-in; a plain record is one.
            let is_plain = matches!(purpose, Purpose::Pending) || Version::of(found.as_bytes()).is_ok();
            return Err(if is_plain { StoreError::NotEncrypted { path: path.to_owned() } } else { broken() });
        }
        let (header, rest) = found.as_bytes().split_first_chunk::<HEADER>().ok_or_else(broken)?;
        let (text, tag) = rest.split_last_chunk::<{ size_of::<Tag>() }>().ok_or_else(broken)?;
        let nonce = *header.last_chunk::<NONCE>().ok_or_else(broken)?;
        let expected = self.header(purpose, nonce);
        let is_expected = |at: Range<usize>| header.get(at.clone()) == expected.get(at);
        if !is_expected(FORMAT_AT) {
            return Err(damaged(Violation::RecordVersion));
        }
        if !is_expected(KEY_AT) {
            return Err(StoreError::WrongKey { path: path.to_owned() });
        }
        if *header != expected {
            return Err(broken());
        }
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.cipher().decrypt_inout_detached(&XNonce::from(nonce), header, text.as_mut_slice().into(), &Tag::from(*tag));
        opened.map_err(|_| broken())?;
        Ok(Record::new(core::mem::take(&mut *text)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&**self.0).into())
    }

    fn header(&self, purpose: Purpose, nonce: [u8; NONCE]) -> [u8; HEADER] {
        let purpose = match purpose {
            Purpose::Record => 1,
            Purpose::Pending => 2,
        };
        let mut header = [0; HEADER];
        let fields = MAGIC.into_iter().chain([FORMAT, purpose]).chain(self.id()).chain(nonce);
        header.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        header
    }

    /// Tells keys apart, and says nothing else of them.
    fn id(&self) -> [u8; 8] {
        let digest = Sha256::new().chain_update("gatepass key 1").chain_update(self.0.as_slice()).finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
