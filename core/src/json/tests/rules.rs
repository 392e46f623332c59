//! The rules of the grammar, one a test.

use super::{
    differential::serde_json,
    tables::{VALID, tables},
    *,
};
use crate::exhaustive::one_in;

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
        for cut in (0..=text.len()).step_by(one_in(7)) {
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
        let (mut tokenizer, mut transcript) = (Tokenizer::new(false), Transcript::default());
        let _ = tokenizer.feed(text, &mut transcript).and_then(|()| tokenizer.finish());
        let told = transcript.told.clone();
        for more in [&b""[..], b" ", b"]", b"\"}"] {
            assert_eq!(tokenizer.feed(more, &mut transcript), Err(error));
            assert_eq!(tokenizer.finish(), Err(error));
        }
        assert_eq!(transcript.told, told);
    }
}

#[test]
fn a_finished_text_stays_finished() {
    let (mut tokenizer, mut transcript) = (Tokenizer::new(false), Transcript::default());
    assert_eq!(tokenizer.feed(b"12", &mut transcript), Ok(()));
    assert_eq!(tokenizer.finish(), Ok(()));
    assert_eq!(tokenizer.finish(), Ok(()));
    assert_eq!(transcript.told, [Told::Number(b"12".into())]);
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
    for unit in (0..=0xFFFF_u16).step_by(one_in(251)) {
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
    for code in (0x1_0000..=0x10_FFFF).step_by(0x3D * one_in(67)) {
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
        for (second, third, fourth) in triples(&edges).step_by(one_in(1009)) {
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
    for length in (0..100).step_by(one_in(9)) {
        for place in (0..length).step_by(one_in(7)) {
            for byte in (0..=0xFF_u8).step_by(one_in(17)) {
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
            self.0 += usize::from(!event.piece.is_empty());
        }
    }
    let mut pieces = Pieces(0);
    let text = format!("\"{}é{}\"", "a".repeat(1000), "b".repeat(1000));
    assert_eq!(Tokenizer::new(false).feed(text.as_bytes(), &mut pieces), Ok(()));
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
    let (mut tokenizer, mut transcript) = (Tokenizer::new(false), Transcript::default());
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
        for size in (1..=text.len()).step_by(one_in(7)) {
            let taken = steps(|| drop(read(text.chunks(size))));
            assert!(taken <= MOST_STEPS * text.len(), "{taken} for {}", text.escape_ascii());
        }
    }
    // Many events, and a string whose end is far: what looked ahead at each would look at all of it each time.
    let numbers = format!("[{}1]", "1,".repeat(2_000));
    let strings = format!(r#"{{"a":1{},"z":"{}"}}"#, r#","b":"\u00e4""#.repeat(500), "x".repeat(4_000));
    for text in [numbers, strings] {
        for size in [1, 2, 3, 7, 64, text.len()] {
            let taken = steps(|| assert_eq!(read(text.as_bytes().chunks(size)).1, Ok(())));
            // The punctuation around a string may be passed over uncounted, and nothing else.
            assert!((text.len() / 2..=MOST_STEPS * text.len()).contains(&taken), "{taken} in chunks of {size}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_told_only_where_it_is_tolerated_and_first() {
    let read = |mark, text: &[u8], size| {
        let (mut tokenizer, mut transcript) = (Tokenizer::new(mark), Transcript::default());
        let end = text.chunks(size).try_for_each(|chunk| tokenizer.feed(chunk, &mut transcript)).and_then(|()| tokenizer.finish());
        (transcript.told, end)
    };
    for size in 1..6 {
        let marked = [Told::Mark("mark"), Told::Mark("["), Told::Mark("]")];
        assert_eq!(read(true, b"\xEF\xBB\xBF []", size), (marked.to_vec(), Ok(())));
        assert_eq!(read(true, b" []", size), (marked[1..].to_vec(), Ok(())));
        assert_eq!(read(false, b"\xEF\xBB\xBF[]", size), (vec![], Err(JsonError::Syntax)));
        for text in [&b"\xEF\xBB[]"[..], b"\xEF[]", b" \xEF\xBB\xBF[]", b"\xBB\xBF[]"] {
            assert_eq!(read(true, text, size), (vec![], Err(JsonError::Syntax)), "{}", text.escape_ascii());
        }
        assert_eq!(read(true, b"\xEF\xBB\xBF\xEF\xBB\xBF[]", size).1, Err(JsonError::Syntax));
        assert_eq!(read(true, b"[\xEF\xBB\xBF]", size).1, Err(JsonError::Syntax));
        assert_eq!(read(true, b"\xEF\xBB", size).1, Err(JsonError::Incomplete));
        assert_eq!(read(true, b"\xEF\xBB\xBF", size).1, Err(JsonError::Incomplete));
    }
}

#[test]
fn the_tokenizer_is_small_and_shows_nothing() {
    assert!(size_of::<Tokenizer>() <= 16, "{}", size_of::<Tokenizer>());
    let mut tokenizer = Tokenizer::new(false);
    assert_eq!(tokenizer.feed(b"{\"a\":\"\\u00e", &mut Transcript::default()), Ok(()));
    assert_eq!(format!("{tokenizer:?}"), "Tokenizer { depth: 1, .. }");
}

#[test]
fn a_listener_may_be_a_trait_object() {
    let mut transcript = Transcript::default();
    let listener: &mut dyn Listener = &mut transcript;
    let mut tokenizer = Tokenizer::new(false);
    assert_eq!(tokenizer.feed(b"[1", listener).and_then(|()| tokenizer.feed(b"2]", listener)), Ok(()));
    assert_eq!(tokenizer.finish(), Ok(()));
    assert_eq!(value(&transcript.told), Some(serde_json::json!([12])));
}
