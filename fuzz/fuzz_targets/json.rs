//! Any bytes as JSON, in pieces: read alike however they are cut, as `serde_json` reads them, and in so much work a byte.
//!
//! The first byte: its lowest three bits say how many sizes of pieces follow, and the next whether a byte order mark is tolerated.
#![no_main]

use gatepass::fuzzing;
use gatepass_fuzz::{linear, pieces, split};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

const TOO_DEEP: u8 = 2;

/// What was told, adjoining pieces put together.
#[derive(PartialEq, Debug, Default)]
struct Told {
    events: Vec<(char, u8, Vec<u8>)>,
    is_open: bool,
}

impl Told {
    fn on(&mut self, kind: char, depth: u8, piece: &[u8], whole: bool) {
        assert!(depth < 65);
        assert!(whole || !piece.is_empty(), "something is told");
        if self.is_open {
            let last = self.events.last_mut().expect("it was opened");
            assert_eq!((last.0, last.1), (kind, depth));
            last.2.extend(piece);
        } else {
            self.events.push((kind, depth, piece.into()));
        }
        self.is_open = !whole;
    }
}

fn read(mark: bool, text: &[u8], sizes: &[u8]) -> (Result<(), u8>, Told) {
    let mut told = Told::default();
    let end = linear(text.len(), pieces(text, sizes).count(), || {
        fuzzing::json(mark, pieces(text, sizes), &mut |kind, depth, piece, whole| told.on(kind, depth, piece, whole))
    });
    // A number that is the whole text ends with it, untold.
    told.is_open = false;
    (end, told)
}

type Events = std::vec::IntoIter<(char, u8, Vec<u8>)>;

fn value((kind, _, text): (char, u8, Vec<u8>), rest: &mut Events) -> Value {
    match kind {
        't' => Value::Bool(true),
        'f' => Value::Bool(false),
        'n' => Value::Null,
        's' => Value::String(String::from_utf8(text).expect("texts are UTF-8")),
        '1' => serde_json::from_slice(&text).expect("numbers are of their grammar"),
        '[' => {
            let mut values = Vec::new();
            loop {
                match rest.next().expect("an array ends") {
                    (']', ..) => return Value::Array(values),
                    first => values.push(value(first, rest)),
                }
            }
        }
        '{' => {
            let mut members = Map::new();
            loop {
                match rest.next().expect("an object ends") {
                    ('}', ..) => return Value::Object(members),
                    (kind, _, name) => {
                        assert_eq!(kind, 'm');
                        let first = rest.next().expect("a name has a value");
                        members.insert(String::from_utf8(name).expect("names are UTF-8"), value(first, rest));
                    }
                }
            }
        }
        other => panic!("no value begins with {other}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((flags, sizes, text)) = split(data) else { return };
    let mark = flags & 1 == 1;
    let whole = read(mark, text, &[]);
    assert_eq!(read(mark, text, sizes), whole);
    assert_eq!(read(mark, text, &[1]), whole);
    let (end, told) = whole;
    let unmarked = if mark { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
    match (serde_json::from_slice::<Value>(unmarked), end) {
        // Its own limit of nesting is 128.
        (_, Err(TOO_DEEP)) => {}
        // It refuses numbers that an `f64` does not hold.
        (Err(error), Ok(())) => assert!(error.to_string().contains("number out of range"), "{}", text.escape_ascii()),
        (Ok(theirs), Ok(())) => {
            let mut events = told.events.into_iter();
            let mut first = events.next().expect("a value");
            if first.0 == '^' {
                assert!(mark);
                first = events.next().expect("a value behind the mark");
            }
            assert_eq!(value(first, &mut events), theirs, "{}", text.escape_ascii());
            assert!(events.next().is_none());
        }
        (Ok(_), Err(_)) => panic!("{} is refused", text.escape_ascii()),
        (Err(_), Err(_)) => {}
    }
});
