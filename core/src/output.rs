//! What a session asks for, and what it is told.

use crate::{
    audience::Target,
    bytes::Reader,
    entropy::{Entropy, Id},
    record::Version,
    request::{Request, Ticket},
    time::Timestamp,
    url::AuthorizationUrl,
};

/// Whose move it is. Exhaustive on purpose: a driver must not ignore a new one.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "this is what the session needs done before it can go on"]
#[allow(clippy::exhaustive_enums)]
pub enum Output<'o> {
    /// The store: read the record and answer [`Input::Found`]. Repeats until answered.
    Load,
    /// The application: start a grant with [`Session::sign_in`](crate::Session::sign_in).
    SignIn(SignInReason),
    /// The user: open this URL in a browser, then answer [`Input::Visited`]. Repeats until answered, or until the redirect
    /// arrives.
    Visit(AuthorizationUrl<'o>),
    /// The user: hand the redirect in with [`Input::Redirect`] before this moment.
    AwaitRedirect(Timestamp),
    /// The store: compare and swap, then answer [`Input::Saved`], [`Input::Superseded`] or [`Input::NotSaved`]. Repeats until
    /// answered.
    Save(Save<'o>),
    /// The transport: send it, once. Handed out once.
    Send(Request<'o>),
    /// The server: its answer is awaited, at the longest until this moment. A poll at or after it gives the request up; the answer to a
    /// refresh still counts when it comes before anything else has happened to the grant.
    AwaitResponse(Timestamp),
    /// Nobody: poll again at this moment.
    Wait(Timestamp, Why),
    /// Nobody: the access token is good until then; poll again at this moment (`u64::MAX` milliseconds: no need to).
    Sleep(Timestamp),
}

/// Why a person must sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[cfg_attr(feature = "model", derive(Hash))]
pub enum SignInReason {
    /// There is no grant yet.
    NoGrant,
    /// The user signed out, here or elsewhere.
    SignedOut,
    /// The access token expired, and there is no refresh token.
    Expired,
    /// The server ended the grant (`invalid_grant`).
    Ended,
    /// The server wants the person to be there.
    Interaction,
    /// Refreshes were lost as often as the policy allows. The record is kept.
    InDoubt,
    /// The person did not come back in time.
    TimedOut,
    /// The application cancelled.
    Cancelled,
    /// The person or the server declined.
    Declined,
    /// The code could not be redeemed, and cannot be sent twice.
    Failed,
    /// The tokens did not fit, and their predecessors are used up: declare a larger session.
    TooSmall,
}

/// Why nothing is to be done yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[cfg_attr(feature = "model", derive(Hash))]
pub enum Why {
    /// Another holder refreshes; its tokens will be adopted.
    AnotherHolder,
    /// A refresh was sent, and its answer was lost.
    InDoubt,
    /// The server refused for a reason that a repeat may not cure; see [`Session::refusal`](crate::Session::refusal).
    Refused,
    /// The request could not be sent.
    Offline,
    /// The store failed.
    Store,
    /// The server wants the person to be there; the access token is good until then.
    Interaction,
    /// The revocation was not answered yet.
    Revocation,
    /// The last access token did not fit: declare a larger session.
    TooSmall,
}

/// A record to be stored, by compare-and-swap. It holds secrets: wipe the buffer after use.
#[derive(Clone, Copy)]
pub struct Save<'o> {
    pub(crate) ticket: Ticket,
    /// What the store holds.
    pub(crate) expected: Version,
    pub(crate) record: &'o [u8],
}

impl<'o> Save<'o> {
    /// Echo it with the answer.
    #[must_use]
    pub const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The version that the store must hold for the change to be made; `None` means that it must hold nothing. Anything
    /// else is answered with [`Input::Superseded`] and what it holds.
    #[must_use]
    pub fn expected(&self) -> Option<Version> {
        (!self.expected.family.is_nobody()).then_some(self.expected)
    }

    /// The new record.
    #[must_use]
    pub const fn record(&self) -> &'o [u8] {
        self.record
    }
}

impl core::fmt::Debug for Save<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Save").field("ticket", &self.ticket).field("expected", &self.expected()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Save<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Save({})", self.ticket);
    }
}

/// What happened.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Input<'i> {
    /// The store's record, or that there is none. The entropy names this instance; give fresh one each time.
    Found(Option<&'i [u8]>, &'i Entropy),
    /// The browser was opened.
    Visited,
    /// The whole redirect URI, as it was received.
    Redirect(&'i str),
    /// The response's head.
    Head(Ticket, Head<'i>),
    /// The next bytes of its body, decompressed.
    Body(Ticket, &'i [u8]),
    /// Its body ended as it should: by its length, or its last chunk.
    End(Ticket),
    /// No byte of the request left this machine, and none will.
    NotSent(Ticket),
    /// Some byte may have left, and no whole answer came.
    NoResponse(Ticket),
    /// The record is stored, durably.
    Saved(Ticket),
    /// The store holds another record than expected: this one, or none. A store that notifies may say so at any time.
    Superseded(Option<&'i [u8]>),
    /// The store failed, or nobody knows what became of the save.
    NotSaved(Ticket),
    /// The application wants a longer life than the access token has left.
    Refresh,
    /// The application wants an access token for this audience, by its [name](crate::Audience::name), or one with a longer life. It is asked for as
    /// soon as a refresh may be sent; until the server has answered yes or no, or another holder has fetched it, the wish
    /// stays, unless another one, [`Refresh`](Self::Refresh) among them, takes its place. While a code is redeemed or a sign-out runs there is
    /// nothing to wish.
    RefreshFor(&'i str),
    /// A resource server said `invalid_token` to the access token of this generation.
    TokenRejected(Generation),
    /// The application gives the sign-in, or the revocation, up.
    Cancel,
}

impl core::fmt::Debug for Input<'_> {
    /// Its name alone.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl Input<'_> {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Found(..) => "Found",
            Self::Visited => "Visited",
            Self::Redirect(_) => "Redirect",
            Self::Head(..) => "Head",
            Self::Body(..) => "Body",
            Self::End(_) => "End",
            Self::NotSent(_) => "NotSent",
            Self::NoResponse(_) => "NoResponse",
            Self::Saved(_) => "Saved",
            Self::Superseded(_) => "Superseded",
            Self::NotSaved(_) => "NotSaved",
            Self::Refresh => "Refresh",
            Self::RefreshFor(_) => "RefreshFor",
            Self::TokenRejected(_) => "TokenRejected",
            Self::Cancel => "Cancel",
        }
    }
}

/// The head of a response: its status and the few fields that matter.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_structs)]
pub struct Head<'i> {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, if there is one.
    pub content_type: Option<&'i str>,
    /// `Retry-After`, if there is one.
    pub retry_after: Option<&'i str>,
}

impl Head<'_> {
    /// Whether the body is `application/json`, in any case, with any parameters.
    pub(crate) fn is_json(&self) -> bool {
        const JSON: &[u8] = b"application/json";
        let text = self.content_type.unwrap_or_default().as_bytes();
        // Only for speed: most say so to the letter.
        cfg!(target_pointer_width = "64") && text == JSON || Reader(text).until(b';').trim_ascii().eq_ignore_ascii_case(JSON)
    }
}

/// Which access token of a grant: told apart by family, count and audience, so that a rejection of an old one does not end a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Generation {
    pub(crate) family: Id,
    pub(crate) count: u32,
    pub(crate) target: Target,
}

/// Across a language's border, as [`Ticket`](crate::Ticket).
impl Generation {
    /// The bytes of a generation: no secret.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 28] {
        let mut bytes = [0; 28];
        let parts = [&self.family.to_bytes()[..], &u64::from(self.count).to_le_bytes(), &self.target.to_bytes()];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    /// The generation of these bytes. The rejection of one that was never handed out changes nothing.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 28]) -> Self {
        let (family, rest) = bytes.split_first_chunk().map_or(([0; 12], &[][..]), |(family, rest)| (*family, rest));
        let (count, target) = rest.split_first_chunk().map_or(([0; 8], &[][..]), |(count, rest)| (*count, rest));
        let target = target.first_chunk().copied().unwrap_or_default();
        // None is ever as high as the highest number.
        let count = u32::try_from(u64::from_le_bytes(count)).unwrap_or(u32::MAX);
        Self { family: Id::from_bytes(family), count, target: Target::from_bytes(target) }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Generation {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Generation({})", self.count);
    }
}

/// What an input did. Exhaustive on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_enums)]
pub enum Status {
    /// The session went on: poll.
    Advanced,
    /// The response is not complete: go on reading.
    More,
    /// Nothing changed: it came late, or told what was known.
    Unchanged,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_and_generations_come_back_from_another_language_as_they_went() {
        assert_eq!(Ticket::from_bits(Ticket(7).to_bits()), Ticket(7));
        let generation = Generation { family: Id([1, 2, 3]), count: 2 << 20, target: Target::from_bytes([3; 8]) };
        assert_eq!(Generation::from_bytes(generation.to_bytes()), generation);
        assert_ne!(Generation::from_bytes([0; 28]), generation);
    }
}
