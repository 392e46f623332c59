//! Every short byte string through every grammar, held against a table or a second reading that shares no code with the first.
//!
//! `tests/run exhaustive` runs these optimized, and prints how many strings there were. Under Miri they are some of these, of two bytes at
//! most.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "a panic fails the test, as it should"
)]

mod answers;
mod challenges;
mod json;
mod urls;

extern crate std;

use std::{println, string::String, vec::Vec};

use crate::{
    access::AccessToken, base64::Alphabet, bytes::Reader, form::Pairs, output::Generation, scope::is_scope, url::uri_bytes, writer::Writer,
};
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

/// The step of a test's loop: each turn, but under Miri, which takes thousands of times as long, one in so many.
pub(crate) const fn one_in(many: usize) -> usize {
    if cfg!(miri) { many } else { 1 }
}

/// Calls with every byte string of at most so many bytes, each of them one of these; gives how many there were.
fn strings(alphabet: &[u8], longest: usize, mut each: impl FnMut(&[u8])) -> u64 {
    let longest = if cfg!(miri) { longest.min(2) } else { longest };
    let (mut string, mut digits) = ([0; 16], [0; 16]);
    let mut count = 0;
    for len in 0..=longest {
        digits.fill(0);
        loop {
            for at in 0..len {
                string[at] = alphabet[digits[at]];
            }
            each(&string[..len]);
            count += 1;
            let Some(at) = (0..len).rev().find(|at| digits[*at] + 1 < alphabet.len()) else { break };
            digits[at] += 1;
            digits[at + 1..len].fill(0);
        }
    }
    count
}

/// Likewise, of any bytes and at most three of them.
fn every(each: impl FnMut(&[u8])) -> u64 {
    let bytes: Vec<u8> = (0..=255).step_by(one_in(17)).collect();
    strings(&bytes, 3, each)
}

/// Those of them that are texts.
fn every_text(mut each: impl FnMut(&str)) -> u64 {
    let mut count = 0;
    every(|bytes| {
        if let Ok(text) = core::str::from_utf8(bytes) {
            each(text);
            count += 1;
        }
    });
    count
}

fn tell(what: &str, count: u64) {
    println!("exhaustive: {what} {count}");
}

/// Whether a text goes through a machine of a few states: from each, a byte leads to another, or the text is none.
fn runs(bytes: &[u8], ends: &[u8], step: impl Fn(u8, u8) -> Option<u8>) -> bool {
    bytes.iter().try_fold(0, |state, byte| step(state, *byte)).is_some_and(|state| ends.contains(&state))
}

// R012
#[test]
fn every_short_text_is_a_scope_exactly_when_the_grammar_says_so() {
    let token = |byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    let count = every_text(|text| {
        // Before a token, and in one.
        let is = runs(text.as_bytes(), &[1], |state, byte| match byte {
            b' ' if state == 1 => Some(0),
            byte if token(byte) => Some(1),
            _ => None,
        });
        assert_eq!(is_scope(text), is, "{text:?}");
    });
    tell("scope", count);
}

// R058 R084
#[test]
fn every_short_token_is_in_a_header_exactly_when_the_grammar_says_so() {
    let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let mut out = [0; 16];
    let count = every_text(|token| {
        let held = AccessToken { token: token.as_bytes(), generation: Generation::from_bytes([0; 28]), expiry: None };
        // Nothing yet, the word, its padding.
        let is_token68 = runs(token.as_bytes(), &[1, 2], |state, byte| match byte {
            b'=' if state > 0 => Some(2),
            byte if state < 2 && plain(byte) => Some(1),
            _ => None,
        });
        assert_eq!(
            held.header(&mut out).ok().map(|value| value == std::format!("Bearer {token}")),
            is_token68.then_some(true),
            "{token:?}"
        );
        let separates = |byte| matches!(byte, 0..=0x20 | b'"' | b'\'' | b',' | b';' | b'\\' | 0x7f..);
        let is_relaxed = !token.is_empty() && !token.bytes().any(separates);
        assert_eq!(held.header_relaxed(&mut out).is_ok(), is_relaxed, "{token:?}");
    });
    tell("token68", count);
}

// R016
#[test]
fn every_short_string_is_of_a_uri_exactly_when_the_grammar_says_so() {
    let mut of_a_uri = [false; 256];
    for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=" {
        of_a_uri[usize::from(*byte)] = true;
    }
    let hexadecimal = |byte| b"0123456789ABCDEFabcdef".contains(&byte);
    let mut count = 0;
    // Within an escape, two digits are to come, then one.
    let mut check = |bytes: &[u8]| {
        let is = runs(bytes, &[0], |state, byte| match (state, byte) {
            (0, b'%') => Some(2),
            (0, byte) => of_a_uri[usize::from(byte)].then_some(0),
            (state, byte) => hexadecimal(byte).then_some(state - 1),
        });
        assert_eq!(uri_bytes(bytes), is, "{}", bytes.escape_ascii());
        count += 1;
    };
    every(&mut check);
    let alphabet = b"%09AFafGg@`/:#\\ \x7f\x80";
    strings(alphabet, 5, check);
    tell("URI bytes", count);
}

/// The pairs of a query, each half decoded, or none where an escape is bad. By text and owned, as nobody would in a core.
fn pairs(query: &[u8]) -> Vec<[Option<Vec<u8>>; 2]> {
    fn decoded(text: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut at = 0;
        while at < text.len() {
            bytes.push(match text[at] {
                b'%' => {
                    let digits = core::str::from_utf8(text.get(at + 1..at + 3)?).ok()?;
                    at += 2;
                    let is_number = digits.chars().all(|digit| digit.is_ascii_hexdigit());
                    is_number.then(|| u8::from_str_radix(digits, 16).ok())??
                }
                b'+' => b' ',
                byte => byte,
            });
            at += 1;
        }
        Some(bytes)
    }
    let parts = query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    parts
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            [halves.next(), halves.next()].map(|half| decoded(half.unwrap_or_default()))
        })
        .collect()
}

// R027
#[test]
fn every_short_query_is_decoded_as_two_other_readings_do() {
    let mut lenient = 0;
    let mut check = |query: &[u8]| {
        let expected = pairs(query);
        let read = Pairs(Reader(query)).map(|(name, value)| [name, value].map(|half| half.decoded().collect::<Result<Vec<u8>, _>>().ok()));
        assert!(read.eq(expected.iter().cloned()), "{}", query.escape_ascii());
        // The library lets bad escapes pass, and replaces what is no UTF-8.
        let texts = expected.into_iter().map(|pair| pair.map(|half| half.and_then(|bytes| String::from_utf8(bytes).ok())));
        let texts: Option<Vec<_>> = texts.map(|[name, value]| Some((name?, value?))).collect();
        if let Some(texts) = texts {
            assert!(form_urlencoded::parse(query).into_owned().eq(texts), "{}", query.escape_ascii());
            lenient += 1;
        }
    };
    let count = every(&mut check) + strings(b"%+&=a09AFGfg\x00 ", 5, &mut check);
    tell("form decoded", count);
    tell("form decoded as by the library", lenient);
}

// R049
#[test]
fn every_short_string_is_form_encoded_as_the_library_does() {
    let mut buffer = [0; 16];
    let count = every(|bytes| {
        let mut out = Writer::new(&mut buffer);
        crate::form::encode(bytes, &mut out);
        let pieces = form_urlencoded::byte_serialize(bytes).flat_map(str::bytes);
        assert!(out.finish().unwrap().iter().copied().eq(pieces), "{}", bytes.escape_ascii());
    });
    tell("form encoded", count);
}

#[test]
fn every_short_string_is_encoded_in_base64_as_the_library_does() {
    let (mut room, mut theirs) = ([0; 4], [0; 4]);
    let count = every(|bytes| {
        for alphabet in [Alphabet::Url, Alphabet::Standard] {
            let len = bytes.len() + bytes.len().div_ceil(3);
            room[..bytes.len()].copy_from_slice(bytes);
            alphabet.encode(&mut room[..len], bytes.len());
            let expected = match alphabet {
                Alphabet::Url => Base64UrlUnpadded::encode(bytes, &mut theirs),
                Alphabet::Standard => Base64Unpadded::encode(bytes, &mut theirs),
            };
            assert_eq!(&room[..len], expected.unwrap().as_bytes(), "{}", bytes.escape_ascii());
        }
    });
    // Six bytes at once are another way: each of them takes every value, between neighbours of all kinds.
    let mut words = 0;
    for at in 0..6 {
        for byte in (0..=255u8).step_by(one_in(17)) {
            for around in [0, 0x55, 0xaa, 0xff] {
                let mut bytes = [around; 6];
                bytes[at] = byte;
                let (mut room, mut theirs) = ([0; 8], [0; 8]);
                room[..6].copy_from_slice(&bytes);
                Alphabet::Url.encode(&mut room, 6);
                assert_eq!(&room, Base64UrlUnpadded::encode(&bytes, &mut theirs).unwrap().as_bytes());
                words += 1;
            }
        }
    }
    tell("base64", count + words);
}
