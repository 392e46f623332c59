//! What a redirect meant, from the closure and to the caller.

/// What the application makes of one redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It answers this sign-in, with a code.
    Accepted,
    /// It answers this sign-in, with an error: only what passed `state` and `iss` is believed.
    Denied,
    /// It answers something else, or nothing. The listener keeps waiting.
    Ignored,
}

/// How the wait for the redirect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must not overlook that it was denied")]
pub enum Outcome {
    /// The closure accepted a redirect.
    Accepted,
    /// The closure recognised the refusal of this sign-in.
    Denied,
}
