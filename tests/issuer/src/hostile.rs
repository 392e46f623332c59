//! Servers that lie, each in one way, and what a client of theirs did.
//!
//! A [`Case`] is one lie: a rule of the RFCs that a client keeps or breaks. Its [`Trial`] is an issuer of its own on loopback,
//! metadata and all, that tells it, beside a second origin that should be told nothing. Any client can be sent there; what both saw
//! is judged, and where the rule is about it what the client prints for people; never that it says it succeeded.
//!
//! ```
//! use gatepass_issuer::hostile::{self, Verdict};
//!
//! # fn main() -> std::io::Result<()> {
//! let case = hostile::case("token-type-mac").expect("a case of this name");
//! let trial = case.start()?;
//! // Here a client would sign in at `trial.issuer()`, and call `trial.api()` with what it got.
//! assert_eq!(trial.judge().verdict, Verdict::NotTried);
//! # Ok(())
//! # }
//! ```
//!
//! # What the verdicts mean
//!
//! `fell`: an observed request, or the absence of one that a client in order makes, breaks the rule; or the client hung, or died of it.
//! `held`: the lie was told, and nothing of that was seen. `not tried`: the client never came to where it is told. How binding a rule is
//! stands beside it: a case that is `derived` follows from a rule or from known attacks, and a client may have reasons.

mod api;
mod browser;
mod judge;
mod metadata;
mod redirect;
mod refresh;
mod script;
mod token;
mod trial;

pub use browser::{follow, open};
pub use script::Client;
pub use trial::{Judgement, Trial, Verdict};

use crate::issuer::Issuer;
use judge::Judge;

/// What a client in order does with the lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// It takes it: it only looks like a lie.
    Accept,
    /// It takes nothing of it.
    Refuse,
    /// It neither believes it nor gives the grant up.
    InDoubt,
    /// Either way is fine, as long as it goes on.
    Either,
}

/// How binding the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// MUST, MUST NOT or REQUIRED: of the client, or of the message that it would have to take.
    Must,
    /// No RFC says it in these words: it follows from what they say, or from known attacks.
    Derived,
}

/// One lie.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// What a client in order does.
    pub expected: Expected,
    /// How binding that is.
    pub level: Level,
    /// Where it says so.
    pub clause: &'static str,
    /// The lie, and why.
    pub why: &'static str,
    arm: fn(&Issuer, elsewhere: &str),
    judge: Judge,
    /// How often the person follows the authorization URL.
    visits: u32,
    /// Whether the access token expires before the second refresh.
    is_patient: bool,
}

impl Case {
    /// Visited twice: the lie is told to the first visit.
    const fn twice(mut self) -> Self {
        self.visits = 2;
        self
    }

    /// The second refresh is asked for right after the first.
    const fn at_once(mut self) -> Self {
        self.is_patient = false;
        self
    }
}

/// All cases, in the order of a grant's life.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [metadata::CASES, redirect::CASES, token::CASES, refresh::CASES, api::CASES].into_iter().flatten()
}

/// The case of this name.
#[must_use]
pub fn case(name: &str) -> Option<&'static Case> {
    cases().find(|case| case.name == name)
}

/// A row of a table of cases.
const fn row(
    name: &'static str,
    (expected, level, clause): (Expected, Level, &'static str),
    why: &'static str,
    arm: fn(&Issuer, &str),
    judge: Judge,
) -> Case {
    Case { name, expected, level, clause, why, arm, judge, visits: 1, is_patient: true }
}

impl Expected {
    /// In a word or two.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::InDoubt => "in doubt",
            Self::Either => "either",
        }
    }
}

impl Level {
    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Derived => "derived",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_has_a_name_of_its_own_a_clause_and_a_reason() {
        let all: Vec<&Case> = cases().collect();
        for (at, case) in all.iter().enumerate() {
            assert!(case.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", case.name);
            assert!(all[..at].iter().all(|other| other.name != case.name), "{}", case.name);
            assert!(case.clause.contains('§') && case.why.ends_with('.'), "{}", case.name);
            assert!(![case.clause, case.why].concat().contains(['\t', '\n', '|']), "{}", case.name);
        }
    }
}
