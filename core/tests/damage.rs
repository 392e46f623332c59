//! Every prefix and every change of one byte of what is good: it means what another reader says that it means, and the session goes on.

#![cfg(feature = "model")]
#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::{bare::*, *};
use gatepass::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The members of an object in their order, repeats and all.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Object)
    }
}

impl Members {
    /// The members with a meaning, each at most once; `None` where a text is no object or repeats one of them.
    fn read<const N: usize>(body: &[u8], names: [&str; N]) -> Option<[Option<Value>; N]> {
        let Self(members) = serde_json::from_slice(body).ok()?;
        let mut found = [const { None }; N];
        for (name, value) in members {
            if let Some(at) = names.iter().position(|known| *known == name)
                && found[at].replace(value).is_some()
            {
                return None;
            }
        }
        Some(found)
    }
}

/// Calls with every prefix that is not the whole, every change of one byte, and one byte more; gives how many there were.
fn each_damage(good: &[u8], mut each: impl FnMut(&[u8])) -> u64 {
    let mut count = 0;
    for end in 0..good.len() {
        each(&good[..end]);
        count += 1;
    }
    let mut bytes = good.to_vec();
    for at in 0..good.len() {
        for change in 1..=255 {
            bytes[at] = good[at] ^ change;
            each(&bytes);
            count += 1;
        }
        bytes[at] = good[at];
    }
    bytes.push(0);
    for last in 0..=255 {
        bytes[good.len()] = last;
        each(&bytes);
        count += 1;
    }
    count
}

fn config() -> Config<'static> {
    let mut policy = Policy::DEFAULT;
    policy.quirks = Quirks::NONE;
    Deployment::USUAL.config().with_policy(policy).unwrap().with_members(&["team"]).unwrap()
}

const TOKENS: &[u8] = br#"{"access_token":"SECRETACCESS","token_type":"Bearer","expires_in":3600,"refresh_token":"SECRETREFRESH","scope":"read write","team":{"id":"T1"},"x":[1,null]}"#;

fn printable(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)))
}

/// Access token, refresh token, life, scope and members.
type Tokens = (String, Option<String>, Option<u64>, String, Value);

/// What a success says, by RFC 6749 §5.1 to the letter.
fn tokens(body: &[u8]) -> Option<Tokens> {
    let names = ["access_token", "token_type", "expires_in", "refresh_token", "scope", "error", "error_description", "team"];
    let [access, kind, life, refresh, scope, error, _, team] = Members::read(body, names)?;
    if error.is_some() || !kind?.as_str()?.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let refresh = match refresh {
        Some(refresh) => Some(printable(&refresh)?.to_owned()),
        None => None,
    };
    let life = match life {
        Some(life) => Some(life.as_u64().filter(|life| *life > 0)?),
        None => None,
    };
    // What is malformed is as good as nothing; what is absent is as asked.
    let of_a_scope = |byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    let scope = match scope {
        Some(scope) => scope.as_str().filter(|scope| scope.bytes().all(of_a_scope)).unwrap_or_default().to_owned(),
        None => String::from("read"),
    };
    let team = team.map_or(Value::Null, |team| serde_json::json!({ "team": team }));
    Some((printable(&access?)?.to_owned(), refresh, life, scope, team))
}

/// Signs in on whatever became of a session, and gets there.
fn goes_on(session: &mut Bare, config: &Config<'_>) {
    let mut out = [0; 1024];
    while matches!(session.poll(config, NOW, &mut out).unwrap(), Output::Save(_)) {
        save(session, config);
    }
    let ticket = redeem(session, config, 200);
    let mut again = Reading { session: gatepass::model::copy(session), ticket };
    again.answer(config, &[TOKENS]).unwrap();
    save(&mut again.session, config);
    assert_eq!(again.session.state(), StateName::Live);
}

// R061 R062 R064 R066 R069 R152
#[test]
fn damaged_tokens_are_what_another_reader_says_or_none() {
    let config = config();
    let fresh = Reading::redeem(&config, 200);
    let mut accepted = 0;
    let mut check = |body: &[u8]| {
        let mut reading = fresh.copy();
        let result = reading.answer(&config, &[body]);
        let session = &mut reading.session;
        let expected = tokens(body);
        let text = body.escape_ascii();
        assert_eq!(result.is_ok(), expected.is_some(), "{text}: {result:?}");
        if let Some((access, refresh, life, scope, team)) = expected {
            accepted += 1;
            let token = session.access_token(NOW).unwrap();
            assert_eq!(token.secret(), access, "{text}");
            assert_eq!(token.expires_at().map(|until| until.since(NOW).as_secs()), life, "{text}");
            let granted: Vec<&str> = session.scope().unwrap().tokens().collect();
            assert_eq!(granted, scope.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>(), "{text}");
            let members = if team.is_null() { Value::Null } else { serde_json::from_str(session.members_json()).unwrap() };
            assert_eq!(members, team, "{text}");
            assert_eq!(session.can_refresh(), refresh.is_some(), "{text}");
            let record = save(session, &config);
            let view = gatepass::model::View::of(&record, &config).unwrap();
            assert_eq!(view.token, refresh.as_ref().unwrap_or(&access).as_bytes(), "{text}");
        } else {
            assert_eq!((session.state(), session.access_token(NOW).is_none()), (StateName::Vacant, true), "{text}");
        }
        goes_on(session, &config);
    };
    check(TOKENS);
    let count = each_damage(TOKENS, check);
    println!("damage: tokens {count}, of which {accepted} are still tokens");
    assert!(accepted > 1, "some damage is harmless");
}

// R072 R152
#[test]
fn a_damaged_refusal_ends_a_grant_only_when_it_still_says_invalid_grant() {
    let config = config();
    let fresh = Reading::refresh(&config, 400, TOKENS);
    let refusal =
        br#"{"error":"invalid_grant","error_description":"Token has been revoked.","error_uri":"https://as.example/e","x":{"error":"y"}}"#;
    let mut ended = 0;
    let mut check = |body: &[u8]| {
        let mut reading = fresh.copy();
        let result = reading.answer(&config, &[body]);
        let names = ["error", "error_description", "access_token", "refresh_token", "scope", "token_type", "expires_in", "team"];
        let said = Members::read(body, names).and_then(|[error, ..]| error);
        let text = body.escape_ascii();
        let session = &mut reading.session;
        match said.as_ref().map(Value::as_str) {
            Some(Some("invalid_grant")) => {
                assert_eq!((result, session.state()), (Err(Error::Refused(Refusal::InvalidGrant)), StateName::SavingClear), "{text}");
                ended += 1;
            }
            Some(_) => assert_eq!((result, session.state()), (Err(Error::Refused(Refusal::Other)), StateName::SavingGiveBack), "{text}"),
            None => {
                assert!(matches!(result, Err(Error::Violation(_))), "{text}: {result:?}");
                assert_eq!(session.state(), StateName::InDoubt, "{text}");
            }
        }
        if let Some(told) = session.refusal() {
            assert!([told.code(), told.description()].iter().all(|told| told.bytes().all(|byte| (0x20..0x7f).contains(&byte))), "{text}");
        }
        goes_on(session, &config);
    };
    check(refusal);
    let count = each_damage(refusal, check);
    println!("damage: refusals {count}, of which {ended} still end the grant");
    assert!(ended > 1, "some damage is harmless");
}

// R066 R116 R121 R122 R152
#[test]
fn damaged_metadata_is_what_another_reader_says_or_none() {
    const ISSUER: &str = "https://as.example/t";
    let good = concat!(
        r#"{"issuer":"https://as.example/t","authorization_endpoint":"https://as.example/a?x=1","token_endpoint":"https://as.example/t2","#,
        r#""revocation_endpoint":"https://as.example/r","code_challenge_methods_supported":["plain","S256"],"#,
        r#""authorization_response_iss_parameter_supported":true,"x":{"issuer":"https://b.example"}}"#
    );
    let is_good = |url: &str| url.starts_with("https://") && AuthorizationUrl::parse(url).is_ok();
    let mut accepted = 0;
    let mut check = |body: &[u8]| {
        let mut kept = [0; 512];
        let mut discovery = Discovery::new(ISSUER, WellKnown::OAuth, &mut kept).unwrap();
        discovery.head(JSON).unwrap();
        let read = discovery.body(body).and_then(|_| discovery.end());
        let names = [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "code_challenge_methods_supported",
            "authorization_response_iss_parameter_supported",
        ];
        let expected = Members::read(body, names).and_then(|[issuer, authorization, token, revocation, methods, iss]| {
            let [issuer, authorization, token] = [issuer, authorization, token].map(|url| Some(url?.as_str()?.to_owned()));
            let revocation = revocation.and_then(|url| Some(url.as_str()?.to_owned())).filter(|url| !url.is_empty());
            let s256 = methods.is_some_and(|methods| methods.as_array().is_some_and(|methods| methods.contains(&"S256".into())));
            Some((issuer?, authorization?, token?, revocation, s256, iss == Some(Value::Bool(true))))
        });
        let expected = expected.filter(|(issuer, authorization, token, revocation, ..)| {
            issuer == ISSUER && is_good(authorization) && is_good(token) && revocation.as_deref().is_none_or(is_good)
        });
        let text = body.escape_ascii();
        assert_eq!(read.is_ok(), expected.is_some(), "{text}: {read:?}");
        let (Ok(read), Some((issuer, authorization, token, revocation, s256, iss))) = (read, expected) else { return };
        let mut server = Server::new(&issuer, &authorization, &token);
        if let Some(revocation) = &revocation {
            server = server.with_revocation(revocation);
        }
        server = if s256 { server.with_s256() } else { server };
        server = if iss { server.with_iss_parameter() } else { server };
        assert_eq!(format!("{read:?}"), format!("{server:?}"), "{text}");
        accepted += 1;
    };
    check(good.as_bytes());
    let count = each_damage(good.as_bytes(), check);
    println!("damage: metadata {count}, of which {accepted} are still a server's");
    assert!(accepted > 1, "some damage is harmless");
}

// R152
#[test]
fn a_damaged_record_is_none_and_the_session_asks_again() {
    let config = config();
    let mut reading = Reading::redeem(&config, 200);
    reading.answer(&config, &[TOKENS]).unwrap();
    let record = save(&mut reading.session, &config);
    let mut check = |damaged: &[u8]| {
        let at = damaged.iter().zip(&record).position(|(one, other)| one != other);
        assert!(matches!(Version::of(damaged), Err(Error::Violation(Violation::Record | Violation::RecordVersion))), "{at:?}");
        let mut session = Bare::new();
        let found = session.handle(&config, NOW, Input::Found(Some(damaged), &entropy(3)));
        assert!(matches!(found, Err(Error::Violation(Violation::Record | Violation::RecordVersion))), "{at:?}: {found:?}");
        assert_eq!(session.state(), StateName::Loading);
        assert!(session.access_token(NOW).is_none());
        session.handle(&config, NOW, Input::Found(Some(&record), &entropy(4))).unwrap();
        assert_eq!(session.access_token(NOW).unwrap().secret(), "SECRETACCESS");
    };
    let count = each_damage(&record, &mut check);
    println!("damage: records {count}");
}

// R152
#[test]
fn a_damaged_export_is_none_and_the_session_takes_the_whole_one() {
    let config = config();
    let fresh = || {
        let mut session = Bare::new();
        session.handle(&config, NOW, Input::Found(None, &entropy(1))).unwrap();
        session
    };
    let mut session = fresh();
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("read"));
    session.sign_in(&config, NOW, &grant, REDIRECT_URI, &entropy(2)).unwrap();
    let mut out = [0; 512];
    let pending = session.pending(&config, &mut out).unwrap();
    let count = each_damage(pending, |damaged| {
        let mut session = fresh();
        assert_eq!(session.resume(&config, NOW, damaged), Err(Misuse::Pending.into()));
        assert_eq!(session.state(), StateName::Vacant);
        session.resume(&config, NOW, pending).unwrap();
        assert_eq!(session.redirect_uri(), Some(REDIRECT_URI));
    });
    println!("damage: exports {count}");
}
