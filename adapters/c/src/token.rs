//! The access token, and what an API answered to it.

use core::ffi::c_char;

use gatepass::{Challenge, Input};

use crate::{
    config::ConfigRef,
    error::{Code, Outcome, Status},
    input::status,
    memory::{self, Text, Time},
    session::{SessionRef, with},
};

/// Which access token of a grant: no secret. Zero is none.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Generation {
    /// Of no concern to the caller.
    pub opaque: [u8; 28],
}

/// An access token that serves, as far as anybody knows.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct AccessToken {
    /// The value of the header field `Authorization` (RFC 6750 §2.1), a secret, in the buffer that was lent.
    pub header: Text,
    /// When it expires, in milliseconds on the caller's clock; `UINT64_MAX` when nobody knows. It may end sooner.
    pub expires_at: u64,
    /// For `gatepass_handle_challenge`.
    pub generation: Generation,
}

/// Writes the header value that carries the access token into `out`: `Bearer` and the token. `audience` is null for the grant's own, or a
/// name out of the settings, with a NUL at its end. `GATEPASS_ERROR_NO_TOKEN` when there is none: poll. Send it to the API's own origin and
/// nowhere else, over TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_access_token(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    audience: *const c_char,
    out: *mut u8,
    out_size: usize,
    token: *mut AccessToken,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            taken.check_out(out, out_size, token)?;
            let found = match taken.string(audience)? {
                None => lent.session.access_token(now.into()),
                #[cfg(feature = "audiences")]
                Some(audience) => lent.session.access_token_for(lent.config, audience, now.into()),
                #[cfg(not(feature = "audiences"))]
                Some(_) => None,
            };
            let found = found.ok_or(Code::NoToken)?;
            let out = memory::bytes_mut(out, out_size)?;
            let header = if lent.settled.relaxed_token { found.header_relaxed(out) } else { found.header(out) }?;
            let expires_at = found.expires_at().map_or(u64::MAX, |expiry| expiry.as_millis());
            let generation = Generation { opaque: found.generation().to_bytes() };
            token.write(AccessToken { header: Text::of(header), expires_at, generation });
            Ok(0)
        })
    }
}

/// What an API answered: its status, and one of its `WWW-Authenticate` fields (call it for each). If they say that the access token of this
/// generation is no longer good (401 and `invalid_token`, RFC 6750 §3.1), the session is told, and gives `GATEPASS_STATUS_ADVANCED`: poll for
/// a refresh, and repeat the call once. Otherwise nothing changed, and the answer is the application's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_handle_challenge(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    generation: *const Generation,
    http_status: u16,
    www_authenticate: *const c_char,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            memory::check(generation)?;
            taken.clear(&memory::range(generation, size_of::<Generation>()))?;
            let field = taken.text(www_authenticate, len)?;
            let is_rejected = matches!(Challenge::bearer(field), Ok(Some(challenge)) if challenge.is_invalid_token());
            if http_status != 401 || !is_rejected {
                return Ok(Status::Unchanged as i32);
            }
            let input = Input::TokenRejected(gatepass::Generation::from_bytes((*generation).opaque));
            Ok(status(lent.session.handle(lent.config, now.into(), input)?))
        })
    }
}
