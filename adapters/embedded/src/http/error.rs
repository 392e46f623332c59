//! What can go wrong on the wire. Nothing of it holds a byte from outside, except what the stream's own error says.

use core::fmt;

/// An exchange that came to nothing, and whether the request left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_enums, reason = "there is no third answer to whether it left")]
pub enum Error<E> {
    /// No byte of the request left this machine.
    NotSent(Cause<E>),
    /// Some byte may have left, and no whole answer came.
    NoResponse(Cause<E>),
    /// The session would not have the answer. It has drawn its conclusions: poll it.
    Refused(gatepass::Error),
}

/// Why an exchange came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause<E> {
    /// The stream failed, with its own error.
    Stream(E),
    /// The stream took no byte.
    Closed,
    /// The request's deadline passed.
    Late,
    /// The request may not be sent as it is.
    Request(BadRequest),
    /// The response is not as it should be.
    Response(BadResponse),
}

/// What is wrong with what the caller handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BadRequest {
    /// The method is no token (RFC 9110 §9.1), or `CONNECT`, which is not for calls.
    Method,
    /// The URL is not absolute `https` (or loopback `http` without the named opt-in), or has bytes that no URL has.
    Url,
    /// A field's name is no token or its value holds a control character (RFC 9110 §5.1, §5.5).
    Field,
    /// A field that this crate writes itself, or that would change the framing.
    Reserved,
    /// The scratch buffer is shorter than [`MIN_SCRATCH`](crate::MIN_SCRATCH).
    Scratch,
}

/// What is wrong with a response. None of it was believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BadResponse {
    /// Not the status line of an HTTP/1.1 or HTTP/1.0 response (RFC 9112 §4).
    StatusLine,
    /// More interim responses than [`MAX_INTERIM`](crate::MAX_INTERIM), or a protocol switch that nobody asked for.
    Interim,
    /// A field line that its grammar does not allow, such as one with white space before its colon (RFC 9112 §5.1).
    Field,
    /// A field line that is folded (RFC 9112 §5.2).
    Folded,
    /// A line that ends otherwise than with CR LF, or has a CR inside (RFC 9112 §2.2).
    LineEnd,
    /// `Content-Type` or `Retry-After` twice.
    Repeated,
    /// A line longer than [`MAX_LINE`](crate::MAX_LINE).
    LongLine,
    /// More than [`MAX_HEAD`](crate::MAX_HEAD) in lines.
    LongHead,
    /// A field that must be understood does not fit in half of the scratch buffer.
    Scratch,
    /// A `Content-Length` that is no number, or two that differ (RFC 9112 §6.3).
    Length,
    /// Both `Content-Length` and `Transfer-Encoding`, or the latter in HTTP/1.0 (RFC 9112 §6.1).
    Framing,
    /// A transfer coding other than `chunked`, once (RFC 9112 §7).
    TransferCoding,
    /// A content coding that was not asked for (RFC 9110 §8.4).
    ContentCoding,
    /// A chunk that its grammar does not allow (RFC 9112 §7.1).
    Chunk,
    /// The connection ended before the response did (RFC 9112 §8).
    Early,
}

impl BadRequest {
    const fn message(self) -> &'static str {
        match self {
            Self::Method => "the method is no token, or CONNECT",
            Self::Url => "the URL must be absolute https (plain http needs the named opt-in, and a loopback literal)",
            Self::Field => "a header field's name is no token, or its value holds a control character",
            Self::Reserved => "a header field is reserved: Host, Authorization, Connection and the framing are written by the call itself",
            Self::Scratch => "the scratch buffer is too short; lend 128 bytes or more",
        }
    }
}

impl BadResponse {
    const fn message(self) -> &'static str {
        match self {
            Self::StatusLine => "the answer is not HTTP/1.1; check host and port, and whether the server wants TLS",
            Self::Interim => "too many interim responses, or a protocol switch that nobody asked for",
            Self::Field => "a header field of the response is malformed",
            Self::Folded => "a header field of the response is folded over lines, which is not allowed any more",
            Self::LineEnd => "a line of the response ends otherwise than with CR LF",
            Self::Repeated => "the response says its content type, or when to retry, twice",
            Self::LongLine => "a line of the response's head is longer than 16 KiB",
            Self::LongHead => "the response's head is longer than 64 KiB",
            Self::Scratch => "a header field of the response does not fit in half of the scratch buffer; lend a larger one",
            Self::Length => "the response's content length is no number, or there are two",
            Self::Framing => "the response has two framings; something between here and the server may be smuggling",
            Self::TransferCoding => "the response has a transfer coding other than chunked",
            Self::ContentCoding => "the response is compressed though nobody asked for it",
            Self::Chunk => "a chunk of the response is malformed",
            Self::Early => "the connection ended before the response did",
        }
    }
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Display for BadResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => error.fmt(f),
            Self::Closed => f.write_str("the stream took no byte; it is closed"),
            Self::Late => f.write_str("the request's deadline passed"),
            Self::Request(bad) => bad.fmt(f),
            Self::Response(bad) => bad.fmt(f),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(cause) => write!(f, "the request was not sent: {cause}"),
            Self::NoResponse(cause) => write!(f, "no whole answer came: {cause}"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for BadRequest {}
impl core::error::Error for BadResponse {}
impl<E: fmt::Debug + fmt::Display> core::error::Error for Cause<E> {}
impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}

impl<E> From<BadResponse> for Cause<E> {
    fn from(bad: BadResponse) -> Self {
        Self::Response(bad)
    }
}
