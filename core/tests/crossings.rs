//! Rules that are easily broken where two answers cross.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::*;
use gatepass::*;

// R078
#[test]
fn a_sign_out_is_not_taken_for_saved_because_my_intent_was() {
    for revoke in [true, false] {
        let mut world = World::new(Deployment { revoke, ..Deployment::USUAL }).signed_in();
        world.handle(Input::Refresh).unwrap();
        assert!(world.swap());
        let ticket = world.save;
        world.handle(Input::NotSaved(ticket)).unwrap();
        world.sign_out().unwrap();
        assert!(!world.swap());
        world.superseded().unwrap();
        assert_eq!(world.state(), StateName::SavingSignOut, "the store holds an intent, not a sign-out; revoke: {revoke}");
    }
}

// R078
#[test]
fn a_sign_out_is_not_taken_for_saved_because_my_tokens_were() {
    let mut world = World::new(Deployment { revoke: false, ..Deployment::USUAL }).signed_in();
    world.refreshing();
    world.answer_tokens();
    assert!(world.swap());
    let ticket = world.save;
    world.handle(Input::NotSaved(ticket)).unwrap();
    world.sign_out().unwrap();
    assert!(!world.swap());
    world.superseded().unwrap();
    assert_eq!(world.state(), StateName::SavingSignOut, "the store holds live tokens");
}

// R078
#[test]
fn two_holders_that_a_store_notified_before_they_looked_do_not_share_a_name() {
    let record = World::new(Deployment::USUAL).signed_in().store;
    let mut pair = [1_000, 2_000].map(|seed| {
        let mut world = World::new(Deployment::USUAL);
        world.seed = seed;
        world.store = record.clone();
        world.poll();
        world.superseded().unwrap();
        if world.state() == StateName::Loading {
            world.load().unwrap();
        }
        world.handle(Input::Refresh).unwrap();
        world
    });
    assert!(pair[0].swap());
    pair[1].store = pair[0].store.clone();
    assert!(!pair[1].swap());
    pair[1].superseded().unwrap();
    assert_eq!(pair[1].state(), StateName::Waiting, "it is another's intent");
}

#[test]
fn an_access_token_that_does_not_fit_does_not_lose_the_refresh_token_of_a_sign_in() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    let large = format!(r#"{{"access_token":"{}","token_type":"bearer","refresh_token":"r"}}"#, "a".repeat(2000));
    assert!(matches!(world.answer(200, &large), Err(Error::Capacity { .. })));
    assert_eq!(world.state(), StateName::SavingSignIn);
}

#[test]
fn a_token_that_is_rejected_while_an_answer_arrives_serves_no_more() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let generation = world.generation();
    world.handle(Input::Refresh).unwrap();
    world.saved();
    world.sent();
    world.head(JSON).unwrap();
    assert_eq!(world.handle(Input::TokenRejected(generation)), Ok(Status::Advanced));
    assert_eq!(world.access(), None);
}

#[test]
fn a_rejected_token_does_not_come_back_with_another_holders_intent() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let generation = world.generation();
    let claimed = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Claimed).unwrap();
    world.handle(Input::TokenRejected(generation)).unwrap();
    assert_eq!(world.access(), None);
    world.store = Some(claimed);
    assert!(!world.swap());
    world.superseded().unwrap();
    assert_eq!(world.state(), StateName::Waiting);
    assert_eq!(world.access(), None, "the resource server said that it is no good");
}

#[test]
fn a_code_request_that_could_not_be_sent_is_not_repeated_without_a_pause() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    let ticket = world.request;
    world.handle(Input::NotSent(ticket)).unwrap();
    assert!(matches!(world.poll(), Ask::Wait(_, Why::Offline)), "a driver that is offline would spin");
}

#[test]
fn a_sign_out_asked_for_in_flight_signs_out_also_when_the_next_refresh_token_does_not_fit() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.refreshing();
    world.sign_out().unwrap();
    let large = format!(r#"{{"access_token":"a","token_type":"bearer","refresh_token":"{}"}}"#, "r".repeat(2000));
    world.answer(200, &large).unwrap_err();
    assert_eq!(world.state(), StateName::SavingSignOut);
    world.saved();
    assert!(world.sent().contains("token=SECRETREFRESH0-1"), "the token that was used up names the family");
}

// The rotation protocol, step 1
#[test]
fn a_wanted_refresh_goes_on_over_a_revision_without_an_intent() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let given_back = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Live).unwrap();
    world.handle(Input::Refresh).unwrap();
    world.store = Some(given_back);
    assert!(!world.swap());
    world.superseded().unwrap();
    assert!(matches!(world.poll(), Ask::Save { .. }), "the application asked for a longer life, and still waits for it");
}

#[test]
fn a_sign_out_after_a_cancelled_sign_in_ends_the_grant_that_is_stored() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.sign_in();
    world.handle(Input::Cancel).unwrap();
    assert_eq!(world.sign_out(), Ok(Status::Advanced));
    world.poll();
    world.load().unwrap();
    assert_eq!(world.state(), StateName::SavingSignOut);
    world.saved();
    assert!(world.sent().contains("token=SECRETREFRESH"), "what was stored is revoked");
}

#[test]
fn a_redirect_after_the_deadline_is_not_believed() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.tick(600_001);
    assert!(world.redirect("code=SECRETCODE").is_err());
}

#[test]
fn a_record_that_does_not_fit_is_not_met_again_without_a_pause() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let large = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::TooLarge).unwrap();
    world.handle(Input::Refresh).unwrap();
    world.store = Some(large);
    assert!(!world.swap());
    assert!(matches!(world.superseded(), Err(Error::Capacity { .. })));
    assert!(!matches!(world.poll(), Ask::Save { .. }), "a driver that goes on would spin between the store and here");
}

#[test]
fn a_sign_in_goes_on_over_a_record_that_it_replaces_also_when_that_does_not_fit() {
    let mut world = states::reach(Deployment::USUAL, StateName::SavingSignIn).unwrap();
    let large = rival::record(&world.history[0], 0, world.now, rival::Kind::TooLarge).unwrap();
    world.store = Some(large);
    assert!(!world.swap());
    assert_eq!(world.superseded(), Ok(Status::Advanced), "nothing of that record is taken in");
    world.saved();
    assert_eq!(world.state(), StateName::Live);
}

#[test]
fn a_sign_out_goes_on_over_a_record_that_does_not_fit() {
    for revoke in [false, true] {
        let mut world = World::new(Deployment { revoke, ..Deployment::USUAL }).signed_in();
        let large = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::TooLarge).unwrap();
        world.sign_out().unwrap();
        world.store = Some(large);
        assert!(!world.swap());
        let _ = world.superseded();
        world.until_due();
        assert!(world.swap(), "its refresh token fits, and nothing else is wanted of it; revoke: {revoke}");
    }
}

#[test]
fn a_sign_out_goes_on_over_a_record_whose_refresh_token_does_not_fit() {
    for holds_the_grant in [false, true] {
        let mut world = World::new(Deployment::USUAL).signed_in();
        let mut other = World::new(Deployment::USUAL);
        other.store.clone_from(&world.store);
        other.restart(Box::new(Session::<[u8; 8192]>::new()));
        other.handle(Input::Refresh).unwrap();
        other.saved();
        other.sent();
        let large = format!(r#"{{"access_token":"a","token_type":"bearer","refresh_token":"{}"}}"#, "r".repeat(2000));
        other.answer(200, &large).unwrap();
        other.saved();
        if holds_the_grant {
            world.sign_out().unwrap();
            world.store = other.store;
            assert!(!world.swap());
            assert_eq!(world.superseded(), Ok(Status::Advanced));
        } else {
            world.sign_in();
            world.handle(Input::Cancel).unwrap();
            world.sign_out().unwrap();
            world.store = other.store;
            assert_eq!(world.poll(), Ask::Load);
            assert_eq!(world.load(), Ok(Status::Advanced));
        }
        assert_eq!(world.state(), StateName::SavingSignOut);
        world.saved();
        if holds_the_grant {
            assert!(world.sent().contains("token=SECRETREFRESH"), "the older token of its family is revoked");
        } else {
            assert_eq!(world.state(), StateName::Vacant, "there is none that could be");
        }
    }
}

#[test]
fn a_store_whose_record_cannot_be_read_is_not_asked_again_without_a_pause() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.store.as_mut().unwrap()[30] ^= 1;
    world.session = Held::Usual(Box::default());
    assert_eq!(world.poll(), Ask::Load);
    assert_eq!(world.load(), Err(Violation::Record.into()));
    assert!(!matches!(world.poll(), Ask::Load), "a driver that logs errors and polls again would spin");
}

/// A session that was suspended with its refresh under way, and polled before it read the answer.
fn suspended() -> World {
    let mut world = states::reach(Deployment::USUAL, StateName::RefreshSent).unwrap();
    world.tick(LIFE);
    assert!(matches!(world.poll(), Ask::Save { .. }), "the lease has lapsed: a repeat may be claimed");
    let mut world = states::reach(Deployment::USUAL, StateName::RefreshSent).unwrap();
    world.tick(2 * LEASE);
    assert!(matches!(world.poll(), Ask::Sleep(_)));
    assert_eq!(world.state(), StateName::InDoubt);
    world
}

// R074
#[test]
fn an_answer_that_comes_after_the_lease_still_counts_where_its_generation_stands() {
    let mut world = suspended();
    world.answer_tokens();
    world.saved();
    assert_eq!((world.state(), world.access()), (StateName::Live, Some("SECRETACCESS0-3")));

    let mut world = suspended();
    world.answer(400, r#"{"error":"invalid_grant"}"#).unwrap_err();
    world.saved();
    assert_eq!(world.state(), StateName::Vacant);

    // Another holder was quicker.
    let mut world = suspended();
    let newer = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Newer).unwrap();
    let tokens = world.fresh_tokens();
    world.answer(200, &tokens).unwrap();
    world.store = Some(newer.clone());
    world.saved();
    assert_eq!(world.store, Some(newer), "a higher generation wins");
    assert_eq!(world.state(), StateName::Live);
}

// R074
#[test]
fn a_repeat_that_another_holder_claims_does_not_drop_an_answer_that_may_still_come() {
    for kind in [rival::Kind::Claimed, rival::Kind::Live] {
        let mut world = suspended();
        let repeat = rival::record(world.store.as_ref().unwrap(), 0, world.now, kind).unwrap();
        world.store = Some(repeat);
        assert_eq!(world.superseded(), Ok(Status::Unchanged), "the store tells of it");
        world.answer_tokens();
        assert!(!world.swap(), "what it tells of is not what was expected");
        world.superseded().unwrap();
        world.saved();
        assert_eq!((world.state(), world.access()), (StateName::Live, Some("SECRETACCESS0-3")));
    }

    // Newer tokens are taken over, and the answer is to older ones.
    let mut world = suspended();
    let newer = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Newer).unwrap();
    world.store = Some(newer);
    assert_eq!(world.superseded(), Ok(Status::Advanced));
    assert_eq!((world.state(), world.head(JSON)), (StateName::Live, Ok(Status::Unchanged)));
}

// R074
#[test]
fn an_answer_to_what_ended_in_any_other_way_does_not_count() {
    let mut world = states::reach(Deployment::USUAL, StateName::InDoubt).unwrap();
    assert_eq!(world.head(JSON), Ok(Status::Unchanged), "the driver said that there is none");
    let mut world = suspended();
    world.head(Head { status: 503, ..JSON }).unwrap_err();
    assert_eq!((world.state(), world.head(JSON)), (StateName::InDoubt, Ok(Status::Unchanged)));
}

#[test]
fn two_holders_who_sign_out_revoke_the_newest_token_whichever_is_stored_first() {
    // This one's refresh is answered while it signs out, so it alone has the newest token.
    let mut world = states::reach(Deployment::USUAL, StateName::RefreshSent).unwrap();
    let elsewhere = rival::record(&world.history[world.history.len() - 2], 9, world.now, rival::Kind::Forgotten).unwrap();
    world.sign_out().unwrap();
    world.answer_tokens();
    world.store = Some(elsewhere);
    assert!(!world.swap());
    world.superseded().unwrap();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH0-3"), "{body}");

    // And one whose family was replaced by a sign-in before its answer came.
    let mut world = states::reach(Deployment::USUAL, StateName::SavingSignOut).unwrap();
    world.store = rival::record(&world.live, 9, world.now, rival::Kind::Other);
    assert!(!world.swap());
    world.superseded().unwrap();
    assert!(world.sent().contains("token=SECRETREFRESH0-2"));
}

#[test]
fn tokens_that_arrive_when_the_grant_was_removed_do_not_bring_it_back() {
    let mut world = states::reach(Deployment::USUAL, StateName::SavingCommit).unwrap();
    world.store = None;
    world.superseded().unwrap();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH0-3"), "{body}");
    world.head(JSON).unwrap();
    assert_eq!((world.poll(), world.load()), (Ask::Load, Ok(Status::Advanced)));
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::NoGrant));
}

#[test]
fn a_token_of_an_earlier_grant_that_is_rejected_ends_none_of_this_one() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let earlier = world.generation();
    world.whole_sign_in();
    assert_eq!(world.handle(Input::TokenRejected(earlier)), Ok(Status::Unchanged));
    assert!(world.access().is_some());
}

#[test]
fn a_token_that_is_rejected_after_the_sign_out_is_revoked_all_the_same() {
    let mut world = World::new(Deployment { refresh: false, ..Deployment::USUAL }).signed_in();
    let generation = world.generation();
    world.sign_out().unwrap();
    assert_eq!(world.access(), None, "it is kept for its revocation alone");
    assert_eq!(world.handle(Input::TokenRejected(generation)), Ok(Status::Unchanged));
    world.saved();
    assert!(world.sent().contains("token=SECRETACCESS"), "there is no other");
}

#[test]
fn a_sign_out_revokes_the_newest_token_of_its_family() {
    // The store has a newer one.
    let mut world = World::new(Deployment::USUAL).signed_in();
    let newer = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Newer).unwrap();
    world.sign_out().unwrap();
    world.store = Some(newer);
    assert!(!world.swap());
    world.superseded().unwrap();
    world.saved();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH") && !body.contains("token=SECRETREFRESH0-1"), "{body}");

    // Or it is here, and not in the store yet.
    let mut world = states::reach(Deployment::USUAL, StateName::SavingCommit).unwrap();
    let older = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Live).unwrap();
    world.sign_out().unwrap();
    world.store = Some(older);
    assert!(!world.swap());
    world.superseded().unwrap();
    world.saved();
    let body = world.sent();
    assert!(body.contains("token=SECRETREFRESH0-3"), "{body}");
}

#[test]
fn who_signs_out_where_another_has_done_so_revokes_the_token_that_is_stored() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let signed_out = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::SignedOut).unwrap();
    world.sign_out().unwrap();
    world.store = Some(signed_out);
    assert!(!world.swap());
    world.superseded().unwrap();
    assert_eq!(world.state(), StateName::RevokeReady, "the record keeps the token until its revocation is answered");
    assert!(world.sent().contains("token=SECRETREFRESH0-1"));
}
