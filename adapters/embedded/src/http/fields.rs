//! What is kept of a response's head, in the room that the caller lends.

use super::error::BadResponse;

/// A field that means something to the reader. Any other is checked and passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Other,
    ContentLength,
    TransferEncoding,
    ContentEncoding,
    ContentType,
    RetryAfter,
    Authenticate,
}

const NAMES: [(&[u8], Field); 6] = [
    (b"content-length", Field::ContentLength),
    (b"transfer-encoding", Field::TransferEncoding),
    (b"content-encoding", Field::ContentEncoding),
    (b"content-type", Field::ContentType),
    (b"retry-after", Field::RetryAfter),
    (b"www-authenticate", Field::Authenticate),
];

/// The longest of these names.
const LONGEST: usize = 17;

/// A field's name as it arrives, as long as it can be one of those.
#[derive(Debug, Default)]
pub(crate) struct Name {
    bytes: [u8; LONGEST],
    length: u8,
}

impl Name {
    pub(crate) const fn clear(&mut self) {
        self.length = 0;
    }

    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.length)) {
            *slot = byte.to_ascii_lowercase();
        }
        // What is longer than fits is none of them.
        self.length = self.length.saturating_add(1);
    }

    pub(crate) fn field(&self) -> Field {
        let Some(name) = self.bytes.get(..usize::from(self.length)) else { return Field::Other };
        NAMES.iter().find(|(known, _)| *known == name).map_or(Field::Other, |(_, field)| *field)
    }
}

/// A value's place in the room.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: usize,
    end: usize,
}

/// The fields that are kept, and the value that is being read.
#[derive(Debug)]
pub(crate) struct Fields<'r> {
    room: &'r mut [u8],
    kept: usize,
    end: usize,
    content_type: Option<Place>,
    retry_after: Option<Place>,
}

impl<'r> Fields<'r> {
    pub(crate) const fn new(room: &'r mut [u8]) -> Self {
        Self { room, kept: 0, end: 0, content_type: None, retry_after: None }
    }

    /// Forgets what an interim response said.
    pub(crate) const fn clear(&mut self) {
        self.kept = 0;
        self.end = 0;
        self.content_type = None;
        self.retry_after = None;
    }

    /// Begins a value, and forgets the last unless it was kept.
    pub(crate) const fn begin(&mut self) {
        self.end = self.kept;
    }

    /// One more byte of the value; white space before it is passed over (RFC 9112 §5.1).
    pub(crate) fn push(&mut self, byte: u8) -> Result<(), BadResponse> {
        if self.end == self.kept && matches!(byte, b' ' | b'\t') {
            return Ok(());
        }
        *self.room.get_mut(self.end).ok_or(BadResponse::Scratch)? = byte;
        self.end = self.end.saturating_add(1);
        Ok(())
    }

    /// The value, without white space around it.
    pub(crate) fn value(&self) -> &[u8] {
        self.room.get(self.kept..self.end).unwrap_or_default().trim_ascii_end()
    }

    /// The value as text, where it is visible ASCII with spaces.
    pub(crate) fn text(&self) -> Option<&str> {
        visible(self.value())
    }

    pub(crate) fn keep_content_type(&mut self) -> Result<(), BadResponse> {
        let place = self.keep();
        if self.content_type.replace(place).is_some() { Err(BadResponse::Repeated) } else { Ok(()) }
    }

    pub(crate) fn keep_retry_after(&mut self) -> Result<(), BadResponse> {
        let place = self.keep();
        if self.retry_after.replace(place).is_some() { Err(BadResponse::Repeated) } else { Ok(()) }
    }

    fn keep(&mut self) -> Place {
        let place = Place { start: self.kept, end: self.kept.saturating_add(self.value().len()) };
        self.kept = place.end;
        self.end = place.end;
        place
    }

    /// As the core wants it.
    pub(crate) fn head(&self, status: u16) -> gatepass::Head<'_> {
        let text = |place: Option<Place>| visible(self.room.get(place?.start..place?.end)?);
        gatepass::Head { status, content_type: text(self.content_type), retry_after: text(self.retry_after) }
    }
}

fn visible(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte == b'\t' || matches!(byte, b' '..=b'~')))
}
