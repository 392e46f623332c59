//! What a deployment decides: how long a lease is, how often a lost refresh is repeated, which oddities are tolerated.

use core::time::Duration;

use crate::error::{Error, Misuse};

/// Decisions with safe defaults. Change a field of [`Policy::DEFAULT`] and hand it to
/// [`Config::with_policy`](crate::Config::with_policy). Its times are kept in whole milliseconds, up to 49 days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// How refresh tokens live at this server. Default: [`Rotation::Rotating`] with an unknown overlap, which is safe
    /// everywhere.
    pub rotation: Rotation,
    /// How long one holder may keep the others from refreshing: two seconds to a day, 30 s by default. A refresh must be
    /// answered within half of it. All holders of a grant should use the same.
    pub lease: Duration,
    /// How long before its expiry an access token is refreshed, 60 s by default; never more than a quarter of its life.
    pub ahead: Duration,
    /// How often a refresh token may be sent for one generation when the server stays silent: 32 by default.
    pub max_attempts: u16,
    /// How often when the server answers, but with what settles nothing (5xx, 429, a redirect, an answer that is cut or cannot be
    /// read): 16 by default, which with its back-off is most of a working day. The last such answer is counted in the store with
    /// the next intent of the holder that saw it; a restart in between forgets that one.
    pub max_answered: u16,
    /// How long a person may take to sign in: a second or more, ten minutes by default.
    pub sign_in: Duration,
    /// How long a request may take: a second or more, 30 s by default; a refresh never more than half of the lease.
    pub timeout: Duration,
    /// The longest response that is read, in bytes after decompression: 1 MiB by default.
    pub max_response: u32,
    /// Whether tokens that came too late (for a grant that was signed out or replaced meanwhile) are revoked at once. Default
    /// yes; no for a server that answers a revocation by ending every grant of this user and client.
    pub revoke_orphans: bool,
    /// The oddities of providers that are tolerated. Default: [`Quirks::HARMLESS`].
    pub quirks: Quirks,
}

impl Policy {
    /// The defaults that the fields name.
    pub const DEFAULT: Self = Self {
        rotation: Rotation::Rotating(Overlap::Unknown),
        lease: Duration::from_secs(30),
        ahead: Duration::from_secs(60),
        max_attempts: 32,
        max_answered: 16,
        sign_in: Duration::from_secs(600),
        timeout: Duration::from_secs(30),
        max_response: 1 << 20,
        revoke_orphans: true,
        quirks: Quirks::HARMLESS,
    };

    /// The longest lease, in milliseconds: a day.
    pub(crate) const MAX_LEASE: u32 = 86_400_000;
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A policy that holds, as the machine reads it: its times in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) rotation: Rotation,
    pub(crate) revoke_orphans: bool,
    pub(crate) quirks: Quirks,
    pub(crate) max_attempts: u16,
    pub(crate) max_answered: u16,
    pub(crate) max_response: u32,
    pub(crate) lease: u32,
    pub(crate) ahead: u32,
    pub(crate) sign_in: u32,
    pub(crate) timeout: u32,
}

impl Terms {
    pub(crate) const DEFAULT: Self = Self::of(&Policy::DEFAULT);

    const fn of(policy: &Policy) -> Self {
        Self {
            rotation: policy.rotation,
            revoke_orphans: policy.revoke_orphans,
            quirks: policy.quirks,
            max_attempts: policy.max_attempts,
            max_answered: policy.max_answered,
            max_response: policy.max_response,
            lease: millis(policy.lease),
            ahead: millis(policy.ahead),
            sign_in: millis(policy.sign_in),
            timeout: millis(policy.timeout),
        }
    }

    /// # Errors
    /// [`Misuse::Policy`] for a policy that cannot hold.
    pub(crate) fn check(policy: &Policy) -> Result<Self, Error> {
        let terms = Self::of(policy);
        let lease = matches!(terms.lease, 2_000..=Policy::MAX_LEASE);
        let times = terms.timeout >= 1_000 && terms.sign_in >= 1_000;
        if lease && times && terms.max_attempts > 0 && terms.max_answered > 0 { Ok(terms) } else { Err(Misuse::Policy.into()) }
    }

    pub(crate) const fn policy(&self) -> Policy {
        Policy {
            rotation: self.rotation,
            lease: Duration::from_millis(self.lease as u64),
            ahead: Duration::from_millis(self.ahead as u64),
            max_attempts: self.max_attempts,
            max_answered: self.max_answered,
            sign_in: Duration::from_millis(self.sign_in as u64),
            timeout: Duration::from_millis(self.timeout as u64),
            max_response: self.max_response,
            revoke_orphans: self.revoke_orphans,
            quirks: self.quirks,
        }
    }
}

/// The whole milliseconds of a duration, of 49 days at most: what ends at all is not what never does.
const fn millis(duration: Duration) -> u32 {
    let millis = duration.as_millis();
    if millis < u32::MAX as u128 { millis as u32 } else { u32::MAX - 1 }
}

/// How refresh tokens live at a server (RFC 9700 §4.14.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rotation {
    /// Each refresh may give a new token and end the old one.
    Rotating(Overlap),
    /// The refresh token never changes: no journal is written before a refresh.
    Fixed,
}

/// For how long a rotated refresh token still works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Overlap {
    /// Nobody knows: a lost response is repeated only when no valid access token is left.
    Unknown,
    /// The server has an overlap of at least the lease: the first lost response is repeated at once.
    Covers,
}

/// Oddities of providers, each by name: a set.
///
/// Those that were met are reported by [`Session::quirks`](crate::Session::quirks).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Quirks(u16);

impl Quirks {
    /// None: strictly by the RFCs.
    pub const NONE: Self = Self(0);
    /// `expires_in` as a string of digits (Entra v1).
    pub const EXPIRES_IN_STRING: Self = Self(1);
    /// `expires_in` as a fraction; the whole seconds count.
    pub const EXPIRES_IN_FRACTION: Self = Self(1 << 1);
    /// An `expires_in` that is zero, negative, has an exponent, or is no number at all counts as absent: the lifetime is
    /// unknown, and the tokens are not lost for it.
    pub const EXPIRES_IN_IGNORED: Self = Self(1 << 2);
    /// `null` for an optional member counts as absent.
    pub const NULL_IS_ABSENT: Self = Self(1 << 3);
    /// `scope` as an array of strings.
    pub const SCOPE_ARRAY: Self = Self(1 << 4);
    /// `scope` with commas for spaces (GitHub). Not harmless: a comma may be part of a scope token.
    pub const SCOPE_COMMAS: Self = Self(1 << 5);
    /// A missing `token_type` means `Bearer`.
    pub const MISSING_TOKEN_TYPE: Self = Self(1 << 6);
    /// JSON under another content type, or none.
    pub const ANY_CONTENT_TYPE: Self = Self(1 << 7);
    /// A UTF-8 byte order mark before the JSON.
    pub const BYTE_ORDER_MARK: Self = Self(1 << 8);

    /// Those that can do no harm: they only lose a lifetime, or read a scope that says the same.
    pub const HARMLESS: Self = Self(0b1_1111);

    const NAMES: [&'static str; 9] = [
        "EXPIRES_IN_STRING",
        "EXPIRES_IN_FRACTION",
        "EXPIRES_IN_IGNORED",
        "NULL_IS_ABSENT",
        "SCOPE_ARRAY",
        "SCOPE_COMMAS",
        "MISSING_TOKEN_TYPE",
        "ANY_CONTENT_TYPE",
        "BYTE_ORDER_MARK",
    ];

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of the other set are in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The quirk of this name, as the constants here are spelled.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().position(|known| *known == name).map(|at| Self(1 << at))
    }

    /// Their names, as the constants here are spelled.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(at, _)| self.0 >> at & 1 == 1).map(|(_, name)| name)
    }
}

impl core::fmt::Debug for Quirks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_time_that_ends_is_not_one_that_never_does() {
        for (millis, read) in [(u64::from(u32::MAX) - 1, u32::MAX - 1), (u32::MAX.into(), u32::MAX - 1), (u64::MAX, u32::MAX - 1), (7, 7)] {
            assert_eq!(super::millis(Duration::from_millis(millis)), read);
        }
    }

    #[test]
    fn a_policy_that_cannot_hold_is_refused() {
        let good = Policy::DEFAULT;
        for bad in [
            Policy { lease: Duration::from_millis(1_999), ..good },
            Policy { lease: Duration::from_millis(86_400_001), ..good },
            Policy { lease: Duration::MAX, ..good },
            Policy { timeout: Duration::from_millis(999), ..good },
            Policy { sign_in: Duration::ZERO, ..good },
            Policy { max_attempts: 0, ..good },
            Policy { max_answered: 0, ..good },
        ] {
            assert!(Terms::check(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_policy_is_kept_in_whole_milliseconds() {
        let policy = Policy { ahead: Duration::from_millis(1), timeout: Duration::from_micros(1_234_567), ..Policy::DEFAULT };
        assert_eq!(Terms::check(&policy).unwrap().policy(), Policy { timeout: Duration::from_millis(1_234), ..policy });
        let policy = Policy { sign_in: Duration::MAX, ..Policy::DEFAULT };
        assert_eq!(Terms::check(&policy).unwrap().policy().sign_in, Duration::from_millis(4_294_967_294));
        assert_eq!(Terms::DEFAULT.policy(), Policy::DEFAULT);
    }

    #[test]
    fn quirks_are_named_as_their_constants() {
        let constants = [
            (Quirks::EXPIRES_IN_STRING, "EXPIRES_IN_STRING"),
            (Quirks::EXPIRES_IN_FRACTION, "EXPIRES_IN_FRACTION"),
            (Quirks::EXPIRES_IN_IGNORED, "EXPIRES_IN_IGNORED"),
            (Quirks::NULL_IS_ABSENT, "NULL_IS_ABSENT"),
            (Quirks::SCOPE_ARRAY, "SCOPE_ARRAY"),
            (Quirks::SCOPE_COMMAS, "SCOPE_COMMAS"),
            (Quirks::MISSING_TOKEN_TYPE, "MISSING_TOKEN_TYPE"),
            (Quirks::ANY_CONTENT_TYPE, "ANY_CONTENT_TYPE"),
            (Quirks::BYTE_ORDER_MARK, "BYTE_ORDER_MARK"),
        ];
        for (quirk, name) in constants {
            assert_eq!((Quirks::named(name), quirk.names().collect()), (Some(quirk), std::vec![name]));
        }
        assert_eq!(std::format!("{:?}", Quirks::SCOPE_ARRAY.union(Quirks::BYTE_ORDER_MARK)), "{\"SCOPE_ARRAY\", \"BYTE_ORDER_MARK\"}");
        assert!(!Quirks::HARMLESS.contains(Quirks::MISSING_TOKEN_TYPE));
        assert_eq!(Quirks::named("scope_array"), None);
    }
}
