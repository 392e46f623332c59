//! Who is measured: gatepass, and what a user would take instead.

mod by_hand;
mod exchange;
mod floor;
mod oauth;
mod openid;
mod parts;
mod redirect;
mod yup;

use gatepass_steps::{
    own::Own,
    step::{Ready, Step},
};

use self::parts::Steps;
pub(crate) use self::{
    by_hand::Tokens as ByHandTokens,
    redirect::{state, verifier},
};

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its name: a crate, or what it is.
    pub name: &'static str,
    ready: fn(Step) -> Option<Box<dyn Ready + Send>>,
}

impl Candidate {
    /// All of them, gatepass first.
    pub const ALL: [Self; 6] = [
        Self { name: "gatepass", ready: |step| if Own::has(step) { Some(Box::new(Own::ready(step))) } else { None } },
        Self { name: "oauth2", ready: Steps::<oauth::Oauth2>::ready },
        Self { name: "openidconnect", ready: Steps::<openid::OpenIdConnect>::ready },
        Self { name: "yup-oauth2", ready: yup::Yup::ready },
        Self { name: "by-hand", ready: Steps::<by_hand::ByHand>::ready },
        Self { name: "floor", ready: Steps::<floor::Floor>::ready },
    ];

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.name == name)
    }

    /// Made ready for a step, unless it has no such step.
    #[must_use]
    pub fn ready(self, step: Step) -> Option<Box<dyn Ready + Send>> {
        (self.ready)(step)
    }
}
