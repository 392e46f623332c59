//! Rules of single clauses, each with what an attacker or a careless server would have instead.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use base64ct::{Base64UrlUnpadded, Encoding};
use common::*;
use gatepass::*;
use sha2::{Digest, Sha256};

/// A sign-in whose page is open.
fn visiting() -> World {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world
}

/// A parameter of a URL or a body.
fn value(encoded: &str, name: &str) -> String {
    let pairs = encoded.split_once('?').map_or(encoded, |(_, query)| query);
    form_urlencoded::parse(pairs.as_bytes())
        .find(|(found, _)| found == name)
        .unwrap_or_else(|| panic!("{name} in {encoded}"))
        .1
        .into_owned()
}

/// `state` and `code_challenge` of a sign-in that begins with these bytes of entropy.
fn drawn(bytes: [u8; 64], grant: AuthorizationCode<'_>, redirect_uri: &str) -> [String; 2] {
    let (config, now) = (Deployment::USUAL.config(), Timestamp::from_millis(1));
    let mut session = Session::<[u8; 1024]>::new();
    session.handle(&config, now, Input::Found(None, &entropy(1))).unwrap();
    session.sign_in(&config, now, &Grant::AuthorizationCode(grant), redirect_uri, &Entropy::from_bytes(bytes).unwrap()).unwrap();
    let mut out = [0; 2048];
    let Output::Visit(url) = session.poll(&config, now, &mut out).unwrap() else { panic!() };
    ["state", "code_challenge"].map(|name| value(url.as_str(), name))
}

// R009 R010 R018 R155
#[test]
fn state_and_verifier_are_160_and_256_bits_of_the_entropy_and_of_nothing_else() {
    let bytes: [u8; 64] = core::array::from_fn(|at| (at * 37 + 11) as u8);
    let usual = drawn(bytes, AuthorizationCode::new().scope("read"), REDIRECT_URI);
    let mut moved = [0, 0];
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let other = drawn(flipped, AuthorizationCode::new().scope("read"), REDIRECT_URI);
        let differs = [other[0] != usual[0], other[1] != usual[1]];
        assert_ne!(differs, [true, true], "bit {bit} would tell of the verifier in the state");
        moved = [moved[0] + usize::from(differs[0]), moved[1] + usize::from(differs[1])];
    }
    assert_eq!(moved, [160, 256]);
    let elsewhere = drawn(bytes, AuthorizationCode::new().scope("admin").login_hint("someone"), "https://app.example/other");
    assert_eq!(elsewhere, usual, "nothing of the request is in them");
}

// R020 R022 R024
#[test]
fn a_code_is_redeemed_with_the_verifier_of_the_sign_in_that_it_came_to() {
    // An injected code comes to a sign-in that did not ask for it: what is sent with it is of this sign-in all the same.
    let mut sign_ins: Vec<_> = (0..8)
        .map(|seed| {
            let mut world = World::new(Deployment::USUAL);
            world.seed = seed * 1_000;
            world.poll();
            world.load().unwrap();
            world.sign_in();
            let Ask::Visit(url) = world.poll() else { panic!() };
            (world, value(&url, "code_challenge"))
        })
        .collect();
    for (world, challenge) in &mut sign_ins {
        world.redirect("code=SECRETCODE").unwrap();
        let verifier = value(&world.sent(), "code_verifier");
        assert_eq!(Base64UrlUnpadded::encode_string(&Sha256::digest(verifier)), *challenge);
    }
}

// R019 R024
#[test]
fn a_server_that_refuses_s256_is_never_asked_with_plain_or_with_the_same_challenge() {
    let mut world = World::new(Deployment::USUAL);
    world.poll();
    world.load().unwrap();
    let mut challenges = Vec::new();
    for refusal in
        ["error=invalid_request&error_description=transform+algorithm+not+supported", "error=invalid_request", "error=server_error"]
    {
        world.sign_in();
        let Ask::Visit(url) = world.poll() else { panic!() };
        assert_eq!(value(&url, "code_challenge_method"), "S256");
        let challenge = value(&url, "code_challenge");
        assert!(!challenges.contains(&challenge), "fresh values after an error");
        challenges.push(challenge);
        assert!(matches!(world.redirect(refusal), Err(Error::Refused(_))));
        assert!(matches!(world.poll(), Ask::SignIn(_)), "it asks, and does not try another way by itself");
    }
}

// R029 R040
#[test]
fn of_what_a_redirect_says_only_printable_text_is_shown() {
    for (query, code, description) in [
        ("error=access_denied&error_description=No%20thanks&error_uri=https://evil.example", "access_denied", "No thanks"),
        ("error=access_denied&error_description=%1b[31mred", "access_denied", ""),
        ("error=access_denied&error_description=a%0d%0ab", "access_denied", ""),
        ("error=access_denied&error_description=%22quoted%22", "access_denied", ""),
        ("error=access_denied&error_description=back%5Cslash", "access_denied", ""),
        ("error=access_denied&error_description=%c3%a4", "access_denied", ""),
        ("error=access_denied&error_description=%zz", "access_denied", ""),
        ("error=%1b[2J&error_description=x", "", "x"),
        ("error=caf%e9", "", ""),
    ] {
        let mut world = visiting();
        assert!(matches!(world.redirect(query), Err(Error::Refused(_))), "{query}");
        let said = world.session.refusal().map_or(("", ""), |said| (said.code(), said.description()));
        assert_eq!(said, (code, description), "{query}");
    }
}

/// What may become of a code's request once it has left.
const FATES: [&str; 9] = ["tokens", "refusal", "no answer", "failure", "redirect", "page", "half an answer", "too late", "a restart"];

// R055
#[test]
fn a_code_is_sent_once_whatever_becomes_of_its_request() {
    for fate in FATES {
        let mut world = visiting();
        let pending = events::pending(&mut world).unwrap();
        world.redirect("code=SECRETCODE").unwrap();
        assert!(world.sent().contains("code=SECRETCODE"));
        match fate {
            "tokens" => world.answer_tokens(),
            "refusal" => _ = world.answer(400, r#"{"error":"invalid_grant"}"#),
            "no answer" => {
                let ticket = world.request;
                world.handle(Input::NoResponse(ticket)).unwrap_err();
            }
            "failure" => _ = world.head(Head { status: 503, retry_after: Some("1"), ..JSON }),
            "redirect" => _ = world.head(Head { status: 307, ..JSON }),
            "page" => _ = world.head(Head { content_type: Some("text/html"), ..JSON }),
            "half an answer" => {
                world.head(JSON).unwrap();
                world.body(br#"{"access_token":"#).unwrap();
                let ticket = world.request;
                world.handle(Input::NoResponse(ticket)).unwrap_err();
            }
            "too late" => world.tick(86_400_000),
            "a restart" => world.restart(Box::new(Session::<[u8; 1024]>::new())),
            other => panic!("{other}"),
        }
        assert!(world.redirect("code=SECRETCODE").is_err(), "{fate}: a second delivery");
        for _ in 0..50 {
            match world.poll() {
                Ask::Send { body, .. } => assert!(!body.contains("SECRETCODE"), "{fate}: {body}"),
                Ask::Save { .. } => world.saved(),
                Ask::Load => _ = world.load().unwrap(),
                Ask::SignIn(_) => break,
                Ask::Wait(until, _) | Ask::Sleep(until) | Ask::AwaitResponse(until) | Ask::AwaitRedirect(until) => {
                    world.now = until.clamp(world.now + 1, world.now + 10_000_000);
                }
                Ask::Visit(url) => panic!("{fate}: {url}"),
            }
        }
        if fate == "tokens" {
            let now = world.time();
            assert!(world.session.resume(&world.config, now, &pending).is_err(), "what was exported before does not send it again");
        }
    }
}

// R036 R076 R121
#[test]
fn a_grant_is_of_no_use_with_another_server_or_client() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    let server = |host: &'static str| Server::new(host, "https://as.example/authorize", "https://as.example/token");
    for other in [
        Config::new(server("https://evil.example"), Client::public("client")).unwrap(),
        Config::new(server("https://as.example/"), Client::public("client")).unwrap(),
        Config::new(server("https://as.example"), Client::public("another")).unwrap(),
    ] {
        let mut session = Session::<[u8; 1024]>::new();
        let (now, mut out) = (world.time(), [0; 2048]);
        assert!(matches!(session.poll(&other, now, &mut out), Ok(Output::Load)));
        let found = session.handle(&other, now, Input::Found(world.store.as_deref(), &entropy(7)));
        assert_eq!(found, Err(Violation::Record.into()));
        assert!(session.access_token(now).is_none() && !session.can_refresh());
        assert!(!matches!(session.poll(&other, now, &mut out), Ok(Output::Send(_))));
    }
    // Nor does a session that holds the grant send it elsewhere, also where only an endpoint is another.
    let evil = Server::new("https://as.example", "https://as.example/authorize", "https://evil.example/token");
    let evil = Config::new(evil, Client::public("client")).unwrap();
    world.until_due();
    let now = world.time();
    assert_eq!(world.session.poll(&evil, now, &mut [0; 2048]).err(), Some(Misuse::OtherConfig.into()));
}

// R077
#[test]
fn after_a_rotation_the_old_refresh_token_is_stored_and_sent_no_more() {
    let mut world = World::new(Deployment::USUAL).signed_in();
    for generation in 1..=3 {
        let old = value(&world.refreshing(), "refresh_token");
        assert_eq!(old, format!("SECRETREFRESH0-{generation}"));
        world.answer_tokens();
        // From the answer on, whatever is saved or sent is of the new one.
        for _ in 0..2 {
            match world.poll() {
                Ask::Save { record, .. } => assert!(!record.windows(old.len()).any(|bytes| bytes == old.as_bytes())),
                Ask::Sleep(_) => {}
                other => panic!("{other:?}"),
            }
            if world.state() == StateName::SavingCommit {
                world.saved();
            }
        }
    }
    world.sign_out().unwrap();
    world.saved();
    assert_eq!(value(&world.sent(), "token"), "SECRETREFRESH0-4");
}

// R052 R054 R080 R162 R166
#[test]
fn a_confidential_client_authenticates_in_its_one_way_with_every_request() {
    for is_basic in [true, false] {
        let client =
            if is_basic { Client::secret_basic("client", "SECRETPASSWORD") } else { Client::secret_post("client", "SECRETPASSWORD") };
        let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/token");
        let mut world = World::new(Deployment::USUAL);
        world.config = Config::new(server.with_revocation("https://as.example/revoke"), client).unwrap();
        world.poll();
        world.load().unwrap();
        world.sign_in();
        let Ask::Visit(url) = world.poll() else { panic!() };
        assert!(url.contains("client_id=client") && !url.contains("SECRETPASSWORD"));
        assert_eq!(value(&url, "code_challenge_method"), "S256", "a secret does not take its place");
        world.redirect("code=SECRETCODE").unwrap();
        let mut kinds = Vec::new();
        for step in 0..3 {
            let (now, mut out) = (world.time(), [0; 2048]);
            let Output::Send(request) = world.session.poll(&world.config, now, &mut out).unwrap() else { panic!("{step}") };
            world.request = request.ticket();
            let authorization: Vec<_> = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).collect();
            let body = core::str::from_utf8(request.body()).unwrap();
            let in_body = body.contains("client_secret=SECRETPASSWORD");
            assert_eq!((authorization.len(), in_body), (usize::from(is_basic), !is_basic), "{body}");
            assert_eq!(body.contains("client_id="), !is_basic, "{body}");
            assert!(!request.url().contains("SECRETPASSWORD") && request.method() == Method::Post);
            match step {
                0 => assert_eq!(value(body, "code_verifier").len(), 43),
                1 => assert_eq!(value(body, "refresh_token"), "SECRETREFRESH0-1"),
                _ => assert_eq!([value(body, "token"), value(body, "token_type_hint")], ["SECRETREFRESH0-2", "refresh_token"]),
            }
            kinds.push(request.url().to_owned());
            if step < 2 {
                world.answer_tokens();
                world.saved();
            }
            match step {
                0 => {
                    world.until_due();
                    world.saved();
                }
                1 => {
                    world.sign_out().unwrap();
                    world.saved();
                }
                _ => {}
            }
        }
        assert_eq!(kinds, ["https://as.example/token", "https://as.example/token", "https://as.example/revoke"]);
    }
}

/// A grant whose revocation has just left.
fn revoking() -> World {
    let mut world = World::new(Deployment::USUAL).signed_in();
    world.sign_out().unwrap();
    world.saved();
    world.sent();
    world
}

// R108 R109
#[test]
fn of_the_answer_to_a_revocation_only_the_status_counts_and_after_it_no_token_is_left() {
    for content_type in [Some("application/json"), Some("text/html"), None] {
        let mut world = revoking();
        assert_eq!(world.access(), None, "signed out is signed out, also before the answer");
        world.head(Head { content_type, ..JSON }).unwrap();
        // What follows is not read: neither an error, nor tokens, nor what is no JSON.
        for body in [&br#"{"error":"invalid_token"}"#[..], br#"{"access_token":"SECRETNEW","token_type":"bearer"}"#, b"<html>"] {
            assert_eq!(world.body(body), Ok(Status::Unchanged));
        }
        world.saved();
        assert_eq!((world.access(), world.session.can_refresh()), (None, false));
        assert!(!String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRET"));
        assert_eq!(world.poll(), Ask::SignIn(SignInReason::SignedOut));
    }
}

// R110
#[test]
fn a_revocation_that_meets_a_503_is_repeated_with_the_same_token_when_the_server_said() {
    let mut world = revoking();
    for seconds in [120, 600, 7_200] {
        let said = world.now;
        world.head(Head { status: 503, retry_after: Some(&seconds.to_string()), ..JSON }).unwrap();
        assert!(String::from_utf8_lossy(world.store.as_ref().unwrap()).contains("SECRETREFRESH"), "the token still exists");
        let Ask::Wait(until, Why::Revocation) = world.poll() else { panic!() };
        assert!(until >= said + seconds * 1_000, "{seconds}");
        world.now = until;
        assert_eq!(value(&world.sent(), "token"), "SECRETREFRESH0-1");
    }
    world.head(JSON).unwrap();
    world.saved();
    assert_eq!(world.poll(), Ask::SignIn(SignInReason::SignedOut));
}
