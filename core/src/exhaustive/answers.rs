//! Members of a token endpoint's answer.

use super::*;
use crate::{
    arena::{Arena, get},
    config::{Client, Config, Server},
    error::Violation,
    json::Tokenizer,
    policy::{Policy, Quirks},
    token::{Answer, Field, Reading},
};

fn config() -> Config<'static> {
    let mut policy = Policy::DEFAULT;
    policy.quirks = Quirks::HARMLESS;
    Config::new(Server::auth0("tenant.example"), Client::public("id")).unwrap().with_policy(policy).unwrap()
}

/// Reads an answer in these pieces.
fn read(config: &Config<'_>, pieces: [&[u8]; 3], bytes: &mut [u8; 64]) -> Result<Answer, Violation> {
    let (mut used, mut answer, mut tokenizer) = (0, Answer::NEW, Tokenizer::new(false));
    let mut reading = Reading { answer: &mut answer, arena: Arena::new(bytes, &mut used), config };
    let whole = pieces.iter().try_for_each(|piece| tokenizer.feed(piece, &mut reading)).and_then(|()| tokenizer.finish());
    whole.map_err(|_| Violation::Json)?;
    answer.check(config, 200)?;
    Ok(answer)
}

/// The text that a JSON string of these bytes is, where `serde_json` says that it is one.
fn text(inside: &[u8]) -> Option<String> {
    let mut json = [b'"'; 8];
    json[1..=inside.len()].copy_from_slice(inside);
    serde_json::from_slice(&json[..inside.len() + 2]).ok()
}

// R064
#[test]
fn every_short_token_is_kept_exactly_when_it_is_printable() {
    let (config, mut bytes) = (config(), [0; 64]);
    let count = every(|token| {
        let read = read(&config, [br#"{"token_type":"bearer","access_token":""#, token, b"\"}"], &mut bytes);
        let kept = read.map(|answer| get(&bytes, answer.text(Field::ACCESS)).to_vec());
        let expected = match text(token) {
            None => Err(Violation::Json),
            Some(text) if !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => Ok(text.into_bytes()),
            Some(_) => Err(Violation::Member),
        };
        // A byte that makes no text may be met behind one that no token may have, and either is said.
        let both_wrong = expected == Err(Violation::Json) && kept == Err(Violation::Member);
        assert!(both_wrong || kept == expected, "{}: {kept:?}, not {expected:?}", token.escape_ascii());
    });
    tell("tokens", count);
}

/// What `expires_in` says, if it is a number or a string: seconds as this client counts them.
fn seconds(value: &str) -> Option<u128> {
    let digits = value.strip_prefix('"').map_or(value, |rest| rest.strip_suffix('"').unwrap());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    let seconds: u128 = if are_digits { whole.parse().unwrap() } else { 0 };
    (seconds > 0).then_some(seconds.min(315_360_000))
}

// R069
#[test]
fn every_short_value_of_expires_in_costs_the_life_at_most() {
    let (config, mut bytes) = (config(), [0; 64]);
    let mut accepted = 0;
    let count = every(|value| {
        let pieces: [&[u8]; 3] = [br#"{"token_type":"bearer","access_token":"a","expires_in":"#, value, b"}"];
        let read = read(&config, pieces, &mut bytes).map(|answer| answer.lifetime().map(u128::from));
        let mut json = [0; 24];
        let len = 6 + value.len();
        json[..5].copy_from_slice(br#"{"a":"#);
        json[5..len - 1].copy_from_slice(value);
        json[len - 1] = b'}';
        let theirs: Result<serde_json::Value, _> = serde_json::from_slice(&json[..len]);
        match theirs {
            Err(error) if std::format!("{error}").contains("number out of range") => assert_eq!(read, Ok(None)),
            Err(_) => assert!(read.is_err(), "{}", value.escape_ascii()),
            Ok(_) => {
                let value = core::str::from_utf8(value).unwrap().trim_matches([' ', '\t', '\n', '\r']);
                // `1,"` and the like cannot be: what follows is one brace.
                assert_eq!(read, Ok(seconds(value)), "{value:?}");
                accepted += 1;
            }
        }
    });
    tell("expires_in", count);
    tell("expires_in accepted", accepted);
}

// R069
#[test]
fn every_number_of_seconds_saturates_and_none_overflows() {
    let (config, mut bytes) = (config(), [0; 64]);
    // Zero, one, the first digit of the longest life, and the largest.
    let count = strings(b"0139", 11, |digits| {
        let number = core::str::from_utf8(digits).unwrap();
        let read = read(&config, [br#"{"token_type":"bearer","access_token":"a","expires_in":"#, digits, b"}"], &mut bytes);
        let is_number = !digits.is_empty() && (digits[0] != b'0' || digits.len() == 1);
        assert_eq!(read.map(|answer| answer.lifetime().map(u128::from)).ok(), is_number.then(|| seconds(number)), "{number}");
    });
    let mut borders = 0;
    for number in
        [315_359_999u128, 315_360_000, 315_360_001, 429_496_729, 429_496_730, 1 << 31, 1 << 32, (1 << 32) + 1, 1 << 63, 1 << 64, u128::MAX]
    {
        for text in [std::format!("{number}"), std::format!("\"{number}\""), std::format!("\"000{number}\""), std::format!("{number}.9")] {
            let read = read(&config, [br#"{"token_type":"bearer","access_token":"a","expires_in":"#, text.as_bytes(), b"}"], &mut bytes);
            assert_eq!(read.map(|answer| answer.lifetime().map(u128::from)), Ok(Some(number.min(315_360_000))), "{text}");
            borders += 1;
        }
    }
    tell("numbers of seconds", count + borders);
}
