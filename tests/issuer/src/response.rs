//! Responses before they are bytes: status, header fields, and a body in pieces.
//!
//! A piece may be a repetition, so that a body of a gigabyte costs no memory.

use crate::shared::reason;
use serde_json::{Map, Value, json};

/// What an endpoint answers.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<Piece>,
}

/// Part of a body.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Repeat(u8, u64),
}

impl Piece {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Repeat(_, count) => *count,
        }
    }
}

impl Response {
    /// A status alone.
    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A JSON document.
    pub(crate) fn json(status: u16, document: &Value) -> Self {
        Self::body(status, "application/json", document.to_string().into_bytes())
    }

    /// A JSON document that must not be stored (RFC 6749 §5.1).
    pub(crate) fn secret(status: u16, document: &Value) -> Self {
        Self::json(status, document).with("cache-control", "no-store").with("pragma", "no-cache")
    }

    /// An error of the token or revocation endpoint (RFC 6749 §5.2).
    pub(crate) fn error(status: u16, code: &str, description: &str) -> Self {
        Self::secret(status, &json!({ "error": code, "error_description": description }))
    }

    /// A status and a word for a person.
    pub(crate) fn plain(status: u16) -> Self {
        Self::body(status, "text/plain; charset=utf-8", format!("{status} {}\n", reason(status)).into_bytes())
    }

    /// A body of a kind.
    pub(crate) fn body(status: u16, kind: &str, bytes: Vec<u8>) -> Self {
        let body = vec![Piece::Bytes(bytes)];
        Self { status, headers: Vec::new(), body }.with("content-type", kind)
    }

    /// A redirect (RFC 9700 §4.12: 303, so that a form is never sent on).
    pub(crate) fn see_other(location: &str) -> Self {
        Self::empty(303).with("location", location).with("cache-control", "no-store")
    }

    /// Sets a header field. A value with control characters is dropped: it would be another field.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        if !value.chars().any(char::is_control) {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    /// The length of the body in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.body.iter().fold(0, |sum, piece| sum.saturating_add(piece.len()))
    }

    /// The body, if it is a JSON object.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        let [Piece::Bytes(bytes)] = self.body.as_slice() else {
            return None;
        };
        serde_json::from_slice(bytes).ok()
    }

    /// The text of the body, as far as it is not a repetition.
    pub(crate) fn text(&self) -> Vec<u8> {
        let bytes = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => bytes.clone(),
            Piece::Repeat(..) => Vec::new(),
        };
        self.body.iter().flat_map(bytes).collect()
    }
}
