//! What happened: one function for each thing that can.

use core::ffi::c_char;

use gatepass::{Entropy, Head, Input, Status as Core, Ticket};
use zeroize::Zeroize as _;

use crate::{
    config::ConfigRef,
    error::{Code, Outcome, Status},
    memory::Time,
    session::{Fault, SessionRef, Taken, taken, with},
    sizes::GATEPASS_ENTROPY_SIZE,
};

pub(crate) const fn status(status: Core) -> i32 {
    match status {
        Core::Advanced => Status::Advanced as i32,
        Core::More => Status::More as i32,
        Core::Unchanged => Status::Unchanged as i32,
    }
}

/// Once for all inputs: what differs between them is small.
///
/// # Safety
/// The promises of the crate.
#[inline(never)]
unsafe fn tell(session: *mut SessionRef, config: *const ConfigRef, now: Time, input: Result<Input<'_>, Code>) -> Outcome {
    // SAFETY: the caller's.
    unsafe { with(session, config, |lent, _| Ok(status(lent.session.handle(lent.config, now.into(), input?)?))) }
}

/// # Safety
/// The promises of the crate, for `'i`.
unsafe fn bytes<'i>(session: *mut SessionRef, config: *const ConfigRef, data: *const u8, len: usize) -> Result<&'i [u8], Code> {
    // SAFETY: the caller's.
    unsafe { taken(session, config)?.bytes(data, len) }
}

/// # Safety
/// The promises of the crate, for `'i`.
unsafe fn text<'i>(session: *mut SessionRef, config: *const ConfigRef, data: *const c_char, len: usize) -> Result<&'i str, Code> {
    // SAFETY: the caller's.
    unsafe { taken(session, config)?.text(data, len) }
}

/// Takes 64 fresh bytes of the caller's.
///
/// # Safety
/// Promise 1 of the crate.
pub(crate) unsafe fn entropy(bytes: *const u8, taken: &Taken) -> Result<Entropy, Fault> {
    let mut own = [0; GATEPASS_ENTROPY_SIZE];
    // SAFETY: the caller's.
    own.copy_from_slice(unsafe { taken.bytes(bytes, GATEPASS_ENTROPY_SIZE) }?);
    let entropy = Entropy::from_bytes(own);
    own.zeroize();
    Ok(entropy?)
}

/// The store's record, or null and 0 when it has none. `entropy` is `GATEPASS_ENTROPY_SIZE` fresh bytes of a cryptographic generator, each
/// time; they name this instance, and the name must be its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_found(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    record: *const u8,
    len: usize,
    entropy: *const u8,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            let record = taken.bytes(record, len)?;
            let entropy = self::entropy(entropy, taken)?;
            let input = Input::Found((!record.is_empty()).then_some(record), &entropy);
            Ok(status(lent.session.handle(lent.config, now.into(), input)?))
        })
    }
}

/// The browser was opened, or the URL was shown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_visited(session: *mut SessionRef, config: *const ConfigRef, now: Time) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::Visited)) }
}

/// The whole redirect URI, as it was received.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_redirect(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    uri: *const c_char,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, text(session, config, uri, len).map(Input::Redirect)) }
}

/// The head of a response: its status, and the fields `Content-Type` and `Retry-After`, null and 0 where absent. When it gives
/// `GATEPASS_STATUS_ADVANCED`, the rest of the response is of no interest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_head(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    ticket: u32,
    status: u16,
    content_type: *const c_char,
    content_type_len: usize,
    retry_after: *const c_char,
    retry_after_len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        let field = |data, len| Ok(Some(text(session, config, data, len)?).filter(|value| !value.is_empty()));
        let head = field(content_type, content_type_len)
            .and_then(|content_type| Ok(Head { status, content_type, retry_after: field(retry_after, retry_after_len)? }));
        tell(session, config, now, head.map(|head| Input::Head(Ticket::from_bits(ticket), head)))
    }
}

/// The next bytes of its body, of any number: without the framing of chunks, and decompressed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_body(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    ticket: u32,
    data: *const u8,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, bytes(session, config, data, len).map(|bytes| Input::Body(Ticket::from_bits(ticket), bytes))) }
}

/// Its body ended as it should: by its length, or its last chunk. An end of the connection before that is `gatepass_handle_no_response`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_end(session: *mut SessionRef, config: *const ConfigRef, now: Time, ticket: u32) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::End(Ticket::from_bits(ticket)))) }
}

/// No byte of the request left this machine, and none will.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_not_sent(session: *mut SessionRef, config: *const ConfigRef, now: Time, ticket: u32) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::NotSent(Ticket::from_bits(ticket)))) }
}

/// Some byte of the request may have left, and no whole answer came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_no_response(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    ticket: u32,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::NoResponse(Ticket::from_bits(ticket)))) }
}

/// The record is stored, durably.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_saved(session: *mut SessionRef, config: *const ConfigRef, now: Time, ticket: u32) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::Saved(Ticket::from_bits(ticket)))) }
}

/// The store holds another record than expected: this one, or none (null and 0). A store that notifies may say so at any time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_superseded(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    record: *const u8,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        let record = bytes(session, config, record, len);
        tell(session, config, now, record.map(|record| Input::Superseded((!record.is_empty()).then_some(record))))
    }
}

/// The store failed, or nobody knows what became of the save.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_not_saved(session: *mut SessionRef, config: *const ConfigRef, now: Time, ticket: u32) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::NotSaved(Ticket::from_bits(ticket)))) }
}

/// The application wants a longer life than the access token has left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_refresh(session: *mut SessionRef, config: *const ConfigRef, now: Time) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::Refresh)) }
}

/// The application wants an access token for this audience, by the URI or identifier that the settings name, or one with a longer life.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_refresh_for(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    audience: *const c_char,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, text(session, config, audience, len).map(Input::RefreshFor)) }
}

/// The application gives the sign-in, or the revocation, up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_cancel(session: *mut SessionRef, config: *const ConfigRef, now: Time) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { tell(session, config, now, Ok(Input::Cancel)) }
}
