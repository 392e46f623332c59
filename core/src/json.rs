//! One strict push tokenizer for JSON (RFC 8259), fed in chunks of any size.
//!
//! An answer is not bounded by us and a device has no buffer for what it will not keep, so nothing
//! is kept here: what is read goes to a [`Listener`] at once, strings already unescaped, and the
//! tokenizer remembers only where in the grammar it stands. Where RFC 8259 leaves a choice it is
//! strict: no byte order mark (§8.1), no escape that is half a surrogate pair (§8.2), no nesting
//! beyond [`MAX_DEPTH`] (§9). Repeated names (§4) it tells as they come; a listener that uses a name
//! must refuse its repeats.
//!
//! The events, with adjoining pieces put together, and the error that ends them are the same however
//! the text is cut. No byte is looked at more than a fixed number of times, and nothing recurses.

mod scalar;
mod string;
#[cfg(test)]
mod tests;

use scalar::{Literal, Number};
use string::{Part, Role};

/// The deepest nesting of objects and arrays that is read: the bits of [`Tokenizer::open`].
pub(crate) const MAX_DEPTH: u8 = 64;

/// What the tokenizer read.
///
/// Strings and numbers arrive in pieces, none of them empty, then their end; an empty string is an
/// end alone. Pieces of strings are unescaped UTF-8; only where a chunk cuts a UTF-8 sequence does a
/// piece, so that put together they are valid. There is no `Debug`: a piece may be of a token.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// A piece of a member's name.
    Name(&'a [u8]),
    /// The name is complete; its value follows.
    NameEnd,
    /// A piece of a string that is a value.
    Text(&'a [u8]),
    /// The string is complete.
    TextEnd,
    /// A piece of a number, as it is written.
    Number(&'a [u8]),
    /// The number is complete, and of the grammar of RFC 8259 §6.
    NumberEnd,
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
/// told as well. A listener that counts starts up and ends down knows the nesting: after the first
/// `ObjectStart` it is 1, and so it is at each name of the top-level object and at each of its
/// values that is no container. It never passes [`MAX_DEPTH`], and an end always has its start.
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
#[derive(Clone, Copy)]
enum State {
    /// Between names, values and punctuation.
    Between(Next),
    /// In a string.
    String(Role, Part),
    /// In a number.
    Number(Number),
    /// In a literal, of which so many bytes are read.
    Literal(Literal, u8),
    /// An error is final.
    Failed(JsonError),
}

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    /// A value.
    Value,
    /// After `[`: a value, or the end of the array.
    FirstElement,
    /// After `,` in an object: a name.
    Name,
    /// After `{`: a name, or the end of the object.
    FirstName,
    /// After a name: its value, behind a colon.
    Colon,
    /// After a value: `,` or the end of what holds it; at the top, the end of the text.
    After,
}

/// What holds a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// Where the text stands and, one bit a level, what is open around it.
#[cfg_attr(feature = "model", derive(Clone))]
pub(crate) struct Tokenizer {
    /// The lowest bit is the innermost container; 1 is an object.
    open: u64,
    depth: u8,
    state: State,
}

impl core::fmt::Debug for Tokenizer {
    /// Shows nothing that was read: the state may hold digits of an escape.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tokenizer").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// A tokenizer before a text.
    pub(crate) const fn new() -> Self {
        Self { open: 0, depth: 0, state: State::Between(Next::Value) }
    }

    /// How many containers are open after what has been fed: 0 before and after a text, 1 inside its
    /// top-level object. Listeners count for themselves; this is what the tests hold them to.
    #[cfg(test)]
    pub(crate) const fn depth(&self) -> u8 {
        self.depth
    }

    /// Reads the next bytes of the text and tells all that they complete. An error is final: every
    /// further call returns it and reads nothing.
    pub(crate) fn feed<L: Listener + ?Sized>(&mut self, chunk: &[u8], to: &mut L) -> Result<(), JsonError> {
        let mut rest = chunk;
        let mut state = self.state;
        while !rest.is_empty() {
            (state, rest) = match self.step(state, rest, to) {
                Ok(read) => read,
                Err(error) => (State::Failed(error), &[][..]),
            };
        }
        self.state = state;
        self.failure().map_or(Ok(()), Err)
    }

    /// Says that the text has ended: this completes a number at the top, and nothing else.
    pub(crate) fn finish<L: Listener + ?Sized>(&mut self, to: &mut L) -> Result<(), JsonError> {
        if let State::Number(number) = self.state
            && number.is_whole()
        {
            to.on(Event::NumberEnd);
            self.state = State::Between(Next::After);
        }
        if !matches!((self.state, self.depth), (State::Between(Next::After), 0)) {
            self.state = State::Failed(self.failure().unwrap_or(JsonError::Incomplete));
        }
        self.failure().map_or(Ok(()), Err)
    }

    const fn failure(&self) -> Option<JsonError> {
        if let State::Failed(error) = self.state { Some(error) } else { None }
    }

    /// Reads at least one byte, or goes to a state that will; gives what is left of `input`.
    fn step<'i, L: Listener + ?Sized>(&mut self, state: State, input: &'i [u8], to: &mut L) -> Result<(State, &'i [u8]), JsonError> {
        #[cfg(test)]
        tests::count_step();
        match state {
            State::Between(next) => self.between(next, input, to),
            State::String(role, part) => part.read(role, input, to),
            State::Number(number) => number.read(input, to),
            State::Literal(literal, at) => literal.read(at, input, to),
            State::Failed(error) => Err(error),
        }
    }

    /// Reads up to a name or a value that is no container. The first byte of a number or a literal is
    /// left to it.
    fn between<'i, L: Listener + ?Sized>(&mut self, mut next: Next, input: &'i [u8], to: &mut L) -> Result<(State, &'i [u8]), JsonError> {
        let mut rest = input;
        while let Some((byte, after)) = rest.split_first() {
            #[cfg(test)]
            tests::count_step();
            next = match (next, byte) {
                (_, b' ' | b'\t' | b'\n' | b'\r') => next,
                (Next::Colon, b':') => Next::Value,
                (Next::After, b',') => match self.innermost().ok_or(JsonError::Syntax)? {
                    Container::Object => Next::Name,
                    Container::Array => Next::Value,
                },
                (Next::Name | Next::FirstName, b'"') => {
                    return Ok((State::String(Role::Name, Part::START), after));
                }
                (Next::After | Next::FirstName, b'}') => self.close(Container::Object, to)?,
                (Next::After | Next::FirstElement, b']') => self.close(Container::Array, to)?,
                (Next::Value | Next::FirstElement, _) => match byte {
                    b'{' => self.open(Container::Object, to)?,
                    b'[' => self.open(Container::Array, to)?,
                    b'"' => return Ok((State::String(Role::Text, Part::START), after)),
                    b'-' | b'0'..=b'9' => return Ok((State::Number(Number::Start), rest)),
                    b't' => return Ok((State::Literal(Literal::True, 0), rest)),
                    b'f' => return Ok((State::Literal(Literal::False, 0), rest)),
                    b'n' => return Ok((State::Literal(Literal::Null, 0), rest)),
                    _ => return Err(JsonError::Syntax),
                },
                _ => return Err(JsonError::Syntax),
            };
            rest = after;
        }
        Ok((State::Between(next), rest))
    }

    fn open<L: Listener + ?Sized>(&mut self, container: Container, to: &mut L) -> Result<Next, JsonError> {
        if self.depth >= MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        self.depth = self.depth.wrapping_add(1);
        let (bit, event, next) = match container {
            Container::Object => (1, Event::ObjectStart, Next::FirstName),
            Container::Array => (0, Event::ArrayStart, Next::FirstElement),
        };
        self.open = (self.open << 1) | bit;
        to.on(event);
        Ok(next)
    }

    fn close<L: Listener + ?Sized>(&mut self, container: Container, to: &mut L) -> Result<Next, JsonError> {
        if self.innermost() != Some(container) {
            return Err(JsonError::Syntax);
        }
        self.depth = self.depth.wrapping_sub(1);
        self.open >>= 1;
        to.on(match container {
            Container::Object => Event::ObjectEnd,
            Container::Array => Event::ArrayEnd,
        });
        Ok(Next::After)
    }

    const fn innermost(&self) -> Option<Container> {
        match (self.depth, self.open & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            _ => Some(Container::Object),
        }
    }
}

/// The part of `input` that precedes `rest`, a tail of it.
fn before<'i>(input: &'i [u8], rest: &[u8]) -> &'i [u8] {
    let length = input.len().wrapping_sub(rest.len());
    input.get(..length).unwrap_or_default()
}
