//! What the tokenizer accepts, refuses and tells. The tables follow the categories of `JSONTestSuite`.

#![allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "a panic fails the test, as it should")]

mod differential;
mod rules;
mod tables;

extern crate std;

use super::{Event, JsonError, Kind, Listener, MAX_DEPTH, Tokenizer};
use core::cell::Cell;
use proptest::prelude::*;
use serde_json::Value;
use std::{format, string::String, vec, vec::Vec};

std::thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Called by the tokenizer when it has looked at so many bytes.
pub(super) fn count_steps(looks: usize) {
    STEPS.set(STEPS.get().saturating_add(looks));
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
}

impl Listener for Transcript {
    fn on(&mut self, Event { kind, depth, piece, whole }: Event<'_>) {
        assert!(whole || !piece.is_empty(), "something is told");
        if !piece.is_empty() {
            assert_eq!(depth, self.nesting);
            match (kind, self.told.last_mut()) {
                (Kind::Name, Some(Told::Name(so_far)))
                | (Kind::Text, Some(Told::Text(so_far)))
                | (Kind::Number, Some(Told::Number(so_far))) => so_far.extend(piece),
                (Kind::Name, _) => self.told.push(Told::Name(piece.into())),
                (Kind::Text, _) => self.told.push(Told::Text(piece.into())),
                (Kind::Number, _) => self.told.push(Told::Number(piece.into())),
                _ => panic!("no other event has a piece"),
            }
        }
        if !whole {
            return;
        }
        let mark = match kind {
            Kind::Mark => "mark",
            Kind::ObjectStart => "{",
            Kind::ObjectEnd => "}",
            Kind::ArrayStart => "[",
            Kind::ArrayEnd => "]",
            Kind::Name => "name",
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::True => "true",
            Kind::False => "false",
            Kind::Null => "null",
        };
        // What opens counts for the depth before it, what closes for the depth behind.
        if matches!(mark, "}" | "]") {
            self.nesting = self.nesting.checked_sub(1).expect("an end has its start");
        }
        assert_eq!(depth, self.nesting);
        if matches!(mark, "{" | "[") {
            self.nesting += 1;
        }
        self.deepest = self.deepest.max(self.nesting);
        self.told.push(Told::Mark(mark));
    }
}

type Reading = (Vec<Told>, Result<(), JsonError>);

/// Reads a text in these chunks.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let (mut tokenizer, mut transcript) = (Tokenizer::new(false), Transcript::default());
    let mut end = Ok(());
    for chunk in chunks {
        end = end.and_then(|()| tokenizer.feed(chunk, &mut transcript));
        if end.is_ok() {
            assert_eq!(tokenizer.depth(), transcript.nesting);
        }
    }
    let end = end.and_then(|()| tokenizer.finish());
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
    // The end of the text is the end of a number that is all of it.
    if let [Told::Number(bytes)] = told {
        return serde_json::from_slice(bytes).ok();
    }
    let mut rest = told;
    let value = take(&mut rest)?;
    rest.is_empty().then_some(value)
}

/// The most steps that a byte may take.
const MOST_STEPS: usize = 6;
