//! What can happen to a session: every input with what it turns out to be, every verb, and time.

#![expect(clippy::wildcard_enum_match_arm, reason = "only polls come one after another")]

macro_rules! events {
    ($($name:ident $doc:literal $otherwise:expr,)*) => {
        /// What can happen to a session: an input and what it turns out to be, a verb, or a poll at a certain time.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Event { $(#[doc = $doc] $name),* }

        impl Event {
            /// All of them, grouped by input.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// What it is, in words.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$name => $doc),* }
            }

            /// The reply where [`TABLE`](crate::TABLE) has no row; the session stays as it was then. A poll without a row does
            /// what the poll [`earlier`](Self::earlier) does; the row of [`Event::Poll`] is always there.
            #[must_use]
            pub const fn otherwise(self) -> Reply {
                match self { $(Self::$name => $otherwise),* }
            }
        }
    };
}

use super::{Move, Reply, Reply::Unchanged};
use crate::error::{Misuse, Violation};

const NOT_NOW: Reply = Reply::Misuse(Misuse::NotNow);
const DAMAGED: Reply = Reply::Violation(Violation::Record);

events! {
    FoundNothing "`Found`: the store is empty." NOT_NOW,
    FoundSame "`Found`: what it held before." NOT_NOW,
    FoundLive "`Found`: the same tokens in a later revision, without an intent." NOT_NOW,
    FoundClaimed "`Found`: the same tokens, with another holder's intent." NOT_NOW,
    FoundNewer "`Found`: the tokens of a higher generation." NOT_NOW,
    FoundCleared "`Found`: a grant that the server ended." NOT_NOW,
    FoundSignedOut "`Found`: a grant that was signed out, with a token to be revoked." NOT_NOW,
    FoundForgotten "`Found`: a grant that was signed out and revoked." NOT_NOW,
    FoundOther "`Found`: the tokens of another sign-in." NOT_NOW,
    FoundReplaced "`Found`: a later revision of the grant that this sign-in replaced." NOT_NOW,
    FoundOlder "`Found`: a lower revision than was seen before." NOT_NOW,
    FoundTooLarge "`Found`: tokens that do not fit." NOT_NOW,
    FoundDamaged "`Found`: bytes that are no record." NOT_NOW,

    Visited "`Visited`: the browser was opened." NOT_NOW,
    RedirectCode "`Redirect`: a code." NOT_NOW,
    RedirectDeclined "`Redirect`: `access_denied`, or any other error." NOT_NOW,
    RedirectInteraction "`Redirect`: `login_required`, or another error that wants the person." NOT_NOW,
    RedirectElsewhere "`Redirect`: another URI." NOT_NOW,
    RedirectRepeated "`Redirect`: a parameter twice." NOT_NOW,
    RedirectState "`Redirect`: no `state`, or another." NOT_NOW,
    RedirectIssuer "`Redirect`: another `iss`." NOT_NOW,
    RedirectMalformed "`Redirect`: a code that is no text." NOT_NOW,
    RedirectNoOutcome "`Redirect`: neither code nor error." NOT_NOW,
    RedirectTooLarge "`Redirect`: a code that does not fit." NOT_NOW,
    RedirectLate "`Redirect`: a code, when the person has not come back in time." NOT_NOW,

    HeadJson "`Head`: 200 or 4xx, and JSON follows." Unchanged,
    HeadHtml "`Head`: 200 or 4xx, and something else follows." Unchanged,
    HeadTooMany "`Head`: 429." Unchanged,
    HeadServerError "`Head`: 5xx." Unchanged,
    HeadElsewhere "`Head`: 3xx, which is never followed." Unchanged,
    HeadOdd "`Head`: any other status." Unchanged,
    BodyPart "`Body`: a part of the answer." Unchanged,
    BodyMalformed "`Body`: bytes that are not JSON." Unchanged,
    BodyTooLong "`Body`: more than the limit." Unchanged,
    EndTokens "`End`: tokens." Unchanged,
    EndTokensKept "`End`: an access token alone." Unchanged,
    EndAccessTooLarge "`End`: an access token that does not fit." Unchanged,
    EndRefreshTooLarge "`End`: a refresh token that does not fit." Unchanged,
    EndInvalidGrant "`End`: `invalid_grant`." Unchanged,
    EndClient "`End`: `invalid_client`." Unchanged,
    EndRequest "`End`: `invalid_scope` or the like." Unchanged,
    EndInteraction "`End`: `interaction_required` or the like." Unchanged,
    EndDenied "`End`: `access_denied`." Unchanged,
    EndServerError "`End`: `server_error` or `temporarily_unavailable`." Unchanged,
    EndOtherError "`End`: an error code that nobody knows." Unchanged,
    EndNothing "`End`: neither tokens nor an error." Unchanged,
    EndContradiction "`End`: tokens and an error." Unchanged,
    EndTokenType "`End`: a token of a type that is not `Bearer`." Unchanged,
    EndEarly "`End`: in the middle of the JSON." Unchanged,
    NotSent "`NotSent`: no byte left." Unchanged,
    NoResponse "`NoResponse`: some byte may have left." Unchanged,

    Saved "`Saved`." Unchanged,
    NotSaved "`NotSaved`: the store failed, or nobody knows." Unchanged,
    SupersededByNothing "`Superseded`: the store is empty." Unchanged,
    SupersededBySame "`Superseded`: by the very record that was expected." Unchanged,
    SupersededByMine "`Superseded`: by this save itself, whose answer was lost." Unchanged,
    SupersededByLive "`Superseded`: by the same tokens, without an intent." Unchanged,
    SupersededByClaimed "`Superseded`: by the same tokens, with another holder's intent." Unchanged,
    SupersededByNewer "`Superseded`: by a higher generation." Unchanged,
    SupersededByCleared "`Superseded`: by the end of this generation." Unchanged,
    SupersededBySignedOut "`Superseded`: by a sign-out whose token is to be revoked." Unchanged,
    SupersededByForgotten "`Superseded`: by a sign-out that was revoked." Unchanged,
    SupersededByOther "`Superseded`: by the tokens of another sign-in." Unchanged,
    SupersededByReplaced "`Superseded`: by a later revision of the grant that this sign-in replaces." Unchanged,
    SupersededByOlder "`Superseded`: by a lower revision than was seen before." Unchanged,
    SupersededByTooLarge "`Superseded`: by a higher generation that does not fit." Unchanged,
    SupersededByDamaged "`Superseded`: by bytes that are no record." DAMAGED,

    LateHead "`Head` with another ticket." Unchanged,
    LateBody "`Body` with another ticket." Unchanged,
    LateEnd "`End` with another ticket." Unchanged,
    LateNotSent "`NotSent` with another ticket." Unchanged,
    LateNoResponse "`NoResponse` with another ticket." Unchanged,
    LateSaved "`Saved` with another ticket." Unchanged,
    LateNotSaved "`NotSaved` with another ticket." Unchanged,

    Refresh "`Refresh`." Unchanged,
    RefreshFor "`RefreshFor`: an audience that has no token yet." Unchanged,
    RefreshForOther "`RefreshFor`: an audience that nobody named." Reply::Misuse(Misuse::Audience),
    TokenRejected "`TokenRejected`: the tokens that are held." Unchanged,
    OldTokenRejected "`TokenRejected`: other tokens." Unchanged,
    Cancel "`Cancel`." NOT_NOW,
    SignIn "The verb `sign_in`." NOT_NOW,
    SignInElsewhere "The verb `sign_in`, with a redirect URI that may not be." NOT_NOW,
    SignInTooLarge "The verb `sign_in`, with parameters that do not fit." NOT_NOW,
    Resume "The verb `resume`." NOT_NOW,
    ResumeDamaged "The verb `resume`, with other bytes." Reply::Misuse(Misuse::Pending),
    SignOut "The verb `sign_out`." NOT_NOW,

    Poll "`poll`, at once." Reply::Asks(Move::Load),
    PollHalfLease "`poll`, when half of a lease is gone." Reply::Asks(Move::Load),
    PollLapse "`poll`, when a lease lapsed." Reply::Asks(Move::Load),
    PollLate "`poll`, when even a silent driver has lost the answer." Reply::Asks(Move::Load),
    PollAbandoned "`poll`, when the person has not come back." Reply::Asks(Move::Load),
    PollDue "`poll`, when a refresh is due, ahead of the expiry." Reply::Asks(Move::Load),
    PollExpired "`poll`, when the access token has expired." Reply::Asks(Move::Load),
}

impl Event {
    /// The poll before this one in time; `None` for the first, and for what is no poll.
    #[must_use]
    pub const fn earlier(self) -> Option<Self> {
        Some(match self {
            Self::PollExpired => Self::PollDue,
            Self::PollDue => Self::PollAbandoned,
            Self::PollAbandoned => Self::PollLate,
            Self::PollLate => Self::PollLapse,
            Self::PollLapse => Self::PollHalfLease,
            Self::PollHalfLease => Self::Poll,
            _ => return None,
        })
    }
}
