//! Each text is read whole, and cut in every two, and into pieces of every small size: the outcome is the same.

extern crate std;

use proptest::prelude::*;
use std::{format, string::String, vec, vec::Vec};

use super::*;
use crate::http::MAX_INTERIM;

/// What a response says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Told {
    status: u16,
    content_type: Option<String>,
    retry_after: Option<String>,
    challenges: Vec<String>,
    body: Vec<u8>,
    is_whole: bool,
}

/// Reads pieces and then the end of the stream.
fn read<'p>(method: &str, pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<Told, BadResponse> {
    let mut room = [0; 256];
    let mut fields = Fields::new(&mut room);
    let mut reader = Reader::new(method);
    let mut told = Told::default();
    let take = |event: Event<'_>, fields: &Fields<'_>, told: &mut Told| match event {
        Event::Challenge => told.challenges.push(fields.text().unwrap_or("?").into()),
        Event::Head(status) => {
            let head = fields.head(status);
            told.status = status;
            told.content_type = head.content_type.map(Into::into);
            told.retry_after = head.retry_after.map(Into::into);
        }
        Event::Body(content) => {
            assert!(!content.is_empty());
            told.body.extend_from_slice(content);
        }
        Event::End => told.is_whole = true,
    };
    for mut piece in pieces {
        while let Some(event) = reader.next(&mut piece, &mut fields)? {
            take(event, &fields, &mut told);
            if told.is_whole {
                return Ok(told);
            }
        }
        assert!(piece.is_empty());
    }
    take(reader.finish()?, &fields, &mut told);
    Ok(told)
}

/// Reads a text in every way, all of which must agree.
fn told(text: impl AsRef<[u8]>) -> Result<Told, BadResponse> {
    told_of("GET", text.as_ref())
}

fn told_of(method: &str, text: &[u8]) -> Result<Told, BadResponse> {
    let whole = read(method, [text]);
    for size in 1..=text.len().clamp(1, 40) {
        assert_eq!(read(method, text.chunks(size)), whole, "pieces of {size}");
    }
    if text.len() < 2000 {
        for cut in 0..=text.len() {
            let (first, second) = text.split_at(cut);
            assert_eq!(read(method, [first, second]), whole, "cut at {cut}");
        }
    }
    whole
}

fn answer(head: &str, body: &str) -> Result<Told, BadResponse> {
    told(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}"))
}

fn body(head: &str, body: &str) -> Result<String, BadResponse> {
    answer(head, body).map(|told| String::from_utf8(told.body).unwrap())
}

#[test]
fn a_length_ends_the_content() {
    let told = answer("Content-Type: application/json\r\nRETRY-AFTER:  7 \t\r\ncontent-length: 5\r\n", "hello and more").unwrap();
    assert_eq!((told.status, told.body.as_slice(), told.is_whole), (200, &b"hello"[..], true));
    assert_eq!((told.content_type.as_deref(), told.retry_after.as_deref()), (Some("application/json"), Some("7")));
    assert_eq!(body("Content-Length: 0\r\n", "x"), Ok("".into()));
    assert_eq!(body("Content-Length: 5, 5\r\nContent-Length: 5\r\n", "hello"), Ok("hello".into()));
}

#[test]
fn chunks_end_with_an_empty_one_and_their_extensions_and_trailers_are_passed_over() {
    let chunked = "Transfer-Encoding: Chunked\r\n";
    assert_eq!(body(chunked, "5\r\nhello\r\n0\r\n\r\n"), Ok("hello".into()));
    assert_eq!(
        body(chunked, "5;a=\"b;c\";d\r\nhello\r\n00A;\r\n0123456789\r\n0\r\nContent-Length: 3\r\nX: y\r\n\r\n"),
        Ok("hello0123456789".into())
    );
    assert_eq!(body(chunked, "0\r\n\r\n"), Ok("".into()));
}

#[test]
fn without_a_length_the_end_of_the_connection_ends_the_content() {
    assert_eq!(body("Connection: close\r\n", "hello"), Ok("hello".into()));
    assert_eq!(body("", ""), Ok("".into()));
    assert_eq!(told("HTTP/1.0 200 OK\r\n\r\nhello").unwrap().body, b"hello");
}

#[test]
fn a_response_without_an_end_is_no_response() {
    let texts = [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ];
    for text in texts {
        assert_eq!(told(text), Err(BadResponse::Early), "{text:?}");
    }
}

#[test]
fn some_answers_have_no_content_whatever_they_say() {
    for text in ["HTTP/1.1 204 No Content\r\n\r\nx", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"] {
        assert_eq!(told(text).unwrap().body, b"", "{text:?}");
    }
    assert!(told_of("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").unwrap().is_whole);
}

#[test]
fn interim_responses_are_forgotten_and_bounded() {
    let interim = "HTTP/1.1 103 Early Hints\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    let told_after = |count: u8| told(format!("{}{last}", interim.repeat(usize::from(count))));
    let seen = told_after(MAX_INTERIM).unwrap();
    assert_eq!((seen.status, seen.content_type.as_deref(), seen.body.as_slice()), (200, Some("application/json"), &b"{}"[..]));
    assert_eq!(told_after(MAX_INTERIM + 1), Err(BadResponse::Interim));
    assert_eq!(told("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), Err(BadResponse::Interim));
}

#[test]
fn two_framings_are_refused() {
    for (head, bad) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", BadResponse::Framing),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", BadResponse::Framing),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", BadResponse::Length),
        ("Content-Length: 5, 6\r\n", BadResponse::Length),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", BadResponse::TransferCoding),
    ] {
        assert_eq!(answer(head, "5\r\nhello\r\n0\r\n\r\n"), Err(bad), "{head:?}");
    }
    assert_eq!(told("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Err(BadResponse::Framing));
}

#[test]
fn a_length_is_digits() {
    for value in ["", "+5", "-1", "5 5", "0x5", "5,", "5,,5", "18446744073709551616", "99999999999999999999999999", "\u{0665}"] {
        assert_eq!(answer(&format!("Content-Length: {value}\r\n"), "hello"), Err(BadResponse::Length), "{value:?}");
    }
}

#[test]
fn a_coding_that_was_not_asked_for_is_refused() {
    for value in ["gzip", "gzip, chunked", "chunked, gzip", "identity", "", "chunked;q=1", "xchunked"] {
        assert_eq!(answer(&format!("Transfer-Encoding: {value}\r\n"), ""), Err(BadResponse::TransferCoding), "{value:?}");
    }
    for value in ["gzip", "br", "identity, gzip"] {
        assert_eq!(answer(&format!("Content-Encoding: {value}\r\n"), ""), Err(BadResponse::ContentCoding), "{value:?}");
    }
    assert!(answer("Content-Encoding: Identity\r\nContent-Encoding:\r\n", "").is_ok());
}

#[test]
fn a_status_line_is_of_http_1() {
    for line in [
        "HTTP/2 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 99 OK",
        "HTTP/1.1 600 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 20 OK",
        "http/1.1 200 OK",
        " HTTP/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 O\0K",
        "220 smtp.example ESMTP",
        "\u{16}\u{3}\u{1}",
    ] {
        assert_eq!(told(format!("{line}\r\n\r\n")), Err(BadResponse::StatusLine), "{line:?}");
    }
    for line in ["HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 599 \u{e4}\t!"] {
        assert!(told(format!("{line}\r\n\r\n")).is_ok(), "{line:?}");
    }
}

#[test]
fn a_field_line_is_as_its_grammar_says() {
    for (line, bad) in [
        ("Content-Length : 5", BadResponse::Field),
        ("Content-Length\t: 5", BadResponse::Field),
        (": 5", BadResponse::Field),
        ("no colon", BadResponse::Field),
        ("a(b): c", BadResponse::Field),
        ("a: b\0c", BadResponse::Field),
        ("a: b\u{7f}", BadResponse::Field),
        ("a: b\r\n c", BadResponse::Folded),
        ("a: b\r\n\tc", BadResponse::Folded),
        (" a: b", BadResponse::Folded),
        ("a: b\rc", BadResponse::LineEnd),
        ("a: b\nc: d", BadResponse::LineEnd),
        ("a: b\r\r\nc: d", BadResponse::LineEnd),
        ("a\rb: c", BadResponse::Field),
        ("a\nb: c", BadResponse::LineEnd),
        ("Content-Type: a\r\ncontent-type: a", BadResponse::Repeated),
        ("Retry-After: 1\r\nRetry-After: 2", BadResponse::Repeated),
    ] {
        assert_eq!(answer(&format!("{line}\r\n"), ""), Err(bad), "{line:?}");
        let trailer = format!("0\r\n{line}\r\n\r\n");
        if !matches!(bad, BadResponse::Repeated) {
            assert_eq!(answer("Transfer-Encoding: chunked\r\n", &trailer), Err(bad), "{trailer:?}");
        }
    }
    assert!(answer("a:\r\nb: \r\nc:\t\u{e4} d\r\n!#$%&'*+-.^_`|~: e\r\n", "").is_ok());
}

#[test]
fn a_bare_end_of_line_is_refused_everywhere() {
    for text in ["HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\n\n", "HTTP/1.1 200 OK\r\n\rx", "HTTP/1.1 200\n"] {
        assert_eq!(told(text), Err(BadResponse::LineEnd), "{text:?}");
    }
    for chunks in ["5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5;a\nhello\r\n", "5\r\nhello\r\n0\r\n\n", "5\rx"] {
        assert_eq!(answer("Transfer-Encoding: chunked\r\n", chunks), Err(BadResponse::LineEnd), "{chunks:?}");
    }
}

#[test]
fn a_chunk_is_as_its_grammar_says() {
    for chunks in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5\r\nhello!\r\n",
        ";a\r\n",
        "00000000000000005\r\n",
        "5;\0\r\n",
    ] {
        assert_eq!(answer("Transfer-Encoding: chunked\r\n", chunks), Err(BadResponse::Chunk), "{chunks:?}");
    }
    assert_eq!(answer("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFF\r\nx"), Err(BadResponse::Early));
}

#[test]
fn lines_are_bounded_each_and_together() {
    let value = |length: usize| "x".repeat(length - "a: ".len());
    assert!(answer(&format!("a: {}\r\n", value(MAX_LINE)), "").is_ok());
    assert_eq!(answer(&format!("a: {}\r\n", value(MAX_LINE + 1)), ""), Err(BadResponse::LongLine));
    assert_eq!(answer(&format!("{}: b\r\n", "n".repeat(MAX_LINE)), ""), Err(BadResponse::LongLine));
    assert_eq!(told(format!("HTTP/1.1 200 {}\r\n", "x".repeat(MAX_LINE))), Err(BadResponse::LongLine));
    assert_eq!(answer(&"a: b\r\n".repeat(MAX_HEAD / 6), ""), Err(BadResponse::LongHead));
    let (chunked, extension) = ("Transfer-Encoding: chunked\r\n", format!("1;{}\r\nx\r\n", "e".repeat(1000)));
    assert_eq!(answer(chunked, &extension.repeat(70)), Err(BadResponse::LongHead));
    assert_eq!(answer(chunked, &format!("0\r\n{}", "a: b\r\n".repeat(MAX_HEAD / 6))), Err(BadResponse::LongHead));
    let many = format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(MAX_HEAD));
    assert_eq!(body(chunked, &many).unwrap().len(), MAX_HEAD, "chunks are bounded by their content");
}

#[test]
fn a_field_that_must_be_understood_and_does_not_fit_is_refused() {
    let long = "x".repeat(300);
    for name in ["Content-Type", "Retry-After", "Content-Length", "Transfer-Encoding", "Content-Encoding"] {
        assert_eq!(answer(&format!("{name}: {long}\r\n"), ""), Err(BadResponse::Scratch), "{name}");
    }
    assert!(answer(&format!("Set-Cookie: {long}\r\nWWW-Authenticate: {long}\r\n"), "").is_ok());
    assert_eq!(told(format!("HTTP/1.1 401 No\r\nWWW-Authenticate: {long}\r\n\r\n")), Err(BadResponse::Scratch));
}

#[test]
fn challenges_of_a_401_are_told_each() {
    let text = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Type: a/b\r\nwww-authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 0\r\n\r\n";
    let seen = told(text).unwrap();
    assert_eq!(seen.challenges, vec!["Basic", "Bearer error=\"invalid_token\""]);
    assert_eq!(seen.content_type.as_deref(), Some("a/b"));
    assert_eq!(told(text.replace("401", "403")).unwrap().challenges, Vec::<String>::new());
}

#[test]
fn a_value_that_is_no_text_counts_as_absent() {
    assert_eq!(answer("Content-Type: application/\u{e4}\r\n", "").unwrap().content_type, None);
}

/// Pieces of responses, so that mutations get far.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 401 x\r\n",
        b"HTTP/1.1 100 \r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b"Content-Length: 5",
        b"content-length:0",
        b"Transfer-Encoding: chunked",
        b"Content-Type: application/json",
        b"WWW-Authenticate: Bearer",
        b"Retry-After: 1",
        b"Content-Encoding: ",
        b"hello",
        b"5\r\n",
        b"0\r\n\r\n",
        b"a;b",
        b": ",
        b" ",
        b"\t",
        b"\0",
        b"\xff",
    ];
    let piece = prop_oneof![8 => prop::sample::select(known).prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_alike_however_they_are_cut(text in fragments(), begun: bool, sizes in prop::collection::vec(1usize..9, 1..8)) {
        let text = if begun { [b"HTTP/1.1 200 OK\r\n", text.as_slice()].concat() } else { text };
        let mut rest = text.as_slice();
        let pieces = sizes.iter().cycle().map_while(|size| {
            let (piece, after) = rest.split_at(rest.len().min(*size));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(read("GET", pieces), read("GET", [text.as_slice()]));
    }
}
