//! Whole lives of a grant, read as transcripts: the session asks, the test answers.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::*;
use gatepass::*;
use std::sync::Mutex;

fn signed_in() -> World {
    World::new(Deployment::USUAL).signed_in()
}

/// A second holder of what the first has stored.
fn beside(world: &World, seed: u64) -> World {
    let mut other = World::new(world.deployment);
    (other.now, other.seed, other.store) = (world.now, seed, world.store.clone());
    other.poll();
    other.load().unwrap();
    other
}

fn share(from: &World, to: &mut World) {
    to.store = from.store.clone();
    to.now = to.now.max(from.now);
}

// R055 R078 R108
#[test]
fn a_grant_lives_from_sign_in_to_revocation() {
    let mut world = World::new(Deployment::USUAL);
    assert_eq!(world.poll(), Ask::Load);
    world.load().unwrap();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::NoGrant));
    world.sign_in();
    let Ask::Visit(url) = world.poll() else { panic!() };
    for part in ["response_type=code", "code_challenge_method=S256", "scope=read", "client_id=client"] {
        assert!(url.contains(part), "{part} in {url}");
    }
    world.handle(Input::Visited).unwrap();
    assert!(matches!(world.poll(), Ask::AwaitRedirect(_)));
    world.redirect("code=SECRETCODE").unwrap();
    let body = world.sent();
    assert!(body.contains("grant_type=authorization_code") && body.contains("code_verifier="));
    world.answer_tokens();
    assert!(world.session.is_unsaved());
    world.saved();
    assert_eq!(world.access(), Some("SECRETACCESS0-1"));
    assert!(matches!(world.poll(), Ask::Sleep(until) if until == world.now + LIFE - 60_000));

    for generation in 1..=3 {
        let body = world.refreshing();
        assert!(body.contains(&format!("refresh_token=SECRETREFRESH0-{generation}")), "{body}");
        assert!(world.access().is_some(), "it serves while it is refreshed ahead of its expiry");
        world.answer_tokens();
        world.saved();
        assert_eq!(world.access(), Some(format!("SECRETACCESS0-{}", generation + 1).as_str()));
    }

    world.sign_out().unwrap();
    assert_eq!(world.access(), None);
    world.saved();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH0-4") && body.contains("token_type_hint=refresh_token"), "{body}");
    world.head(JSON).unwrap();
    world.saved();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::SignedOut));
    assert!(!String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRET"), "nothing is left to steal");
}

// R095
#[test]
fn a_sign_in_survives_a_restart_and_finds_its_redirect_uri_again() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    let Ask::Visit(before) = world.poll() else { panic!() };
    let pending = events::pending(&mut world).unwrap();

    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    let now = world.time();
    world.session.resume(&world.config, now, &pending).unwrap();
    assert_eq!(world.session.redirect_uri(), Some(REDIRECT_URI));
    let Ask::Visit(after) = world.poll() else { panic!() };
    assert_eq!(before, after, "the page that is open in the browser still counts");
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    world.answer_tokens();
    world.saved();
    assert_eq!(world.state(), StateName::Live);

    let mut damaged = pending.clone();
    damaged[40] ^= 1;
    let now = world.time();
    assert_eq!(world.session.resume(&world.config, now, &damaged), Err(Misuse::Pending.into()));
}

// R008 R025 R026
#[test]
fn a_redirect_that_is_not_this_sign_ins_leaves_it_waiting() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    for _ in 0..3 {
        let uri = format!("{REDIRECT_URI}?state=guessed&code=x");
        assert_eq!(world.handle(Input::Redirect(&uri)), Err(Violation::State.into()));
    }
    world.redirect("code=SECRETCODE").unwrap();
    assert_eq!(world.redirect("code=SECRETCODE"), Err(Misuse::NotNow.into()), "a second delivery changes nothing");
}

// R078
#[test]
fn a_lost_response_is_repeated_once_when_the_lease_has_lapsed_and_no_token_serves() {
    let mut world = signed_in();
    world.refreshing();
    let (sent_at, ticket) = (world.now, world.request);
    assert_eq!(world.handle(Input::NoResponse(ticket)), Err(Violation::NoResponse.into()));
    assert_eq!(world.state(), StateName::InDoubt);
    assert!(world.access().is_some(), "a token that still serves is better than a risk");
    let Ask::Sleep(until) = world.poll() else { panic!() };
    assert!(until >= sent_at + LEASE);
    world.now = until;
    assert_eq!(world.access(), None);
    world.saved();
    world.sent();
    world.answer_tokens();
    world.saved();
    assert_eq!(world.state(), StateName::Live);
}

#[test]
fn in_an_overlap_that_is_known_a_lost_response_is_repeated_at_once_and_once() {
    let mut world = World::new(Deployment { rotation: Rotation::Rotating(Overlap::Covers), ..Deployment::USUAL }).signed_in();
    world.refreshing();
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    world.saved();
    world.sent();
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    assert!(matches!(world.poll(), Ask::Sleep(_)), "the second repeat waits");
}

#[test]
fn refreshes_that_are_lost_too_often_ask_for_a_sign_in_and_keep_the_record() {
    let mut world = signed_in();
    let mut policy = world.config.policy();
    policy.max_attempts = 3;
    world.config = world.config.with_policy(policy).unwrap();
    for _ in 0..3 {
        world.refreshing();
        let ticket = world.request;
        world.handle(Input::NoResponse(ticket)).unwrap_err();
    }
    world.until_due();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::InDoubt));
    assert!(String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRETREFRESH0-1"), "a visit may still be spared");
    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    world.until_due();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::InDoubt), "a restart does not forget the attempts");
}

#[test]
fn a_server_that_answers_with_its_own_failures_is_asked_less_often_than_a_silent_one_and_the_record_stays() {
    let mut world = signed_in();
    for _ in 0..world.config.policy().max_answered {
        world.refreshing();
        assert_eq!(world.head(Head { status: 503, ..JSON }), Err(Error::Refused(Refusal::Unavailable)));
    }
    world.until_due();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::InDoubt));
    assert!(world.config.policy().max_answered < world.config.policy().max_attempts);
    assert!(String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRETREFRESH"), "nothing is lost");
}

#[test]
fn a_request_that_did_not_leave_gives_the_intent_back_and_keeps_the_attempts_before_it() {
    let mut world = signed_in();
    world.refreshing();
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    world.refreshing();
    let ticket = world.request;
    world.handle(Input::NotSent(ticket)).unwrap();
    world.saved();
    assert_eq!(world.state(), StateName::Live);
    let record = world.store.clone().unwrap();
    assert_eq!(u16::from_le_bytes([record[32], record[33]]), 1, "the one that may have left");
}

/// As jitter makes them: over an eighth of the least at least, and hardly one comes twice.
fn are_spread(waits: &[u64]) -> bool {
    let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    let again = waits.iter().enumerate().filter(|(at, wait)| waits[..*at].contains(wait));
    most - least >= least / 8 && again.count() <= 1
}

/// Loses the answer to a refresh where no token serves, and says how long after its intent the next may be claimed.
fn lost(world: &mut World) -> u64 {
    world.refreshing();
    world.now = world.leased + 1;
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    match world.poll() {
        Ask::Wait(until, Why::InDoubt) => until - world.leased,
        other => panic!("no wait, but {other:?}"),
    }
}

// R078
#[test]
fn a_repeat_waits_for_the_lease_and_twice_as_long_with_each_that_was_lost_too_but_an_hour_at_most() {
    let mut seconds = Vec::new();
    for seed in 1..=16 {
        let mut world = World::new(Deployment::USUAL);
        world.seed = seed * 1_000;
        let mut world = world.signed_in();
        let generation = world.generation();
        world.handle(Input::TokenRejected(generation)).unwrap();
        assert_eq!(lost(&mut world), LEASE, "the first waits for the lease alone");
        for attempt in 0..10 {
            let longer = (LEASE << attempt).min(3_600_000);
            let waits = lost(&mut world) - LEASE;
            assert!((longer..=longer + longer / 4).contains(&waits), "{attempt}: {waits} ms");
            if attempt == 0 {
                seconds.push(waits);
            }
        }
    }
    assert!(are_spread(&seconds), "{seconds:?}");
}

#[test]
fn a_refresh_that_is_asked_for_after_a_lost_one_is_claimed_at_once_where_no_token_serves() {
    let mut world = signed_in();
    let generation = world.generation();
    world.handle(Input::TokenRejected(generation)).unwrap();
    lost(&mut world);
    world.refreshing();
    let ticket = world.request;
    world.handle(Input::NotSent(ticket)).unwrap();
    world.saved();
    let Ask::Wait(until, Why::Offline) = world.poll() else { panic!("no pause") };
    world.now = until;
    assert_eq!((world.state(), world.handle(Input::Refresh)), (StateName::Live, Ok(Status::Advanced)));
    assert_eq!(world.state(), StateName::SavingIntent);
}

/// When a request must have left, and until when its answer is awaited.
fn times(world: &mut World) -> (u64, u64) {
    let Ask::Send { deadline, .. } = world.poll() else { panic!("no request in {}", world.state()) };
    let Ask::AwaitResponse(until) = world.poll() else { panic!("no answer awaited in {}", world.state()) };
    (deadline, until)
}

#[test]
fn a_refresh_leaves_within_half_of_its_lease_and_is_awaited_to_its_end() {
    let mut world = signed_in();
    world.until_due();
    world.saved();
    world.tick(LEASE / 2 - 1);
    assert_eq!(times(&mut world), (world.leased + LEASE / 2, world.leased + LEASE));

    let mut world = signed_in();
    world.until_due();
    world.saved();
    world.tick(LEASE / 2);
    assert!(matches!(world.poll(), Ask::Save { .. }), "it is too late");
    assert_eq!(world.state(), StateName::SavingGiveBack);
}

#[test]
fn a_request_that_no_lease_bounds_has_the_timeout_and_its_driver_twice_of_it() {
    for state in [StateName::RedeemReady, StateName::RevokeReady, StateName::OrphanReady] {
        let mut world = states::reach(Deployment::USUAL, state).unwrap();
        let timeout = world.config.policy().timeout.as_millis() as u64;
        assert_eq!(times(&mut world), (world.now + timeout, world.now + 2 * timeout), "{state}");
    }
}

#[test]
fn a_lease_counts_from_when_its_intent_was_first_handed_out() {
    let mut world = signed_in();
    world.handle(Input::Refresh).unwrap();
    world.poll();
    let first = world.now;
    world.tick(1_000);
    let ticket = world.save;
    world.handle(Input::NotSaved(ticket)).unwrap();
    let Ask::Wait(until, Why::Store) = world.poll() else { panic!("the store is asked at once") };
    world.now = until;
    assert!(world.swap());
    world.tick(1_000);
    let ticket = world.save;
    world.handle(Input::Saved(ticket)).unwrap();
    assert_eq!(times(&mut world), (first + LEASE / 2, first + LEASE));
}

#[test]
fn a_sign_in_that_takes_too_long_is_over_until_its_code_is_sent() {
    for state in [StateName::Visiting, StateName::AwaitingRedirect, StateName::RedeemReady] {
        let next = |before| {
            let mut world = states::reach(Deployment::USUAL, state).unwrap();
            world.tick(world.config.policy().sign_in.as_millis() as u64 - before);
            world.poll()
        };
        assert!(!matches!(next(1), Ask::SignIn(_)), "{state}");
        assert_eq!(next(0), Ask::SignIn(SignInReason::TimedOut), "{state}");
    }
}

#[test]
fn a_grant_that_nothing_can_refresh_ends_with_its_access_token() {
    let mut world = World::new(Deployment { refresh: false, ..Deployment::USUAL }).signed_in();
    let Ask::Sleep(until) = world.poll() else { panic!("it serves") };
    assert_eq!(until, world.now + LIFE);
    world.now = until;
    assert_eq!((world.poll(), world.state()), (Ask::SignIn(SignInReason::Expired), StateName::Vacant));
}

// RFC 6749 §6
#[test]
fn an_answer_without_a_refresh_token_keeps_the_one_that_was_sent() {
    let mut world = signed_in();
    for _ in 0..2 {
        assert!(world.refreshing().contains("refresh_token=SECRETREFRESH0-1"));
        world.answer(200, r#"{"access_token":"SECRETACCESS","token_type":"bearer","expires_in":3600}"#).unwrap();
        world.saved();
        assert_eq!((world.state(), world.access()), (StateName::Live, Some("SECRETACCESS")));
    }
}

#[test]
fn what_a_server_says_of_a_code_is_why_a_sign_in_is_asked_for() {
    for (error, reason) in [
        ("interaction_required", SignInReason::Interaction),
        ("access_denied", SignInReason::Declined),
        ("invalid_grant", SignInReason::Failed),
    ] {
        let mut world = states::reach(Deployment::USUAL, StateName::RedeemSent).unwrap();
        world.answer(400, &format!(r#"{{"error":"{error}"}}"#)).unwrap_err();
        assert_eq!(world.poll(), Ask::SignIn(reason), "{error}");
    }
}

#[test]
fn a_holder_looks_at_the_store_less_and_less_often_with_jitter() {
    let record = signed_in().store.unwrap();
    let mut of_each_revision = std::collections::BTreeMap::new();
    for above in 0..16 {
        let mut world = World::new(Deployment::USUAL);
        world.store = Some(rival::record(&record, above, world.now, rival::Kind::Claimed).unwrap());
        world.poll();
        world.load().unwrap();
        let mut waits = Vec::new();
        for look in 0..12 {
            let step = (100 << look).min(2_000);
            let Ask::Wait(until, Why::AnotherHolder) = world.poll() else { panic!("{look}: {:?}", world.poll()) };
            let wait = until - world.now;
            assert!((step / 2..step / 2 + step).contains(&wait), "{look}: {wait} ms");
            waits.push(wait);
            world.now = until;
            assert_eq!(world.poll(), Ask::Load);
            world.load().unwrap();
        }
        assert!(are_spread(&waits[5..]), "{above}: {waits:?}");
        of_each_revision.insert(rival::revision(&world), waits[5]);
    }
    let waits: Vec<_> = of_each_revision.into_values().collect();
    assert!(waits.len() >= 8 && are_spread(&waits), "{waits:?}");
}

#[test]
fn a_request_that_fails_again_and_again_is_sent_less_and_less_often_with_jitter() {
    let mut world = signed_in();
    world.sign_out().unwrap();
    world.saved();
    let mut waits = Vec::new();
    for failure in 0..24 {
        world.sent();
        world.head(Head { status: 503, ..JSON }).unwrap();
        let Ask::Wait(until, Why::Revocation) = world.poll() else { panic!("{failure}") };
        let (wait, least) = (until - world.now, (1_000 << failure).min(3_600_000));
        assert!((least..=least + least / 4).contains(&wait), "{failure}: {wait} ms");
        waits.push(wait);
        world.now = until;
    }
    assert!(are_spread(&waits[12..]), "{waits:?}");
}

// R078
#[test]
fn of_two_holders_one_refreshes_and_the_others_adopt() {
    let mut first = signed_in();
    let mut second = beside(&first, 2_000);
    first.until_due();
    let mut third = beside(&first, 3_000);
    second.now = first.now;
    first.saved();
    share(&first, &mut second);
    assert!(!second.swap());
    second.superseded().unwrap();
    assert!(matches!(second.poll(), Ask::Wait(_, Why::AnotherHolder)));
    share(&first, &mut third);
    third.superseded().unwrap();
    assert_eq!(third.state(), StateName::Waiting);

    first.sent();
    first.answer_tokens();
    first.saved();
    for waiter in [&mut second, &mut third] {
        share(&first, waiter);
        waiter.tick(2_500);
        assert_eq!(waiter.poll(), Ask::Load);
        waiter.load().unwrap();
        assert_eq!(waiter.access(), Some("SECRETACCESS0-2"));
        assert_eq!(waiter.request, Ticket::default(), "it never sent anything");
    }
}

#[test]
fn a_sign_out_in_the_middle_of_a_refresh_revokes_the_token_that_came_last() {
    let mut world = signed_in();
    world.refreshing();
    world.sign_out().unwrap();
    assert_eq!(world.access(), None);
    assert!(matches!(world.poll(), Ask::AwaitResponse(_)));
    world.answer_tokens();
    world.saved();
    assert!(world.sent().contains("SECRETREFRESH0-2"));
}

#[test]
fn a_success_that_meets_a_sign_out_elsewhere_is_revoked() {
    let mut world = signed_in();
    world.refreshing();
    let signed_out = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::SignedOut).unwrap();
    world.store = Some(signed_out);
    world.answer_tokens();
    assert!(!world.swap());
    world.superseded().unwrap();
    assert_eq!(world.state(), StateName::OrphanReady);
    assert!(world.sent().contains("SECRETREFRESH0-2"));
    world.head(JSON).unwrap();
    assert_eq!(world.poll(), Ask::Load);
}

#[test]
fn a_clock_that_went_backwards_makes_the_expiry_unknown_and_its_life_no_longer() {
    let mut world = signed_in();
    let asked = world.now;
    world.now -= 500_000;
    let token = world.session.access_token(world.time()).unwrap();
    assert_eq!(token.expires_at(), None);
    assert_eq!(world.poll(), Ask::Sleep(asked + LIFE - 60_000));
}

#[test]
fn a_store_that_is_out_leaves_the_access_token_usable_and_the_commit_waiting() {
    let mut world = signed_in();
    world.refreshing();
    world.answer_tokens();
    for _ in 0..5 {
        assert!(matches!(world.poll(), Ask::Save { .. }));
        let ticket = world.save;
        world.handle(Input::NotSaved(ticket)).unwrap();
        assert!(world.session.is_unsaved());
        assert_eq!(world.access(), Some("SECRETACCESS0-2"));
        let Ask::Wait(until, Why::Store) = world.poll() else { panic!() };
        world.now = until;
    }
    world.saved();
    assert!(!world.session.is_unsaved());
}

// R161
#[test]
fn a_rejected_access_token_is_told_from_its_successor() {
    let mut world = signed_in();
    let old = world.generation();
    world.rotate();
    assert_eq!(world.handle(Input::TokenRejected(old)), Ok(Status::Unchanged));
    assert!(world.access().is_some());
    let current = world.generation();
    assert_eq!(world.handle(Input::TokenRejected(current)), Ok(Status::Advanced));
    assert_eq!(world.access(), None);
    assert!(matches!(world.poll(), Ask::Save { .. }), "it is refreshed at once");
}

// R074
#[test]
fn what_comes_with_an_old_ticket_changes_nothing() {
    let mut world = signed_in();
    let (request, save) = (world.request, world.save);
    let unchanged = |world: &mut World, state, inputs: &[Input<'_>]| {
        for input in inputs {
            assert_eq!((world.handle(*input), world.state()), (Ok(Status::Unchanged), state), "{input:?}");
        }
    };
    world.handle(Input::Refresh).unwrap();
    world.poll();
    unchanged(&mut world, StateName::SavingIntent, &[Input::Saved(save), Input::NotSaved(save)]);
    world.saved();
    world.sent();
    unchanged(
        &mut world,
        StateName::RefreshSent,
        &[Input::Head(request, JSON), Input::NotSent(request), Input::NoResponse(request), Input::NotSaved(save)],
    );
    world.head(JSON).unwrap();
    unchanged(
        &mut world,
        StateName::RefreshReading,
        &[Input::Body(request, b"]"), Input::End(request), Input::NotSent(request), Input::NoResponse(request)],
    );
    let tokens = world.fresh_tokens();
    world.finish(&tokens).unwrap();
}

/// A sign-in answered by `body`, in a session of `N` bytes.
fn answered<const N: usize>(body: &str, members: &'static [&'static str]) -> (Result<Status, Error>, World) {
    let mut world = World::sized(Deployment::USUAL, Box::new(Session::<[u8; N]>::new()));
    world.config = world.config.with_members(members).unwrap();
    world.poll();
    world.load().unwrap();
    world.begin_sign_in(AuthorizationCode::new(), "https://a.b/c").unwrap();
    world.poll();
    let uri = format!("https://a.b/c?state={}&code=c", world.state);
    world.handle(Input::Redirect(&uri)).unwrap();
    world.sent();
    let result = world.answer(200, body);
    (result, world)
}

// R164
#[test]
fn what_is_needed_is_enough_and_no_more() {
    let body =
        format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"{}","scope":"a b"}}"#, "a".repeat(100), "r".repeat(50));
    let Err(Error::Capacity { needed }) = answered::<100>(&body, &[]).0 else { panic!() };
    assert_eq!(needed, 237, "what the request still holds, and the answer");
    assert_eq!(answered::<237>(&body, &[]).0, Ok(Status::Advanced));
    assert_eq!(answered::<236>(&body, &[]).0, Err(Error::Capacity { needed: 237 }));
}

#[test]
fn members_are_whole_or_an_error_in_a_session_of_any_size() {
    let body = r#"{"access_token":"a","token_type":"bearer","team":{"id":"T1"}}"#;
    fn whole<const N: usize>(body: &str) -> Option<usize> {
        let (result, world) = answered::<N>(body, &["team"]);
        match result {
            Err(Error::Capacity { needed }) => Some(needed),
            _ => {
                assert_eq!(world.session.members_json(), r#"{"team":{"id":"T1"}}"#, "in {N} bytes");
                None
            }
        }
    }
    let needed = [
        whole::<98>(body),
        whole::<102>(body),
        whole::<103>(body),
        whole::<104>(body),
        whole::<105>(body),
        whole::<106>(body),
        whole::<118>(body),
    ];
    let said: Vec<_> = needed.iter().flatten().collect();
    assert!(said.iter().all(|needed| *needed == said[0]), "{needed:?}");
}

// R164
#[test]
fn a_refresh_token_is_kept_when_its_access_token_does_not_fit() {
    let mut world = signed_in();
    world.refreshing();
    let large = format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"SECRETNEXT"}}"#, "a".repeat(2000));
    let Err(Error::Capacity { needed }) = world.answer(200, &large) else { panic!() };
    assert!(needed > 2000);
    world.saved();
    assert_eq!(world.access(), None);
    assert!(String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRETNEXT"));
    assert!(matches!(world.poll(), Ask::Wait(_, Why::TooSmall)));
}

// R067
#[test]
fn an_id_token_that_nobody_asked_for_costs_no_room() {
    let body = format!(r#"{{"id_token":"{}","access_token":"a","token_type":"bearer"}}"#, "j".repeat(100_000));
    assert_eq!(answered::<100>(&body, &[]).0, Ok(Status::Advanced));
}

#[cfg(feature = "serde")]
#[test]
fn members_are_read_into_a_type_of_the_applications_own() {
    #[derive(serde::Deserialize)]
    struct Extra<'a> {
        instance_url: &'a str,
        team: Option<u32>,
    }
    let body = r#"{"instance_url":"https:\/\/na1.example","access_token":"a","token_type":"bearer","team":7,"other":1}"#;
    let (_, world) = answered::<512>(body, &["instance_url", "team"]);
    let extra: Extra<'_> = world.session.members().unwrap();
    assert_eq!((extra.instance_url, extra.team), ("https://na1.example", Some(7)));
}

#[test]
fn a_quirk_is_reported_when_it_was_used() {
    let mut world = signed_in();
    assert!(world.session.quirks().is_empty());
    world.refreshing();
    world.answer(200, r#"{"access_token":"a","token_type":"bearer","expires_in":"60"}"#).unwrap();
    assert_eq!(world.session.quirks(), Quirks::EXPIRES_IN_STRING);
}

#[test]
fn a_session_may_be_static() {
    static SESSION: Mutex<Session<[u8; 1024]>> = Mutex::new(Session::new());
    let mut session = SESSION.lock().unwrap();
    let config = Deployment::USUAL.config();
    let now = Timestamp::from_millis(0);
    assert!(matches!(session.poll(&config, now, &mut []), Ok(Output::Load)));
}

// R081
#[test]
fn a_crash_after_the_send_leaves_the_intent_and_the_next_life_waits_for_its_lease() {
    let mut world = signed_in();
    world.refreshing();
    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    assert_eq!(world.state(), StateName::Waiting);
    let from = world.now;
    loop {
        match world.poll() {
            Ask::Load => world.load().unwrap(),
            Ask::Wait(until, _) | Ask::Sleep(until) => {
                world.now = until;
                Status::Unchanged
            }
            Ask::Save { .. } => break,
            other => panic!("{other:?}"),
        };
    }
    assert!(world.now >= from + LEASE);
    world.saved();
    world.sent();
    world.answer_tokens();
    world.saved();
    assert_eq!(world.state(), StateName::Live);
}

// R083
#[test]
fn a_definite_end_clears_the_grant_and_asks_for_a_sign_in() {
    let mut world = signed_in();
    world.refreshing();
    assert_eq!(world.answer(400, r#"{"error":"invalid_grant"}"#), Err(Error::Refused(Refusal::InvalidGrant)));
    world.saved();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::Ended));
    world.whole_sign_in();
    assert!(world.access().is_some());
}

#[test]
fn what_a_refresh_needs_is_old_and_new_together_and_no_more() {
    fn refreshed<const N: usize>() -> Result<Status, Error> {
        let body = r#"{"access_token":"aaaaaaaaaa","token_type":"bearer","refresh_token":"rrrrrrrrrr","expires_in":3600}"#;
        let (result, mut world) = answered::<N>(body, &[]);
        result.unwrap();
        world.saved();
        world.refreshing();
        world.answer(200, &format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"ssssssssss"}}"#, "b".repeat(200)))
    }
    assert_eq!(refreshed::<150>(), Err(Error::Capacity { needed: 230 }));
    assert_eq!(refreshed::<229>(), Err(Error::Capacity { needed: 230 }));
    assert_eq!(refreshed::<230>(), Ok(Status::Advanced));
}

#[test]
fn a_refresh_token_that_comes_after_a_long_scope_is_kept_and_the_scope_makes_way() {
    let body = r#"{"access_token":"aaaaaaaaaa","token_type":"bearer","refresh_token":"rrrrrrrrrr","expires_in":3600}"#;
    let (result, mut world) = answered::<104>(body, &[]);
    result.unwrap();
    world.saved();
    world.refreshing();
    let scope = "s".repeat(79);
    let told =
        world.answer(200, &format!(r#"{{"scope":"{scope}","access_token":"b","token_type":"bearer","refresh_token":"ssssssssss"}}"#));
    assert!(matches!(told, Err(Error::Capacity { .. })), "{told:?}");
    world.saved();
    assert_eq!(world.session.scope(), None);
    assert!(world.refreshing().contains("refresh_token=ssssssssss"));
}

#[test]
fn the_record_of_a_sign_out_has_the_token_that_is_to_be_revoked_and_no_other() {
    for (refresh, revoke) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut world = World::new(Deployment { refresh, revoke, ..Deployment::USUAL }).signed_in();
        world.sign_out().unwrap();
        let Ask::Save { record, .. } = world.poll() else { panic!("no save") };
        let record = String::from_utf8_lossy(&record);
        let has = |token| record.contains(token);
        assert_eq!((has("SECRETREFRESH"), has("SECRETACCESS")), (refresh && revoke, !refresh && revoke));
    }
}

#[test]
fn a_sign_out_where_nothing_is_left_to_end_changes_nothing() {
    let signed_out = states::reach(Deployment { revoke: false, ..Deployment::USUAL }, StateName::SavingSignOut).unwrap();
    let ended = states::reach(Deployment::USUAL, StateName::SavingClear).unwrap();
    for mut world in [signed_out, ended] {
        world.saved();
        assert_eq!((world.state(), world.sign_out()), (StateName::Vacant, Ok(Status::Unchanged)));
    }
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    assert_eq!((world.state(), world.sign_out()), (StateName::Vacant, Ok(Status::Unchanged)), "the store holds none");
}

#[test]
fn only_a_grant_has_a_scope_and_can_be_refreshed() {
    use StateName::*;
    for state in StateName::ALL {
        let world = states::reach(Deployment::USUAL, *state).unwrap();
        let is_grant = matches!(
            state,
            SavingSignIn
                | Live
                | SavingIntent
                | RefreshReady
                | RefreshSent
                | RefreshReading
                | SavingCommit
                | SavingGiveBack
                | InDoubt
                | Waiting
        );
        let said = (world.access().is_some(), world.session.scope().is_some(), world.session.can_refresh());
        assert_eq!(said, (is_grant, is_grant, is_grant), "{state}");
    }
}
