//! Beginning a grant, keeping a sign-in across a restart, and signing out.

use core::ffi::c_char;

use gatepass::{AuthorizationCode, Grant};

use crate::{
    config::ConfigRef,
    error::{Code, Outcome},
    input::{entropy, status},
    memory::{self, Bytes, Time},
    session::{Fault, SessionRef, Taken, with},
    sizes::GATEPASS_MAX_PARAMETERS,
};

/// A parameter that a provider has of its own.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Parameter {
    /// Its name, such as `access_type`: none that this library sets.
    pub name: *const c_char,
    /// Its value.
    pub value: *const c_char,
}

/// What to ask for (RFC 6749 §4.1.1). Set everything to zero first; what is null is not sent. The strings end in a NUL, and need not outlive
/// the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct SignIn {
    /// Tokens with one space between (RFC 6749 §3.3), such as `openid offline_access`.
    pub scope: *const c_char,
    /// The API that the access token is for, as Auth0 names it.
    pub audience: *const c_char,
    /// `login`, `consent`, `select_account`, `none`, or several (OpenID Connect Core §3.1.2.1).
    pub prompt: *const c_char,
    /// Who is likely to sign in.
    pub login_hint: *const c_char,
    /// The organization to sign in to (Auth0).
    pub organization: *const c_char,
    /// The connection to sign in by (Auth0).
    pub connection: *const c_char,
    /// The authentication context classes wanted, with spaces between.
    pub acr_values: *const c_char,
    /// How many seconds ago the person may have signed in at most, or null.
    pub max_age: *const u32,
    /// The resources that the grant's own access token is for (RFC 8707 §2).
    pub resources: *const *const c_char,
    /// How many they are, at most `GATEPASS_MAX_PARAMETERS`.
    pub resource_count: usize,
    /// Parameters that a provider has of its own.
    pub extra: *const Parameter,
    /// How many they are, at most `GATEPASS_MAX_PARAMETERS`.
    pub extra_count: usize,
}

/// Begins a sign-in with authorization code and PKCE. What the session held before is let go of; the store keeps it until the sign-in
/// succeeds. The redirect URI, which ends in a NUL, is sent to the letter, and the redirect must come back on it (RFC 6749 §3.1.2).
/// `entropy` is `GATEPASS_ENTROPY_SIZE` fresh bytes of a cryptographic generator; wipe them afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_sign_in(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    what: *const SignIn,
    redirect_uri: *const c_char,
    entropy: *const u8,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            memory::check(what)?;
            taken.clear(&memory::range(what, size_of::<SignIn>()))?;
            let entropy = self::entropy(entropy, taken)?;
            let redirect_uri = taken.string(redirect_uri)?.ok_or(Code::Null)?;
            ask(&*what, taken, |grant| Ok(status(lent.session.sign_in(lent.config, now.into(), grant, redirect_uri, &entropy)?)))
        })
    }
}

/// # Safety
/// Promises 1 to 3 of the crate.
unsafe fn ask(what: &SignIn, taken: &Taken, go: impl FnOnce(&Grant<'_>) -> Result<i32, Fault>) -> Result<i32, Fault> {
    let (mut resources, mut extra) = ([""; GATEPASS_MAX_PARAMETERS], [("", ""); GATEPASS_MAX_PARAMETERS]);
    let resources = resources.get_mut(..what.resource_count).ok_or(Code::Settings)?;
    let extra = extra.get_mut(..what.extra_count).ok_or(Code::Settings)?;
    taken.clear(&memory::range(what.resources, what.resource_count.saturating_mul(size_of::<*const c_char>())))?;
    taken.clear(&memory::range(what.extra, what.extra_count.saturating_mul(size_of::<Parameter>())))?;
    taken.clear(&memory::range(what.max_age, size_of::<u32>()))?;
    // SAFETY: the caller's; a sign-in copies what it keeps.
    unsafe {
        for (to, from) in resources.iter_mut().zip(memory::list(what.resources, what.resource_count)?) {
            *to = taken.string(*from)?.ok_or(Code::Null)?;
        }
        for (to, from) in extra.iter_mut().zip(memory::list(what.extra, what.extra_count)?) {
            *to = (taken.string(from.name)?.ok_or(Code::Null)?, taken.string(from.value)?.ok_or(Code::Null)?);
        }
        let text = |data| Ok::<_, Code>(taken.string(data)?.unwrap_or_default());
        let code = AuthorizationCode::new().scope(text(what.scope)?).resources(resources);
        let texts = [what.audience, what.prompt, what.login_hint, what.organization, what.connection, what.acr_values];
        #[cfg(feature = "parameters")]
        let code = {
            let [audience, prompt, login_hint, organization, connection, acr_values] = texts;
            let code = code.audience(text(audience)?).prompt(text(prompt)?).login_hint(text(login_hint)?);
            let code = code.organization(text(organization)?).connection(text(connection)?).acr_values(text(acr_values)?).extra(extra);
            if what.max_age.is_null() {
                code
            } else {
                memory::check(what.max_age)?;
                code.max_age(*what.max_age)
            }
        };
        #[cfg(not(feature = "parameters"))]
        if !(extra.is_empty() && what.max_age.is_null() && texts.iter().all(|text| text.is_null())) {
            return Err(Code::Settings.into());
        }
        go(&Grant::AuthorizationCode(code))
    }
}

/// Exports a sign-in that waits for the person, into `out`, so that it survives a restart. It holds secrets: keep it as safe as a token, for
/// as long as a sign-in may take, and delete it *before* the redirect is handed in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_pending(
    session: *mut SessionRef,
    config: *const ConfigRef,
    out: *mut u8,
    out_size: usize,
    pending: *mut Bytes,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe {
        with(session, config, |lent, taken| {
            taken.check_out(out, out_size, pending)?;
            let written = Bytes::of(lent.session.pending(lent.config, memory::bytes_mut(out, out_size)?)?);
            pending.write(written);
            Ok(0)
        })
    }
}

/// Takes up a sign-in that `gatepass_pending` exported. Its redirect must be found again: see `gatepass_redirect_uri`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_resume(
    session: *mut SessionRef,
    config: *const ConfigRef,
    now: Time,
    pending: *const u8,
    len: usize,
) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { with(session, config, |lent, taken| Ok(status(lent.session.resume(lent.config, now.into(), taken.bytes(pending, len)?)?))) }
}

/// Signs out: the grant ends in the store, then at the server if it can revoke. Poll until `GATEPASS_MOVE_SIGN_IN` says so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_sign_out(session: *mut SessionRef, config: *const ConfigRef, now: Time) -> Outcome {
    // SAFETY: the promises of the crate.
    unsafe { with(session, config, |lent, _| Ok(status(lent.session.sign_out(lent.config, now.into())?))) }
}
