//! The tokenizer against `serde_json`.

use super::*;
use crate::json::{Event, Kind, Listener, Tokenizer};
use std::format;

/// The text of the first string, and whether anything else was told.
#[derive(Default)]
struct Text {
    bytes: [u8; 16],
    len: usize,
}

impl Listener for Text {
    fn on(&mut self, event: Event<'_>) {
        if event.kind == Kind::Text {
            self.bytes[self.len..self.len + event.piece.len()].copy_from_slice(event.piece);
            self.len += event.piece.len();
        }
    }
}

/// The string that a text is.
fn string<'t>(json: &[u8], text: &'t mut Text) -> Option<&'t [u8]> {
    let mut tokenizer = Tokenizer::new(false);
    text.len = 0;
    tokenizer.feed(json, text).and_then(|()| tokenizer.finish()).ok()?;
    Some(&text.bytes[..text.len])
}

fn check_string(json: &[u8]) {
    let theirs: Option<String> = serde_json::from_slice(json).ok();
    let mut text = Text::default();
    assert_eq!(string(json, &mut text), theirs.as_deref().map(str::as_bytes), "{}", json.escape_ascii());
}

struct Nobody;

impl Listener for Nobody {
    fn on(&mut self, _: Event<'_>) {}
}

fn check_text(json: &[u8]) {
    let mut tokenizer = Tokenizer::new(false);
    let ours = tokenizer.feed(json, &mut Nobody).and_then(|()| tokenizer.finish());
    let theirs = serde_json::from_slice::<serde_json::Value>(json);
    // It refuses numbers that an `f64` does not hold: not of the grammar's making.
    if theirs.as_ref().is_err_and(|error| format!("{error}").contains("number out of range")) {
        return;
    }
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", json.escape_ascii());
}

/// Puts bytes between others.
fn within<'b>(buffer: &'b mut [u8; 24], parts: [&[u8]; 3]) -> &'b [u8] {
    let mut len = 0;
    for part in parts {
        buffer[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    &buffer[..len]
}

// R067
#[test]
fn every_short_text_is_json_exactly_when_serde_json_says_so() {
    let mut count = every(check_text);
    // The bytes of the grammar, in longer texts.
    count += strings(b"{}[]:,\"\\0-t ", 5, check_text);
    count += strings(b"0197-+.eE ", 6, check_text);
    tell("JSON texts", count);
}

// R066 R067
#[test]
fn every_short_string_of_json_is_what_serde_json_reads() {
    let mut buffer = [0; 24];
    let mut count = every(|bytes| check_string(within(&mut buffer, [b"\"", bytes, b"\""])));
    // Sequences of four bytes: whatever leads and follows, and the last at the borders of what may be one.
    for lead in 0xe0..=0xff {
        for second in (0..=255).step_by(one_in(251)) {
            for third in (0..=255).step_by(one_in(251)) {
                for fourth in [0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff] {
                    check_string(within(&mut buffer, [b"\"", &[lead, second, third, fourth], b"\""]));
                    count += 1;
                }
            }
        }
    }
    tell("JSON strings", count);
}

// R066 R067
#[test]
fn every_escape_of_json_is_what_serde_json_reads() {
    let mut buffer = [0; 24];
    let mut count = every(|bytes| check_string(within(&mut buffer, [b"\"\\", bytes, b"\""])));
    for unit in (0..=0xffffu32).step_by(one_in(509)) {
        check_string(format!("\"\\u{unit:04x}\"").as_bytes());
        check_string(format!("\"\\u{unit:04X}.\"").as_bytes());
        count += 2;
    }
    // Digits that are none, in each of the four places.
    for at in 0..4 {
        for byte in (0..=255).step_by(one_in(17)) {
            let mut digits = *b"00e9";
            digits[at] = byte;
            check_string(within(&mut buffer, [b"\"\\u", &digits, b"\""]));
            count += 1;
        }
    }
    // Pairs: each half against the borders of the other, and each of what is around a half.
    let borders = [0, 0x7f, 0xd7ff, 0xd800, 0xd801, 0xdbfe, 0xdbff, 0xdc00, 0xdc01, 0xdffe, 0xdfff, 0xe000, 0xffff];
    for unit in (0..=0xffffu32).step_by(one_in(8 * 257)) {
        for border in borders {
            if !(0xd7f0..0xe010).contains(&unit) && unit % 257 != 0 {
                continue;
            }
            check_string(format!("\"\\u{unit:04x}\\u{border:04X}\"").as_bytes());
            check_string(format!("\"\\u{border:04x}\\u{unit:04X}\"").as_bytes());
            count += 2;
        }
    }
    // What may not come between the halves.
    count += every(|bytes| check_string(within(&mut buffer, [b"\"\\ud834", bytes, b"\\udd1e\""])));
    tell("JSON escapes", count);
}
