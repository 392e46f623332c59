//! Settings, and the checked configuration that every call is lent.

use core::{ffi::c_char, ops::Range, slice, time::Duration};

use gatepass::{Audience, Client, Config, Misuse, Overlap, Policy, Quirks, Rotation, Server};

use crate::{
    error::{Code, Outcome},
    memory::{self, string},
    session::Fault,
    sizes::{GATEPASS_CONFIG_OVERHEAD, GATEPASS_MAX_AUDIENCES, GATEPASS_MAX_MEMBERS},
};

/// A configuration: server, client and policy, checked. It lies in storage of the caller's, never changes, and any number of sessions may
/// share it, on any threads.
#[derive(Debug)]
pub struct ConfigRef {
    _opaque: (),
}

/// Whom an access token is for, beside the one that the grant itself gives: exactly one of the first two.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct AudienceSetting {
    /// A resource, by its absolute URI (RFC 8707 §2).
    pub resource: *const c_char,
    /// An audience, by the identifier that the authorization server knows (Auth0 and others).
    pub audience: *const c_char,
    /// A scope of its own, or null.
    pub scope: *const c_char,
}

/// Who is asked, and as whom. Set everything to zero first (`gatepass_settings settings = {0}`), then what is wanted: zero and null mean the
/// default. All strings end in a NUL, and must outlive the configuration.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs)]
pub struct Settings {
    /// An Auth0 tenant's domain, in place of the issuer and the endpoints.
    pub auth0_domain: *const c_char,
    /// The issuer identifier, to the letter (RFC 8414 §2).
    pub issuer: *const c_char,
    /// The authorization endpoint.
    pub authorization_endpoint: *const c_char,
    /// The token endpoint.
    pub token_endpoint: *const c_char,
    /// The revocation endpoint (RFC 7009 §2), or null: signing out then ends the grant here alone.
    pub revocation_endpoint: *const c_char,
    /// The client identifier.
    pub client_id: *const c_char,
    /// The client's secret; null for a public client, which a device is: a secret that is shipped is no secret (RFC 8252 §8.5).
    pub client_secret: *const c_char,
    /// `GATEPASS_FLAG_..`, any of them.
    pub flags: u32,
    /// `GATEPASS_QUIRK_..`: oddities of the provider that are tolerated beside the harmless ones.
    pub quirks: u32,
    /// How long one holder of a grant may keep the others from refreshing, in milliseconds: 2,000 to 86,400,000, by default 30,000.
    pub lease_ms: u32,
    /// How long before its expiry an access token is refreshed, in milliseconds: by default 60,000.
    pub ahead_ms: u32,
    /// How long a person may take to sign in, in milliseconds: by default 600,000.
    pub sign_in_ms: u32,
    /// How long a request may take, in milliseconds: by default 30,000; a refresh never more than half of the lease.
    pub timeout_ms: u32,
    /// The longest response that is read, in bytes: by default 1 MiB.
    pub max_response: u32,
    /// How often a refresh token may be sent for one generation when the server stays silent: by default 32.
    pub max_attempts: u16,
    /// How often when the server answers with what settles nothing: by default 16.
    pub max_answered: u16,
    /// Whom else the grant gives access tokens for.
    pub audiences: *const AudienceSetting,
    /// How many they are, at most `GATEPASS_MAX_AUDIENCES`.
    pub audience_count: usize,
    /// Members of a token response that are kept for the application.
    pub members: *const *const c_char,
    /// How many they are, at most `GATEPASS_MAX_MEMBERS`.
    pub member_count: usize,
}

/// The server sends `iss` with every redirect; one without it is refused (RFC 9207 §2.4).
pub const GATEPASS_FLAG_ISS_PARAMETER: u32 = 1;
/// Plain `http` where the host is a loopback literal, for tests: tokens travel unprotected.
pub const GATEPASS_FLAG_DANGER_HTTP_ON_LOOPBACK: u32 = 2;
/// The secret goes into the body (`client_secret_post`), for servers that do not take Basic.
pub const GATEPASS_FLAG_SECRET_IN_BODY: u32 = 4;
/// The refresh token never changes: no intent is saved before a refresh.
pub const GATEPASS_FLAG_FIXED_REFRESH_TOKEN: u32 = 8;
/// A replaced refresh token goes on working for at least the lease: a lost response is repeated at once.
pub const GATEPASS_FLAG_OVERLAP_COVERS_LEASE: u32 = 16;
/// Tokens that came too late are not revoked: for a server that would then end every grant of this user and client.
pub const GATEPASS_FLAG_KEEP_ORPHANS: u32 = 32;
/// No oddity is tolerated but those in `quirks`.
pub const GATEPASS_FLAG_STRICT: u32 = 64;
/// Access tokens with bytes that the bearer grammar does not know, such as `1|abc`, are sent all the same.
pub const GATEPASS_FLAG_RELAXED_TOKEN: u32 = 128;

/// `scope` with commas for spaces (GitHub).
pub const GATEPASS_QUIRK_SCOPE_COMMAS: u32 = 32;
/// A missing `token_type` means `Bearer`.
pub const GATEPASS_QUIRK_MISSING_TOKEN_TYPE: u32 = 64;
/// JSON under another content type, or none.
pub const GATEPASS_QUIRK_ANY_CONTENT_TYPE: u32 = 128;
/// A UTF-8 byte order mark before the JSON.
pub const GATEPASS_QUIRK_BYTE_ORDER_MARK: u32 = 256;

const FLAGS: u32 = 255;
const QUIRKS: [(u32, Quirks); 4] = [
    (GATEPASS_QUIRK_SCOPE_COMMAS, Quirks::SCOPE_COMMAS),
    (GATEPASS_QUIRK_MISSING_TOKEN_TYPE, Quirks::MISSING_TOKEN_TYPE),
    (GATEPASS_QUIRK_ANY_CONTENT_TYPE, Quirks::ANY_CONTENT_TYPE),
    (GATEPASS_QUIRK_BYTE_ORDER_MARK, Quirks::BYTE_ORDER_MARK),
];

/// A configuration in its storage; its lists lie behind it.
#[repr(C)]
pub(crate) struct Settled {
    /// [`SEAL`], mixed with the address: the configuration points into its own storage.
    seal: usize,
    /// Bytes of it and its lists.
    len: usize,
    pub(crate) relaxed_token: bool,
    pub(crate) config: Config<'static>,
}

const SEAL: usize = 0x6770_436f;

impl Settled {
    /// The configuration behind a pointer.
    ///
    /// # Safety
    /// Promises 1, 2 and 4 of the crate, for `'a`.
    ///
    /// # Errors
    /// [`Code::Null`], [`Code::Misaligned`], [`Code::NotInitialised`].
    pub(crate) unsafe fn open<'a>(config: *const ConfigRef) -> Result<&'a Self, Code> {
        let settled = config.cast::<Self>();
        memory::check(settled)?;
        // SAFETY: aligned and not null, and to at least a word by promise 1.
        if unsafe { settled.cast::<usize>().read() } != SEAL ^ settled.addr() {
            return Err(Code::NotInitialised);
        }
        // SAFETY: `gatepass_config_init` has laid one here.
        Ok(unsafe { &*settled })
    }

    pub(crate) fn range(&self) -> Range<usize> {
        memory::range(self, self.len)
    }
}

/// Checks settings, and lays the configuration into storage of the caller's, which must stay where it is as long as it is used, as must the
/// settings' strings (the settings themselves need not). Declare the storage as `static uint64_t storage[GATEPASS_CONFIG_WORDS(0, 0)]`, with
/// the numbers of audiences and members. A configuration that lay there ends, also where this one is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_config_init(
    storage: *mut u64,
    size: usize,
    settings: *const Settings,
    config: *mut *mut ConfigRef,
) -> Outcome {
    // SAFETY: the promises of the crate.
    match unsafe { settle(storage, size, settings, config) } {
        Ok(()) => 0,
        Err(Fault::Own(code)) => code as i32,
        Err(Fault::Core(error)) => Code::from(error) as i32,
    }
}

/// Ends a configuration: no call takes it any more, and its storage is free, as are its strings when no request of it is used any more. It has
/// no copy of a secret.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gatepass_config_wipe(config: *mut ConfigRef) -> Outcome {
    // SAFETY: the promises of the crate.
    let len = match unsafe { Settled::open(config) } {
        Ok(settled) => settled.len,
        Err(code) => return code as i32,
    };
    // SAFETY: as many bytes were written there; the reference above is not used any more, and it holds nothing that wants to be dropped.
    unsafe { config.cast::<u8>().write_bytes(0, len) };
    0
}

unsafe fn settle(storage: *mut u64, size: usize, settings: *const Settings, config: *mut *mut ConfigRef) -> Result<(), Fault> {
    memory::check(storage)?;
    memory::check(settings)?;
    memory::check(config)?;
    // SAFETY: aligned and not null; the rest is promise 2. A copy, for it may lie anywhere.
    let settings = unsafe { *settings };
    let (audiences, members) = (settings.audience_count, settings.member_count);
    if audiences > GATEPASS_MAX_AUDIENCES || members > GATEPASS_MAX_MEMBERS {
        return Err(Code::Settings.into());
    }
    let lists = audiences.saturating_mul(size_of::<Audience<'_>>()).saturating_add(members.saturating_mul(size_of::<&str>()));
    if size < GATEPASS_CONFIG_OVERHEAD.saturating_add(lists) || size > isize::MAX as usize {
        return Err(Code::Storage.into());
    }
    let whole = memory::range(storage, size);
    let elsewhere = [
        memory::range(settings.audiences, audiences.saturating_mul(size_of::<AudienceSetting>())),
        memory::range(settings.members, members.saturating_mul(size_of::<*const c_char>())),
        memory::range(config, size_of::<*mut ConfigRef>()),
    ];
    if elsewhere.iter().any(|lent| memory::overlap(&whole, lent)) {
        return Err(Code::Overlap.into());
    }
    let settled = storage.cast::<Settled>();
    // A configuration of before ends here, whatever becomes of this one: its lists are written over.
    // SAFETY: aligned, not null, and large enough; the seal is the first word.
    unsafe { storage.write_bytes(0, 1) };
    // SAFETY: the storage is as large as a configuration and its lists (promise 1), which are aligned alike.
    let (audience_list, member_list) = unsafe {
        let audience_list = settled.add(1).cast::<Audience<'static>>();
        (audience_list, audience_list.add(audiences).cast::<&'static str>())
    };
    // SAFETY: the settings' own lists are elsewhere (promises 1 to 4); of ours each entry is written before it is read.
    let (audience_list, member_list) = unsafe {
        for (at, setting) in memory::list(settings.audiences, audiences)?.iter().enumerate() {
            audience_list.add(at).write(audience(setting)?);
        }
        for (at, member) in memory::list(settings.members, members)?.iter().enumerate() {
            member_list.add(at).write(string(*member)?.ok_or(Code::Null)?);
        }
        (slice::from_raw_parts(audience_list, audiences), slice::from_raw_parts(member_list, members))
    };
    // SAFETY: promises 3 and 4.
    let checked = unsafe { Config::new(server(&settings)?, client(&settings)?) }?.with_policy(policy(&settings)?)?;
    #[cfg(feature = "members")]
    let checked = checked.with_members(member_list)?;
    #[cfg(feature = "audiences")]
    let checked = checked.with_audiences(audience_list)?;
    let is_left_out = !cfg!(feature = "members") && !member_list.is_empty() || !cfg!(feature = "audiences") && !audience_list.is_empty();
    if is_left_out {
        return Err(Code::Settings.into());
    }
    let relaxed_token = settings.flags & GATEPASS_FLAG_RELAXED_TOKEN != 0;
    let len = size_of::<Settled>().saturating_add(lists);
    // SAFETY: aligned, not null, and as large as it must be.
    unsafe {
        settled.write(Settled { seal: SEAL ^ settled.addr(), len, relaxed_token, config: checked });
        config.write(settled.cast());
    }
    Ok(())
}

/// # Safety
/// Promises 3 and 4 of the crate.
unsafe fn audience(setting: &AudienceSetting) -> Result<Audience<'static>, Code> {
    // SAFETY: the caller's.
    let (resource, audience, scope) = unsafe { (string(setting.resource)?, string(setting.audience)?, string(setting.scope)?) };
    let named = match (resource, audience) {
        (Some(uri), None) => Audience::resource(uri),
        (None, Some(identifier)) => Audience::named(identifier),
        _ => return Err(Code::Settings),
    };
    Ok(scope.map_or(named, |scope| named.scope(scope)))
}

/// # Safety
/// Promises 3 and 4 of the crate.
unsafe fn server(settings: &Settings) -> Result<Server<'static>, Fault> {
    // SAFETY: the caller's.
    let (auth0, issuer, authorization, token, revocation) = unsafe {
        (
            string(settings.auth0_domain)?,
            string(settings.issuer)?,
            string(settings.authorization_endpoint)?,
            string(settings.token_endpoint)?,
            string(settings.revocation_endpoint)?,
        )
    };
    let mut server = match (auth0, issuer, authorization, token) {
        (Some(domain), None, None, None) if revocation.is_none() => Server::auth0(domain),
        (None, Some(issuer), Some(authorization), Some(token)) => Server::new(issuer, authorization, token),
        _ => return Err(Code::Settings.into()),
    };
    if let Some(endpoint) = revocation {
        server = server.with_revocation(endpoint);
    }
    if settings.flags & GATEPASS_FLAG_ISS_PARAMETER != 0 {
        server = server.with_iss_parameter();
    }
    if settings.flags & GATEPASS_FLAG_DANGER_HTTP_ON_LOOPBACK != 0 {
        server = server.danger_allow_http_on_loopback();
    }
    Ok(server)
}

/// # Safety
/// Promises 3 and 4 of the crate.
unsafe fn client(settings: &Settings) -> Result<Client<'static>, Fault> {
    // SAFETY: the caller's.
    let (id, secret) = unsafe { (string(settings.client_id)?, string(settings.client_secret)?) };
    let id = id.ok_or(Misuse::Parameter).map_err(gatepass::Error::from)?;
    let in_body = settings.flags & GATEPASS_FLAG_SECRET_IN_BODY != 0;
    match secret {
        None if in_body => Err(Code::Settings.into()),
        None => Ok(Client::public(id)),
        #[cfg(feature = "secrets")]
        Some(secret) if in_body => Ok(Client::secret_post(id, secret)),
        #[cfg(feature = "secrets")]
        Some(secret) => Ok(Client::secret_basic(id, secret)),
        #[cfg(not(feature = "secrets"))]
        Some(_) => Err(Code::Settings.into()),
    }
}

fn policy(settings: &Settings) -> Result<Policy, Code> {
    let has = |flag| settings.flags & flag != 0;
    let known = QUIRKS.iter().fold(0, |bits, (bit, _)| bits | bit);
    let is_fixed = has(GATEPASS_FLAG_FIXED_REFRESH_TOKEN);
    let known = if cfg!(feature = "quirks") { known } else { 0 };
    if settings.flags & !FLAGS != 0 || settings.quirks & !known != 0 || is_fixed && has(GATEPASS_FLAG_OVERLAP_COVERS_LEASE) {
        return Err(Code::Settings);
    }
    let mut policy = Policy::DEFAULT;
    let times = [
        (&mut policy.lease, settings.lease_ms),
        (&mut policy.ahead, settings.ahead_ms),
        (&mut policy.sign_in, settings.sign_in_ms),
        (&mut policy.timeout, settings.timeout_ms),
    ];
    for (time, millis) in times.into_iter().filter(|(_, millis)| *millis > 0) {
        *time = Duration::from_millis(millis.into());
    }
    for (number, wanted) in [(&mut policy.max_attempts, settings.max_attempts), (&mut policy.max_answered, settings.max_answered)] {
        *number = if wanted > 0 { wanted } else { *number };
    }
    if settings.max_response > 0 {
        policy.max_response = settings.max_response;
    }
    if is_fixed {
        policy.rotation = Rotation::Fixed;
    } else if has(GATEPASS_FLAG_OVERLAP_COVERS_LEASE) {
        policy.rotation = Rotation::Rotating(Overlap::Covers);
    }
    policy.revoke_orphans = !has(GATEPASS_FLAG_KEEP_ORPHANS);
    let base = if has(GATEPASS_FLAG_STRICT) { Quirks::NONE } else { Quirks::HARMLESS };
    policy.quirks = QUIRKS.iter().filter(|(bit, _)| settings.quirks & bit != 0).fold(base, |set, (_, quirk)| set.union(*quirk));
    Ok(policy)
}
