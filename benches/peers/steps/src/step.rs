//! What a step is: made ready, run once, and looked at.

use crate::given;

/// A step of a grant's life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// A code verifier of given entropy, and its S256 challenge (RFC 7636 §4.2).
    Pkce,
    /// `state`, verifier and challenge of given entropy, and the authorization URL.
    AuthorizationUrl,
    /// The redirect: its `state` and `iss` are checked, its code is kept.
    Redirect,
    /// The same with a wrong `state`: not measured, but refused by all.
    ForgedRedirect,
    /// The request that redeems the code: URL, header fields, body.
    CodeRequest,
    /// The request that refreshes.
    RefreshRequest,
    /// The same with the save of the intent before it, which is what makes a refresh safe among several.
    JournaledRefreshRequest,
    /// A token response of so many bytes, read and kept.
    Answer(usize),
    /// The answer of 1,970 bytes with so many unknown members more.
    Unknown(usize),
    /// Signed in, redirected, redeemed, refreshed, and a header made, with answers of 1,970 bytes.
    Lifecycle,
}

impl Step {
    /// What is compared, in the order of a life.
    pub const COMPARED: [Self; 10] = [
        Self::Pkce,
        Self::AuthorizationUrl,
        Self::Redirect,
        Self::CodeRequest,
        Self::RefreshRequest,
        Self::JournaledRefreshRequest,
        Self::Answer(given::ANSWERS[0]),
        Self::Answer(given::ANSWERS[1]),
        Self::Answer(given::ANSWERS[2]),
        Self::Lifecycle,
    ];

    /// The name of the step, by which a process is told it.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Pkce => "pkce".to_owned(),
            Self::AuthorizationUrl => "authorization-url".to_owned(),
            Self::Redirect => "redirect".to_owned(),
            Self::ForgedRedirect => "forged-redirect".to_owned(),
            Self::CodeRequest => "code-request".to_owned(),
            Self::RefreshRequest => "refresh-request".to_owned(),
            Self::JournaledRefreshRequest => "journaled-refresh-request".to_owned(),
            Self::Answer(bytes) => format!("answer-{bytes}"),
            Self::Unknown(members) => format!("unknown-{members}"),
            Self::Lifecycle => "lifecycle".to_owned(),
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (kind, number) = name.rsplit_once('-').unwrap_or((name, ""));
        match (kind, number.parse()) {
            ("answer", Ok(bytes)) => Some(Self::Answer(bytes)),
            ("unknown", Ok(members)) => Some(Self::Unknown(members)),
            _ => Self::COMPARED.into_iter().chain([Self::ForgedRedirect]).find(|step| step.name() == name),
        }
    }

    /// What the server answers in this step.
    #[must_use]
    pub fn answer(self) -> String {
        match self {
            Self::Answer(bytes) => given::answer(1, bytes),
            Self::Unknown(members) => given::answer_with_unknown(members),
            _ => given::answer(1, given::LIFECYCLE_ANSWER),
        }
    }

    /// Bytes that a session must hold for this step: both tokens, twice where they are refreshed.
    #[must_use]
    pub fn room(self) -> usize {
        match self {
            Self::Answer(bytes) => bytes,
            _ => 2 * given::LIFECYCLE_ANSWER,
        }
    }
}

/// What a step made, in a form that can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Verifier and challenge.
    Pkce(String, String),
    /// The authorization URL.
    Url(String),
    /// The code that a redirect brought.
    Code(String),
    /// The redirect was refused.
    Refused,
    /// A request.
    Request {
        /// Where to.
        url: String,
        /// The form.
        body: String,
    },
    /// Tokens, as they were kept.
    Tokens {
        /// The access token.
        access: String,
        /// The refresh token.
        refresh: String,
    },
    /// The header's value, and the refresh token that is kept beside it.
    Header(String, String),
}

/// A step of one candidate, made ready.
pub trait Ready {
    /// Takes the step. What it makes is kept, and freed by nobody before this is dropped: only this is measured.
    fn run(&mut self);

    /// What the step made.
    fn outcome(&mut self) -> Outcome;
}

/// Takes the step where [`callgrind`](crate::callgrind) counts.
#[inline(never)]
pub fn counted(ready: &mut dyn Ready) {
    ready.run();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_by_its_name() {
        for step in Step::COMPARED.into_iter().chain([Step::ForgedRedirect, Step::Answer(65_536), Step::Unknown(64)]) {
            assert_eq!(Step::named(&step.name()), Some(step));
        }
        assert_eq!(Step::named("answer"), None);
    }
}
