//! Bodies of every kind, and what is concluded.

extern crate std;
use std::{format, string::String, vec::Vec};

use super::{Answer, Field, Reading};
use crate::{
    arena::Arena,
    config::{Client, Config, Server},
    error::{Error, Violation},
    json::Tokenizer,
    policy::{Policy, Quirks},
};

fn config(quirks: Quirks) -> Config<'static> {
    let mut policy = Policy::DEFAULT;
    policy.quirks = quirks;
    Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap().with_policy(policy).unwrap()
}

/// Reads a body in one piece; what was kept, and the arena.
fn read(config: &Config<'_>, body: &str, room: usize) -> (Result<Answer, Error>, Vec<u8>) {
    read_in(config, &[body], room)
}

/// The same in pieces.
fn read_in(config: &Config<'_>, pieces: &[&str], room: usize) -> (Result<Answer, Error>, Vec<u8>) {
    let mut bytes = std::vec![0; room];
    let mut used = 0;
    let mut answer = Answer::NEW;
    let mut tokenizer = Tokenizer::new(false);
    let mut reading = Reading { answer: &mut answer, arena: Arena::new(&mut bytes, &mut used), config };
    let fed = pieces.iter().try_for_each(|piece| tokenizer.feed(piece.as_bytes(), &mut reading));
    let whole = fed.and_then(|()| tokenizer.finish());
    if whole.is_err() {
        return (Err(Violation::Json.into()), bytes);
    }
    answer.close(&mut Arena::new(&mut bytes, &mut used));
    (Ok(answer), bytes)
}

/// The access token of a success, or why it is none.
fn token(quirks: Quirks, body: &str) -> Result<String, Error> {
    let config = config(quirks);
    let (answer, bytes) = read(&config, body, 4096);
    let mut answer = answer?;
    answer.check(&config, 200)?;
    Ok(String::from_utf8(crate::arena::get(&bytes, answer.text(Field::ACCESS)).to_vec()).unwrap())
}

fn violation(violation: Violation) -> Result<String, Error> {
    Err(violation.into())
}

// R061 R062 R064 R066 R067
#[test]
fn a_success_has_an_access_token_and_a_type_that_is_understood() {
    let good = [
        r#"{"access_token":"a","token_type":"Bearer"}"#,
        r#"{"token_type":"bearer","access_token":"a"}"#,
        r#"{"acc\u0065ss_token":"a","token_type":"Bearer"}"#,
        r#"{"access_token":"\u0061","token_type":"\u0042earer","x":{"access_token":"b"},"y":[{"error":"z"}]}"#,
        " { \"access_token\" : \"a\" , \"token_type\" : \"BEARER\" } ",
        r#"{"access_token":"a","token_type":"Bearer","refresh_token":null,"scope":null,"expires_in":null,"error":null}"#,
        r#"{"":"","access_token_":"b","access_toke":"c","access_token":"a","token_type":"Bearer"}"#,
    ];
    for body in good {
        assert_eq!(token(Quirks::HARMLESS, body), Ok("a".into()), "{body}");
    }
    let bad = [
        (r#"{"token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a"}"#, Violation::Member),
        (r#"{"access_token":"","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":null,"token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":1,"token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":["a"],"token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":{"a":"a"},"token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a\u0000","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"ä","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a\u007f","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":null}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":1}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":"mac"}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":""}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":"Beare"}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":"Bearer "}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":"BearerBearerBearer"}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":"DPoP"}"#, Violation::TokenType),
        (r#"{"access_token":"a","token_type":"Bearer","error":"x"}"#, Violation::Contradiction),
        (r#"{"access_token":"a","token_type":"Bearer","error":{}}"#, Violation::Contradiction),
        (r#"{"access_token":"a","token_type":"Bearer","error":0}"#, Violation::Contradiction),
        (r#"{"access_token":"a","token_type":"Bearer","error":false}"#, Violation::Contradiction),
        (r#"{"access_token":"a","token_type":"Bearer","error":""}"#, Violation::Contradiction),
        (r#"{"access_token":"a","access_token":"a","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a","acc\u0065ss_token":"b","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":"Bearer","token_type":"Bearer"}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":"Bearer","refresh_token":1}"#, Violation::Member),
        (r#"{"access_token":"a","token_type":"Bearer","refresh_token":"\n"}"#, Violation::Member),
        (r#"[{"access_token":"a","token_type":"Bearer"}]"#, Violation::Json),
        (r#""a""#, Violation::Json),
        ("1", Violation::Json),
        ("null", Violation::Json),
        ("", Violation::Json),
        ("{", Violation::Json),
        (r#"{"access_token":"a","token_type":"Bearer"}x"#, Violation::Json),
        (r#"{"access_token":"a","token_type":"Bearer"}{}"#, Violation::Json),
        (r#"{"access_token":"a","token_type":"Bearer",}"#, Violation::Json),
        ("\u{feff}{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", Violation::Json),
        ("access_token=a&token_type=bearer", Violation::Json),
        ("<html></html>", Violation::Json),
    ];
    for (body, expected) in bad {
        assert_eq!(token(Quirks::HARMLESS, body), violation(expected), "{body}");
    }
}

#[test]
fn a_token_type_that_is_null_is_as_one_that_is_missing() {
    let quirks = Quirks::HARMLESS.union(Quirks::MISSING_TOKEN_TYPE);
    for body in [r#"{"access_token":"a"}"#, r#"{"access_token":"a","token_type":null}"#] {
        assert_eq!(token(quirks, body), Ok("a".into()), "{body}");
    }
}

// R063
#[test]
fn the_token_type_is_compared_in_any_case() {
    for mask in 0..64u32 {
        let spelled: String =
            "bearer".chars().enumerate().map(|(at, c)| if mask >> at & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
        assert!(token(Quirks::NONE, &format!(r#"{{"access_token":"a","token_type":"{spelled}"}}"#)).is_ok(), "{spelled}");
    }
    for longer in ["Bearers", "BearerXXXXXXXXX", "xBearer"] {
        for cut in 0..=longer.len() {
            let (front, end) = longer.split_at(cut);
            let pieces = [format!(r#"{{"access_token":"a","token_type":"{front}"#), format!(r#"{end}"}}"#)];
            let mut answer = read_in(&config(Quirks::NONE), &pieces.each_ref().map(|piece| &piece[..]), 64).0.unwrap();
            assert_eq!(answer.check(&config(Quirks::NONE), 200), Err(Violation::TokenType), "{front} {end}");
        }
    }
}

// R069 R070
#[test]
fn a_lifetime_is_digits_and_anything_else_costs_only_the_lifetime() {
    let table = [
        ("3600", Some(3600), Quirks::NONE),
        ("1", Some(1), Quirks::NONE),
        ("315360001", Some(315_360_000), Quirks::NONE),
        ("99999999999999999999999999", Some(315_360_000), Quirks::NONE),
        ("\"3600\"", Some(3600), Quirks::EXPIRES_IN_STRING),
        ("3600.0", Some(3600), Quirks::EXPIRES_IN_FRACTION),
        ("3600.999", Some(3600), Quirks::EXPIRES_IN_FRACTION),
        ("\"3600.5\"", Some(3600), Quirks::EXPIRES_IN_FRACTION),
        ("0", None, Quirks::EXPIRES_IN_IGNORED),
        ("-1", None, Quirks::EXPIRES_IN_IGNORED),
        ("1e9", None, Quirks::EXPIRES_IN_IGNORED),
        ("1.5e9", None, Quirks::EXPIRES_IN_IGNORED),
        ("\"\"", None, Quirks::EXPIRES_IN_IGNORED),
        ("\"soon\"", None, Quirks::EXPIRES_IN_IGNORED),
        ("\" 3600\"", None, Quirks::EXPIRES_IN_IGNORED),
        ("\"3600 \"", None, Quirks::EXPIRES_IN_IGNORED),
        ("true", None, Quirks::EXPIRES_IN_IGNORED),
        ("[3600]", None, Quirks::EXPIRES_IN_IGNORED),
        ("{\"a\":3600}", None, Quirks::EXPIRES_IN_IGNORED),
        ("null", None, Quirks::NULL_IS_ABSENT),
    ];
    for (value, expected, quirk) in table {
        for body in [
            format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{value}}}"#),
            format!(r#"{{"expires_in":{value},"token_type":"Bearer","access_token":"a"}}"#),
        ] {
            let config = config(Quirks::HARMLESS);
            let mut answer = read(&config, &body, 4096).0.unwrap();
            assert_eq!(answer.check(&config, 200), Ok(true), "{body}");
            assert_eq!(answer.lifetime(), expected, "{body}");
            assert!(answer.quirks.contains(quirk), "{body}: {:?}", answer.quirks);
            assert_eq!(answer.quirks.is_empty(), quirk.is_empty(), "{body}");
            assert_eq!(token(Quirks::NONE, &body).is_ok(), quirk.is_empty(), "{body}");
        }
    }
}

// R071
#[test]
fn an_absent_scope_is_as_requested_and_an_empty_or_malformed_one_is_none() {
    let table = [
        ("", None),
        (r#","scope":null"#, None),
        (r#","scope":"a b""#, Some("a b")),
        (r#","scope":"""#, Some("")),
        (r#","scope":"a\tb""#, Some("")),
        (r#","scope":"ä""#, Some("")),
        (r#","scope":"a\"b""#, Some("")),
        (r#","scope":{}"#, Some("")),
        (r#","scope":7"#, Some("")),
        (r#","scope":true"#, Some("")),
        (r#","scope":["a","b"]"#, Some("a b")),
        (r#","scope":["a",["b"]]"#, Some("")),
        (r#","scope":["a",null]"#, Some("")),
        (r#","scope":[]"#, Some("")),
        (r#","scope":"a,b""#, Some("a,b")),
    ];
    for (scope, expected) in table {
        let config = config(Quirks::HARMLESS);
        let body = format!(r#"{{"access_token":"a","token_type":"Bearer"{scope}}}"#);
        let (answer, bytes) = read(&config, &body, 4096);
        let granted = answer.unwrap().granted().map(|span| String::from_utf8(crate::arena::get(&bytes, span).to_vec()).unwrap());
        assert_eq!(granted.as_deref(), expected, "{body}");
    }
    let commas = config(Quirks::SCOPE_COMMAS);
    let (answer, bytes) = read(&commas, r#"{"scope":"repo,gist","access_token":"a"}"#, 4096);
    assert_eq!(crate::arena::get(&bytes, answer.unwrap().granted().unwrap()), b"repo gist");
}

// R040 R072
#[test]
fn an_error_says_so_and_what_is_not_fit_to_show_is_dropped() {
    let table = [
        (r#"{"error":"invalid_grant"}"#, Ok(("invalid_grant", ""))),
        (r#"{"error":"e","error_description":"plain text"}"#, Ok(("e", "plain text"))),
        (r#"{"error_description":"AADSTS\r\nTrace","error":"e"}"#, Ok(("e", ""))),
        (r#"{"error":"\u001b[31m","error_description":"\u001b[31m"}"#, Ok(("", ""))),
        (r#"{"error":"e","error_description":"ä"}"#, Ok(("e", ""))),
        (r#"{"error":"e","error_description":7,"error_codes":[1],"error_uri":"javascript:x"}"#, Ok(("e", ""))),
        (r#"{"error":{"code":7}}"#, Ok(("", ""))),
        (r#"{"error":["e"],"error_description":{"x":"text"}}"#, Ok(("", ""))),
        (r#"{"error":7}"#, Ok(("", ""))),
        ("{}", Err(Violation::Member)),
        (r#"{"error":null}"#, Err(Violation::Member)),
        (r#"{"message":"Unauthorized"}"#, Err(Violation::Member)),
        (r#"{"error":"e","error":"e"}"#, Err(Violation::Member)),
        (r#"{"error":"e","access_token":"a"}"#, Err(Violation::Contradiction)),
        (r#"{"error":"e","refresh_token":"a"}"#, Err(Violation::Contradiction)),
        (r#"{"error":"e","access_token":null}"#, Err(Violation::Member)),
        (r#"{"error":"e","access_token":""}"#, Err(Violation::Member)),
    ];
    for (body, expected) in table {
        let config = config(Quirks::HARMLESS);
        let (answer, bytes) = read(&config, body, 4096);
        let mut answer = answer.unwrap();
        let text = |span| core::str::from_utf8(crate::arena::get(&bytes, span)).unwrap();
        let said =
            answer.check(&config, 400).map(|success| (success, text(answer.text(Field::ERROR)), text(answer.text(Field::DESCRIPTION))));
        assert_eq!(said, expected.map(|(code, description)| (false, code, description)), "{body}");
    }
    // Of a description nothing depends, and so it needs no quirk.
    let mut answer = read(&config(Quirks::NONE), r#"{"error":"e","error_description":null}"#, 64).0.unwrap();
    assert_eq!((answer.check(&config(Quirks::NONE), 400), answer.quirks), (Ok(false), Quirks::NONE));
}

// R030 R077
#[test]
fn what_does_not_fit_is_counted_whole_and_the_refresh_token_is_kept_if_it_fits() {
    let access = "A".repeat(100);
    let orders = [
        format!(r#"{{"access_token":"{access}","refresh_token":"refresh","token_type":"Bearer"}}"#),
        format!(r#"{{"refresh_token":"refresh","token_type":"Bearer","access_token":"{access}"}}"#),
    ];
    for body in orders {
        for room in 7..107 {
            let (answer, bytes) = read(&config(Quirks::HARMLESS), &body, room);
            let answer = answer.unwrap();
            assert_eq!((answer.lost_bytes, answer.lost(Field::REFRESH)), (100, false), "{room}");
            assert_eq!(crate::arena::get(&bytes, answer.text(Field::REFRESH)), b"refresh", "{room}");
            assert!(answer.text(Field::ACCESS).is_empty(), "nothing is truncated");
        }
        let answer = read(&config(Quirks::HARMLESS), &body, 107).0.unwrap();
        assert_eq!((answer.lost_bytes, answer.text(Field::ACCESS).len()), (0, 100));
    }
    let answer = read(&config(Quirks::HARMLESS), r#"{"refresh_token":"refresh"}"#, 6).0.unwrap();
    assert_eq!((answer.lost_bytes, answer.lost(Field::REFRESH)), (7, true));
    // For nothing else does an access token make room.
    let (answer, bytes) = read(&config(Quirks::HARMLESS), r#"{"access_token":"access","scope":"read write"}"#, 12);
    let answer = answer.unwrap();
    assert_eq!((answer.lost_bytes, answer.lost(Field::SCOPE)), (10, true));
    assert_eq!(crate::arena::get(&bytes, answer.text(Field::ACCESS)), b"access");
}

// R065
#[test]
fn the_applications_members_are_kept_as_one_object_in_whatever_order_they_come() {
    let members = ["patient", "team", "n"];
    let config = config(Quirks::HARMLESS).with_members(&members).unwrap();
    let body = r#"{"patient":"p\/1\ud83d\ude00\"\\\u0001","access_token":"a","team":{"id":[1,-2.5e3,[],{}],"x":[{"a":null},true,"",{"":""}]},"scope":"s","n":12,"other":1,"refresh_token":"r","token_type":"Bearer"}"#;
    let (answer, bytes) = read(&config, body, 4096);
    let answer = answer.unwrap();
    let get = |span| core::str::from_utf8(crate::arena::get(&bytes, span)).unwrap();
    let expected = "{\"patient\":\"p/1\u{1f600}\\\"\\\\\\u0001\",\"team\":{\"id\":[1,-2.5e3,[],{}],\"x\":[{\"a\":null},true,\"\",{\"\":\"\"}]},\"n\":12}";
    assert_eq!(get(answer.members.span), expected);
    assert_eq!((get(answer.text(Field::ACCESS)), get(answer.text(Field::SCOPE)), get(answer.text(Field::REFRESH))), ("a", "s", "r"));
    let ours: serde_json::Value = serde_json::from_str(expected).unwrap();
    let theirs: serde_json::Value = serde_json::from_str(body).unwrap();
    for name in members {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    let (small, bytes) = read(&config, body, 64);
    let small = small.unwrap();
    assert_eq!(crate::arena::get(&bytes, small.members.span), b"{\"patient\":\"p/1\xf0\x9f\x98\x80\\\"\\\\\\u0001\",\"n\":12}");
    assert_eq!(small.lost_bytes as usize, expected.len() - small.members.span.len(), "what does not fit is counted");
}

#[test]
fn a_member_is_kept_alike_however_it_is_cut() {
    let config = config(Quirks::HARMLESS).with_members(&["team", "n"]).unwrap();
    let body = r#"{"team":{"id":[12,-2.5e3,"a\u000ab\u001f",""],"":null},"n":120}"#;
    for cut in 0..body.len() {
        let (answer, bytes) = read_in(&config, &[&body[..cut], &body[cut..]], 64);
        assert_eq!(crate::arena::get(&bytes, answer.unwrap().members.span), body.as_bytes(), "cut at {cut}");
    }
}

#[test]
fn a_member_whose_name_begins_another_is_kept_in_whatever_order_they_are_named() {
    for members in [["team_id", "team"], ["team", "team_id"]] {
        let config = config(Quirks::HARMLESS).with_members(&members).unwrap();
        let (answer, bytes) = read(&config, r#"{"team":"1","team_id":"2"}"#, 64);
        assert_eq!(crate::arena::get(&bytes, answer.unwrap().members.span), br#"{"team":"1","team_id":"2"}"#);
    }
}

#[test]
fn what_is_refused_is_refused_alike_however_it_is_cut() {
    let fraction = Quirks::named("EXPIRES_IN_FRACTION").unwrap();
    let config = config(fraction.union(Quirks::named("EXPIRES_IN_IGNORED").unwrap()));
    for body in [r#"{"expires_in":"36.0"}"#, r#"{"expires_in":"abc"}"#] {
        for cut in 0..body.len() {
            let mut answer = read_in(&config, &[&body[..cut], &body[cut..]], 64).0.unwrap();
            assert_eq!((answer.check(&config, 200).err(), answer.quirks), (Some(Violation::Member), Quirks::NONE), "{body} cut at {cut}");
        }
    }
}

// R068
#[test]
fn deep_nesting_is_refused() {
    let nested = format!(r#"{{"x":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert_eq!(token(Quirks::HARMLESS, &nested), violation(Violation::Json));
}
