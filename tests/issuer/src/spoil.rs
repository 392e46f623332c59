//! Answers made worse on purpose, their HTTP being right.

use crate::fault::Malformed;
use crate::form::append;
use crate::response::{Piece, Response};
use serde_json::Value;

/// A member of so many bytes comes first.
pub(crate) fn giant(answer: Response, bytes: u64) -> Response {
    first_member(answer, [text("\""), Piece::Repeat(b'g', bytes), text("\"")])
}

/// A member nested so deep comes first.
pub(crate) fn nested(answer: Response, depth: u64) -> Response {
    let depth = depth.max(1);
    first_member(answer, [Piece::Repeat(b'[', depth), text(""), Piece::Repeat(b']', depth)])
}

/// Puts a member before the others; an answer that is no JSON object becomes one.
fn first_member(mut answer: Response, value: [Piece; 3]) -> Response {
    let object = answer.object().unwrap_or_default();
    let rest = match object.is_empty() {
        true => "}".to_owned(),
        false => Value::Object(object).to_string().replacen('{', ",", 1),
    };
    answer.body = vec![text("{\"unasked\":")];
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
