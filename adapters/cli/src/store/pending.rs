//! A sign-in that waits for the person: this machine's own, whoever shares the grant.

use std::time::{Duration, SystemTime};

use gatepass::Policy;
use gatepass_store::{File, StoreError};
use zeroize::Zeroizing;

use crate::output::Failure;
use crate::profile::{Place, Profile};

/// Where it is kept. Its code verifier is as secret as a token, so it goes where the tokens go, unless that is a server: then it is in
/// a file that only its owner can read.
pub(crate) enum Pending {
    File(File),
    #[cfg(feature = "keyring")]
    Keyring(gatepass_store::Keyring),
}

impl Pending {
    /// Where the profile's is; where that is a file, without the key that an encrypted one needs to be read or written.
    pub(crate) fn of(place: &Place, profile: &Profile) -> Self {
        #[cfg(feature = "keyring")]
        if matches!(profile.store.kind(), Ok(super::Kind::Keyring)) {
            // By the profile's own name: a grant's may be that of several profiles, each with a sign-in of its own.
            return Self::Keyring(gatepass_store::Keyring::new(super::SERVICE, profile.own_name(place)));
        }
        let _ = profile;
        Self::File(File::new(&place.grant))
    }

    /// Keeps it, behind the time: a keyring does not say how old an entry is.
    pub(crate) fn save(&self, exported: &[u8]) -> Result<(), Failure> {
        let mut dated = Zeroizing::new(Vec::with_capacity(exported.len().saturating_add(size_of::<u64>())));
        dated.extend_from_slice(&since_epoch().as_secs().to_le_bytes());
        dated.extend_from_slice(exported);
        Ok(match self {
            Self::File(file) => file.save_pending(&dated),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.save_pending(&dated),
        }?)
    }

    /// What was kept, unless it is older than a sign-in may be.
    pub(crate) fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let found = match self {
            Self::File(file) => file.load_pending(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.load_pending(),
        }?;
        let parts = found.as_ref().and_then(|found| found.as_bytes().split_first_chunk());
        Ok(parts.filter(|(date, _)| is_young(**date)).map(|(_, exported)| Zeroizing::new(exported.to_vec())))
    }

    pub(crate) fn clear(&self) -> Result<(), StoreError> {
        match self {
            Self::File(file) => file.clear_pending(),
            #[cfg(feature = "keyring")]
            Self::Keyring(keyring) => keyring.clear_pending(),
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// A clock that was set back makes nothing old.
fn is_young(date: [u8; 8]) -> bool {
    since_epoch().saturating_sub(Duration::from_secs(u64::from_le_bytes(date))) <= Policy::DEFAULT.sign_in
}
