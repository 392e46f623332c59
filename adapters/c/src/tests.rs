//! What the C programs of `tests/c` cannot show: a session at every length, and the limits that the core sets.

extern crate std;

#[cfg(all(feature = "audiences", feature = "members"))]
mod life;

use core::ptr;
use std::{format, string::String, vec::Vec};

use gatepass::{Audience, Client, Config, Error, Misuse, Server};

use crate::*;

const NOW: Time = Time { millis: 1_000, unix_seconds: 0 };
const LEN: usize = GATEPASS_SESSION_OVERHEAD + 1024;

fn entropy() -> [u8; GATEPASS_ENTROPY_SIZE] {
    core::array::from_fn(|at| at as u8)
}

/// Something in every bit that nobody has written.
const fn zeroed<T>() -> T {
    // SAFETY: every type that it is used for consists of integers and raw pointers.
    unsafe { core::mem::zeroed() }
}

fn poll(session: *mut SessionRef, config: *const ConfigRef, out: &mut [u8]) -> (Outcome, Output) {
    let mut output: Output = zeroed();
    // SAFETY: all of it is the test's own.
    let outcome = unsafe { gatepass_poll(session, config, NOW, out.as_mut_ptr(), out.len(), &mut output) };
    (outcome, output)
}

fn config(storage: &mut [u64]) -> *mut ConfigRef {
    let audience = AudienceSetting { resource: ptr::null(), audience: c"mail".as_ptr(), scope: ptr::null() };
    let member = c"patient".as_ptr();
    let mut settings: Settings = zeroed();
    settings.auth0_domain = c"tenant.example".as_ptr();
    settings.client_id = c"device".as_ptr();
    (settings.audiences, settings.audience_count) = (&audience, 1);
    (settings.members, settings.member_count) = (&member, 1);
    let mut config = ptr::null_mut();
    // SAFETY: all of it is the test's own, and the strings are static.
    assert_eq!(unsafe { gatepass_config_init(storage.as_mut_ptr(), size_of_val(storage), &settings, &mut config) }, 0);
    config
}

#[test]
fn a_session_of_any_length_lives_in_its_storage_and_leaves_nothing() {
    let mut settled = [u64::MAX; (GATEPASS_CONFIG_OVERHEAD + GATEPASS_AUDIENCE_SIZE + GATEPASS_MEMBER_SIZE) / 8];
    let config = config(&mut settled);
    for size in (LEN - 9..=LEN).chain([GATEPASS_SESSION_OVERHEAD]) {
        let mut storage = [u64::MAX; LEN / 8];
        let mut out = [0; 1536];
        let mut session = ptr::null_mut();
        // SAFETY: all of it is the test's own, here and below.
        assert_eq!(unsafe { gatepass_init(storage.as_mut_ptr(), size, &mut session) }, 0);
        assert_eq!(poll(session, config, &mut out).1.r#move, Move::Load);
        // SAFETY: as above.
        assert_eq!(unsafe { gatepass_handle_found(session, config, NOW, ptr::null(), 0, entropy().as_ptr()) }, 0);
        let resource = c"https://api.example/".as_ptr();
        let mut what: SignIn = zeroed();
        what.scope = c"openid".as_ptr();
        (what.resources, what.resource_count) = (&resource, 1);
        let uri = c"http://127.0.0.1:1/callback";
        // SAFETY: as above.
        let began = unsafe { gatepass_sign_in(session, config, NOW, &what, uri.as_ptr(), entropy().as_ptr()) };
        if size == GATEPASS_SESSION_OVERHEAD {
            assert_eq!(began, Code::Capacity as Outcome);
            // SAFETY: as above.
            assert!(unsafe { gatepass_needed(session) } > 0);
        } else {
            assert_eq!(began, 0);
            assert_eq!(poll(session, config, &mut out).1.r#move, Move::Visit);
            // SAFETY: as above.
            let kept = unsafe { gatepass_redirect_uri(session).get() };
            assert_eq!(kept, Ok("http://127.0.0.1:1/callback"));
        }
        // SAFETY: as above.
        assert_eq!(unsafe { gatepass_wipe(session) }, 0);
        assert!(storage[..size / 8].iter().all(|word| *word == 0));
    }
}

#[cfg(all(feature = "audiences", feature = "members"))]
#[test]
fn a_configuration_names_as_many_audiences_and_members_as_the_header_says() {
    let names: [String; GATEPASS_MAX_MEMBERS + 1] = core::array::from_fn(|at| format!("name{at}"));
    let new = || Config::new(Server::auth0("tenant.example"), Client::public("device")).unwrap();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let audiences: Vec<Audience<'_>> = members.iter().map(|name| Audience::named(name)).collect();
    let too_many = Some(Error::Misuse(Misuse::Parameter));
    assert!(new().with_audiences(&audiences[..GATEPASS_MAX_AUDIENCES]).is_ok());
    assert_eq!(new().with_audiences(&audiences[..=GATEPASS_MAX_AUDIENCES]).err(), too_many);
    assert!(new().with_members(&members[..GATEPASS_MAX_MEMBERS]).is_ok());
    assert_eq!(new().with_members(&members).err(), too_many);
}
