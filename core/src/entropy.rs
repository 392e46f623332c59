//! Randomness is an argument: 64 bytes from the caller's cryptographic generator.

use zeroize::Zeroizing;

use crate::{
    error::{Error, Misuse},
    pkce::{STATE_OCTETS, VERIFIER_OCTETS},
    writer::Writer,
};

/// 64 fresh bytes from a cryptographic generator, used once and wiped when dropped.
///
/// One sign-in takes 32 of them for the code verifier (RFC 7636 §7.1), 20 for `state` (160 bits, RFC 6749 §10.10) and 12
/// to name the grant's family. Bytes that are plainly not random (all equal, or a repeated block) are refused: a generator
/// that was never seeded must not sign anybody in.
pub struct Entropy(Zeroizing<[u8; 64]>);

impl Entropy {
    /// Takes 64 bytes of a cryptographic generator.
    ///
    /// # Errors
    /// [`Misuse::Entropy`] when the bytes are a repeated block of 1, 2, 4, 8, 16 or 32 bytes.
    pub fn from_bytes(bytes: [u8; 64]) -> Result<Self, Error> {
        let entropy = Self(Zeroizing::new(bytes));
        // Each shorter block that is repeated makes one of 32 bytes that is.
        let (half, other) = entropy.0.split_at(32);
        if half == other { Err(Error::Misuse(Misuse::Entropy)) } else { Ok(entropy) }
    }

    /// Fills from a cryptographic generator.
    ///
    /// # Errors
    /// [`Misuse::Entropy`] when the generator failed, or gave a repeated block.
    #[cfg(feature = "rand_core")]
    pub fn from_rng<R: rand_core::TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 64]);
        rng.try_fill_bytes(bytes.as_mut_slice()).map_err(|_| Error::Misuse(Misuse::Entropy))?;
        Self::from_bytes(*bytes)
    }

    /// The code verifier and `state`: [`SECRETS_LEN`](crate::pkce::SECRETS_LEN) characters.
    pub(crate) fn write_secrets(&self, out: &mut Writer<'_>) {
        let (verifier, rest) = self.0.split_at(VERIFIER_OCTETS);
        out.base64url(verifier);
        out.base64url(rest.get(..STATE_OCTETS).unwrap_or_default());
    }

    /// What names a family or an instance; it is stored, so it shares no byte with the secrets.
    pub(crate) fn id(&self) -> Id {
        let id = Id::from_bytes(*self.0.last_chunk().unwrap_or(&[0; 12]));
        if id.is_nobody() { Id([1, 0, 0]) } else { id }
    }
}

impl core::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entropy(..)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Entropy {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Entropy(..)");
    }
}

/// A random name of 96 bits: of a family (one a sign-in) or of an instance that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(feature = "model"), derive(Hash))]
pub(crate) struct Id(pub(crate) [u32; 3]);

impl Id {
    /// The name of nobody: no entropy gives it.
    pub(crate) const NOBODY: Self = Self([0; 3]);

    pub(crate) fn is_nobody(self) -> bool {
        self == Self::NOBODY
    }

    pub(crate) const fn from_bytes(bytes: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Self([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]), u32::from_le_bytes([i, j, k, l])])
    }

    pub(crate) const fn to_bytes(self) -> [u8; 12] {
        let [[a, b, c, d], [e, f, g, h], [i, j, k, l]] = [self.0[0].to_le_bytes(), self.0[1].to_le_bytes(), self.0[2].to_le_bytes()];
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// A pseudo-random fraction of `span` (milliseconds), for jitter: spread over holders and over revisions, no secret.
    #[inline(never)]
    pub(crate) fn jitter(self, salt: u32, span: u32) -> u32 {
        #[cfg(feature = "model")]
        if self.to_bytes().starts_with(crate::model::NAME) {
            return 0;
        }
        // Multiplications and rotations: cheap, and good enough to keep holders apart.
        let hash = self.0.iter().fold(salt, |hash, word| (hash ^ word).wrapping_mul(0x9e37_79b1).rotate_left(15));
        (u64::from(hash.wrapping_mul(0x85eb_ca77)).wrapping_mul(span.into()) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // R009
    #[test]
    fn bytes_that_are_plainly_not_random_are_refused() {
        assert_eq!(Entropy::from_bytes([0; 64]).err(), Some(Error::Misuse(Misuse::Entropy)));
        assert_eq!(Entropy::from_bytes([0xff; 64]).err(), Some(Error::Misuse(Misuse::Entropy)));
        for period in [2, 4, 8, 16, 32] {
            let mut bytes = [0; 64];
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = (i % period) as u8;
            }
            assert!(Entropy::from_bytes(bytes).is_err(), "period {period}");
        }
        assert!(Entropy::from_bytes(core::array::from_fn(|i| i as u8)).is_ok());
    }

    // R150
    #[test]
    fn entropy_is_not_printed() {
        extern crate std;
        let entropy = Entropy::from_bytes(core::array::from_fn(|i| i as u8 | 0x40)).unwrap();
        assert_eq!(std::format!("{entropy:?}"), "Entropy(..)");
    }

    #[test]
    fn jitter_stays_below_its_span() {
        for salt in 0..1000 {
            assert!(Id([7; 3]).jitter(salt, 10) < 10);
        }
        assert_eq!(Id::NOBODY.jitter(1, 0), 0);
    }
}
