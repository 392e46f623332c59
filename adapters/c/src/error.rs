//! Results: codes, texts, and what to do about them.

use core::{ffi::c_char, fmt::Write as _};

use gatepass::{Error, Misuse, Refusal, Violation};

use crate::memory;

/// What a call gives: negative is an `enum gatepass_error`, anything else an `enum gatepass_status`.
pub type Outcome = i32;

/// What a call did: never negative.
#[repr(i32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Status {
    /// The session went on: poll. Also where a call has nothing more to say.
    Advanced = 0,
    /// The response is not complete: go on reading.
    More = 1,
    /// Nothing changed: it came late, or told what was known.
    Unchanged = 2,
}

/// Why a call did nothing, or what is wrong with what it was told: always negative. The first ones are of this interface: a pointer or a
/// length is wrong, and nothing was read or changed. The others are of the protocol. `gatepass_strerror` says each in a sentence that names
/// the cure, `gatepass_remedy_of` in one word.
#[repr(i32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Code {
    /// A pointer is null that may not be.
    Null = -1,
    /// A pointer is not aligned as its type, or as `GATEPASS_STORAGE_ALIGN` says.
    Misaligned = -2,
    /// The storage is smaller than its macro says.
    Storage = -3,
    /// The storage holds no session, or no configuration: it was not initialised, was wiped, or was copied from elsewhere.
    NotInitialised = -4,
    /// Memory that was lent overlaps the session's or the configuration's own, or other memory of the same call, or is longer than half of the
    /// address space.
    Overlap = -5,
    /// A text is not UTF-8.
    Utf8 = -6,
    /// Settings that contradict each other, an unknown flag, a list that is longer than its limit, or one whose feature the library was built
    /// without.
    Settings = -7,
    /// There is no access token that serves: poll.
    NoToken = -8,
    /// An error that this version of the header does not name.
    Other = -9,
    /// A buffer is too small: the one that was lent, or the session's own. `gatepass_needed` says how many bytes it must have in all.
    /// Nothing was truncated.
    Capacity = -16,
    /// This call answers nothing that the session asked.
    MisuseNotNow = -32,
    /// The session belongs to another configuration.
    MisuseOtherConfig = -33,
    /// The entropy is plainly not random.
    MisuseEntropy = -34,
    /// An endpoint is not an absolute `https` URL.
    MisuseUrl = -35,
    /// A redirect URI that may not be.
    MisuseRedirectUri = -36,
    /// A client identifier, secret or parameter is empty or has bytes that it may not.
    MisuseParameter = -37,
    /// A parameter would be sent twice.
    MisuseRepeated = -38,
    /// A policy that cannot hold.
    MisusePolicy = -39,
    /// The access token has bytes that a bearer header may not carry.
    MisuseNotToken68 = -40,
    /// The grant has no refresh token.
    MisuseNoRefreshToken = -41,
    /// The configuration names no such audience.
    MisuseAudience = -42,
    /// Other resources are named, and none for the grant itself.
    MisuseResource = -43,
    /// A pending sign-in that is damaged, or of another version or configuration.
    MisusePending = -44,
    /// `invalid_grant`.
    RefusalInvalidGrant = -64,
    /// `access_denied`.
    RefusalAccessDenied = -65,
    /// The server wants the person to be there.
    RefusalInteraction = -66,
    /// `invalid_client` or `unauthorized_client`.
    RefusalClient = -67,
    /// `invalid_request`, `invalid_scope` or the like.
    RefusalRequest = -68,
    /// 429, 5xx or the like: later it may work.
    RefusalUnavailable = -69,
    /// A code that nobody knows; see `gatepass_refusal_code`.
    RefusalOther = -70,
    /// Not the redirect URI of this sign-in.
    ViolationOtherUri = -96,
    /// A parameter stands twice.
    ViolationRepeated = -97,
    /// `state` is absent or another.
    ViolationState = -98,
    /// `iss` is absent or another.
    ViolationIssuer = -99,
    /// A redirect with bytes or escapes that it may not have.
    ViolationRedirect = -100,
    /// A redirect with neither a code nor an error, or both.
    ViolationNoOutcome = -101,
    /// The endpoint answered with a redirect.
    ViolationRedirected = -102,
    /// The endpoint answered with a status that it may not.
    ViolationStatus = -103,
    /// The answer is not `application/json`.
    ViolationContentType = -104,
    /// The answer is not one strict JSON object.
    ViolationJson = -105,
    /// The answer is longer than its limit.
    ViolationTooLong = -106,
    /// A member of the answer is missing or malformed.
    ViolationMember = -107,
    /// A token of a type that is not understood.
    ViolationTokenType = -108,
    /// Tokens and an error in one answer.
    ViolationContradiction = -109,
    /// The metadata names another issuer.
    ViolationOtherIssuer = -110,
    /// The response ended early or never came.
    ViolationNoResponse = -111,
    /// A stored record is damaged, or of another issuer or client.
    ViolationRecord = -112,
    /// A stored record is of a newer version.
    ViolationRecordVersion = -113,
    /// The store went back to an older record.
    ViolationOlderRecord = -114,
}

/// Both ways: the core's errors and their codes.
const TABLE: [(Code, Error); 39] = [
    (Code::MisuseNotNow, Error::Misuse(Misuse::NotNow)),
    (Code::MisuseOtherConfig, Error::Misuse(Misuse::OtherConfig)),
    (Code::MisuseEntropy, Error::Misuse(Misuse::Entropy)),
    (Code::MisuseUrl, Error::Misuse(Misuse::Url)),
    (Code::MisuseRedirectUri, Error::Misuse(Misuse::RedirectUri)),
    (Code::MisuseParameter, Error::Misuse(Misuse::Parameter)),
    (Code::MisuseRepeated, Error::Misuse(Misuse::Repeated)),
    (Code::MisusePolicy, Error::Misuse(Misuse::Policy)),
    (Code::MisuseNotToken68, Error::Misuse(Misuse::NotToken68)),
    (Code::MisuseNoRefreshToken, Error::Misuse(Misuse::NoRefreshToken)),
    (Code::MisuseAudience, Error::Misuse(Misuse::Audience)),
    (Code::MisuseResource, Error::Misuse(Misuse::Resource)),
    (Code::MisusePending, Error::Misuse(Misuse::Pending)),
    (Code::RefusalInvalidGrant, Error::Refused(Refusal::InvalidGrant)),
    (Code::RefusalAccessDenied, Error::Refused(Refusal::AccessDenied)),
    (Code::RefusalInteraction, Error::Refused(Refusal::Interaction)),
    (Code::RefusalClient, Error::Refused(Refusal::Client)),
    (Code::RefusalRequest, Error::Refused(Refusal::Request)),
    (Code::RefusalUnavailable, Error::Refused(Refusal::Unavailable)),
    (Code::RefusalOther, Error::Refused(Refusal::Other)),
    (Code::ViolationOtherUri, Error::Violation(Violation::OtherUri)),
    (Code::ViolationRepeated, Error::Violation(Violation::Repeated)),
    (Code::ViolationState, Error::Violation(Violation::State)),
    (Code::ViolationIssuer, Error::Violation(Violation::Issuer)),
    (Code::ViolationRedirect, Error::Violation(Violation::Redirect)),
    (Code::ViolationNoOutcome, Error::Violation(Violation::NoOutcome)),
    (Code::ViolationRedirected, Error::Violation(Violation::Redirected)),
    (Code::ViolationStatus, Error::Violation(Violation::Status)),
    (Code::ViolationContentType, Error::Violation(Violation::ContentType)),
    (Code::ViolationJson, Error::Violation(Violation::Json)),
    (Code::ViolationTooLong, Error::Violation(Violation::TooLong)),
    (Code::ViolationMember, Error::Violation(Violation::Member)),
    (Code::ViolationTokenType, Error::Violation(Violation::TokenType)),
    (Code::ViolationContradiction, Error::Violation(Violation::Contradiction)),
    (Code::ViolationOtherIssuer, Error::Violation(Violation::OtherIssuer)),
    (Code::ViolationNoResponse, Error::Violation(Violation::NoResponse)),
    (Code::ViolationRecord, Error::Violation(Violation::Record)),
    (Code::ViolationRecordVersion, Error::Violation(Violation::RecordVersion)),
    (Code::ViolationOlderRecord, Error::Violation(Violation::OlderRecord)),
];

impl From<Error> for Code {
    fn from(error: Error) -> Self {
        if matches!(error, Error::Capacity { .. }) {
            return Self::Capacity;
        }
        TABLE.iter().find(|(_, known)| *known == error).map_or(Self::Other, |(code, _)| *code)
    }
}

/// What the core knows about a code.
pub(crate) fn error_of(result: i32) -> Option<Error> {
    TABLE.iter().find(|(code, _)| *code as i32 == result).map(|(_, error)| *error)
}

/// What can be done about a result.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Remedy {
    /// Nothing: poll on. The session repeats when it is time, and says when.
    Poll = 0,
    /// Sign in again: poll, and it says so.
    SignIn = 1,
    /// Fix the call, the configuration or the registration; a repeat fails alike.
    Fix = 2,
    /// Lend a larger buffer, or declare a larger session.
    Enlarge = 3,
}

/// What can be done about a result, in one word.
#[unsafe(no_mangle)]
pub extern "C" fn gatepass_remedy_of(result: Outcome) -> Remedy {
    match error_of(result).map(Error::remedy) {
        Some(gatepass::Remedy::Poll) => Remedy::Poll,
        Some(gatepass::Remedy::SignIn) => Remedy::SignIn,
        Some(gatepass::Remedy::Enlarge) => Remedy::Enlarge,
        Some(_) => Remedy::Fix,
        None if result >= 0 || result == Code::NoToken as i32 => Remedy::Poll,
        None if result == Code::Capacity as i32 || result == Code::Storage as i32 => Remedy::Enlarge,
        None => Remedy::Fix,
    }
}

/// What a result means, in a sentence that names the cure. Writes at most `size` bytes to `out`, the last of them a NUL, and gives the length
/// of the whole sentence without it, as `snprintf` does: 256 bytes hold any. `out` may be null when `size` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_strerror(result: Outcome, out: *mut c_char, size: usize) -> usize {
    // SAFETY: promise 1 of the crate.
    let out = unsafe { memory::bytes_mut(out.cast(), size) }.unwrap_or_default();
    let mut sentence = Sentence { out, len: 0 };
    let told = match error_of(result) {
        Some(error) => write!(sentence, "{error}"),
        None => sentence.write_str(own(result)),
    };
    // A sentence is never full: what does not fit is counted alone.
    debug_assert!(told.is_ok());
    sentence.end()
}

/// The sentences of this interface's own results.
const OWN: [(i32, &str); 12] = [
    (Status::Advanced as i32, "the session went on; poll it"),
    (Status::More as i32, "the response is not complete; go on reading"),
    (Status::Unchanged as i32, "nothing changed"),
    (Code::Null as i32, "a pointer is null; only those that the header allows to be null may be"),
    (Code::Misaligned as i32, "a pointer is not aligned; declare storage as an array of uint64_t"),
    (Code::Storage as i32, "the storage is too small, or larger than a machine of 32 bits counts; size it with the header's macro"),
    (Code::NotInitialised as i32, "the storage holds no session or configuration; initialise it where it lies, and do not copy it"),
    (Code::Overlap as i32, "memory that was lent overlaps other memory of the call, or has an impossible length; lend a buffer of its own"),
    (Code::Utf8 as i32, "a text is not UTF-8"),
    (
        Code::Settings as i32,
        "the settings contradict each other, have an unknown flag or a list that is too long, or name audiences or members to a library that was \
         built without that feature",
    ),
    (Code::NoToken as i32, "there is no access token that serves; poll to see whose move it is"),
    (Code::Capacity as i32, "the buffer is too small; gatepass_needed says how large it must be"),
];

fn own(result: i32) -> &'static str {
    OWN.iter().find(|(code, _)| *code == result).map_or("an error that this version does not name", |(_, sentence)| sentence)
}

struct Sentence<'o> {
    out: &'o mut [u8],
    len: usize,
}

impl core::fmt::Write for Sentence<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.out.iter_mut().skip(self.len);
        for (to, from) in room.zip(text.bytes()) {
            *to = from;
        }
        self.len = self.len.saturating_add(text.len());
        Ok(())
    }
}

impl Sentence<'_> {
    fn end(self) -> usize {
        let last = self.out.len().saturating_sub(1);
        if let Some(end) = self.out.get_mut(self.len.min(last)) {
            *end = 0;
        }
        self.len
    }
}
