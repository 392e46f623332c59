//! What must hold where there is no room, no clock, and no kind server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

mod common;

use common::*;
use gatepass::*;

fn head(status: u16) -> Head<'static> {
    Head { status, content_type: None, retry_after: None }
}

/// A session whose sign-in has reached its code request.
fn redeeming() -> World {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    world
}

/// A session of so many bytes with the record of a small grant, which takes 60.
fn filled<const N: usize>() -> World {
    let mut world = redeeming();
    let (access, refresh) = ("A".repeat(36), "R".repeat(20));
    let tokens =
        format!(r#"{{"access_token":"{access}","token_type":"bearer","expires_in":3600,"refresh_token":"{refresh}","scope":"read"}}"#);
    world.answer(200, &tokens).unwrap();
    world.saved();
    let mut small = World::sized(Deployment::USUAL, Box::new(Session::<[u8; N]>::new()));
    small.store = world.store;
    small.now = world.now;
    small.poll();
    small.load().unwrap();
    small
}

// R075 R150
#[test]
fn what_a_server_said_never_shows_what_took_its_place() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.refreshing();
    let refusal = r#"{"error":"invalid_scope","error_description":"the scope that was asked for is not one that this client may have"}"#;
    world.answer(400, refusal).unwrap_err();
    world.saved();
    let newer = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Newer).unwrap();
    world.store = Some(newer);
    world.sign_out().unwrap();
    assert!(!world.swap());
    world.superseded().unwrap();
    let said = world.session.refusal().map(|said| format!("{}{}", said.code(), said.description())).unwrap_or_default();
    assert!(!said.contains("SECRET"), "{said}");
    world.saved();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH"), "{body}");
}

// R078
#[test]
fn a_holder_without_room_for_the_next_refresh_token_sends_none_and_ends_nothing() {
    let mut small = filled::<60>();
    for _ in 0..50 {
        match small.poll() {
            Ask::Sleep(until) | Ask::Wait(until, Why::TooSmall) => small.now = until.max(small.now + 1),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(small.handle(Input::Refresh), Err(Error::Capacity { needed: 80 })));
    let mut large = World::new(Deployment::USUAL);
    large.store = small.store.clone();
    large.now = small.now;
    large.poll();
    large.load().unwrap();
    assert!(matches!(large.poll(), Ask::Save { .. }), "a holder with room goes on");
}

// R072 R083
#[test]
fn an_error_means_the_same_whether_there_is_room_for_its_words_or_not() {
    for len in (0..1024).step_by(31).chain(900..1024) {
        let mut world = World::new(Deployment::USUAL).signed_in();
        world.refreshing();
        let body = format!(r#"{{"error_description":"{}","error":"invalid_grant"}}"#, "x".repeat(len));
        assert_eq!(world.answer(400, &body), Err(Error::Refused(Refusal::InvalidGrant)), "{len}");
        assert_eq!(world.state(), StateName::SavingClear, "{len}");
    }
}

#[test]
fn a_token_that_is_rejected_while_it_is_saved_is_refreshed_at_once() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.rotate();
    world.refreshing();
    world.answer_tokens();
    assert_eq!(world.state(), StateName::SavingCommit);
    let generation = world.generation();
    world.handle(Input::TokenRejected(generation)).unwrap();
    world.saved();
    assert!(matches!(world.poll(), Ask::Save { .. }), "the next intent");
}

// R070
#[test]
fn a_holder_without_a_wall_clock_hides_the_expiry_from_no_other() {
    let world = World::new(Deployment::USUAL).signed_in();
    let mut blind = Session::<[u8; 1024]>::new();
    let (now, mut out) = (Timestamp::from_millis(50), vec![0; 4096]);
    blind.handle(&world.config, now, Input::Found(world.store.as_deref(), &entropy(99))).unwrap();
    blind.handle(&world.config, now, Input::Refresh).unwrap();
    let Output::Save(save) = blind.poll(&world.config, now, &mut out).unwrap() else { panic!() };
    let ticket = save.ticket();
    blind.handle(&world.config, now, Input::Saved(ticket)).unwrap();
    let Output::Send(request) = blind.poll(&world.config, now, &mut out).unwrap() else { panic!() };
    let ticket = request.ticket();
    blind.handle(&world.config, now, Input::NotSent(ticket)).unwrap();
    let Output::Save(save) = blind.poll(&world.config, now, &mut out).unwrap() else { panic!() };

    let mut seeing = World::new(Deployment::USUAL);
    seeing.now = world.now + 2 * LIFE;
    seeing.store = Some(save.record().to_vec());
    seeing.poll();
    seeing.load().unwrap();
    assert_eq!(seeing.access(), None, "it expired long ago");
}

// R066
#[test]
fn a_repeat_is_refused_also_behind_a_value_that_says_nothing() {
    for repeat in [r#""scope":null,"scope":"admin""#, r#""refresh_token":"","refresh_token":"r""#, r#""error":null,"error":null"#] {
        let mut world = redeeming();
        let body = format!(r#"{{"access_token":"a","token_type":"bearer",{repeat}}}"#);
        assert_eq!(world.answer(200, &body), Err(Error::Violation(Violation::Member)), "{repeat}");
    }
}

// R026
#[test]
fn a_sign_in_that_has_succeeded_is_not_resumed() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    let pending = world.session.pending(&world.config, &mut [0; 1024]).unwrap().to_vec();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    world.answer_tokens();
    world.saved();
    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    let now = world.time();
    assert_eq!(world.session.resume(&world.config, now, &pending), Err(Error::Misuse(Misuse::Pending)));
}

// R108 R109
#[test]
fn a_revocation_that_was_refused_is_said_tried_again_and_given_up() {
    for (status, said) in [
        (302, Violation::Redirected.into()),
        (401, Error::Refused(Refusal::Client)),
        (403, Error::Refused(Refusal::Client)),
        (404, Violation::Status.into()),
    ] {
        let mut world = World::new(Deployment::USUAL).signed_in();
        world.sign_out().unwrap();
        world.saved();
        for attempt in 1..=3 {
            world.tick(3_600_000);
            world.sent();
            assert_eq!(world.head(head(status)), Err(said), "{status}");
            assert_eq!(world.state() == StateName::SavingForget, attempt == 3, "{status}");
        }
    }
}

#[test]
fn a_store_that_contradicts_itself_is_not_asked_again_at_once() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.handle(Input::Refresh).unwrap();
    world.poll();
    let held = world.store.clone();
    world.handle(Input::Superseded(held.as_deref())).unwrap();
    assert!(matches!(world.poll(), Ask::Wait(_, Why::Store)));
}

// R070
#[test]
fn a_clock_that_is_read_out_of_order_counts_no_time_twice() {
    let mut world = World::new(Deployment::USUAL);
    world.now = 1_000;
    world.poll();
    let entropy = Entropy::from_bytes(core::array::from_fn(|at| at as u8)).unwrap();
    let config = world.config;
    world.session.handle(&config, Timestamp::from_millis(1_000), Input::Found(Some(b"damaged"), &entropy)).unwrap_err();
    let mut wait = |now| match world.session.poll(&config, Timestamp::from_millis(now), &mut [0; 1024]).unwrap() {
        Output::Wait(until, Why::Store) => Some(until.as_millis()),
        Output::Load => None,
        other => panic!("{other:?}"),
    };
    let until = wait(1_000).unwrap();
    assert!(until > 1_100, "{until}");
    for _ in 0..100 {
        assert_eq!((wait(1_100), wait(1_000)), (Some(until), Some(until)));
    }
    assert_eq!((wait(until - 1), wait(until)), (Some(until), None));
}

#[test]
fn the_answer_to_a_code_is_not_read_where_its_status_settles_it() {
    for (status, said) in [
        (100, Violation::Status.into()),
        (204, Violation::Status.into()),
        (300, Violation::Redirected.into()),
        (399, Violation::Redirected.into()),
        (429, Error::Refused(Refusal::Unavailable)),
        (500, Error::Refused(Refusal::Unavailable)),
        (599, Error::Refused(Refusal::Unavailable)),
        (600, Violation::Status.into()),
    ] {
        let mut world = redeeming();
        assert_eq!(world.head(Head { status, ..JSON }), Err(said), "{status}");
        assert_eq!(world.poll(), Ask::SignIn(SignInReason::Failed), "{status}");
    }
}

#[test]
fn an_answer_is_read_as_far_as_the_policy_allows_and_not_a_byte_further() {
    let most = redeeming().config.policy().max_response as usize;
    for (len, expected) in [(most, Ok(Status::Advanced)), (most + 1, Err(Violation::TooLong.into()))] {
        let mut world = redeeming();
        let mut body = String::from(r#"{"access_token":"a","token_type":"bearer","other":""#);
        body.extend(core::iter::repeat_n('x', len - body.len() - 2));
        body.push_str("\"}");
        assert_eq!(world.answer(200, &body), expected, "{len}");
    }
}

#[test]
fn a_holder_with_room_for_the_next_refresh_token_to_the_last_byte_goes_on() {
    let (mut enough, mut too_small) = (filled::<80>(), filled::<79>());
    enough.tick(LIFE);
    too_small.tick(LIFE);
    assert!(matches!(enough.poll(), Ask::Save { .. }));
    assert!(matches!(too_small.poll(), Ask::Wait(_, Why::TooSmall)));
}

#[test]
fn what_a_server_said_is_forgotten_once_it_is_asked_again() {
    let refused = || {
        let mut world = World::new(Deployment::USUAL).signed_in();
        world.refreshing();
        world.answer(400, r#"{"error":"invalid_scope"}"#).unwrap_err();
        world.saved();
        assert_eq!(world.session.refusal().map(|said| said.code()), Some("invalid_scope"));
        world
    };
    let mut world = refused();
    world.until_due();
    assert!(matches!(world.poll(), Ask::Save { .. }) && world.session.refusal().is_none(), "a refresh");
    let mut world = refused();
    world.sign_in();
    assert!(world.session.refusal().is_none(), "a sign-in");
}
