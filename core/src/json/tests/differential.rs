//! Held against `serde_json`, on documents made and broken at random.

use super::*;

/// What `serde_json` reads: `None` where it has no say, since it refuses numbers that an `f64` does not hold.
pub(super) fn serde_json(text: &[u8]) -> Option<Result<Value, ()>> {
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
