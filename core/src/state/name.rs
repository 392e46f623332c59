//! The states by name: what a log may show, and the rows of the transition table.

use super::{After, Change, Errand, Reading, State, What, Whose};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a session is, by name alone: fit for logs.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum StateName { $($(#[$doc])* $name),* }

        impl StateName {
            /// All of them, in the order of a grant's life.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

names! {
    /// The store must be asked.
    Loading,
    /// The user signed out, and the store must be asked of what.
    Leaving,
    /// There is no grant.
    Vacant,
    /// The browser must be sent.
    Visiting,
    /// The person is in the browser.
    AwaitingRedirect,
    /// The code request is to be sent.
    RedeemReady,
    /// The code request was sent.
    RedeemSent,
    /// Its answer is arriving.
    RedeemReading,
    /// The first tokens are being saved.
    SavingSignIn,
    /// There is a grant.
    Live,
    /// The intent to refresh is being saved.
    SavingIntent,
    /// The refresh request is to be sent.
    RefreshReady,
    /// The refresh request was sent.
    RefreshSent,
    /// Its answer is arriving.
    RefreshReading,
    /// The next tokens are being saved.
    SavingCommit,
    /// The intent is being given back.
    SavingGiveBack,
    /// The end of the generation is being saved.
    SavingClear,
    /// A refresh was sent, and nobody knows what became of it.
    InDoubt,
    /// Another holder has an intent.
    Waiting,
    /// The sign-out is being saved.
    SavingSignOut,
    /// The revocation is to be sent.
    RevokeReady,
    /// The revocation was sent.
    RevokeSent,
    /// Its answer is being saved.
    SavingForget,
    /// The revocation of tokens that came too late is to be sent.
    OrphanReady,
    /// It was sent.
    OrphanSent,
}

impl core::fmt::Display for StateName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl State {
    pub(crate) const fn name(&self) -> StateName {
        match self {
            Self::Loading(after) => match after {
                After::Live => StateName::Loading,
                After::SignOut => StateName::Leaving,
            },
            Self::Vacant(_) => StateName::Vacant,
            Self::Visiting(_) => StateName::Visiting,
            Self::AwaitingRedirect(_) => StateName::AwaitingRedirect,
            Self::Live => StateName::Live,
            Self::InDoubt(_) => StateName::InDoubt,
            Self::Waiting(_) => StateName::Waiting,
            Self::Saving(change) => match change {
                Change::SignIn { .. } => StateName::SavingSignIn,
                Change::Intent { .. } => StateName::SavingIntent,
                Change::GiveBack { .. } => StateName::SavingGiveBack,
                Change::Commit { .. } => StateName::SavingCommit,
                Change::Clear { .. } => StateName::SavingClear,
                Change::SignOut => StateName::SavingSignOut,
                Change::Forget => StateName::SavingForget,
            },
            Self::Ready(what) => match what {
                What::Redeem(_) => StateName::RedeemReady,
                What::Refresh(_) => StateName::RefreshReady,
                What::Revoke(revoke) => match revoke.whose {
                    Whose::Stored => StateName::RevokeReady,
                    Whose::Orphan => StateName::OrphanReady,
                },
            },
            Self::Sent(what) => match what {
                What::Redeem(_) => StateName::RedeemSent,
                What::Refresh(_) => StateName::RefreshSent,
                What::Revoke(revoke) => match revoke.whose {
                    Whose::Stored => StateName::RevokeSent,
                    Whose::Orphan => StateName::OrphanSent,
                },
            },
            Self::Reading(Reading { errand, .. }) => match errand {
                Errand::Redeem => StateName::RedeemReading,
                Errand::Refresh(_) => StateName::RefreshReading,
            },
        }
    }
}
