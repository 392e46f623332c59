//! `WWW-Authenticate`, read once more: cut at its commas first, and then each piece by itself.

use super::*;
use crate::{Challenge, MalformedChallenge};

/// What a quoted string may hold.
fn is_quotable(character: char) -> bool {
    character == '\t' || (' '..='~').contains(&character) || character > '\u{7f}'
}

/// The pieces between the commas that are not quoted.
fn pieces(field: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, character) in field.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                pieces.push(&field[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&field[start..]);
    pieces
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character))
}

/// Name and value, as it stands within its quotes.
fn parameter(piece: &str) -> Option<(&str, &str)> {
    let (name, value) = piece.split_once('=')?;
    let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    if !is_word(name) {
        return None;
    }
    let Some(inside) = value.strip_prefix('"') else { return is_word(value).then_some((name, value)) };
    let inside = inside.strip_suffix('"')?;
    let (mut is_escaped, mut is_good) = (false, true);
    for character in inside.chars() {
        is_good &= is_quotable(character) && (is_escaped || character != '"');
        is_escaped = character == '\\' && !is_escaped;
    }
    (is_good && !is_escaped).then_some((name, inside))
}

fn is_token68(piece: &str) -> bool {
    let word = piece.trim_end_matches('=');
    !word.is_empty() && word.chars().all(|character| character.is_ascii_alphanumeric() || "-._~+/".contains(character))
}

const NAMES: [&str; 5] = ["realm", "scope", "error", "error_description", "error_uri"];

/// The parameters of the one `Bearer` challenge, by [`NAMES`].
fn bearer(field: &str) -> Result<Option<[Option<&str>; 5]>, MalformedChallenge> {
    let (mut found, mut is_bearer) = (None, false);
    for piece in pieces(field) {
        let mut piece = piece.trim_matches([' ', '\t']);
        if piece.is_empty() {
            continue;
        }
        if parameter(piece).is_none() {
            let (scheme, rest) = piece.split_once(' ').unwrap_or((piece, ""));
            piece = rest.trim_start_matches(' ');
            if !is_word(scheme) {
                return Err(MalformedChallenge);
            }
            is_bearer = scheme.eq_ignore_ascii_case("bearer");
            if is_bearer && found.replace([None; 5]).is_some() {
                return Err(MalformedChallenge);
            }
        }
        match (parameter(piece), &mut found) {
            (Some((name, value)), Some(found)) if is_bearer => {
                let Some(at) = NAMES.into_iter().position(|known| name.eq_ignore_ascii_case(known)) else { continue };
                let of_a_text = |character: char| (' '..='~').contains(&character) && !['"', '\\'].contains(&character);
                let is_good = at == 0 || value.chars().all(|character| of_a_text(character) && (at < 4 || character != ' '));
                if !is_good || found[at].replace(value).is_some() {
                    return Err(MalformedChallenge);
                }
            }
            (Some(_), _) => {}
            (None, _) if piece.is_empty() || is_token68(piece) && !is_bearer => {}
            (None, _) => return Err(MalformedChallenge),
        }
    }
    Ok(found)
}

fn check(field: &str) {
    let read = Challenge::bearer(field);
    let told = read.map(|challenge| {
        challenge.map(|told| {
            let realm = told.realm().map(Iterator::collect::<String>);
            (realm, [told.scope(), told.error(), told.error_description(), told.error_uri()])
        })
    });
    let expected = bearer(field).map(|challenge| {
        challenge.map(|[realm, others @ ..]| {
            let unescaped = realm.map(|realm| {
                let mut characters = realm.chars();
                let mut text = String::new();
                while let Some(character) = characters.next() {
                    text.extend(if character == '\\' { characters.next() } else { Some(character) });
                }
                text
            });
            (unescaped, others)
        })
    });
    assert_eq!(told, expected, "{field:?}");
}

// R087
#[test]
fn every_short_piece_of_a_challenge_is_read_as_by_another_reader() {
    let mut count = 0;
    let mut field = String::new();
    let places = [
        ("", ""),
        ("Bearer ", ""),
        ("Bearer error=", ""),
        ("Bearer error=\"", "\""),
        ("Bearer realm=\"", "\", error=a"),
        ("Bearer error=a", "b"),
        ("Bearer error_uri=a", ", error=b"),
        ("Basic ", ", Bearer error=a"),
        ("Basic a=\"", "\", Bearer"),
        ("Bearer", "scope=a"),
        ("", "Bearer error=a"),
    ];
    for (before, after) in places.into_iter().step_by(one_in(2)) {
        let mut check = |middle: &str| {
            field.clear();
            field.extend([before, middle, after]);
            check(&field);
        };
        count += every_text(&mut check);
        count += strings(b",= \t\"\\a/", 5, |bytes| check(core::str::from_utf8(bytes).unwrap()));
    }
    tell("challenges", count);
}
