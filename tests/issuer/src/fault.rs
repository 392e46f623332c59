//! Faults on demand: what goes wrong, where, how often.

use crate::shared::lock;
use std::sync::Mutex;
use std::time::Duration;

/// A part of the server that a fault can be aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revoke,
    /// The protected API.
    Api,
    /// The user information endpoint.
    Userinfo,
    /// Both metadata documents.
    Metadata,
    /// The key set.
    Jwks,
}

/// Something that goes wrong at an endpoint, a number of times.
///
/// Faults of one endpoint queue: each request takes the first that is not used up.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) endpoint: Endpoint,
    pub(crate) kind: FaultKind,
    times: u32,
    skip: u32,
}

impl Fault {
    /// A fault that strikes the next request to the endpoint, once.
    #[must_use]
    pub const fn new(endpoint: Endpoint, kind: FaultKind) -> Self {
        Self { endpoint, kind, times: 1, skip: 0 }
    }

    /// Strikes so many requests in a row; zero disarms it.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Strikes every request until [`Issuer::clear_faults`](crate::Issuer::clear_faults).
    #[must_use]
    pub const fn always(self) -> Self {
        self.times(u32::MAX)
    }

    /// Lets so many requests to the endpoint pass first.
    #[must_use]
    pub const fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }
}

/// What goes wrong. Each kind says whether the request is still **processed**: whether the server
/// rotated, redeemed or revoked before things went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Not processed. The request is read, then the connection closes.
    DropBefore,
    /// Processed. The head and half of the body leave (of an empty body: half of the head), then the
    /// connection closes.
    DropDuring,
    /// Processed. The connection closes without a byte: the server rotated, the answer is lost.
    DropAfter,
    /// Not processed. This status, with a word of plain text.
    Status(u16),
    /// Processed. This status, with a word of plain text, and what was issued is lost.
    StatusAfter(u16),
    /// Not processed. 429 with `Retry-After` in seconds (RFC 6585 §4).
    TooMany {
        /// Seconds for `Retry-After`.
        retry_after: u32,
    },
    /// Not processed. An OAuth error with a status of choice; at the API also as a challenge.
    ErrorCode {
        /// The status.
        status: u16,
        /// The value of `error`.
        code: String,
    },
    /// Processed. The same, after the server acted on the request.
    ErrorCodeAfter {
        /// The status.
        status: u16,
        /// The value of `error`.
        code: String,
    },
    /// Not processed. A redirect, `status` being any of 3xx.
    RedirectTo {
        /// The status.
        status: u16,
        /// The value of `Location`.
        url: String,
    },
    /// Not processed. A status with a JSON text of choice.
    Json {
        /// The status.
        status: u16,
        /// The body.
        text: String,
    },
    /// Not processed. 401 with a challenge of choice (RFC 6750 §3).
    Challenge(String),
    /// Processed. The redirect to the client is another (RFC 6749 §4.1.2).
    Location(Vec<LocationEdit>),
    /// Processed. The answer leaves byte by byte, with this pause after each.
    Slow(Duration),
    /// Processed. The head leaves at once, the body byte by byte, with this pause after each.
    SlowBody(Duration),
    /// Processed at once. The answer leaves after this long.
    Delay(Duration),
    /// Processed after this long, also when the client has left in the meantime: a late request.
    DelayBefore(Duration),
    /// Processed. A member of so many bytes that nobody asked for comes first in the JSON object.
    Giant(u64),
    /// Processed. The same in chunks, so that its end cannot be foreseen.
    Endless(u64),
    /// Processed. The same, compressed: `Content-Encoding: gzip`, whatever the client accepts.
    Gzip(u64),
    /// Processed. A member of the JSON object is this JSON text; `None` removes it.
    Member {
        /// Its name.
        name: &'static str,
        /// Its value as it is written.
        json: Option<String>,
    },
    /// Processed. A member nested so deep that nobody asked for comes first in the JSON object.
    Nested(u64),
    /// Processed. The body is not what it should be.
    Malformed(Malformed),
    /// Processed. The answer has no length and comes in chunks of so many bytes (RFC 9112 §7.1).
    Chunked(usize),
    /// Processed. The whole body in one chunk and no last chunk, then the connection closes (RFC 9112 §8).
    Unterminated,
    /// Processed. The whole body, but a length that is one more, then the connection closes (RFC 9112 §8).
    Overstated,
    /// Processed, but the refresh token is not rotated and the answer names none: the client is to keep
    /// the one it has (RFC 6749 §6). In answer to a code: a grant that cannot be refreshed.
    WithoutRefreshToken,
}

/// Ways in which a body can be wrong while its HTTP is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// The JSON stops in the middle; the length agrees with what was sent.
    TruncatedJson,
    /// A web page, as a proxy or a captive portal sends it.
    Html,
    /// `access_token` twice, the first being another.
    DuplicateAccessToken,
    /// The same, and the first is spelled `acc\u0065ss_token`.
    EscapedDuplicate,
    /// A UTF-8 byte order mark before the JSON (RFC 8259 §8.1).
    ByteOrderMark,
    /// Good JSON that says `text/plain`.
    WrongContentType,
    /// No body at all.
    Empty,
    /// The object inside an array.
    Array,
    /// Something follows the object.
    TrailingText,
    /// Bytes in a string that are no UTF-8.
    NotUtf8,
    /// Members joined as a form, with its content type.
    FormEncoded,
}

/// A change to the URI that leads back to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationEdit {
    /// A parameter has this value, whether it was there or not.
    Set(&'static str, &'static str),
    /// A parameter is left out.
    Remove(&'static str),
    /// A parameter comes once more, with this value.
    Append(&'static str, &'static str),
    /// All parameters come behind a `#`.
    Fragment,
}

/// The faults that are armed.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<Vec<Fault>>);

impl Queue {
    pub(crate) fn push(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What goes wrong with this request.
    pub(crate) fn take(&self, endpoint: Endpoint) -> Option<FaultKind> {
        let mut queue = lock(&self.0);
        queue.retain(|fault| fault.times > 0);
        let fault = queue.iter_mut().find(|fault| fault.endpoint == endpoint)?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        if fault.times != u32::MAX {
            fault.times -= 1;
        }
        Some(fault.kind.clone())
    }
}
