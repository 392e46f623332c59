//! What an answer means does not depend on how it is cut, and is what the table says.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use Meaning::{Broken, Refused, Token};
use common::*;
use gatepass::*;

/// What a client concludes.
#[derive(PartialEq, Debug)]
enum Meaning {
    /// Tokens: whether one of them refreshes, the life in seconds, the scope.
    Token(bool, Option<u64>, Option<&'static str>),
    /// A refusal: its kind, and what may be shown of it.
    Refused(Refusal, &'static str, &'static str),
    Broken(Violation),
}

type Fixture = (&'static str, &'static [u8], u16, Quirks, Quirks, Meaning);

/// Name, body, status, the quirks that are allowed, those that are used, the meaning. The scope asked for is `read`.
#[rustfmt::skip]
const FIXTURES: &[Fixture] = &[
    ("minimal", include_bytes!("fixtures/minimal.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
    ("auth0", include_bytes!("fixtures/auth0.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(86400), Some("openid profile offline_access"))),
    ("google", include_bytes!("fixtures/google.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(3599), Some("https://api.example/auth/drive.readonly openid"))),
    ("entra", include_bytes!("fixtures/entra.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(4011), Some("User.Read Mail.Read"))),
    ("entra-strings", include_bytes!("fixtures/entra-strings.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_STRING, Token(false, Some(3599), Some("read"))),
    ("entra-interaction", include_bytes!("fixtures/entra-interaction.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::Interaction, "interaction_required", "")),
    ("okta", include_bytes!("fixtures/okta.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(3600), Some("offline_access api"))),
    ("okta-client", include_bytes!("fixtures/okta-client.json"), 401, Quirks::NONE, Quirks::NONE, Refused(Refusal::Client, "invalid_client", "No such client.")),
    ("github-commas", include_bytes!("fixtures/github-commas.json"), 200, Quirks::SCOPE_COMMAS, Quirks::SCOPE_COMMAS, Token(false, None, Some("repo gist"))),
    ("github-commas-strict", include_bytes!("fixtures/github-commas-strict.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("repo,gist"))),
    ("github-error", include_bytes!("fixtures/github-error.json"), 200, Quirks::NONE, Quirks::NONE, Refused(Refusal::Other, "bad_verification_code", "The code passed is incorrect or expired.")),
    ("keycloak", include_bytes!("fixtures/keycloak.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(300), Some("email profile"))),
    ("apple", include_bytes!("fixtures/apple.json"), 200, Quirks::NONE, Quirks::NONE, Token(true, Some(3600), Some("read"))),
    ("salesforce", include_bytes!("fixtures/salesforce.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
    ("bot-token", include_bytes!("fixtures/bot-token.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::TokenType)),
    ("nested-token", include_bytes!("fixtures/nested-token.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("nested-beside", include_bytes!("fixtures/nested-beside.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
    ("ok-false", include_bytes!("fixtures/ok-false.json"), 200, Quirks::NONE, Quirks::NONE, Refused(Refusal::Other, "invalid_code", "")),
    ("camel-case", include_bytes!("fixtures/camel-case.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("scope-array", include_bytes!("fixtures/scope-array.json"), 200, Quirks::HARMLESS, Quirks::SCOPE_ARRAY, Token(true, Some(14124), Some("chat:read user:edit"))),
    ("scope-array-strict", include_bytes!("fixtures/scope-array-strict.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("scope-empty", include_bytes!("fixtures/scope-empty.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some(""))),
    ("scope-malformed", include_bytes!("fixtures/scope-malformed.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some(""))),
    ("nulls", include_bytes!("fixtures/nulls.json"), 200, Quirks::HARMLESS, Quirks::NULL_IS_ABSENT, Token(false, None, Some("read"))),
    ("nulls-strict", include_bytes!("fixtures/nulls-strict.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("null-error", include_bytes!("fixtures/null-error.json"), 200, Quirks::HARMLESS, Quirks::NULL_IS_ABSENT, Token(false, None, Some("read"))),
    ("mark", include_bytes!("fixtures/mark.json"), 200, Quirks::BYTE_ORDER_MARK, Quirks::BYTE_ORDER_MARK, Token(false, None, Some("read"))),
    ("mark-strict", include_bytes!("fixtures/mark-strict.json"), 200, Quirks::HARMLESS, Quirks::NONE, Broken(Violation::Json)),
    ("half-mark", include_bytes!("fixtures/half-mark.json"), 200, Quirks::BYTE_ORDER_MARK, Quirks::NONE, Broken(Violation::Json)),
    ("late-mark", include_bytes!("fixtures/late-mark.json"), 200, Quirks::BYTE_ORDER_MARK, Quirks::NONE, Broken(Violation::Json)),
    ("crlf-description", include_bytes!("fixtures/crlf-description.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::InvalidGrant, "invalid_grant", "")),
    ("google-revoked", include_bytes!("fixtures/google-revoked.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::InvalidGrant, "invalid_grant", "Token has been expired or revoked.")),
    ("object-error", include_bytes!("fixtures/object-error.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::Other, "", "")),
    ("number-error", include_bytes!("fixtures/number-error.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::Other, "", "")),
    ("mfa", include_bytes!("fixtures/mfa.json"), 403, Quirks::NONE, Quirks::NONE, Refused(Refusal::Interaction, "mfa_required", "Multifactor authentication required")),
    ("bad-scope", include_bytes!("fixtures/bad-scope.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::Request, "invalid_scope", "")),
    ("unavailable", include_bytes!("fixtures/unavailable.json"), 400, Quirks::NONE, Quirks::NONE, Refused(Refusal::Unavailable, "temporarily_unavailable", "")),
    ("contradiction", include_bytes!("fixtures/contradiction.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Contradiction)),
    ("tokens-with-400", include_bytes!("fixtures/tokens-with-400.json"), 400, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("surrogates", include_bytes!("fixtures/surrogates.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
    ("lone-surrogate", include_bytes!("fixtures/lone-surrogate.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("escaped-names", include_bytes!("fixtures/escaped-names.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
    ("twice", include_bytes!("fixtures/twice.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("fraction", include_bytes!("fixtures/fraction.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_FRACTION, Token(false, Some(3600), Some("read"))),
    ("expires-zero", include_bytes!("fixtures/expires-zero.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_IGNORED, Token(false, None, Some("read"))),
    ("expires-negative", include_bytes!("fixtures/expires-negative.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_IGNORED, Token(false, None, Some("read"))),
    ("expires-exponent", include_bytes!("fixtures/expires-exponent.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_IGNORED, Token(false, None, Some("read"))),
    ("expires-words", include_bytes!("fixtures/expires-words.json"), 200, Quirks::HARMLESS, Quirks::EXPIRES_IN_IGNORED, Token(false, None, Some("read"))),
    ("expires-huge", include_bytes!("fixtures/expires-huge.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, Some(315360000), Some("read"))),
    ("no-type", include_bytes!("fixtures/no-type.json"), 200, Quirks::MISSING_TOKEN_TYPE, Quirks::MISSING_TOKEN_TYPE, Token(false, Some(60), Some("read"))),
    ("no-type-strict", include_bytes!("fixtures/no-type-strict.json"), 200, Quirks::HARMLESS, Quirks::NONE, Broken(Violation::Member)),
    ("empty-token", include_bytes!("fixtures/empty-token.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("odd-token", include_bytes!("fixtures/odd-token.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("number-token", include_bytes!("fixtures/number-token.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Member)),
    ("array", include_bytes!("fixtures/array.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("two-objects", include_bytes!("fixtures/two-objects.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("trailing-comma", include_bytes!("fixtures/trailing-comma.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("form", include_bytes!("fixtures/form.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("empty", include_bytes!("fixtures/empty.json"), 200, Quirks::NONE, Quirks::NONE, Broken(Violation::Json)),
    ("spaces", include_bytes!("fixtures/spaces.json"), 200, Quirks::NONE, Quirks::NONE, Token(false, None, Some("read"))),
];

/// All that a session concludes from an answer that comes in these pieces.
fn conclude(status: u16, quirks: Quirks, pieces: &[&[u8]]) -> (Result<Status, Error>, String, Quirks, World) {
    let mut world = World::sized(Deployment::USUAL, Box::new(Session::<[u8; 4096]>::new()));
    let mut policy = world.config.policy();
    policy.quirks = quirks;
    world.config = world.config.with_policy(policy).unwrap().with_members(&["instance_url", "team", "emoji"]).unwrap();
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    let mut result = world.head(Head { status, ..JSON });
    for piece in pieces {
        if result.is_ok() {
            result = world.body(piece);
        }
    }
    if result.is_ok() {
        let ticket = world.request;
        result = world.handle(Input::End(ticket));
    }
    let session = &world.session;
    let token = session.access_token(world.time()).map(|token| (token.secret(), token.expires_at()));
    let seen =
        format!("{result:?} {:?} {token:?} {:?} {:?} {}", session.state(), session.scope(), session.refusal(), session.members_json());
    let quirks = session.quirks();
    (result, seen, quirks, world)
}

/// What it is, in the words of the table.
fn meaning(result: Result<Status, Error>, world: &World) -> String {
    let session = &world.session;
    match result {
        Ok(_) => {
            let token = session.access_token(world.time()).unwrap();
            let life = token.expires_at().map(|until| until.since(world.time()).as_secs());
            let scope = session.scope().map(|scope| scope.tokens().collect::<Vec<_>>().join(" "));
            format!("Token({}, {life:?}, {scope:?})", session.can_refresh())
        }
        Err(Error::Refused(refusal)) => {
            let (code, description) = session.refusal().map_or(("", ""), |said| (said.code(), said.description()));
            format!("Refused({refusal:?}, {code:?}, {description:?})")
        }
        Err(Error::Violation(violation)) => format!("Broken({violation:?})"),
        Err(other) => format!("{other:?}"),
    }
}

// R061 R063 R064 R065 R066 R069 R070 R071
#[test]
fn every_answer_means_what_the_table_says() {
    let mut wrong = Vec::new();
    for (name, body, status, allowed, used, expected) in FIXTURES {
        let (result, _, quirks, world) = conclude(*status, *allowed, &[body]);
        let (expected, found) = (format!("{expected:?} {used:?}"), format!("{} {quirks:?}", meaning(result, &world)));
        if found != expected {
            wrong.push(format!("{name}: {found}, not {expected}"));
        }
    }
    println!("fixtures: {}", FIXTURES.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// R068
#[test]
fn every_cut_of_an_answer_means_the_same() {
    let mut wrong = Vec::new();
    for (name, body, status, allowed, ..) in FIXTURES {
        let (_, whole, _, _) = conclude(*status, *allowed, &[body]);
        for at in 0..=body.len() {
            let (front, back) = body.split_at(at);
            let (_, cut, _, _) = conclude(*status, *allowed, &[front, back]);
            if cut != whole {
                wrong.push(format!("{name} cut at {at}: {cut}, not {whole}"));
            }
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        let (_, cut, _, _) = conclude(*status, *allowed, &bytes);
        if cut != whole {
            wrong.push(format!("{name} byte by byte: {cut}, not {whole}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is seen of a session of its own, whose answer has ended so.
#[cfg(feature = "model")]
fn seen(result: Result<Status, Error>, session: &Session) -> String {
    let token = session.access_token(bare::NOW).map(|token| (token.secret(), token.expires_at()));
    let told = format!("{result:?} {:?} {token:?} {:?} {:?}", session.state(), session.scope(), session.refusal());
    format!("{told} {} {:?} {}", session.can_refresh(), session.quirks(), session.members_json())
}

// R068
#[cfg(feature = "model")]
#[test]
fn every_two_cuts_of_an_answer_mean_the_same() {
    let mut cuts = 0;
    for (name, body, status, allowed, ..) in FIXTURES {
        assert!(body.len() <= 1024, "{name} is too long to be cut everywhere");
        let mut policy = Policy::DEFAULT;
        policy.quirks = *allowed;
        let config = Deployment::USUAL.config().with_policy(policy).unwrap().with_members(&["instance_url", "team", "emoji"]).unwrap();
        let fresh = bare::Reading::redeem(&config, *status);
        let mut whole = fresh.copy();
        let result = whole.answer(&config, &[body]);
        let expected = seen(result, &whole.session);
        for first in 0..=body.len() {
            let (front, rest) = body.split_at(first);
            for second in 0..=rest.len() {
                let (middle, back) = rest.split_at(second);
                let mut cut = fresh.copy();
                let result = cut.answer(&config, &[front, middle, back]);
                assert_eq!(seen(result, &cut.session), expected, "{name} cut at {first} and {}", first + second);
                cuts += 1;
            }
        }
    }
    println!("two cuts: {cuts}");
}
