//! What a caller must set aside. The compiler checks the figures on every target.
#![allow(unexpected_cfgs, reason = "`gatepass_exact` is passed by the tests alone")]

use gatepass::Audience;

use crate::{config::Settled, session::Handle};

/// The alignment of all storage, in bytes: that of a `uint64_t`.
pub const GATEPASS_STORAGE_ALIGN: usize = 8;

/// Bytes of a session beside those for what it keeps.
#[cfg(target_pointer_width = "32")]
pub const GATEPASS_SESSION_OVERHEAD: usize = 352;
/// Bytes of a session beside those for what it keeps.
#[cfg(target_pointer_width = "64")]
pub const GATEPASS_SESSION_OVERHEAD: usize = 424;

/// Bytes of a configuration beside its lists.
#[cfg(target_pointer_width = "32")]
pub const GATEPASS_CONFIG_OVERHEAD: usize = 160;
/// Bytes of a configuration beside its lists.
#[cfg(target_pointer_width = "64")]
pub const GATEPASS_CONFIG_OVERHEAD: usize = 280;

/// Bytes of a configuration for each audience that it names.
#[cfg(target_pointer_width = "32")]
pub const GATEPASS_AUDIENCE_SIZE: usize = 24;
/// Bytes of a configuration for each audience that it names.
#[cfg(target_pointer_width = "64")]
pub const GATEPASS_AUDIENCE_SIZE: usize = 48;

/// Bytes of a configuration for each member that it names.
#[cfg(target_pointer_width = "32")]
pub const GATEPASS_MEMBER_SIZE: usize = 8;
/// Bytes of a configuration for each member that it names.
#[cfg(target_pointer_width = "64")]
pub const GATEPASS_MEMBER_SIZE: usize = 16;

/// Bytes of fresh randomness that a call takes.
pub const GATEPASS_ENTROPY_SIZE: usize = 64;

/// Audiences that a configuration may name.
pub const GATEPASS_MAX_AUDIENCES: usize = 8;

/// Members that a configuration may name.
pub const GATEPASS_MAX_MEMBERS: usize = 16;

/// Resources, and other parameters, that a sign-in may name.
pub const GATEPASS_MAX_PARAMETERS: usize = 8;

/// Bytes of a stored record beside its texts: tokens, scope, members.
pub const GATEPASS_RECORD_OVERHEAD: usize = 100;

/// Header fields that a request has at most.
pub const GATEPASS_MAX_FIELDS: usize = 4;

const _: () = {
    assert!(align_of::<Handle<[u8; 0]>>() <= GATEPASS_STORAGE_ALIGN);
    assert!(align_of::<Settled>() <= GATEPASS_STORAGE_ALIGN);
    assert!(size_of::<Handle<[u8; 0]>>() <= GATEPASS_SESSION_OVERHEAD, "enlarge GATEPASS_SESSION_OVERHEAD");
    assert!(size_of::<Settled>() <= GATEPASS_CONFIG_OVERHEAD, "enlarge GATEPASS_CONFIG_OVERHEAD");
    assert!(size_of::<Audience<'_>>() == GATEPASS_AUDIENCE_SIZE);
    assert!(size_of::<&str>() == GATEPASS_MEMBER_SIZE);
    assert!(gatepass::RECORD_OVERHEAD == GATEPASS_RECORD_OVERHEAD);
};

// Room that nobody uses is RAM that a device does not have: our tests build with this `cfg`, and where a figure differs the compiler says which one
// to write above. Other compilers may lay a session out smaller, and build all the same.
#[cfg(gatepass_exact)]
const _: [(); GATEPASS_SESSION_OVERHEAD] = [(); size_of::<Handle<[u8; 0]>>()];
#[cfg(gatepass_exact)]
const _: [(); GATEPASS_CONFIG_OVERHEAD] = [(); size_of::<Settled>()];
