//! The small parts of the interface: what errors, requests, tokens and defaults say.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::std_instead_of_core)]
#![allow(clippy::wildcard_enum_match_arm, missing_docs)]

mod common;

use common::*;
use gatepass::*;
use std::collections::BTreeSet;

const MISUSES: [Misuse; 13] = [
    Misuse::NotNow,
    Misuse::OtherConfig,
    Misuse::Entropy,
    Misuse::Url,
    Misuse::RedirectUri,
    Misuse::Parameter,
    Misuse::Repeated,
    Misuse::Policy,
    Misuse::NotToken68,
    Misuse::NoRefreshToken,
    Misuse::Audience,
    Misuse::Resource,
    Misuse::Pending,
];
const VIOLATIONS: [(Violation, Remedy); 19] = [
    (Violation::OtherUri, Remedy::Poll),
    (Violation::Repeated, Remedy::Poll),
    (Violation::State, Remedy::Poll),
    (Violation::Issuer, Remedy::Poll),
    (Violation::Redirect, Remedy::Poll),
    (Violation::NoOutcome, Remedy::Poll),
    (Violation::Redirected, Remedy::Poll),
    (Violation::Status, Remedy::Poll),
    (Violation::ContentType, Remedy::Poll),
    (Violation::Json, Remedy::Poll),
    (Violation::TooLong, Remedy::Poll),
    (Violation::Member, Remedy::Poll),
    (Violation::TokenType, Remedy::Poll),
    (Violation::Contradiction, Remedy::Poll),
    (Violation::NoResponse, Remedy::Poll),
    (Violation::OtherIssuer, Remedy::Fix),
    (Violation::Record, Remedy::Fix),
    (Violation::RecordVersion, Remedy::Fix),
    (Violation::OlderRecord, Remedy::Fix),
];
const REFUSALS: [(Refusal, Remedy); 7] = [
    (Refusal::InvalidGrant, Remedy::SignIn),
    (Refusal::AccessDenied, Remedy::SignIn),
    (Refusal::Interaction, Remedy::SignIn),
    (Refusal::Client, Remedy::Fix),
    (Refusal::Request, Remedy::Fix),
    (Refusal::Other, Remedy::Fix),
    (Refusal::Unavailable, Remedy::Poll),
];

#[test]
fn every_error_has_words_of_its_own_and_a_remedy() {
    let misuses = MISUSES.map(|misuse| (Error::from(misuse), Remedy::Fix));
    let violations = VIOLATIONS.map(|(violation, remedy)| (Error::from(violation), remedy));
    let refusals = REFUSALS.map(|(refusal, remedy)| (Error::Refused(refusal), remedy));
    let all: Vec<_> = misuses.into_iter().chain(violations).chain(refusals).collect();
    for (error, remedy) in &all {
        assert_eq!(error.remedy(), *remedy, "{error:?}");
        assert!(error.to_string().len() > 20, "{error:?}");
    }
    let texts: BTreeSet<String> = all.iter().map(|(error, _)| error.to_string()).collect();
    assert_eq!(texts.len(), all.len());
    let capacity = Error::Capacity { needed: 77 };
    assert_eq!((capacity.remedy(), capacity.to_string().as_str()), (Remedy::Enlarge, "the buffer is too small: it needs 77 bytes"));
    assert_eq!(Challenge::bearer("Bearer ,=").unwrap_err().to_string(), "the WWW-Authenticate field is malformed");
}

#[test]
fn a_request_says_where_it_goes_and_how_much_may_come_back() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.until_due();
    world.saved();
    let (now, mut out) = (world.time(), [0; 4096]);
    let Output::Send(request) = world.session.poll(&world.config, now, &mut out).unwrap() else { panic!() };
    assert_eq!((request.authority(), request.target(), request.max_response()), ("as.example", "/token", 1 << 17));
}

// R150
#[test]
fn a_token_a_grant_and_metadata_print_no_secret() {
    let world = World::new(Deployment::USUAL).signed_in();
    let token = world.session.access_token(world.time()).unwrap();
    assert_eq!(token.header_len(), "Bearer SECRETACCESS0-1".len());
    let grant = AuthorizationCode::new().scope("read").resources(&["https://api.example/?key=SECRET"]);
    let mut buffer = *b"SECRET";
    let discovery = Discovery::new("https://as.example", WellKnown::OAuth, &mut buffer).unwrap();
    for printed in [format!("{token:?}"), format!("{grant:?}"), format!("{discovery:?}"), format!("{:?}", entropy(1))] {
        assert!(!printed.contains("SECRET") && printed.contains(".."), "{printed}");
    }
}

#[test]
fn a_url_to_open_prints_nothing_of_itself() {
    let url = AuthorizationUrl::parse("https://as.example/a?state=SECRET").unwrap();
    assert_eq!((format!("{url:?}").as_str(), url.as_str()), ("AuthorizationUrl(..)", "https://as.example/a?state=SECRET"));
}

#[test]
fn a_session_begins_with_the_store_and_a_policy_with_its_default() {
    assert_eq!(Session::<[u8; 0]>::default().state(), StateName::Loading);
    assert_eq!(format!("{:?}", Policy::default()), format!("{:?}", Policy::DEFAULT));
}

#[test]
fn a_scope_is_read_whole_and_an_origin_says_whether_it_is_plain() {
    let world = World::new(Deployment::USUAL).signed_in();
    assert_eq!(world.session.scope().map(Scope::as_str), Some("read"));
    assert!(Origin::of("http://127.0.0.1:80/").unwrap().is_plain() && !Origin::of("https://127.0.0.1/").unwrap().is_plain());
}

#[test]
fn a_client_identifier_is_printable_and_plain_http_is_opted_into() {
    let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/token");
    for id in ["", "caf\u{e9}", "a\nb", "\u{7f}"] {
        assert_eq!(Config::new(server, Client::public(id)).unwrap_err(), Misuse::Parameter.into(), "{id:?}");
    }
    let plain = Server::new("http://127.0.0.1:1", "http://127.0.0.1:1/authorize", "http://127.0.0.1:1/token");
    assert_eq!(Config::new(plain, Client::public("id")).unwrap_err(), Misuse::Url.into());
    assert!(Config::new(plain.danger_allow_http_on_loopback(), Client::public("id")).is_ok());
}

#[test]
fn a_pending_sign_in_is_exported_for_its_own_configuration_alone() {
    let world = states::reach(Deployment::USUAL, StateName::AwaitingRedirect).unwrap();
    let other = Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap();
    assert_eq!(world.session.pending(&other, &mut [0; 2048]), Err(Misuse::OtherConfig.into()));
    assert!(world.session.pending(&world.config, &mut [0; 2048]).is_ok());
}

// R027
#[test]
fn a_redirect_with_a_broken_name_is_refused_whole() {
    let mut world = states::reach(Deployment::USUAL, StateName::AwaitingRedirect).unwrap();
    assert_eq!(world.redirect("code=SECRETCODE&%zz=1"), Err(Violation::Redirect.into()));
    assert_eq!(world.state(), StateName::AwaitingRedirect);
}

#[test]
fn another_content_type_is_read_where_a_policy_tolerates_it_and_is_reported() {
    let plain = Head { content_type: Some("text/plain"), ..JSON };
    let mut world = states::reach(Deployment::USUAL, StateName::RedeemSent).unwrap();
    assert_eq!(world.head(plain), Err(Violation::ContentType.into()));
    let mut world = states::reach(Deployment::USUAL, StateName::RedeemSent).unwrap();
    let mut policy = world.config.policy();
    policy.quirks = Quirks::ANY_CONTENT_TYPE;
    world.config = world.config.with_policy(policy).unwrap();
    assert_eq!(world.head(plain), Ok(Status::More));
    assert_eq!(world.session.quirks(), Quirks::ANY_CONTENT_TYPE);
}

#[test]
fn a_token_that_no_record_keeps_is_tried_three_times_and_given_up() {
    let mut world = states::reach(Deployment::USUAL, StateName::OrphanReady).unwrap();
    for round in 1..=3 {
        world.until_due();
        assert_eq!(world.state(), StateName::OrphanSent, "{round}");
        let ticket = world.request;
        world.handle(Input::NotSent(ticket)).unwrap();
    }
    assert_eq!(world.state(), StateName::Loading);
}

#[test]
fn a_sign_out_asked_for_in_flight_goes_on_when_the_refresh_does_not_leave_or_is_refused() {
    for is_refused in [false, true] {
        let mut world = states::reach(Deployment::USUAL, StateName::RefreshSent).unwrap();
        world.sign_out().unwrap();
        assert_eq!(world.state(), StateName::RefreshSent);
        if is_refused {
            assert_eq!(world.answer(400, r#"{"error":"invalid_grant"}"#), Err(Error::Refused(Refusal::InvalidGrant)));
        } else {
            let ticket = world.request;
            world.handle(Input::NotSent(ticket)).unwrap();
        }
        assert_eq!(world.state(), StateName::SavingSignOut, "{is_refused}");
        world.saved();
        assert!(world.sent().contains("SECRETREFRESH"));
    }
}

#[test]
fn members_keep_every_kind_of_value() {
    let mut world = World::new(Deployment::USUAL);
    world.config = world.config.with_members(&["own"]).unwrap();
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    let own = r#""own":[false,true,null,0,-1.5e3,"a\"b",{"c":[]},{}]"#;
    world.answer(200, &format!(r#"{{"access_token":"a","token_type":"Bearer",{own}}}"#)).unwrap();
    assert_eq!(world.session.members_json(), format!("{{{own}}}"));
}

#[cfg(feature = "rand_core")]
mod generator {
    use super::*;
    use rand_core::{TryCryptoRng, TryRng};

    /// Gives its bytes again and again, or fails.
    struct Generator(Option<[u8; 64]>);

    impl TryRng for Generator {
        type Error = std::io::Error;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            panic!("bytes are asked for")
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            panic!("bytes are asked for")
        }

        fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
            to.copy_from_slice(self.0.as_ref().ok_or_else(|| std::io::Error::other("no entropy"))?);
            Ok(())
        }
    }

    impl TryCryptoRng for Generator {}

    // R009
    #[test]
    fn a_generator_that_fails_or_repeats_itself_gives_no_entropy() {
        for bad in [None, Some([7; 64])] {
            assert_eq!(Entropy::from_rng(&mut Generator(bad)).unwrap_err(), Misuse::Entropy.into());
        }
        let bytes = std::array::from_fn(|at| at as u8);
        let mut world = World::new(Deployment::USUAL);
        world.poll();
        world.load().unwrap();
        let (now, grant) = (world.time(), Grant::AuthorizationCode(AuthorizationCode::new()));
        let visit = |entropy: Entropy| {
            let mut session = Session::<[u8; 1024]>::new();
            session.handle(&world.config, now, Input::Found(None, &entropy)).unwrap();
            session.sign_in(&world.config, now, &grant, REDIRECT_URI, &entropy).unwrap();
            let mut out = [0; 1024];
            let Output::Visit(url) = session.poll(&world.config, now, &mut out).unwrap() else { panic!() };
            url.as_str().to_owned()
        };
        assert_eq!(visit(Entropy::from_rng(&mut Generator(Some(bytes))).unwrap()), visit(Entropy::from_bytes(bytes).unwrap()));
    }
}

// R150
#[test]
fn an_input_prints_its_name_and_an_output_what_it_is_without_its_secrets() {
    let (ticket, entropy) = (Ticket::default(), entropy(1));
    let generation = World::new(Deployment::USUAL).signed_in().generation();
    for (input, name) in [
        (Input::Found(Some(b"SECRET"), &entropy), "Found"),
        (Input::Visited, "Visited"),
        (Input::Redirect("SECRET"), "Redirect"),
        (Input::Head(ticket, JSON), "Head"),
        (Input::Body(ticket, b"SECRET"), "Body"),
        (Input::End(ticket), "End"),
        (Input::NotSent(ticket), "NotSent"),
        (Input::NoResponse(ticket), "NoResponse"),
        (Input::Saved(ticket), "Saved"),
        (Input::Superseded(Some(b"SECRET")), "Superseded"),
        (Input::NotSaved(ticket), "NotSaved"),
        (Input::Refresh, "Refresh"),
        (Input::RefreshFor("SECRET"), "RefreshFor"),
        (Input::TokenRejected(generation), "TokenRejected"),
        (Input::Cancel, "Cancel"),
    ] {
        assert_eq!(format!("{input:?}"), name);
    }
    let mut world = World::new(Deployment::USUAL).signed_in();
    assert!(format!("{:?}", &*world.session).contains("Live"));
    world.handle(Input::Refresh).unwrap();
    let (now, mut out) = (world.time(), [0; 2048]);
    let Output::Save(save) = world.session.poll(&world.config, now, &mut out).unwrap() else { panic!("no save") };
    assert_eq!(format!("{save:?}"), format!("Save {{ ticket: {:?}, expected: Some(Version(1)), .. }}", save.ticket()));
    world.saved();
    let Output::Send(request) = world.session.poll(&world.config, now, &mut out).unwrap() else { panic!("no request") };
    let printed = format!("Request {{ ticket: {:?}, method: Post, url: \"https://as.example/token\", .. }}", request.ticket());
    assert_eq!(format!("{request:?}"), printed);
}

#[test]
fn a_grant_keeps_the_name_of_its_family_and_no_other_has_it() {
    let family = |world: &World| Version::of(world.store.as_deref().unwrap()).unwrap().family();
    let mut world = World::new(Deployment::USUAL).signed_in();
    let first = family(&world);
    world.rotate();
    assert_eq!(family(&world), first);
    world.whole_sign_in();
    assert_ne!(family(&world), first);
}
