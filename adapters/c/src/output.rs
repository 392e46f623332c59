//! `poll`: whose move it is.

use gatepass::{Output as Core, SignInReason, Ticket, Timestamp, Version, Why as CoreWhy};

use crate::{
    config::ConfigRef,
    error::Outcome,
    memory::{self, Bytes, Text, Time},
    request::HttpRequest,
    session::{SessionRef, with},
};

/// Whose move it is. No later version of this interface adds one unannounced, so a `switch` over `(enum gatepass_move)output.move` may be
/// whole, and the compiler's `-Wswitch` says so.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Move {
    /// The store: read the record, and call `gatepass_handle_found`. Repeats until answered.
    Load = 0,
    /// The application, for `reason`: call `gatepass_sign_in`.
    SignIn = 1,
    /// The person: open `url` in a browser, here or on another device, and call `gatepass_handle_visited`. Repeats until answered.
    Visit = 2,
    /// The person, until `until`: `gatepass_handle_redirect` takes the whole redirect URI.
    AwaitRedirect = 3,
    /// The store: compare and swap `save`, then call `gatepass_handle_saved`, `.._superseded` or `.._not_saved`. Repeats until answered.
    Save = 4,
    /// The transport: send `request`, once. Handed out once.
    Send = 5,
    /// The server, until `until`: its answer goes to `gatepass_handle_head`, `.._body` and `.._end`.
    AwaitResponse = 6,
    /// Nobody, for `why`: poll again at `until`.
    Wait = 7,
    /// Nobody: the access token is good; poll again at `until`.
    Sleep = 8,
}

/// Why a person must sign in.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// One that this version does not name.
    Other = 0,
    /// There is no grant yet.
    NoGrant = 1,
    /// The person signed out, here or elsewhere.
    SignedOut = 2,
    /// The access token expired, and there is no refresh token.
    Expired = 3,
    /// The server ended the grant.
    Ended = 4,
    /// The server wants the person to be there.
    Interaction = 5,
    /// Refreshes were lost as often as the policy allows.
    InDoubt = 6,
    /// The person did not come back in time.
    TimedOut = 7,
    /// The application cancelled.
    Cancelled = 8,
    /// The person or the server declined.
    Declined = 9,
    /// The code could not be redeemed.
    Failed = 10,
    /// The tokens did not fit: declare a larger session.
    TooSmall = 11,
}

/// Why nothing is to be done yet.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Why {
    /// One that this version does not name.
    Other = 0,
    /// Another holder refreshes.
    AnotherHolder = 1,
    /// A refresh was sent, and its answer was lost.
    InDoubt = 2,
    /// The server refused; see `gatepass_refusal_code`.
    Refused = 3,
    /// The request could not be sent.
    Offline = 4,
    /// The store failed.
    Store = 5,
    /// The server wants the person to be there; the access token is good until then.
    Interaction = 6,
    /// The revocation was not answered yet.
    Revocation = 7,
    /// The last access token did not fit: declare a larger session.
    TooSmall = 8,
}

/// A record to be stored. It holds secrets, and lies in the buffer that was lent to `gatepass_poll`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Save {
    /// Echo it with the answer.
    pub ticket: u32,
    /// Whether the store must hold a record for the change to be made; if not, it must hold nothing. `gatepass_is_expected` compares.
    pub expects_record: bool,
    /// The random name of the grant that it must hold.
    pub expected_family: [u8; 12],
    /// The number of the write that it must hold.
    pub expected_revision: u64,
    /// The new record.
    pub record: Bytes,
}

/// Whose move it is, and what it needs. Only the members that `move` names mean something; the others are zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Output {
    /// Whose move it is.
    pub r#move: Move,
    /// With `GATEPASS_MOVE_SIGN_IN`: why.
    pub reason: Reason,
    /// With `GATEPASS_MOVE_WAIT`: why.
    pub why: Why,
    /// Until when, in milliseconds on the caller's clock; `UINT64_MAX`: for ever.
    pub until: u64,
    /// With `GATEPASS_MOVE_VISIT`: the authorization URL, in the buffer that was lent. Show it to the person, keep it out of logs.
    pub url: Text,
    /// With `GATEPASS_MOVE_SAVE`.
    pub save: Save,
    /// With `GATEPASS_MOVE_SEND`.
    pub request: HttpRequest,
}

impl Output {
    const fn of(r#move: Move, until: u64) -> Self {
        let save = Save { ticket: 0, expects_record: false, expected_family: [0; 12], expected_revision: 0, record: Bytes::NONE };
        Self { r#move, reason: Reason::Other, why: Why::Other, until, url: Text::NONE, save, request: HttpRequest::NONE }
    }

    fn until(r#move: Move, until: Timestamp) -> Self {
        Self::of(r#move, until.as_millis())
    }
}

/// Whose move is it? It answers in every state. `out` is where URLs, requests and records are written: the session's room and half a KiB are
/// enough. What is handed out lies there until it is used for something else; it may hold secrets: wipe it. A request's URL may be the settings'
/// own string instead.
///
/// Errors explain, `gatepass_poll` decides: any other call's error may be logged, and then the session is polled again. Its own errors are
/// `GATEPASS_ERROR_CAPACITY` for a small `out` (nothing was handed out), that of another configuration, and those of this interface.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_poll(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    out: *mut u8,
    out_size: usize,
    output: *mut Output,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            taken.check_out(out, out_size, output)?;
            let out = memory::bytes_mut(out, out_size)?;
            output.write(translate(lent.session.poll(lent.config, now.into(), out)?));
            Ok(0)
        })
    }
}

fn translate(output: Core<'_>) -> Output {
    match output {
        Core::Load => Output::of(Move::Load, 0),
        Core::SignIn(reason) => Output { reason: reason.into(), ..Output::of(Move::SignIn, 0) },
        Core::Visit(url) => Output { url: Text::of(url.as_str()), ..Output::of(Move::Visit, 0) },
        Core::AwaitRedirect(until) => Output::until(Move::AwaitRedirect, until),
        Core::Save(save) => Output { save: save.into(), ..Output::of(Move::Save, 0) },
        Core::Send(request) => Output { request: HttpRequest::of(&request), ..Output::until(Move::Send, request.deadline()) },
        Core::AwaitResponse(until) => Output::until(Move::AwaitResponse, until),
        Core::Wait(until, why) => Output { why: why.into(), ..Output::until(Move::Wait, until) },
        Core::Sleep(until) => Output::until(Move::Sleep, until),
    }
}

impl From<gatepass::Save<'_>> for Save {
    fn from(save: gatepass::Save<'_>) -> Self {
        let expected = save.expected();
        Self {
            ticket: Ticket::to_bits(save.ticket()),
            expects_record: expected.is_some(),
            expected_family: expected.map_or([0; 12], |version| version.family()),
            expected_revision: expected.map_or(0, |version| version.revision()),
            record: Bytes::of(save.record()),
        }
    }
}

/// Whether what a store holds (null and 0: nothing) is what a save expects, so that the change may be made. Bytes that are no record are
/// nobody's expectation. The caller makes comparing and writing one step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_is_expected(save: *const Save, held: *const u8, held_len: usize) -> bool {
    if memory::check(save).is_err() {
        return false;
    }
    // SAFETY: aligned and not null, and promise 2.
    let save = unsafe { &*save };
    // SAFETY: promise 1.
    let Ok(held) = (unsafe { memory::list(held, held_len) }) else { return false };
    if held.is_empty() || !save.expects_record {
        return held.is_empty() && !save.expects_record;
    }
    Version::of(held).is_ok_and(|held| held.family() == save.expected_family && held.revision() == save.expected_revision)
}

/// The number of the write that made a record, which never goes back; 0 for bytes that are no whole record. A store with two places keeps the
/// higher one, and writes to the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_revision(record: *const u8, len: usize) -> u64 {
    // SAFETY: promise 1.
    let record = unsafe { memory::list(record, len) };
    record.map_or(0, |record| Version::of(record).map_or(0, |version| version.revision()))
}

impl From<SignInReason> for Reason {
    fn from(reason: SignInReason) -> Self {
        match reason {
            SignInReason::NoGrant => Self::NoGrant,
            SignInReason::SignedOut => Self::SignedOut,
            SignInReason::Expired => Self::Expired,
            SignInReason::Ended => Self::Ended,
            SignInReason::Interaction => Self::Interaction,
            SignInReason::InDoubt => Self::InDoubt,
            SignInReason::TimedOut => Self::TimedOut,
            SignInReason::Cancelled => Self::Cancelled,
            SignInReason::Declined => Self::Declined,
            SignInReason::Failed => Self::Failed,
            SignInReason::TooSmall => Self::TooSmall,
            _ => Self::Other,
        }
    }
}

impl From<CoreWhy> for Why {
    fn from(why: CoreWhy) -> Self {
        match why {
            CoreWhy::AnotherHolder => Self::AnotherHolder,
            CoreWhy::InDoubt => Self::InDoubt,
            CoreWhy::Refused => Self::Refused,
            CoreWhy::Offline => Self::Offline,
            CoreWhy::Store => Self::Store,
            CoreWhy::Interaction => Self::Interaction,
            CoreWhy::Revocation => Self::Revocation,
            CoreWhy::TooSmall => Self::TooSmall,
            _ => Self::Other,
        }
    }
}
