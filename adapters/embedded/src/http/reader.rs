//! The reader of a response: strict (RFC 9112 §2 to §7), fed in pieces of any size, bounded, and without a buffer of its own.
//!
//! ```text
//! Status ── Reason ─┐        ┌─ Name ── Value ─┐
//!   ▲               ├─ line ─┤                 │   Length
//!   │ interim       │        └─ empty ── head ─┼── Close
//!   └───────────────┴──────────────────────────┘   Size ── Extension ── Chunk ── trailer lines ── Done
//! ```

#[cfg(test)]
mod tests;

use super::{
    MAX_HEAD, MAX_INTERIM, MAX_LINE,
    error::BadResponse,
    fields::{Field, Fields, Name},
};

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event<'c> {
    /// A `WWW-Authenticate` field of a 401; its value stands in the fields until the next call.
    Challenge,
    /// The head is whole: its status. The rest of it stands in the fields.
    Head(u16),
    /// Bytes of the content.
    Body(&'c [u8]),
    /// The content ended as it should. What follows on the connection belongs to no answer.
    End,
}

/// Where in a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// That many bytes of the status line, up to the status code.
    Status(u8),
    Reason,
    /// At the first byte of a line.
    Line,
    Name,
    Value(Field),
    /// Behind a CR that ended this.
    Feed(Ended),
    /// Bytes of the content that are still to come.
    Length(u64),
    /// Content up to the end of the connection.
    Close,
    /// Digits of a chunk's size.
    Size(u8),
    Extension,
    Chunk,
    AfterChunk,
    Done,
}

/// What a CR ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ended {
    Line,
    Section,
    ChunkSize,
    Chunk,
}

/// Reads one response.
#[derive(Debug)]
pub(crate) struct Reader {
    state: State,
    /// The answer to `HEAD` has no content, whatever its head says.
    is_bare: bool,
    is_old: bool,
    in_trailer: bool,
    is_chunked: bool,
    interim: u8,
    status: u16,
    line: usize,
    spent: usize,
    length: Option<u64>,
    chunk: u64,
    name: Name,
}

const VERSION: &[u8; 7] = b"HTTP/1.";

impl Reader {
    /// Of the answer to a request of this method.
    pub(crate) fn new(method: &str) -> Self {
        Self {
            state: State::Status(0),
            is_bare: method == "HEAD",
            is_old: false,
            in_trailer: false,
            is_chunked: false,
            interim: 0,
            status: 0,
            line: 0,
            spent: 0,
            length: None,
            chunk: 0,
            name: Name::default(),
        }
    }

    /// Reads on, up to the next event; `None` when the input is used up and more is needed.
    pub(crate) fn next<'c>(&mut self, input: &mut &'c [u8], fields: &mut Fields<'_>) -> Result<Option<Event<'c>>, BadResponse> {
        loop {
            match self.state {
                State::Length(0) => return Ok(Some(self.end())),
                State::Length(left) => {
                    let Some(content) = take(input, left) else { return Ok(None) };
                    self.state = State::Length(left.saturating_sub(content.len() as u64));
                    return Ok(Some(Event::Body(content)));
                }
                State::Close => return Ok(take(input, u64::MAX).map(Event::Body)),
                State::Chunk if self.chunk == 0 => self.state = State::AfterChunk,
                State::Chunk => {
                    let Some(content) = take(input, self.chunk) else { return Ok(None) };
                    self.chunk = self.chunk.saturating_sub(content.len() as u64);
                    return Ok(Some(Event::Body(content)));
                }
                State::Done => return Ok(None),
                State::Status(_)
                | State::Reason
                | State::Line
                | State::Name
                | State::Value(_)
                | State::Feed(_)
                | State::Size(_)
                | State::Extension
                | State::AfterChunk => {
                    let Some((&byte, rest)) = input.split_first() else { return Ok(None) };
                    *input = rest;
                    if let Some(event) = self.byte(byte, fields)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// The stream ended.
    pub(crate) fn finish(&mut self) -> Result<Event<'static>, BadResponse> {
        // RFC 9112 §8: without a length and without chunks, the end of the connection is the end of the content.
        if self.state == State::Close { Ok(self.end()) } else { Err(BadResponse::Early) }
    }

    const fn end(&mut self) -> Event<'static> {
        self.state = State::Done;
        Event::End
    }

    /// One byte of what is not content.
    fn byte(&mut self, byte: u8, fields: &mut Fields<'_>) -> Result<Option<Event<'static>>, BadResponse> {
        self.count(byte)?;
        let malformed = if matches!(self.state, State::Status(_) | State::Reason) { BadResponse::StatusLine } else { BadResponse::Field };
        self.state = match (self.state, byte) {
            (State::Feed(ended), b'\n') => return self.ended(ended, fields),
            (State::Feed(_), _) | (_, b'\n') => return Err(BadResponse::LineEnd),

            (State::Status(at @ 0..=6), _) if VERSION.get(usize::from(at)) == Some(&byte) => State::Status(at.saturating_add(1)),
            (State::Status(7), b'0' | b'1') => {
                self.is_old = byte == b'0';
                State::Status(8)
            }
            (State::Status(8), b' ') => State::Status(9),
            (State::Status(at @ 9..=11), b'0'..=b'9') => {
                self.status = self.status.saturating_mul(10).saturating_add(u16::from(byte & 15));
                State::Status(at.saturating_add(1))
            }
            // Some leave the space out that RFC 9112 §4 wants before an empty reason.
            (State::Status(12), b' ' | b'\r') if matches!(self.status, 100..=599) => {
                if byte == b' ' {
                    State::Reason
                } else {
                    State::Feed(Ended::Line)
                }
            }
            (State::Reason, b'\r') => State::Feed(Ended::Line),
            (State::Reason, _) if is_text(byte) => State::Reason,

            (State::Line, b'\r') => State::Feed(Ended::Section),
            (State::Line, b' ' | b'\t') => return Err(BadResponse::Folded),
            (State::Line | State::Name, _) if is_token(byte) => {
                if self.state == State::Line {
                    self.name.clear();
                }
                self.name.push(byte);
                State::Name
            }
            (State::Name, b':') => {
                fields.begin();
                let field = self.name.field();
                // RFC 9110 §6.5.1: what a trailer says about the framing or the content is not to be believed.
                let counts = !self.in_trailer && (field != Field::Authenticate || self.status == 401);
                State::Value(if counts { field } else { Field::Other })
            }
            (State::Value(field), b'\r') => {
                self.state = State::Feed(Ended::Line);
                return self.value(field, fields);
            }
            (State::Value(field), _) if is_text(byte) => {
                if field != Field::Other {
                    fields.push(byte)?;
                }
                State::Value(field)
            }

            // Sixteen digits are more than any size, with leading zeros bounded.
            (State::Size(digits @ 0..=15), _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                self.chunk = (self.chunk << 4) | u64::from(digit);
                State::Size(digits.saturating_add(1))
            }
            (State::Size(1..), b';') => State::Extension,
            (State::Size(1..) | State::Extension, b'\r') => State::Feed(Ended::ChunkSize),
            (State::Extension, _) if is_text(byte) => State::Extension,
            (State::AfterChunk, b'\r') => State::Feed(Ended::Chunk),
            (State::Size(_) | State::Extension | State::AfterChunk, _) => return Err(BadResponse::Chunk),
            _ => return Err(malformed),
        };
        Ok(None)
    }

    /// Bounds a line, and all lines together.
    fn count(&mut self, byte: u8) -> Result<(), BadResponse> {
        if matches!(self.state, State::Size(_) | State::AfterChunk | State::Feed(Ended::ChunkSize | Ended::Chunk)) && byte != b';' {
            return Ok(());
        }
        self.spent = self.spent.saturating_add(1);
        self.line = if byte == b'\n' { 0 } else { self.line.saturating_add(1) };
        // The CR is not of the line.
        if self.line > MAX_LINE && byte != b'\r' {
            return Err(BadResponse::LongLine);
        }
        if self.spent > MAX_HEAD { Err(BadResponse::LongHead) } else { Ok(()) }
    }

    /// A line ended.
    fn ended(&mut self, ended: Ended, fields: &mut Fields<'_>) -> Result<Option<Event<'static>>, BadResponse> {
        self.line = 0;
        match ended {
            Ended::Line => self.state = State::Line,
            Ended::Section if self.in_trailer => return Ok(Some(self.end())),
            Ended::Section => return self.section(fields),
            Ended::ChunkSize if self.chunk == 0 => {
                self.in_trailer = true;
                self.state = State::Line;
            }
            Ended::ChunkSize => self.state = State::Chunk,
            Ended::Chunk => self.state = State::Size(0),
        }
        Ok(None)
    }

    /// A field's value is whole.
    fn value(&mut self, field: Field, fields: &mut Fields<'_>) -> Result<Option<Event<'static>>, BadResponse> {
        match field {
            Field::Other => {}
            Field::ContentLength => {
                for element in fields.value().split(|byte| *byte == b',') {
                    let length = number(element.trim_ascii()).ok_or(BadResponse::Length)?;
                    // RFC 9112 §6.3: the same again is the same, and another is an attack.
                    if *self.length.get_or_insert(length) != length {
                        return Err(BadResponse::Length);
                    }
                }
            }
            Field::TransferEncoding => {
                if self.is_chunked || !fields.value().eq_ignore_ascii_case(b"chunked") {
                    return Err(BadResponse::TransferCoding);
                }
                self.is_chunked = true;
            }
            Field::ContentEncoding => {
                let value = fields.value();
                if !value.is_empty() && !value.eq_ignore_ascii_case(b"identity") {
                    return Err(BadResponse::ContentCoding);
                }
            }
            Field::ContentType => fields.keep_content_type()?,
            Field::RetryAfter => fields.keep_retry_after()?,
            Field::Authenticate => return Ok(Some(Event::Challenge)),
        }
        Ok(None)
    }

    /// The head is whole: an interim one is forgotten, another says how its content ends (RFC 9112 §6.3).
    fn section(&mut self, fields: &mut Fields<'_>) -> Result<Option<Event<'static>>, BadResponse> {
        let status = core::mem::take(&mut self.status);
        let length = self.length.take();
        // RFC 9112 §6.1: two framings, or one that HTTP/1.0 does not have, are how responses are smuggled.
        if self.is_chunked && (length.is_some() || self.is_old) {
            return Err(BadResponse::Framing);
        }
        if status < 200 {
            self.interim = self.interim.saturating_add(1);
            // Nobody asked for another protocol (RFC 9110 §15.2.2).
            if status == 101 || self.interim > MAX_INTERIM || self.is_chunked {
                return Err(BadResponse::Interim);
            }
            fields.clear();
            self.state = State::Status(0);
            return Ok(None);
        }
        self.state = match length {
            _ if self.is_bare || matches!(status, 204 | 304) => State::Length(0),
            _ if self.is_chunked => State::Size(0),
            Some(length) => State::Length(length),
            None => State::Close,
        };
        Ok(Some(Event::Head(status)))
    }
}

/// As much of the input as there is, up to `limit`; `None` when there is none.
fn take<'c>(input: &mut &'c [u8], limit: u64) -> Option<&'c [u8]> {
    let length = input.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
    let (content, rest) = input.split_at_checked(length)?;
    *input = rest;
    (!content.is_empty()).then_some(content)
}

/// Digits alone (RFC 9110 §8.6), as many as fit.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit & 15)))
}

/// RFC 9110 §5.6.2.
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// What a field value or a reason may hold (RFC 9110 §5.5).
pub(crate) const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}
