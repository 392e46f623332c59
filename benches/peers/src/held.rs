//! What is held: by a sign-in that waits for its redirect, and by whoever has tokens.

use gatepass::{AuthorizationCode, Config, Entropy, Grant, Input, Session, Timestamp};
use gatepass_steps::{
    given,
    own::{self, Own},
    step::Step,
};
use oauth2::{CsrfToken, PkceCodeVerifier, basic::BasicTokenResponse};
use openidconnect::{Nonce, core::CoreTokenResponse};
use yup_oauth2::storage::TokenInfo;

use crate::{
    candidates::{ByHandTokens, state, verifier},
    heap,
};

/// Bytes by who holds them.
pub type Held = Vec<(&'static str, usize)>;

/// Bytes that a value takes: its own, and those of the heap that it holds.
fn bytes<T>(make: impl FnOnce() -> T) -> usize {
    let before = heap::counted().live;
    let value = make();
    let held = heap::counted().live - before;
    drop(value);
    size_of::<T>() + held as usize
}

/// Bytes of what waits for a redirect: `state` and verifier, or the entropy that they come from.
///
/// # Panics
/// When a sign-in cannot be begun.
#[must_use]
pub fn waiting() -> Held {
    let entropy = given::entropy(1);
    let (state, verifier) = (|| CsrfToken::new(state(&entropy)), || PkceCodeVerifier::new(verifier(&entropy)));
    let mut out = [0; 512];
    vec![
        ("gatepass", Own::ready(Step::Redirect).session().pending(&own::config(), &mut out).expect("a sign-in waits").len()),
        ("gatepass, in its session", size_of::<Session<[u8; 0]>>() + least_buffer()),
        ("oauth2", bytes(|| (state(), verifier()))),
        ("openidconnect", bytes(|| (state(), verifier(), Nonce::new(state().into_secret())))),
        ("by-hand", bytes(|| (state().into_secret(), verifier().into_secret()))),
        ("floor", entropy[..52].len()),
    ]
}

/// Bytes of what holds the tokens of an answer of 1,970 bytes.
///
/// # Panics
/// When the answer cannot be read.
#[must_use]
pub fn tokens() -> Held {
    let answer = Step::Lifecycle.answer();
    let refresh = given::refresh_token(1);
    let access = answer.split('"').nth(3).expect("the access token comes first");
    let own = Own::ready(Step::JournaledRefreshRequest);
    vec![
        ("gatepass", own.record()),
        ("gatepass, in its session", size_of::<Session<[u8; 0]>>() + access.len() + refresh.len() + given::SCOPE.len()),
        ("oauth2", bytes(|| serde_json::from_str::<BasicTokenResponse>(&answer).expect("it is a good answer"))),
        ("openidconnect", bytes(|| serde_json::from_str::<CoreTokenResponse>(&answer).expect("it is a good answer"))),
        (
            "yup-oauth2",
            bytes(|| TokenInfo {
                access_token: Some(access.to_owned()),
                refresh_token: Some(refresh.clone()),
                expires_at: None,
                id_token: None,
            }),
        ),
        ("by-hand", bytes(|| serde_json::from_str::<ByHandTokens>(&answer).expect("it is a good answer"))),
        ("floor", access.len() + refresh.len()),
    ]
}

macro_rules! sessions {
    ($($bytes:literal)*) => { [$(($bytes, Box::new(Session::<[u8; $bytes]>::new()) as Box<Session>)),*] };
}

/// The least buffer, in steps of 8 bytes, in which a sign-in can wait.
fn least_buffer() -> usize {
    let sessions =
        sessions!(0 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 152 160 168 176 184 192 200 208 216 224 232 240 248);
    let found = sessions.into_iter().find_map(|(bytes, mut session)| can_wait(&mut session, &own::config()).then_some(bytes));
    found.expect("one of them is enough")
}

fn can_wait(session: &mut Session, config: &Config<'_>) -> bool {
    let now = Timestamp::from_millis(0);
    let [entropy, other] = [1, 2].map(|seed| Entropy::from_bytes(given::entropy(seed)).expect("it is random"));
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope(given::SCOPE));
    session.handle(config, now, Input::Found(None, &other)).expect("nothing is stored");
    session.sign_in(config, now, &grant, given::REDIRECT_URI, &entropy).is_ok()
}

/// Resident bytes of each of so many sessions that hold the tokens of an answer of 1,970 bytes, by the name of a candidate.
///
/// # Panics
/// Without `/proc`, and for a name that is none.
#[must_use]
pub fn resident(name: &str, sessions: usize) -> usize {
    let answer = Step::Lifecycle.answer();
    match name {
        "gatepass" => each(sessions, || vec![1u8; Own::ready(Step::JournaledRefreshRequest).record()].into_boxed_slice()),
        "gatepass, in its session" => each(sessions, || Own::ready(Step::JournaledRefreshRequest).into_session()),
        "oauth2" => each(sessions, || serde_json::from_str::<BasicTokenResponse>(&answer).expect("it is a good answer")),
        "openidconnect" => each(sessions, || serde_json::from_str::<CoreTokenResponse>(&answer).expect("it is a good answer")),
        "by-hand" => each(sessions, || serde_json::from_str::<ByHandTokens>(&answer).expect("it is a good answer")),
        _ => panic!("{name} holds no sessions"),
    }
}

fn each<T>(sessions: usize, make: impl Fn() -> T) -> usize {
    // What a first one brings along is nobody's.
    drop(make());
    let mut held = Vec::with_capacity(sessions);
    let before = resident_now();
    held.extend((0..sessions).map(|_| make()));
    let bytes = resident_now() - before;
    drop(held);
    bytes / sessions
}

fn resident_now() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is said");
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kilobytes * 1024
}
