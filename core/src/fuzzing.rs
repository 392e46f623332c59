//! For the fuzzer of this repository alone, and no part of the API: the parsers by themselves, and what no caller makes. It is there
//! with `--cfg fuzzing`, which `cargo fuzz` sets.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::{
    arena::{self, Arena},
    config::Config,
    digest::checksum,
    entries,
    entropy::Id,
    error::{Error, Refusal, Violation},
    form::{self, Encoded},
    json::{Event, Kind, Listener, Tokenizer},
    output::{Head as ResponseHead, Save},
    pending,
    policy::Quirks,
    record::{Head, Held, NO_WORDS, TEXTS, Tokens, Version, Write},
    redirect::{self, Believed},
    request::Ticket,
    time::Timestamp,
    token::{self, Field},
    writer::Writer,
};

static STEPS: AtomicUsize = AtomicUsize::new(0);

/// Called by the tokenizer when it has looked at so many bytes.
pub(crate) fn count_steps(looks: usize) {
    STEPS.fetch_add(looks, Ordering::Relaxed);
}

/// How often the tokenizer has looked at a byte, ever.
#[must_use]
pub fn steps() -> usize {
    STEPS.load(Ordering::Relaxed)
}

/// Form-encodes.
///
/// # Errors
/// [`Error::Capacity`].
pub fn encode<'o>(bytes: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], Error> {
    let mut to = Writer::new(out);
    form::encode(bytes, &mut to);
    to.finish()
}

fn decoded(text: Encoded<'_>) -> impl Iterator<Item = Option<u8>> {
    text.decoded().map(Result::ok)
}

/// The pairs of a query, decoded; `None` is an escape that is none.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = [impl Iterator<Item = Option<u8>>; 2]> {
    form::Pairs(crate::bytes::Reader(query)).map(|(name, value)| [name, value].map(decoded))
}

/// What a redirect says once it is believed: whether a code, and the code or the error.
///
/// # Errors
/// As a session's own.
pub fn redirect<'r>(
    config: &Config<'_>,
    redirect_uri: &[u8],
    state: &[u8],
    received: &'r str,
) -> Result<(bool, impl Iterator<Item = Option<u8>> + use<'r>), Violation> {
    Ok(match redirect::check(config, redirect_uri, state, received)? {
        Believed::Code(code) => (true, decoded(code.value)),
        Believed::Error(code, _) => (false, decoded(code)),
    })
}

/// Whether this can be a redirect URI.
#[must_use]
pub fn is_redirect_uri(uri: &str) -> bool {
    crate::url::check_redirect_uri(uri).is_ok()
}

/// Whether this can be a resource.
#[must_use]
pub fn is_resource(uri: &str) -> bool {
    crate::url::is_resource(uri)
}

/// Whether this is a scope.
#[must_use]
pub fn is_scope(text: &str) -> bool {
    crate::scope::is_scope(text)
}

/// `Retry-After` in milliseconds.
#[must_use]
pub fn retry_after(value: &str) -> u32 {
    crate::time::retry_after(value)
}

/// Whether this `Content-Type` is JSON's.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    ResponseHead { status: 200, content_type: Some(content_type), retry_after: None }.is_json()
}

/// Who hears a JSON text: each event's kind, depth and piece, and whether that is its last.
pub type Hear<'f> = dyn FnMut(char, u8, &[u8], bool) + 'f;

struct Heard<'f, 'h>(&'f mut Hear<'h>);

impl Listener for Heard<'_, '_> {
    fn on(&mut self, event: Event<'_>) {
        let kind = match event.kind {
            Kind::Mark => '^',
            Kind::ObjectStart => '{',
            Kind::ObjectEnd => '}',
            Kind::ArrayStart => '[',
            Kind::ArrayEnd => ']',
            Kind::Name => 'm',
            Kind::Text => 's',
            Kind::Number => '1',
            Kind::True => 't',
            Kind::False => 'f',
            Kind::Null => 'n',
        };
        (self.0)(kind, event.depth, event.piece, event.whole);
    }
}

/// Tells a JSON text.
///
/// # Errors
/// The error's number.
pub fn json<'c>(mark: bool, chunks: impl Iterator<Item = &'c [u8]>, on: &mut Hear<'_>) -> Result<(), u8> {
    let mut tokenizer = Tokenizer::new(mark);
    for chunk in chunks {
        tokenizer.feed(chunk, &mut Heard(on)).map_err(|error| error as u8)?;
    }
    tokenizer.finish().map_err(|error| error as u8)
}

/// What an answer of the token endpoint says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Answer<'r> {
    /// Whether it is a success, or why it is not believed.
    pub verdict: Result<bool, Violation>,
    /// Access token, refresh token, scope, error, description: as far as they fit.
    pub texts: [&'r [u8]; 5],
    /// The application's members.
    pub members: &'r [u8],
    /// The access token's life in seconds.
    pub lifetime: Option<u32>,
    /// The scope that was granted.
    pub granted: Option<&'r [u8]>,
    /// Bytes that did not fit.
    pub lost: u32,
    /// What the error means.
    pub refusal: Refusal,
    /// What was tolerated.
    pub quirks: Quirks,
}

/// Reads an answer of the token endpoint into some room; `None` for what is not JSON.
pub fn answer<'r, 'c>(config: &Config<'_>, status: u16, chunks: impl Iterator<Item = &'c [u8]>, room: &'r mut [u8]) -> Option<Answer<'r>> {
    let (mut tokenizer, mut answer, mut used) = (Tokenizer::new(config.allows(Quirks::BYTE_ORDER_MARK)), token::Answer::NEW, 0);
    for chunk in chunks {
        let arena = Arena::new(room, &mut used);
        tokenizer.feed(chunk, &mut token::Reading { answer: &mut answer, arena, config }).ok()?;
    }
    tokenizer.finish().ok()?;
    #[cfg(feature = "members")]
    answer.close(&mut Arena::new(room, &mut used));
    let verdict = answer.check(config, status);
    let room: &'r [u8] = room;
    let fields = [Field::ACCESS, Field::REFRESH, Field::SCOPE, Field::ERROR, Field::DESCRIPTION];
    let nothing = Answer {
        verdict,
        texts: [&[]; 5],
        members: &[],
        lifetime: None,
        granted: None,
        lost: 0,
        refusal: Refusal::Other,
        quirks: answer.quirks,
    };
    // What was kept of an answer that is not believed is nobody's to look at.
    Some(if verdict.is_err() {
        nothing
    } else {
        Answer {
            texts: fields.map(|field| arena::get(room, answer.text(field))),
            members: arena::get(room, answer.members()),
            lifetime: answer.lifetime(),
            granted: answer.granted().map(|span| arena::get(room, span)),
            lost: answer.lost_bytes,
            refusal: answer.meaning.meaning(),
            ..nothing
        }
    })
}

/// Ends a record with the checksum of the rest of it; or an exported sign-in, with its configuration.
pub fn seal(bytes: &mut [u8], pending: Option<&Config<'_>>) {
    if let Some((body, sum)) = bytes.split_last_chunk_mut() {
        *sum = checksum(pending.map_or(0, pending::begin), body).to_le_bytes();
    }
}

/// Reads a record, and writes it again.
///
/// # Errors
/// As a session's own.
pub fn rewrite<'o>(record: &[u8], config: &Config<'_>, now: Timestamp, room: &mut [u8], out: &'o mut [u8]) -> Result<&'o [u8], Error> {
    let mut words = NO_WORDS;
    let head = Head::of(record, &mut words, config)?;
    let (mut tokens, mut used) = (Tokens::NONE, 0);
    head.take(&mut Arena::new(room, &mut used), &mut tokens, now)?;
    Write { held: &head.held(), writer: head.writer(), lease: head.lease(), kind: head.kind(), tokens: &tokens }.write(config, room, out)
}

/// The record of a grant that lives, in its first generation: access token, refresh token, scope, members, own resources, tokens for
/// other audiences.
///
/// # Errors
/// [`Error::Capacity`].
pub fn record<'o>(
    config: &Config<'_>,
    family: [u8; 12],
    revision: u32,
    texts: [&[u8]; TEXTS],
    room: &mut [u8],
    out: &'o mut [u8],
) -> Result<&'o [u8], Error> {
    let (mut tokens, mut used) = (Tokens::NONE, 0);
    for (span, text) in tokens.texts.iter_mut().zip(texts) {
        *span = Arena::new(room, &mut used).add(text)?;
    }
    let family = Id::from_bytes(family);
    let held = Held { family, generation: 1, revision, ..Held::NONE };
    Write { held: &held, writer: family, lease: 0, kind: crate::record::Kind::Live, tokens: &tokens }.write(config, room, out)
}

/// Whether these are access tokens for other audiences, as they are stored.
#[must_use]
pub fn are_entries(bytes: &[u8]) -> bool {
    entries::are_entries(bytes)
}

/// What an audience's access token is stored under; `None` for one that the configuration does not name.
#[must_use]
pub fn target(config: &Config<'_>, audience: &str) -> Option<[u8; 8]> {
    config.target(audience).map(crate::audience::Target::to_bytes)
}

/// A change to a store.
#[must_use]
pub fn save(expected: Option<Version>, record: &[u8]) -> Save<'_> {
    Save { ticket: Ticket(0), expected: expected.unwrap_or(Version::NOTHING), record }
}
