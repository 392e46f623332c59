//! What the tokenizer accepts, refuses and tells. The tables follow the categories of `JSONTestSuite`.

#![allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "a panic fails the test, as it should")]

mod differential;
mod rules;
mod tables;

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

/// The most steps that a byte may take.
const MOST_STEPS: usize = 6;
