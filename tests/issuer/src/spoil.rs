//! Answers made worse on purpose, their HTTP being right.

use crate::fault::{LocationEdit, Malformed};
use crate::form::{Form, append};
use crate::response::{Piece, Response};
use crate::wire::blocks;
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::io::Write as _;

/// A member of so many bytes comes first.
pub(crate) fn giant(answer: Response, bytes: u64) -> Response {
    first_member(answer, "unasked", vec![text("\""), Piece::Repeat(b'g', bytes), text("\"")])
}

/// A member nested so deep comes first.
pub(crate) fn nested(answer: Response, depth: u64) -> Response {
    let depth = depth.max(1);
    first_member(answer, "unasked", vec![Piece::Repeat(b'[', depth), Piece::Repeat(b']', depth)])
}

/// A member has another value, or is gone.
pub(crate) fn member(answer: Response, name: &str, json: Option<&str>) -> Response {
    match json {
        Some(json) => first_member(answer, name, vec![text(json)]),
        None => {
            let mut object = answer.object().unwrap_or_default();
            object.remove(name);
            Response { body: vec![text(&Value::Object(object).to_string())], ..answer }
        }
    }
}

/// Compresses the body (RFC 1952). The answer says so, whatever the client accepts.
pub(crate) fn gzip(mut answer: Response) -> Response {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = blocks(&answer).try_for_each(|block| encoder.write_all(&block));
    answer.body = vec![Piece::Bytes(written.and_then(|()| encoder.finish()).unwrap_or_default())];
    answer.with("content-encoding", "gzip")
}

/// Changes the URI that a redirect leads to.
pub(crate) fn location(answer: Response, edits: &[LocationEdit]) -> Response {
    let Some((_, location)) = answer.headers.iter().find(|(name, _)| *name == "location") else {
        return answer;
    };
    let (base, query) = location.split_once('?').unwrap_or((location, ""));
    let mut pairs = Form::parse(query).unwrap_or_default().into_pairs();
    for edit in edits {
        match *edit {
            LocationEdit::Set(name, _) | LocationEdit::Remove(name) => pairs.retain(|(other, _)| other != name),
            LocationEdit::Append(..) | LocationEdit::Fragment => {}
        }
        if let LocationEdit::Set(name, value) | LocationEdit::Append(name, value) = *edit {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut changed = append(base, &borrowed);
    if edits.contains(&LocationEdit::Fragment) {
        changed = changed.replacen('?', "#", 1);
    }
    answer.with("location", &changed)
}

/// Puts a member before the others, in place of one of its name; an answer that is no JSON object becomes one.
fn first_member(mut answer: Response, name: &str, value: Vec<Piece>) -> Response {
    let mut object = answer.object().unwrap_or_default();
    object.remove(name);
    let rest = match object.is_empty() {
        true => "}".to_owned(),
        false => Value::Object(object).to_string().replacen('{', ",", 1),
    };
    answer.body = vec![text(&format!("{{\"{name}\":"))];
    answer.body.extend(value);
    answer.body.push(text(&rest));
    answer.with("content-type", "application/json")
}

/// Breaks the body in one way.
pub(crate) fn malformed(mut answer: Response, how: Malformed) -> Response {
    let body = answer.text();
    let body = match how {
        Malformed::TruncatedJson => body[..body.len() / 2].to_vec(),
        Malformed::Html => {
            answer = answer.with("content-type", "text/html");
            b"<!doctype html><title>Welcome</title><p>Please accept the terms of this network.</p>".to_vec()
        }
        Malformed::DuplicateAccessToken => insert(&body, b"{\"access_token\":\"another\","),
        Malformed::EscapedDuplicate => insert(&body, b"{\"acc\\u0065ss_token\":\"another\","),
        Malformed::ByteOrderMark => [b"\xef\xbb\xbf".as_slice(), &body].concat(),
        Malformed::WrongContentType => {
            answer = answer.with("content-type", "text/plain");
            body
        }
        Malformed::Empty => Vec::new(),
        Malformed::Array => [b"[".as_slice(), &body, b"]"].concat(),
        Malformed::TrailingText => [&body, b" and more".as_slice()].concat(),
        Malformed::NotUtf8 => insert(&body, b"{\"unasked\":\"\xff\xfe\","),
        Malformed::FormEncoded => {
            let pairs = pairs(&answer);
            answer = answer.with("content-type", "application/x-www-form-urlencoded");
            pairs
        }
    };
    answer.body = vec![Piece::Bytes(body)];
    answer
}

/// Replaces the brace that opens an object by more than a brace.
fn insert(body: &[u8], opening: &[u8]) -> Vec<u8> {
    [opening, body.strip_prefix(b"{").unwrap_or(body)].concat()
}

fn pairs(answer: &Response) -> Vec<u8> {
    let members = answer.object().unwrap_or_default();
    let texts = members.iter().map(|(name, value)| match value {
        Value::String(text) => (name.as_str(), text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => (name.as_str(), value.to_string()),
    });
    let texts: Vec<(&str, String)> = texts.collect();
    let borrowed: Vec<(&str, &str)> = texts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    append("?", &borrowed).split_off(1).into_bytes()
}

fn text(text: &str) -> Piece {
    Piece::Bytes(text.as_bytes().to_vec())
}
