//! One strict push tokenizer for JSON (RFC 8259), fed in chunks of any size.
//!
//! An answer is not bounded by us and a device has no buffer for what it will not keep, so nothing
//! is kept here: what is read goes to a [`Listener`] at once, strings already unescaped, and the
//! tokenizer remembers only where in the grammar it stands. Where RFC 8259 leaves a choice it is
//! strict: no byte order mark (§8.1) unless it is told to tolerate one, no escape that is half a
//! surrogate pair (§8.2), no nesting beyond [`MAX_DEPTH`] (§9). Repeated names (§4) it tells as they
//! come; a listener that uses a name must refuse its repeats.
//!
//! The events, with adjoining pieces put together, and the error that ends them are the same however
//! the text is cut. No byte is looked at more than a fixed number of times, and nothing recurses.

#[cfg(target_pointer_width = "64")]
mod plain;
mod scalar;
mod string;
#[cfg(test)]
mod tests;

use core::slice;

use scalar::WORDS;

/// The deepest nesting of objects and arrays that is read: the bits of [`Tokenizer::open`].
pub(crate) const MAX_DEPTH: u8 = 64;

/// What the tokenizer read. There is no `Debug`: a piece may be of a token.
#[derive(Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) kind: Kind,
    /// How many containers are open around it: 0 for the top-level object's own start and end, 1 for its
    /// names and its values.
    pub(crate) depth: u8,
    /// Names, texts and numbers arrive in pieces, the last of which may be empty. Pieces of strings are
    /// unescaped UTF-8; only where a chunk cuts a UTF-8 sequence does a piece, so that put together they
    /// are valid. Other events have none.
    pub(crate) piece: &'a [u8],
    /// Whether this is the last piece of a name, text or number; true of all other events.
    pub(crate) whole: bool,
}

/// What an event is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A byte order mark, where it is tolerated.
    Mark,
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member.
    Name,
    /// A string that is a value.
    Text,
    /// A number as it is written, of the grammar of RFC 8259 §6 once it has ended. One that is the whole
    /// text ends with it, untold.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// Who is told what the tokenizer reads.
///
/// Believe nothing of it before [`Tokenizer::finish`] has returned `Ok`: what precedes an error is
/// told as well. The depth never passes [`MAX_DEPTH`], and an end always has its start.
pub(crate) trait Listener {
    /// Takes the next event.
    fn on(&mut self, event: Event<'_>);
}

/// Why a text is not read. It holds nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum JsonError {
    /// A byte that the grammar has no place for; any text after the value is one.
    Syntax,
    /// A string whose bytes are not UTF-8, or an escape that is half a surrogate pair.
    Utf8,
    /// Nesting beyond [`MAX_DEPTH`].
    TooDeep,
    /// The text ended before its value did, or has none.
    Incomplete,
}

/// Where in the grammar a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a text that may begin with a byte order mark.
    Mark,
    /// Between names, values and punctuation: `at` says which of them may come.
    Between,
    /// In one of the [`WORDS`]: `at` is the place there of the next byte.
    Word,
    /// In a string, between escapes: `units` are what may follow in a UTF-8 sequence.
    String,
    /// After a backslash. In an escape `units` are the UTF-16 code units so far.
    Escape,
    /// In the digits of `\u`, of which `at` are to come.
    Hex,
    /// After an escape that is the first half of a surrogate pair: that of the second must follow.
    Half,
    /// In a number, or before its first byte: `at` says what of one may come.
    Number,
    /// An error is final.
    Failed,
}

/// What may come between names and values, a bit each. Nothing may once the text is whole.
mod may {
    /// A value.
    pub(super) const VALUE: u8 = 1;
    /// A name.
    pub(super) const NAME: u8 = 1 << 1;
    /// `:`
    pub(super) const COLON: u8 = 1 << 2;
    /// `,`
    pub(super) const COMMA: u8 = 1 << 3;
    /// The end of the container.
    pub(super) const END: u8 = 1 << 4;
    pub(super) const BEHIND_NAME: u8 = COLON;
    /// In a container.
    pub(super) const BEHIND_VALUE: u8 = COMMA | END;
}

/// What a byte does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It completes nothing.
    On,
    /// It completes what is read.
    Whole,
    /// It completes the escape of a character, which `units` are now.
    Character,
    /// The grammar has no place for it.
    Wrong(JsonError),
}

/// Where the text stands and, one bit a level, what is open around it.
#[derive(Clone, Copy)]
pub(crate) struct Tokenizer {
    /// The lowest bit is the innermost container; 1 is an object.
    open: u64,
    units: u32,
    depth: u8,
    state: State,
    at: u8,
    /// What is read byte by byte, or was last.
    kind: Kind,
}

impl core::fmt::Debug for Tokenizer {
    /// Shows nothing that was read: the state may hold digits of an escape.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tokenizer").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// A tokenizer before a text, which may begin with a byte order mark only where that is tolerated.
    pub(crate) const fn new(mark: bool) -> Self {
        let state = if mark { State::Mark } else { State::Between };
        Self { open: 0, units: 0, depth: 0, state, at: may::VALUE, kind: Kind::Mark }
    }

    /// How many containers are open after what has been fed: 0 before and after a text, 1 inside its
    /// top-level object. Listeners are told; this is what the tests hold that to.
    #[cfg(test)]
    pub(crate) const fn depth(&self) -> u8 {
        self.depth
    }

    /// Reads the next bytes of the text and tells all that they complete. An error is final: every
    /// further call returns it and reads nothing.
    pub(crate) fn feed<L: Listener + ?Sized>(&mut self, chunk: &[u8], to: &mut L) -> Result<(), JsonError> {
        // In a copy, which is nearer to the processor than what is deep in a session.
        let mut here = *self;
        here.tell(chunk, to);
        *self = here;
        here.failure()
    }

    /// Tells what the chunk completes.
    #[inline(never)]
    fn tell<L: Listener + ?Sized>(&mut self, chunk: &[u8], to: &mut L) {
        let (mut rest, mut character) = (chunk.iter(), [0; 4]);
        while let Some(event) = self.next(&mut rest, &mut character) {
            to.on(event);
        }
    }

    /// Says that the text has ended: this completes a number that is the whole text, and nothing else.
    pub(crate) fn finish(&mut self) -> Result<(), JsonError> {
        self.failure()?;
        if self.depth == 0 && self.state == State::Number && scalar::is_whole(self.at) {
            (self.state, self.at) = (State::Between, 0);
        }
        if (self.state, self.at) != (State::Between, 0) {
            self.fail(JsonError::Incomplete);
        }
        self.failure()
    }

    const fn fail(&mut self, error: JsonError) {
        (self.state, self.at) = (State::Failed, error as u8);
    }

    fn failure(&self) -> Result<(), JsonError> {
        const ERRORS: [JsonError; 4] = [JsonError::Syntax, JsonError::Utf8, JsonError::TooDeep, JsonError::Incomplete];
        if self.state == State::Failed { Err(ERRORS.get(usize::from(self.at)).copied().unwrap_or(JsonError::Syntax)) } else { Ok(()) }
    }

    /// Reads up to the next event; none is left before the end of `rest`, or once the text has failed. The
    /// character of an escape is told from `character`.
    #[cfg_attr(target_pointer_width = "64", inline)]
    fn next<'t, 'i: 't>(&mut self, rest: &mut slice::Iter<'i, u8>, character: &'t mut [u8; 4]) -> Option<Event<'t>> {
        #[cfg(target_pointer_width = "64")]
        if self.state == State::Between
            && let Some(event) = self.whole_item(rest)
        {
            return Some(event);
        }
        loop {
            let depth = self.depth;
            let mut piece = if matches!(self.state, State::String | State::Number) { self.run(rest) } else { &[] };
            let step = rest.as_slice().first().map(|byte| self.step(*byte));
            // A number reads its first byte itself, and leaves the one behind it.
            if self.state != State::Number {
                rest.next();
            }
            match step {
                // The first error is the one that stays.
                Some(Step::Wrong(error)) if self.state != State::Failed => self.fail(error),
                Some(Step::Whole) => self.go_between(),
                Some(Step::Character) => {
                    self.state = State::String;
                    piece = string::encode(core::mem::take(&mut self.units), character);
                }
                Some(Step::On) if piece.is_empty() => continue,
                _ => {}
            }
            let whole = step == Some(Step::Whole);
            // What opens counts for the depth before it, what closes for the depth behind.
            return (whole || !piece.is_empty()).then_some(Event { kind: self.kind, depth: depth.min(self.depth), piece, whole });
        }
    }

    /// Reads a string or a number as far as it goes on as it is written.
    #[cfg_attr(target_pointer_width = "64", inline)]
    fn run<'i>(&mut self, rest: &mut slice::Iter<'i, u8>) -> &'i [u8] {
        let input = rest.as_slice();
        loop {
            if self.state == State::String && self.units == 0 {
                string::skip_plain(rest);
            }
            let Some(byte) = rest.as_slice().first() else { break };
            if !self.goes_on(*byte) {
                break;
            }
            rest.next();
        }
        let length = input.len().wrapping_sub(rest.len());
        count_looks(length);
        input.get(..length).unwrap_or_default()
    }

    /// Reads a byte of a string or a number, if it goes on with it.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn goes_on(&mut self, byte: u8) -> bool {
        count_looks(1);
        if self.state == State::String {
            string::go_on(self.units, byte).map(|units| self.units = units).is_some()
        } else {
            scalar::go_on(self.at, byte).map(|at| self.at = at).is_some()
        }
    }

    /// Goes on behind what was read.
    const fn go_between(&mut self) {
        self.state = State::Between;
        self.at = match self.kind {
            Kind::Mark => may::VALUE,
            Kind::Name => may::BEHIND_NAME,
            Kind::ObjectStart | Kind::ArrayStart => may::END | self.item(),
            Kind::ObjectEnd | Kind::ArrayEnd | Kind::Text | Kind::Number | Kind::True | Kind::False | Kind::Null => {
                if self.depth == 0 {
                    0
                } else {
                    may::BEHIND_VALUE
                }
            }
        };
    }

    /// What the innermost container consists of.
    const fn item(&self) -> u8 {
        if self.in_object() { may::NAME } else { may::VALUE }
    }

    const fn in_object(&self) -> bool {
        self.open & 1 == 1
    }

    /// Reads a byte that no run goes on with.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn step(&mut self, byte: u8) -> Step {
        count_looks(1);
        match self.state {
            State::Mark => {
                self.state = State::Between;
                if byte == 0xEF { self.word(Kind::Mark, 17) } else { self.between(byte) }
            }
            State::Between => self.between(byte),
            State::Word => self.letter(byte),
            State::String => self.quote(byte),
            State::Escape | State::Hex | State::Half => self.escape(byte),
            State::Number if scalar::is_whole(self.at) => Step::Whole,
            State::Number | State::Failed => Step::Wrong(JsonError::Syntax),
        }
    }

    /// Reads a byte between names and values, or the first of one.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    fn between(&mut self, byte: u8) -> Step {
        let may = |what| self.at & what != 0;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b':' if may(may::COLON) => self.at = may::VALUE,
            b',' if may(may::COMMA) => self.at = self.item(),
            b'"' if may(may::NAME | may::VALUE) => {
                self.kind = if may(may::NAME) { Kind::Name } else { Kind::Text };
                self.state = State::String;
            }
            b'}' | b']' if may(may::END) && self.in_object() == (byte == b'}') => {
                self.kind = if byte == b'}' { Kind::ObjectEnd } else { Kind::ArrayEnd };
                self.depth = self.depth.wrapping_sub(1);
                self.open >>= 1;
                return Step::Whole;
            }
            _ if !may(may::VALUE) => return Step::Wrong(JsonError::Syntax),
            b'{' | b'[' => {
                if self.depth >= MAX_DEPTH {
                    return Step::Wrong(JsonError::TooDeep);
                }
                self.kind = if byte == b'{' { Kind::ObjectStart } else { Kind::ArrayStart };
                self.depth = self.depth.wrapping_add(1);
                self.open = self.open << 1 | u64::from(byte == b'{');
                return Step::Whole;
            }
            b'-' | b'0'..=b'9' => {
                (self.state, self.kind, self.at) = (State::Number, Kind::Number, scalar::START);
            }
            b't' => return self.word(Kind::True, 1),
            b'f' => return self.word(Kind::False, 6),
            b'n' => return self.word(Kind::Null, 12),
            _ => return Step::Wrong(JsonError::Syntax),
        }
        Step::On
    }

    /// Reads the first letter of a word.
    const fn word(&mut self, kind: Kind, at: u8) -> Step {
        (self.state, self.kind, self.at) = (State::Word, kind, at);
        Step::On
    }

    /// Reads another letter.
    fn letter(&mut self, byte: u8) -> Step {
        if WORDS.get(usize::from(self.at)) != Some(&byte) {
            return Step::Wrong(JsonError::Syntax);
        }
        self.at = self.at.wrapping_add(1);
        if WORDS.get(usize::from(self.at)) == Some(&b' ') { Step::Whole } else { Step::On }
    }
}

/// Counts looks at bytes, where the work is held to be bounded by them.
#[inline(always)]
fn count_looks(looks: usize) {
    #[cfg(test)]
    tests::count_steps(looks);
    #[cfg(fuzzing)]
    crate::fuzzing::count_steps(looks);
    #[cfg(not(any(test, fuzzing)))]
    let _ = looks;
}
