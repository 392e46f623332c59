//! One grant, several audiences: one refresh token, one family, one record.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    missing_docs
)]

mod common;

use common::*;
use gatepass::*;

const FILES: &str = OTHER.name();

fn signed_in() -> World {
    World::new(Deployment::USUAL).signed_in()
}

fn token(world: &World) -> Option<String> {
    world.session.access_token_for(&world.config, FILES, world.time()).map(|token| token.secret().to_owned())
}

/// Wishes for an audience, up to the request that is sent.
fn asked(world: &mut World, audience: &str) -> String {
    assert_eq!(world.handle(Input::RefreshFor(audience)), Ok(Status::Advanced));
    world.saved();
    world.sent()
}

/// Wishes for an audience, which the server refuses.
fn refused(world: &mut World, audience: &str) {
    asked(world, audience);
    world.answer(400, r#"{"error":"invalid_target"}"#).unwrap_err();
    world.saved();
}

fn fetch(world: &mut World) {
    asked(world, FILES);
    world.answer_tokens();
    world.saved();
    assert_eq!(world.state(), StateName::Live);
}

/// The value that a request has of this name.
fn value(body: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The resources that a request names.
fn resources(body: &str) -> Vec<String> {
    let named = form_urlencoded::parse(body.as_bytes()).filter(|(name, _)| name == "resource");
    named.map(|(_, value)| value.into_owned()).collect()
}

// R060
#[test]
fn every_audience_is_served_by_the_one_refresh_token_of_the_family() {
    let mut world = signed_in();
    let (own, first) = (world.access().unwrap().to_owned(), world.live.clone());
    let body = asked(&mut world, FILES);
    assert_eq!((value(&body, "audience").as_deref(), value(&body, "scope").as_deref()), (Some(FILES), Some("read")));
    world.answer_tokens();
    assert_eq!(token(&world).as_deref(), Some("SECRETACCESS0-2"), "it serves before it is saved");
    world.saved();
    assert_eq!(world.access(), Some(own.as_str()), "the grant's own token is as it was");
    assert_eq!(Version::of(world.store.as_deref().unwrap()).unwrap().family(), Version::of(&first).unwrap().family());
    world.handle(Input::Refresh).unwrap();
    world.saved();
    let body = world.sent();
    assert_eq!(value(&body, "refresh_token").as_deref(), Some("SECRETREFRESH0-2"), "the refresh token that came last");
    assert_eq!((value(&body, "audience"), value(&body, "scope")), (None, None));
    world.answer_tokens();
    world.saved();
    assert_eq!((world.access(), token(&world).as_deref()), (Some("SECRETACCESS0-3"), Some("SECRETACCESS0-2")));
}

#[test]
fn what_one_holder_fetched_for_an_audience_serves_every_other() {
    let mut world = signed_in();
    fetch(&mut world);
    world.tick(10_000);
    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    assert_eq!(token(&world).as_deref(), Some("SECRETACCESS0-2"));
    world.tick(LIFE - 10_000 - 1);
    assert!(token(&world).is_some());
    world.tick(1_001);
    assert_eq!(token(&world), None, "its life counts from when it was asked for");
}

#[test]
fn an_audience_is_asked_for_when_it_is_wished_and_not_again_when_its_token_expires() {
    let mut world = signed_in();
    fetch(&mut world);
    world.tick(LIFE / 2);
    world.handle(Input::Refresh).unwrap();
    world.saved();
    world.sent();
    world.answer_tokens();
    world.saved();
    world.tick(LIFE / 2 + 1);
    assert_eq!((token(&world), world.access().is_some()), (None, true));
    assert!(matches!(world.poll(), Ask::Sleep(_)));
    fetch(&mut world);
    assert!(token(&world).is_some());
}

#[test]
fn a_wish_outlives_another_holder_s_lease_and_a_lost_answer() {
    // Another holder refreshes for itself.
    let mut world = signed_in();
    let claimed = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Claimed).unwrap();
    let newer = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Newer).unwrap();
    world.store = Some(claimed);
    world.superseded().unwrap();
    assert_eq!(world.handle(Input::RefreshFor(FILES)), Ok(Status::Advanced));
    assert!(matches!(world.poll(), Ask::Wait(_, Why::AnotherHolder)), "its lease goes first");
    world.store = Some(newer);
    world.superseded().unwrap();
    world.saved();
    assert_eq!(value(&world.sent(), "audience").as_deref(), Some(FILES));

    // The answer is lost: the grant's own token serves, and the repeat waits for the lapse of the lease.
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    assert!(world.access().is_some());
    let Ask::Wait(until, Why::InDoubt) = world.poll() else { panic!("a repeat at once") };
    assert_eq!(until, world.leased + LEASE);
    world.now = until;
    world.saved();
    assert_eq!(value(&world.sent(), "audience").as_deref(), Some(FILES));
}

#[test]
fn what_a_server_refuses_for_one_audience_holds_up_no_other() {
    for refusal in ["invalid_target", "interaction_required"] {
        let mut world = signed_in();
        asked(&mut world, FILES);
        world.answer(400, &format!(r#"{{"error":"{refusal}"}}"#)).unwrap_err();
        world.saved();
        assert!(world.access().is_some() && token(&world).is_none());
        assert!(matches!(world.poll(), Ask::Sleep(_)), "nobody wishes it any more");
        assert_eq!(world.handle(Input::RefreshFor(FILES)), Ok(Status::Advanced));
        match world.poll() {
            Ask::Wait(until, Why::Refused) => assert!(until >= world.now + 60_000),
            Ask::SignIn(SignInReason::Interaction) => assert_eq!(refusal, "interaction_required"),
            other => panic!("{other:?}"),
        }
        // The grant's own is refreshed when it is due all the same, or when it is wished.
        world.now = world.session.access_token(world.time()).unwrap().expires_at().unwrap().as_millis() - 60_000;
        world.saved();
        let body = world.sent();
        assert_eq!(value(&body, "audience"), None);
    }
}

#[test]
fn a_rejected_token_ends_for_its_audience_alone_whatever_the_store_says() {
    let mut world = signed_in();
    fetch(&mut world);
    let now = world.time();
    let generation = world.session.access_token_for(&world.config, FILES, now).unwrap().generation();
    let own = world.generation();
    assert_ne!(generation, own);
    assert_eq!(world.handle(Input::TokenRejected(generation)), Ok(Status::Advanced));
    assert_eq!(world.handle(Input::TokenRejected(generation)), Ok(Status::Unchanged));
    assert!(token(&world).is_none() && world.access().is_some());
    // Another holder claims, and gives back: the record still has the rejected token.
    let live = rival::record(world.store.as_ref().unwrap(), 0, world.now, rival::Kind::Live).unwrap();
    world.store = Some(live);
    world.superseded().unwrap();
    assert!(token(&world).is_none());
    fetch(&mut world);
    assert!(token(&world).is_some());
    // And the other way round: the grant's own.
    assert_eq!(world.handle(Input::TokenRejected(own)), Ok(Status::Advanced), "a refresh for another left it as it was");
    assert!(world.access().is_none() && token(&world).is_some());
}

#[test]
fn a_token_that_does_not_fit_costs_neither_the_grant_nor_its_own_token() {
    for length in [300, 900, 5_000] {
        let mut world = signed_in();
        asked(&mut world, FILES);
        let large = "A".repeat(length);
        let body = format!(r#"{{"access_token":"{large}","token_type":"bearer","expires_in":60,"refresh_token":"NEXTREFRESH"}}"#);
        let told = world.answer(200, &body);
        world.saved();
        assert!(world.access().is_some(), "{length}");
        assert_eq!(told.is_ok(), token(&world).is_some(), "{length}");
        match told {
            Ok(_) => assert!(length < 450),
            Err(Error::Capacity { needed }) => {
                assert!(needed > 1024);
                assert_eq!(world.handle(Input::RefreshFor(FILES)), Ok(Status::Advanced));
                assert!(matches!(world.poll(), Ask::Wait(_, Why::TooSmall)), "it would be lost again");
            }
            Err(other) => panic!("{other}"),
        }
        world.handle(Input::Refresh).unwrap();
        world.saved();
        assert_eq!(value(&world.sent(), "refresh_token").as_deref(), Some("NEXTREFRESH"));
    }
}

#[test]
fn a_record_keeps_the_tokens_of_sixteen_audiences_and_the_oldest_makes_way() {
    let mut world = World::sized(Deployment::USUAL, Box::new(Session::<[u8; 16_384]>::new())).signed_in();
    let names: Vec<String> = (0..20).map(|at| format!("urn:api:{at}")).collect();
    let holds = |world: &World, name: &str| {
        let audiences = [Audience::named(name)];
        let config = world.config.with_audiences(&audiences).unwrap();
        world.session.access_token_for(&config, name, world.time()).is_some()
    };
    for name in &names {
        let audiences = [Audience::named(name)];
        let config = world.config.with_audiences(&audiences).unwrap();
        let now = world.time();
        world.session.handle(&config, now, Input::RefreshFor(name)).unwrap();
        world.saved();
        let mut out = [0; 4096];
        let Output::Send(request) = world.session.poll(&config, now, &mut out).unwrap() else { panic!("no request") };
        assert_eq!(value(std::str::from_utf8(request.body()).unwrap(), "audience").as_deref(), Some(name.as_str()));
        world.request = request.ticket();
        world.answer_tokens();
        world.saved();
        assert!(holds(&world, name));
    }
    let held: Vec<bool> = names.iter().map(|name| holds(&world, name)).collect();
    assert_eq!(held, (0..20).map(|at| at >= 4).collect::<Vec<_>>());
}

// R059
#[test]
fn an_audience_is_named_once_and_is_what_it_says() {
    let config = Deployment::USUAL.config();
    let good = [Audience::resource("https://a.example/"), Audience::named("My API").scope("a b")];
    assert!(config.with_audiences(&good).is_ok());
    let nine: Vec<String> = (0..9).map(|at| format!("urn:a:{at}")).collect();
    let nine: Vec<Audience<'_>> = nine.iter().map(|name| Audience::resource(name)).collect();
    assert!(config.with_audiences(&nine).is_err() && config.with_audiences(&nine[1..]).is_ok());
    for bad in [Audience::resource("/api"), Audience::resource("https://a/#f"), Audience::named(""), Audience::named("ä")] {
        assert_eq!(config.with_audiences(&[bad]).err(), Some(Misuse::Parameter.into()), "{bad:?}");
    }
    assert_eq!(config.with_audiences(&[good[1].scope("a  b")]).err(), Some(Misuse::Parameter.into()));
    assert_eq!(config.with_audiences(&[good[1], Audience::resource("urn:x"), good[1].scope("")]).err(), Some(Misuse::Repeated.into()));
}

#[test]
fn a_resource_is_asked_for_with_the_grant_and_not_with_its_code() {
    const FILES_API: &[Audience<'static>] = &[Audience::resource(FILES)];
    let mut world = World::new(Deployment::USUAL);
    world.config = world.config.with_audiences(FILES_API).unwrap();
    world.poll();
    world.load().unwrap();
    world.begin_sign_in(AuthorizationCode::new().resources(&["urn:own"]), REDIRECT_URI).unwrap();
    let Ask::Visit(url) = world.poll() else { panic!("no visit") };
    assert!(url.ends_with("&resource=https%3A%2F%2Ffiles.example%2F&resource=urn%3Aown"), "{url}");
    world.redirect("code=SECRETCODE").unwrap();
    let body = world.sent();
    assert!(body.contains("resource=urn%3Aown") && !body.contains("files"), "{body}");
}

#[test]
fn a_wish_that_another_holder_fulfilled_is_over() {
    let mut first = signed_in();
    let live = first.store.clone().unwrap();
    // A second holder waits for the first, and wishes what the first is fetching.
    asked(&mut first, FILES);
    let mut second = World::new(Deployment::USUAL);
    second.now = first.now;
    second.seed = 70_000;
    second.store = Some(live);
    second.poll();
    second.load().unwrap();
    second.store = first.store.clone();
    second.superseded().unwrap();
    assert_eq!(second.handle(Input::RefreshFor(FILES)), Ok(Status::Advanced));
    first.answer_tokens();
    first.saved();
    second.store = first.store.clone();
    second.superseded().unwrap();
    assert!(token(&second).is_some());
    // A later refresh of the grant's own token, and then that of the audience expires: nobody wishes it any more.
    assert_eq!(value(&second.refreshing(), "audience"), None);
    second.answer_tokens();
    second.saved();
    second.tick(60_000 + 1);
    assert!(token(&second).is_none() && second.access().is_some());
    assert!(matches!(second.poll(), Ask::Sleep(_)));
}

// R060
#[test]
fn the_grant_s_own_token_stays_for_its_own_resources_where_others_were_granted_too() {
    const FILES_API: &[Audience<'static>] = &[Audience::resource(FILES)];
    let mut world = World::new(Deployment::USUAL);
    world.config = world.config.with_audiences(FILES_API).unwrap();
    world.poll();
    world.load().unwrap();
    let unsaid = world.begin_sign_in(AuthorizationCode::new(), REDIRECT_URI);
    assert_eq!(unsaid, Err(Misuse::Resource.into()), "the server would choose");
    world.begin_sign_in(AuthorizationCode::new().resources(&["urn:own?a=b", "urn:two"]), REDIRECT_URI).unwrap();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    world.answer_tokens();
    world.saved();
    world.restart(Box::new(Session::<[u8; 1024]>::new()));
    assert_eq!(resources(&asked(&mut world, FILES)), [FILES]);
    world.answer_tokens();
    world.saved();
    world.handle(Input::Refresh).unwrap();
    world.saved();
    assert_eq!(resources(&world.sent()), ["urn:own?a=b", "urn:two"], "another process, after a refresh for another");
}

#[test]
fn callers_who_take_turns_with_refused_audiences_do_not_ask_without_end() {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    const REFUSED: &[Audience<'static>] = &[Audience::named("a"), Audience::named("b"), Audience::named("c"), Audience::named("d")];
    let mut world = signed_in();
    world.config = world.config.with_audiences(REFUSED).unwrap();
    let mut sent = 0;
    for round in 0..40 {
        world.handle(Input::RefreshFor(NAMES[round % 4])).unwrap();
        if let Ask::Save { .. } = world.poll() {
            world.saved();
            world.sent();
            sent += 1;
            world.answer(400, r#"{"error":"invalid_target"}"#).unwrap_err();
            world.saved();
        }
    }
    assert!((2..=4).contains(&sent), "{sent}");
    // Nor where the client itself is refused, whatever it asks for.
    let mut world = signed_in();
    asked(&mut world, FILES);
    world.answer(401, r#"{"error":"invalid_client"}"#).unwrap_err();
    world.saved();
    assert_eq!(world.handle(Input::Refresh), Ok(Status::Unchanged));
    assert!(matches!(world.poll(), Ask::Sleep(_)));
}

#[test]
fn a_driver_that_waits_for_an_audience_is_back_when_the_grant_s_own_token_is_due() {
    let mut world = signed_in();
    world.tick(LIFE - 100_000);
    refused(&mut world, FILES);
    world.handle(Input::RefreshFor(FILES)).unwrap();
    let due = world.session.access_token(world.time()).unwrap().expires_at().unwrap().as_millis() - 60_000;
    assert_eq!(world.poll(), Ask::Wait(due, Why::Refused));
}

#[test]
fn a_wish_for_an_audience_that_the_configuration_names_no_more_is_none() {
    let mut world = signed_in();
    refused(&mut world, FILES);
    world.handle(Input::RefreshFor(FILES)).unwrap();
    assert!(matches!(world.poll(), Ask::Wait(_, Why::Refused)));
    world.config = world.config.with_audiences(&[]).unwrap();
    assert!(matches!(world.poll(), Ask::Sleep(_)));
}

#[test]
fn two_refused_audiences_hold_up_no_third() {
    const NAMES: &[Audience<'static>] = &[Audience::named("a"), Audience::named("b"), Audience::named("c")];
    let mut world = signed_in();
    world.config = world.config.with_audiences(NAMES).unwrap();
    refused(&mut world, "a");
    refused(&mut world, "b");
    for waits in ["a", "b"] {
        world.handle(Input::RefreshFor(waits)).unwrap();
        assert!(matches!(world.poll(), Ask::Wait(_, Why::Refused)), "{waits}");
    }
    refused(&mut world, "c");
}

#[test]
fn what_was_refused_to_an_earlier_grant_is_asked_for_again() {
    let mut world = signed_in();
    refused(&mut world, FILES);
    world.whole_sign_in();
    fetch(&mut world);
    assert!(token(&world).is_some());
}

#[test]
fn in_doubt_of_an_audience_whose_token_serves_a_driver_is_back_when_the_grant_s_own_ends() {
    let mut world = signed_in();
    let ends = world.session.access_token(world.time()).unwrap().expires_at().unwrap().as_millis();
    world.tick(10_000);
    fetch(&mut world);
    asked(&mut world, FILES);
    let ticket = world.request;
    world.handle(Input::NoResponse(ticket)).unwrap_err();
    assert_eq!(world.poll(), Ask::Sleep(ends));
}

#[test]
fn a_grant_for_its_own_resources_alone_is_refreshed_without_their_names() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.begin_sign_in(AuthorizationCode::new().resources(&["urn:own", "urn:two"]), REDIRECT_URI).unwrap();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    assert_eq!(resources(&world.sent()), ["urn:own", "urn:two"]);
    world.answer_tokens();
    world.saved();
    assert!(resources(&world.refreshing()).is_empty(), "the server gave no other");
}

#[test]
fn a_token_for_an_audience_keeps_its_end_where_the_monotonic_clock_begins_anew() {
    let mut world = signed_in();
    fetch(&mut world);
    let asked = 1_700_000_000 + world.now / 1000;
    let now = Timestamp::from_millis(50).with_unix_seconds(asked + 600);
    let mut session = Session::<[u8; 1024]>::new();
    session.handle(&world.config, now, Input::Found(world.store.as_deref(), &entropy(9))).unwrap();
    let ends = session.access_token_for(&world.config, FILES, now).unwrap().expires_at().unwrap().as_millis();
    assert!((LIFE - 602_000..=LIFE - 600_000 + 50).contains(&ends), "{ends}");
}

#[test]
fn a_token_for_an_audience_that_serves_no_more_is_not_kept_beside_the_next() {
    const NAMES: &[Audience<'static>] = &[OTHER, Audience::named("b")];
    let mut world = signed_in();
    world.config = world.config.with_audiences(NAMES).unwrap();
    fetch(&mut world);
    let old = token(&world).unwrap();
    world.tick(LIFE + 1);
    asked(&mut world, "b");
    world.answer_tokens();
    world.saved();
    assert!(!String::from_utf8_lossy(world.store.as_ref().unwrap()).contains(&old));
}
