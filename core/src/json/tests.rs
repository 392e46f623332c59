//! What the tokenizer accepts, refuses and tells. The tables follow the categories of `JSONTestSuite`.

#![allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "a panic fails the test, as it should")]

extern crate std;

use super::{Event, JsonError, Listener, MAX_DEPTH, Tokenizer};
use core::cell::Cell;
use proptest::prelude::*;
use serde_json::Value;
use std::{format, string::String, vec, vec::Vec};

std::thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Called by the tokenizer at each turn of its loops.
pub(super) fn count_step() {
    STEPS.set(STEPS.get().saturating_add(1));
}

/// How many steps `work` took.
fn steps(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get().saturating_sub(before)
}

/// An event as it was told, adjoining pieces put together.
#[derive(Clone, PartialEq, Debug)]
enum Told {
    Name(Vec<u8>),
    Text(Vec<u8>),
    Number(Vec<u8>),
    Mark(&'static str),
}

#[derive(Default)]
struct Transcript {
    told: Vec<Told>,
    nesting: u8,
    deepest: u8,
    empty_pieces: usize,
}

impl Listener for Transcript {
    fn on(&mut self, event: Event<'_>) {
        let mark = match event {
            Event::Name(piece) | Event::Text(piece) | Event::Number(piece) => {
                self.empty_pieces += usize::from(piece.is_empty());
                match (event, self.told.last_mut()) {
                    (Event::Name(_), Some(Told::Name(so_far)))
                    | (Event::Text(_), Some(Told::Text(so_far)))
                    | (Event::Number(_), Some(Told::Number(so_far))) => so_far.extend(piece),
                    (Event::Name(_), _) => self.told.push(Told::Name(piece.into())),
                    (Event::Text(_), _) => self.told.push(Told::Text(piece.into())),
                    _ => self.told.push(Told::Number(piece.into())),
                }
                return;
            }
            Event::ObjectStart => "{",
            Event::ObjectEnd => "}",
            Event::ArrayStart => "[",
            Event::ArrayEnd => "]",
            Event::NameEnd => "name",
            Event::TextEnd => "text",
            Event::NumberEnd => "number",
            Event::True => "true",
            Event::False => "false",
            Event::Null => "null",
        };
        match mark {
            "{" | "[" => self.nesting += 1,
            "}" | "]" => self.nesting = self.nesting.checked_sub(1).expect("an end has its start"),
            _ => {}
        }
        self.deepest = self.deepest.max(self.nesting);
        self.told.push(Told::Mark(mark));
    }
}

type Reading = (Vec<Told>, Result<(), JsonError>);

/// Reads a text in these chunks.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let (mut tokenizer, mut transcript) = (Tokenizer::new(), Transcript::default());
    let mut end = Ok(());
    for chunk in chunks {
        end = end.and_then(|()| tokenizer.feed(chunk, &mut transcript));
        if end.is_ok() {
            assert_eq!(tokenizer.depth(), transcript.nesting);
        }
    }
    let end = end.and_then(|()| tokenizer.finish(&mut transcript));
    assert_eq!(transcript.empty_pieces, 0);
    assert!(transcript.deepest <= MAX_DEPTH);
    assert!(end.is_err() || transcript.nesting == 0);
    (transcript.told, end)
}

fn whole(text: impl AsRef<[u8]>) -> Reading {
    read([text.as_ref()])
}

/// The value that the events tell, or `None` when they do not make one.
fn value(told: &[Told]) -> Option<Value> {
    fn text(bytes: &[u8]) -> Option<String> {
        String::from_utf8(bytes.into()).ok()
    }
    fn take(told: &mut &[Told]) -> Option<Value> {
        let (first, rest) = told.split_first()?;
        *told = rest;
        let mut expect = |mark| {
            let (first, rest) = told.split_first()?;
            *told = rest;
            (*first == Told::Mark(mark)).then_some(())
        };
        Some(match first {
            Told::Text(bytes) => {
                expect("text")?;
                Value::String(text(bytes)?)
            }
            Told::Mark("text") => Value::String(String::new()),
            Told::Number(bytes) => {
                expect("number")?;
                serde_json::from_slice(bytes).ok()?
            }
            Told::Mark("true") => Value::Bool(true),
            Told::Mark("false") => Value::Bool(false),
            Told::Mark("null") => Value::Null,
            Told::Mark("[") => {
                let mut elements = vec![];
                while told.first()? != &Told::Mark("]") {
                    elements.push(take(told)?);
                }
                *told = &told[1..];
                Value::Array(elements)
            }
            Told::Mark("{") => {
                let mut members = serde_json::Map::new();
                loop {
                    let (first, rest) = told.split_first()?;
                    *told = rest;
                    let name = match first {
                        Told::Mark("}") => break,
                        Told::Mark("name") => String::new(),
                        Told::Name(bytes) => {
                            let (end, rest) = told.split_first()?;
                            *told = rest;
                            (*end == Told::Mark("name")).then_some(())?;
                            text(bytes)?
                        }
                        _ => return None,
                    };
                    members.insert(name, take(told)?);
                }
                Value::Object(members)
            }
            _ => return None,
        })
    }
    let mut rest = told;
    let value = take(&mut rest)?;
    rest.is_empty().then_some(value)
}

/// Texts that RFC 8259 allows.
const VALID: &[&[u8]] = &[
    // White space.
    b" \t\r\n{ \t\r\n} \t\r\n",
    b"[1 ,\n2\t,\r3 ]",
    b" 7 ",
    b"{ \"a\" : 1 , \"b\" : 2 }",
    b"\n\n\n[\n\n]\n\n",
    // Containers.
    b"{}",
    b"[]",
    b"[[]]",
    b"[[],[]]",
    b"[{}]",
    b"{\"a\":{}}",
    b"{\"a\":[]}",
    b"{\"a\":{\"b\":[{\"c\":[]}]}}",
    b"[[[[[[[[[[]]]]]]]]]]",
    b"[1,null,1,\"1\",{}]",
    b"{\"a\":1,\"a\":2}",
    b"{\"a\":1,\"a\":1}",
    b"{\"\":0}",
    b"{\"\":\"\"}",
    b"{\"a\\u0000b\":1}",
    b"{\"a\":true,\"b\":false,\"c\":null,\"d\":-1.5e+3,\"e\":\"\"}",
    b"{\"\\u0061\\u0062\":1}",
    // A scalar at the top.
    b"\"\"",
    b"\"a\"",
    b"0",
    b"-0",
    b"42",
    b"-0.1",
    b"true",
    b"false",
    b"null",
    // Numbers.
    b"[123]",
    b"[-123]",
    b"[0]",
    b"[-0]",
    b"[-1]",
    b"[0.0]",
    b"[-0.0]",
    b"[0e1]",
    b"[0E1]",
    b"[0e+1]",
    b"[0e-1]",
    b"[0e00]",
    b"[1e2]",
    b"[1E22]",
    b"[1E-2]",
    b"[1E+2]",
    b"[123e45]",
    b"[123.456e78]",
    b"[123.456789]",
    b"[1.0000000000000000000000000000000000000000000000001]",
    b"[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
    b"[123456789012345678901234567890]",
    b"[1e999]",
    b"[-1e-999]",
    b"[0.1e0001]",
    b"3600",
    b"3600.0",
    b"[20e1]",
    b"{\"n\":1}",
    // Strings.
    b"[\"a/*b*/c\"]",
    b"[\"\\\\a\"]",
    b"[\"\\\\n\"]",
    b"[\"\\\"\"]",
    b"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    b"[\"\\u0060\\u012a\\u12AB\"]",
    b"[\"\\u0012\"]",
    b"[\"\\u0000\"]",
    b"[\"\\u0022\"]",
    b"[\"\\u005C\"]",
    b"[\"\\u007F\"]",
    b"[\"\x7F\"]",
    b"[\"\\uFFFF\"]",
    b"[\"\\uFDD0\"]",
    b"[\"\\u200B\"]",
    b"[\"\\uD801\\udc37\"]",
    b"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
    b"[\"\\uDBFF\\uDFFE\"]",
    b"[\"\\uD800\\uDC00\"]",
    b"[\"\\uDBFF\\uDFFF\"]",
    b"[\"\\uD834\\uDd1e\"]",
    b"[\"\xC2\x80\xDF\xBF\"]",
    b"[\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\"]",
    b"[\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"]",
    b"[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]",
    b"[\"\xE2\x80\xA8\xE2\x80\xA9\"]",
    b"[\"\xEF\xBB\xBF\"]",
    b"[\"asd \"]",
    b"[\" ,:[]{} true null 1\"]",
    b"\"0123456789abcdef0123456789abcdef0123456789abcdef\"",
    b"\"0123456789abcdef0123456789abcdef\\n0123456789abcdef\"",
    b"{\"\xC3\xA9\":\"\xD0\xB6\xD0\xB8\xD0\xB7\xD0\xBD\xD1\x8C\"}",
];

/// Texts with a byte that the grammar has no place for.
const SYNTAX: &[&[u8]] = &[
    // Before and after the value.
    b"\xEF\xBB\xBF{}",
    b"\xFF\xFE{\x00}\x00",
    b"\xEF\xBB\xBF",
    b"\xE2\x81\xA0[]",
    b"\xC2\xA0[]",
    b"\x0C[]",
    b"\x0B[]",
    b"\x00",
    b"\x00{}",
    b"{}\x00",
    b"[]\x0C",
    b"{}{}",
    b"{} {}",
    b"[][]",
    b"[1]x",
    b"[]]",
    b"{}}",
    b"[1],",
    b"1,",
    b"1 2",
    b"\"a\"\"b\"",
    b"{\"a\":1}#",
    b"{\"a\":1}//",
    b"{\"a\":1}/**/",
    b"[1]\xC3\xA9",
    b"{};",
    b")]}'{}",
    b"<html>",
    b"access_token=a&token_type=b",
    b"*",
    b"]",
    b"}",
    b",",
    b":",
    // Arrays.
    b"[1 true]",
    b"[\"a\" \"b\"]",
    b"[\"\": 1]",
    b"[\"a\",\n4\n,1,,]",
    b"[1,,2]",
    b"[,1]",
    b"[,]",
    b"[1,]",
    b"[1,,]",
    b"[\"a\",]",
    b"[3[4]]",
    b"[1:2]",
    b"[x",
    b"[1}",
    b"[{}[]]",
    b"[][",
    b"[\x0B]",
    b"[\x0C]",
    b"[1\x00]",
    b"[*]",
    b"[\xC3\xA9]",
    b"[\xE2\x81\xA0]",
    b"[[]}",
    // Objects.
    b"{]",
    b"{,}",
    b"{,\"a\":1}",
    b"{\"a\":1,}",
    b"{\"a\":1,,}",
    b"{\"a\":1,,\"b\":2}",
    b"{\"a\",1}",
    b"{\"a\" 1}",
    b"{\"a\"::1}",
    b"{\"a\":}",
    b"{\"a\":,\"b\":1}",
    b"{\"a\"}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1;\"b\":2}",
    b"{\"a\":1]",
    b"{\"a\":[}",
    b"{\"a\"=1}",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{true:1}",
    b"{null:1}",
    b"{[]:1}",
    b"{{}:1}",
    b"{:1}",
    b"{\"a\":1:2}",
    b"{\"a\":\"b\" c}",
    b"{\"a\":\"b\"/**/}",
    b"{/**/}",
    b"{\"a\":a}",
    b"{\"a\":'b'}",
    b"{\xC3\xA9:1}",
    // Numbers.
    b"[+1]",
    b"[++1]",
    b"[--1]",
    b"[-]",
    b"[- 1]",
    b"[-a]",
    b"[-01]",
    b"[-.5]",
    b"[.5]",
    b"[.]",
    b"[0.]",
    b"[1.]",
    b"[-2.]",
    b"[1.e1]",
    b"[0.e1]",
    b"[0.1.2]",
    b"[1..2]",
    b"[00]",
    b"[012]",
    b"[-00]",
    b"01",
    b"[0x1]",
    b"[0x42]",
    b"[1e]",
    b"[1e+]",
    b"[1E-]",
    b"[0e]",
    b"[0E+]",
    b"[1e1.5]",
    b"[1e+-1]",
    b"[1ee1]",
    b"[1eE1]",
    b"[1e 1]",
    b"[1 000]",
    b"[1_000]",
    b"[1+2]",
    b"[1-2]",
    b"[1a]",
    b"[1.8011670033376514H-308]",
    b"[-Infinity]",
    b"[Infinity]",
    b"[Inf]",
    b"[NaN]",
    b"[nan]",
    b"[-NaN]",
    b"[\xEF\xBC\x91]",
    b"[1\xE5]",
    b"[1e1\xE5]",
    // Literals.
    b"[True]",
    b"[TRUE]",
    b"[tru]",
    b"[truth]",
    b"[truee]",
    b"[fals]",
    b"[falsey]",
    b"[nul]",
    b"[nulll]",
    b"[Null]",
    b"[None]",
    b"[undefined]",
    b"nul\x6C\x6C",
    b"tr ue",
    b"[t\x00ue]",
    // Strings: control characters and escapes.
    b"['a']",
    b"[`a`]",
    b"[\"a\x00b\"]",
    b"[\"\x1F\"]",
    b"[\"a\nb\"]",
    b"[\"\t\"]",
    b"[\"\r\"]",
    b"[\"0123456789abcdef0123456789abcdef\n\"]",
    b"{\"a\nb\":1}",
    b"[\"\\a\"]",
    b"[\"\\x00\"]",
    b"[\"\\'\"]",
    b"[\"\\0\"]",
    b"[\"\\U0041\"]",
    b"[\"\\ \"]",
    b"[\"\\\n\"]",
    b"[\"\\\x00\"]",
    b"[\"\\\xC3\xA9\"]",
    b"[\"\\\xE5\"]",
    b"[\"\\u\"]",
    b"[\"\\u0\"]",
    b"[\"\\u00A\"]",
    b"[\"\\u004g\"]",
    b"[\"\\u+041\"]",
    b"[\"\\u-041\"]",
    b"[\"\\u 041\"]",
    b"[\"\\u{41}\"]",
    b"[\"\\u00\xE5\"]",
    b"[\"\\uD834\\uDd\"]",
    b"[\"\\uD800\\u\"]",
    b"[\\u0041]",
    b"[\\n]",
    b"\\u0022a\"",
];

/// Texts with a string that is no text.
const UTF8: &[&[u8]] = &[
    // Bytes.
    b"[\"\x80\"]",
    b"[\"\xBF\"]",
    b"[\"\xE5\"]",
    b"[\"\xFF\"]",
    b"[\"\xFE\"]",
    b"[\"a\x81\"]",
    b"[\"\xC3\"]",
    b"[\"\xC3a\"]",
    b"[\"\xC3\n\"]",
    b"[\"\xC3\\n\"]",
    b"[\"\xC3\xC3\"]",
    b"[\"\xC0\xAF\"]",
    b"[\"\xC0\x80\"]",
    b"[\"\xC1\xBF\"]",
    b"[\"\xE0\x80\x80\"]",
    b"[\"\xE0\x9F\xBF\"]",
    b"[\"\xE2\x82\"]",
    b"[\"\xE2\x82a\"]",
    b"[\"\xED\xA0\x80\"]",
    b"[\"\xED\xBF\xBF\"]",
    b"[\"\xF0\x80\x80\x80\"]",
    b"[\"\xF0\x8F\xBF\xBF\"]",
    b"[\"\xF0\x9D\x84\"]",
    b"[\"\xF4\x90\x80\x80\"]",
    b"[\"\xF5\x80\x80\x80\"]",
    b"[\"\xF8\x88\x80\x80\x80\"]",
    b"[\"\xFC\x83\xBF\xBF\xBF\xBF\"]",
    b"[\"0123456789abcdef0123456789abcdef\xE9 \"]",
    b"{\"\xE9\":1}",
    // Halves of surrogate pairs.
    b"[\"\\uD800\"]",
    b"[\"\\uDBFF\"]",
    b"[\"\\uDC00\"]",
    b"[\"\\uDFFF\"]",
    b"[\"\\uDFAA\"]",
    b"[\"\\uDADA\"]",
    b"[\"\\uD800a\"]",
    b"[\"\\uD800\\n\"]",
    b"[\"\\uD800\\\\\"]",
    b"[\"\\uD800\\uD800\"]",
    b"[\"\\uD800\\u0041\"]",
    b"[\"\\uD800\\uD800\\uDC00\"]",
    b"[\"\\uDd1ea\"]",
    b"[\"\\uDd1e\\uD834\"]",
    b"[\"\\uD834\xF0\x9D\x84\x9E\"]",
    b"{\"\\uD800\":1}",
];

/// Texts that end too soon, so that no further byte is to blame.
const INCOMPLETE: &[&[u8]] = &[
    b"",
    b" ",
    b"\r\n\t ",
    b"[",
    b"{",
    b"[[",
    b"[1",
    b"[1,",
    b"[\"a\"",
    b"[\"a",
    b"[\"",
    b"[{",
    b"[[]",
    b"{\"",
    b"{\"a",
    b"{\"a\"",
    b"{\"a\":",
    b"{\"a\":1",
    b"{\"a\":1,",
    b"{\"a\":\"b",
    b"{\"a\":{}",
    b"[-",
    b"[0",
    b"[1.5",
    b"\"",
    b"\"a",
    b"\"\\",
    b"\"\\u",
    b"\"\\u00",
    b"\"\\u0041",
    b"\"\\uD800",
    b"\"\\uD800\\",
    b"\"\\uD800\\u",
    b"\"\\uD800\\uDC0",
    b"\"\xC3",
    b"\"\xE2\x82",
    b"\"\xF0\x9D\x84",
    b"\"0123456789abcdef",
    b"t",
    b"tru",
    b"f",
    b"fals",
    b"n",
    b"nul",
    b"-",
    b"0.",
    b"1e",
    b"1e+",
    b"-1.",
];

/// Every text of the tables, with how its reading ends.
fn tables() -> impl Iterator<Item = (&'static [u8], Result<(), JsonError>)> {
    let table = |texts: &'static [&'static [u8]], end| texts.iter().map(move |text| (*text, end));
    table(VALID, Ok(()))
        .chain(table(SYNTAX, Err(JsonError::Syntax)))
        .chain(table(UTF8, Err(JsonError::Utf8)))
        .chain(table(INCOMPLETE, Err(JsonError::Incomplete)))
}

// R067
#[test]
fn a_text_is_accepted_exactly_when_rfc_8259_allows_it() {
    for (text, end) in tables() {
        assert_eq!(whole(text).1, end, "{}", text.escape_ascii());
    }
}

// R067
#[test]
fn nothing_may_follow_the_value_in_a_later_chunk() {
    for text in VALID.iter().filter(|text| !text.last().is_some_and(u8::is_ascii_digit)) {
        for more in [&b"0"[..], b",", b"{}", b"\"", b"\0", b"]", b"null", b"\xEF\xBB\xBF"] {
            assert_eq!(read([text, more]).1, Err(JsonError::Syntax), "{}", text.escape_ascii());
        }
        assert_eq!(read([text, &b" \t\r\n"[..]]).1, Ok(()));
    }
}

#[test]
fn the_tables_agree_with_serde_json() {
    for (text, end) in tables() {
        if let Some(theirs) = serde_json(text) {
            assert_eq!(theirs.is_ok(), end.is_ok(), "{}", text.escape_ascii());
        }
    }
}

#[test]
fn a_text_may_be_cut_anywhere() {
    for (text, _) in tables() {
        let expected = whole(text);
        for cut in 0..=text.len() {
            let (start, end) = text.split_at(cut);
            assert_eq!(read([start, end]), expected, "{} cut at {cut}", text.escape_ascii());
            assert_eq!(read([start, b"", end]), expected, "{} cut at {cut}", text.escape_ascii());
        }
        assert_eq!(read(text.chunks(1)), expected, "{}", text.escape_ascii());
    }
}

#[test]
fn an_error_is_final() {
    for (text, end) in tables() {
        let Err(error) = end else { continue };
        let (mut tokenizer, mut transcript) = (Tokenizer::new(), Transcript::default());
        let _ = tokenizer.feed(text, &mut transcript).and_then(|()| tokenizer.finish(&mut transcript));
        let told = transcript.told.clone();
        for more in [&b""[..], b" ", b"]", b"\"}"] {
            assert_eq!(tokenizer.feed(more, &mut transcript), Err(error));
            assert_eq!(tokenizer.finish(&mut transcript), Err(error));
        }
        assert_eq!(transcript.told, told);
    }
}

#[test]
fn a_finished_text_stays_finished() {
    let (mut tokenizer, mut transcript) = (Tokenizer::new(), Transcript::default());
    assert_eq!(tokenizer.feed(b"12", &mut transcript), Ok(()));
    assert_eq!(tokenizer.finish(&mut transcript), Ok(()));
    assert_eq!(tokenizer.finish(&mut transcript), Ok(()));
    assert_eq!(transcript.told, [Told::Number(b"12".into()), Told::Mark("number")]);
    assert_eq!(tokenizer.feed(b"3", &mut transcript), Err(JsonError::Syntax));
}

// R066
#[test]
fn names_and_texts_are_told_unescaped() {
    let cases: &[(&str, &str)] = &[
        (r#"acc\u0065ss_token"#, "access_token"),
        (r#"\u0061\u0063"#, "ac"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#"4\/a"#, "4/a"),
        (r#"\u0000\u001f\u007F"#, "\0\u{1f}\u{7f}"),
        (r#"\u0080\u07ff\u0800\uFFFF"#, "\u{80}\u{7ff}\u{800}\u{ffff}"),
        (r#"\uD7FF\uE000"#, "\u{d7ff}\u{e000}"),
        (r#"\uD800\uDC00\uDBFF\uDFFF"#, "\u{10000}\u{10ffff}"),
        (r#"\ud834\uDD1E!"#, "\u{1d11e}!"),
        (r#"\\u0041"#, "\\u0041"),
        (
            "жизнь 日本語 𝄞 plain text that is longer than a block of words",
            "жизнь 日本語 𝄞 plain text that is longer than a block of words",
        ),
    ];
    for (written, meant) in cases {
        let (told, end) = whole(format!("{{\"{written}\":\"{written}\"}}"));
        assert_eq!(end, Ok(()));
        let (name, text) = (Told::Name(meant.as_bytes().into()), Told::Text(meant.as_bytes().into()));
        assert_eq!(told, [Told::Mark("{"), name, Told::Mark("name"), text, Told::Mark("text"), Told::Mark("}")]);
    }
}

#[test]
fn events_come_in_the_order_of_the_text() {
    let (told, end) = whole(r#"{"a":[1,-2.5e3,true],"":{"b":null},"c":"", "d":false}"#);
    let written: Vec<String> = told
        .iter()
        .map(|told| match told {
            Told::Name(bytes) | Told::Text(bytes) | Told::Number(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Told::Mark(mark) => (*mark).into(),
        })
        .collect();
    assert_eq!(end, Ok(()));
    assert_eq!(written.join(" "), "{ a name [ 1 number -2.5e3 number true ] name { b name null } c name text d name false }");
}

#[test]
fn each_code_unit_is_told_as_the_character_it_is() {
    for unit in 0..=0xFFFF_u16 {
        let (told, end) = whole(format!("\"\\u{unit:04x}\""));
        match char::from_u32(unit.into()) {
            Some(character) => {
                assert_eq!(end, Ok(()));
                assert_eq!(told, [Told::Text(String::from(character).into()), Told::Mark("text")]);
            }
            None => assert_eq!(end, Err(JsonError::Utf8)),
        }
    }
}

#[test]
fn each_plane_is_reached_by_surrogate_pairs() {
    for code in (0x1_0000..=0x10_FFFF).step_by(0x3D) {
        let character = char::from_u32(code).expect("a scalar value");
        let mut units = [0; 2];
        let [high, low] = character.encode_utf16(&mut units) else { panic!("a pair") };
        let (told, end) = whole(format!("\"\\u{high:04X}\\u{low:04x}\""));
        assert_eq!(end, Ok(()));
        assert_eq!(told, [Told::Text(String::from(character).into()), Told::Mark("text")]);
    }
}

#[test]
fn utf8_is_judged_as_the_standard_library_does() {
    // Every start of up to three bytes that is not ASCII, with tails at the bounds.
    let edges = [0x00, 0x22, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF];
    for lead in 0x80..=0xFF_u8 {
        for (second, third, fourth) in triples(&edges) {
            for bytes in [&[lead][..], &[lead, second], &[lead, second, third], &[lead, second, third, fourth]] {
                let text = [b"\"", bytes, b"\""].concat();
                let allowed = core::str::from_utf8(bytes).is_ok_and(|text| !text.contains(['"', '\\']) && !text.contains(|c| c < ' '));
                let (told, end) = whole(&text);
                assert_eq!(end.is_ok(), allowed, "{}", text.escape_ascii());
                if allowed {
                    assert_eq!(told, [Told::Text(bytes.into()), Told::Mark("text")]);
                }
            }
        }
    }
}

/// All triples of these bytes.
fn triples(bytes: &[u8]) -> impl Iterator<Item = (u8, u8, u8)> + '_ {
    bytes.iter().flat_map(move |a| bytes.iter().flat_map(move |b| bytes.iter().map(move |c| (*a, *b, *c))))
}

#[test]
fn a_special_byte_is_found_at_any_place_of_a_long_run() {
    for length in 0..100 {
        for place in 0..length {
            for byte in 0..=0xFF_u8 {
                let mut run = vec![b'a'; length];
                run[place] = byte;
                let (told, end) = whole([b"\"", &run[..], b"\""].concat());
                match byte {
                    ..0x20 => assert_eq!((end, told.len()), (Err(JsonError::Syntax), usize::from(place > 0))),
                    0x80.. => assert_eq!(end, Err(JsonError::Utf8)),
                    b'"' | b'\\' => assert_ne!(end, Ok(())),
                    _ => assert_eq!((told, end), (vec![Told::Text(run), Told::Mark("text")], Ok(()))),
                }
            }
        }
    }
}

#[test]
fn a_run_is_told_as_one_piece_of_the_chunk() {
    struct Pieces(usize);
    impl Listener for Pieces {
        fn on(&mut self, event: Event<'_>) {
            self.0 += usize::from(matches!(event, Event::Text(_)));
        }
    }
    let mut pieces = Pieces(0);
    let text = format!("\"{}é{}\"", "a".repeat(1000), "b".repeat(1000));
    assert_eq!(Tokenizer::new().feed(text.as_bytes(), &mut pieces), Ok(()));
    assert_eq!(pieces.0, 1);
}

// R068
#[test]
fn nesting_is_read_to_the_limit_and_no_further() {
    let nest = |levels: usize, open: &str, close: &str| open.repeat(levels) + &close.repeat(levels);
    let limit = usize::from(MAX_DEPTH);
    for levels in 1..=limit {
        assert_eq!(whole(nest(levels, "[", "]")).1, Ok(()));
        assert_eq!(whole(nest(levels, "{\"a\":[", "]}")).1.is_ok(), levels * 2 <= limit);
    }
    for (open, close) in [("[", "]"), ("[{\"a\":", "}]"), ("{\"a\":", "}")] {
        assert_eq!(whole(nest(limit + 1, open, close)).1, Err(JsonError::TooDeep));
    }
    // Levels are known each by its own kind.
    let (open, close): (String, String) = (0..limit / 2).map(|_| ("{\"a\":[", "]}")).unzip();
    assert_eq!(whole([&open[..], &close[..]].concat()).1, Ok(()));
    assert_eq!(whole([&open[..], "}"].concat()).1, Err(JsonError::Syntax));
    // Siblings are not levels.
    assert_eq!(whole(format!("[{}[]]", "[],".repeat(1000))).1, Ok(()));
}

// R068
#[test]
fn a_deep_nest_costs_no_more_than_the_limit() {
    let (mut tokenizer, mut transcript) = (Tokenizer::new(), Transcript::default());
    let nest = vec![b'['; 1_000_000];
    let first = steps(|| assert_eq!(tokenizer.feed(&nest, &mut transcript), Err(JsonError::TooDeep)));
    assert!(first <= 2 * usize::from(MAX_DEPTH), "{first}");
    assert!(steps(|| assert_eq!(tokenizer.feed(&nest, &mut transcript), Err(JsonError::TooDeep))) <= 1);
    assert_eq!(transcript.told.len(), usize::from(MAX_DEPTH));
    assert_eq!(whole("[{\"\":".repeat(50_000)).1, Err(JsonError::TooDeep));
}

// R068
#[test]
fn work_is_bounded_by_the_bytes() {
    for (text, _) in tables() {
        for size in 1..=text.len() {
            let taken = steps(|| drop(read(text.chunks(size))));
            assert!(taken <= MOST_STEPS * text.len(), "{taken} for {}", text.escape_ascii());
        }
    }
}

/// The most steps that a byte may take.
const MOST_STEPS: usize = 6;

#[test]
fn the_tokenizer_is_small_and_shows_nothing() {
    assert!(size_of::<Tokenizer>() <= 32, "{}", size_of::<Tokenizer>());
    let mut tokenizer = Tokenizer::new();
    assert_eq!(tokenizer.feed(b"{\"a\":\"\\u00e", &mut Transcript::default()), Ok(()));
    assert_eq!(format!("{tokenizer:?}"), "Tokenizer { depth: 1, .. }");
}

#[test]
fn a_listener_may_be_a_trait_object() {
    let mut transcript = Transcript::default();
    let listener: &mut dyn Listener = &mut transcript;
    let mut tokenizer = Tokenizer::new();
    assert_eq!(tokenizer.feed(b"[1", listener).and_then(|()| tokenizer.feed(b"2]", listener)), Ok(()));
    assert_eq!(tokenizer.finish(listener), Ok(()));
    assert_eq!(value(&transcript.told), Some(serde_json::json!([12])));
}

/// What `serde_json` reads: `None` where it has no say, since it refuses numbers that an `f64` does not hold.
fn serde_json(text: &[u8]) -> Option<Result<Value, ()>> {
    match serde_json::from_slice(text) {
        Ok(value) => Some(Ok(value)),
        Err(error) if format!("{error}").contains("number out of range") => None,
        Err(_) => Some(Err(())),
    }
}

/// Asserts that this tokenizer and `serde_json` read the same, in chunks of any size.
fn agree(text: &[u8], cuts: &[usize]) {
    let (told, end) = whole(text);
    let mut rest = text;
    let mut chunks = vec![];
    for cut in cuts {
        let (chunk, after) = rest.split_at((*cut).min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    let mut cut = None;
    let taken = steps(|| cut = Some(read(chunks)));
    assert!(taken <= MOST_STEPS * text.len() + cuts.len(), "{taken}");
    assert_eq!(cut.as_ref(), Some(&(told.clone(), end)), "{}", text.escape_ascii());
    match (serde_json(text), end) {
        // Its own limit of nesting is 128.
        (_, Err(JsonError::TooDeep)) | (None, _) => {}
        (Some(theirs), Ok(())) => assert_eq!(theirs.ok(), value(&told), "{}", text.escape_ascii()),
        (Some(theirs), Err(_)) => assert!(theirs.is_err(), "{}", text.escape_ascii()),
    }
}

fn document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~]{0,80}".prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(8, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (value, any::<bool>(), any::<bool>()).prop_map(|(value, pretty, escaped)| {
        let text = if pretty { format!("{value:#}") } else { format!("{value}") };
        if !escaped {
            return text;
        }
        // Only strings hold what is not ASCII.
        let mut units = [0; 2];
        text.chars().fold(String::new(), |text, character| {
            if character.is_ascii() {
                return text + character.encode_utf8(&mut [0; 4]);
            }
            character.encode_utf16(&mut units).iter().fold(text, |text, unit| text + &format!("\\u{unit:04x}"))
        })
    })
}

/// A byte that matters to the grammar, or any.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(&b"{}[]:,\"\\ \t\n-+.0123456789eEtrufalsn/bDdC\x00\x1F\x7F\x80\xA0\xBF\xC2\xE0\xED\xF0\xF4\xFF"[..]),
        any::<u8>(),
    ]
}

#[derive(Clone, Debug)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
}

impl Mutation {
    fn any() -> impl Strategy<Value = Self> {
        let place = any::<prop::sample::Index>;
        prop_oneof![
            4 => (place(), byte()).prop_map(|(at, byte)| Self::Replace(at, byte)),
            4 => (place(), byte()).prop_map(|(at, byte)| Self::Insert(at, byte)),
            4 => place().prop_map(Self::Remove),
            1 => place().prop_map(Self::Truncate),
            1 => (place(), place()).prop_map(|(from, to)| Self::Repeat(from, to)),
        ]
    }

    fn apply(&self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let length = text.len();
        match self {
            Self::Replace(at, byte) => text[at.index(length)] = *byte,
            Self::Insert(at, byte) => text.insert(at.index(length), *byte),
            Self::Remove(at) => drop(text.remove(at.index(length))),
            Self::Truncate(at) => text.truncate(at.index(length)),
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let part = text[from.min(to)..from.max(to)].to_vec();
                let _ = text.splice(to..to, part);
            }
        }
    }
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..24_usize, 0..16)
}

proptest! {
    #[test]
    fn a_document_is_read_as_serde_json_reads_it(text in document(), cuts in cuts()) {
        agree(text.as_bytes(), &cuts);
    }

    #[test]
    fn a_mutated_document_is_judged_as_serde_json_judges_it(
        text in document(),
        mutations in prop::collection::vec(Mutation::any(), 1..4),
        cuts in cuts(),
    ) {
        let mut text = text.into_bytes();
        for mutation in mutations {
            mutation.apply(&mut text);
        }
        agree(&text, &cuts);
    }

    #[test]
    fn bytes_of_the_grammar_in_any_order_are_judged_as_serde_json_judges_them(
        text in prop::collection::vec(byte(), 0..24),
        cuts in cuts(),
    ) {
        agree(&text, &cuts);
        agree(&[b"[\"", &text[..], b"\"]"].concat(), &cuts);
        agree(&[b"[", &text[..], b"]"].concat(), &cuts);
    }
}
