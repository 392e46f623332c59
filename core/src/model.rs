//! For the model checker alone, and no part of the API: a session copied, told apart from another, and looked into.
//!
//! With the feature `model` the core behaves as ever, but for one thing: the jitter of an instance whose name begins with
//! [`NAME`] is zero, since two waits that differ by chance alone are one state to a model.
//!
//! Two sessions that will behave alike under the same inputs from now on have the same [`fingerprint`]. Left out of it
//! are: the numbers of tickets, since an answer is compared with what is awaited and nothing else; when an access token was
//! asked for, since the model's tokens do not expire; why a pause that is over was one; what a server said; quirks. Of a time
//! what is left of it is told, and of one that is over nothing.

#![allow(clippy::wildcard_enum_match_arm, reason = "a state that is not asked about has no answer")]

use core::hash::{Hash, Hasher};

use crate::{
    arena::Span,
    config::Config,
    entropy::Id,
    error::Error,
    record::{ACCESS, CODE, DESCRIPTION, Head, Held, Kind, NO_WORDS, REFRESH},
    request::Ticket,
    session::Session,
    state::{Change, Errand, Machine, Pause, Reading, State, Timers, What},
    time::{Left, Moment, Timestamp},
};

/// What the names of a model's instances and families begin with.
pub const NAME: &[u8] = b"model";

/// The 12 bytes that name an instance or a family.
pub type Name = [u8; 12];

/// Takes in what makes a session what it is.
pub trait Sink {
    /// Plain data.
    fn word(&mut self, word: u64);
    /// Text of the arena.
    fn text(&mut self, text: &[u8]);
    /// An instance or a family.
    fn name(&mut self, name: Name);
}

/// What a stored record says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct View<'r> {
    /// The grant.
    pub family: Name,
    /// One more for each set of tokens.
    pub generation: u64,
    /// One more for each write.
    pub revision: u64,
    /// Who wrote it.
    pub writer: Name,
    /// The lease of its intent in milliseconds, zero without one.
    pub lease: u32,
    /// Sends that may have left for this generation.
    pub attempts: u16,
    /// Those of them that the server answered with a failure of its own.
    pub answered: u16,
    /// `Live`, `Cleared` or `SignedOut`.
    pub kind: &'static str,
    /// The refresh token; the access token where there is none.
    pub token: &'r [u8],
    /// All texts.
    pub texts: &'r [u8],
}

impl<'r> View<'r> {
    /// # Errors
    /// As a session's own, for bytes that are no record of this configuration.
    pub fn of(record: &'r [u8], config: &Config<'_>) -> Result<Self, Error> {
        let mut words = NO_WORDS;
        let head = Head::of(record, &mut words, config)?;
        let Held { family, generation, revision, attempts, answered } = head.held();
        let kind = match head.kind() {
            Kind::Live => "Live",
            Kind::Cleared => "Cleared",
            Kind::SignedOut => "SignedOut",
        };
        let texts = record.get(crate::record::HEAD..).and_then(|texts| texts.get(..head.texts().len())).unwrap_or_default();
        let [access, refresh] = [ACCESS, REFRESH].map(|text| head.text(text).len());
        let token = if refresh > 0 { access..access.saturating_add(refresh) } else { 0..access };
        Ok(Self {
            family: family.to_bytes(),
            generation: generation.into(),
            revision: revision.into(),
            writer: head.writer().to_bytes(),
            lease: head.lease(),
            attempts,
            answered,
            kind,
            token: texts.get(token).unwrap_or_default(),
            texts,
        })
    }
}

/// The same session once more.
#[must_use]
pub fn copy<const N: usize>(session: &Session<[u8; N]>) -> Session<[u8; N]> {
    Session { machine: session.machine.clone(), bytes: session.bytes }
}

/// The name of this instance; zeros until entropy was handed in.
#[must_use]
pub fn instance(session: &Session) -> Name {
    session.machine.holder.to_bytes()
}

/// The request or the change that is on its way.
#[must_use]
pub fn awaited(session: &Session) -> Option<Ticket> {
    match &session.machine.state {
        State::Saving(_) | State::Sent(_) | State::Reading(_) | State::InDoubt(Some(_)) => Some(session.machine.ticket),
        _ => None,
    }
}

/// Family, generation and revision of the grant at hand.
#[must_use]
pub fn held(session: &Session) -> Option<(Name, u64, u64)> {
    let Machine { state, held, .. } = &session.machine;
    let revokes = matches!(state, State::Ready(What::Revoke(_)));
    if !(state.has_grant() || revokes || matches!(state, State::Saving(_))) {
        return None;
    }
    Some((held.family.to_bytes(), held.generation.into(), held.revision.into()))
}

/// When another holder's lease lapses, on this session's clock, in milliseconds. Until then it looks at the store.
#[must_use]
pub fn lapse(session: &Session) -> Option<u64> {
    match &session.machine.state {
        State::Waiting(_) => Some(session.machine.timers.lapse.stamp(session.machine.now).as_millis()),
        _ => None,
    }
}

/// Hands everything that makes the session what it is, at this moment, to a sink.
pub fn fingerprint(session: &Session, now: Timestamp, sink: &mut impl Sink) {
    let mut machine = session.machine.clone();
    let elapsed = now.moment().left(machine.now);
    machine.age(elapsed);
    still(&mut machine.state, &mut machine.timers);
    machine.tokens.life.asked = Moment::START;
    machine.tokens.texts[CODE] = Span::NONE;
    machine.tokens.texts[DESCRIPTION] = Span::NONE;
    // Named one by one, so that a new one is not forgotten. No audience is modelled that could be refused.
    let Machine {
        state,
        timers,
        held,
        tokens,
        stored,
        holder,
        now: _,
        digest: _,
        ticket: _,
        used: _,
        want,
        rejected,
        refused: _,
        quirks: _,
        failures,
    } = machine;
    let mut told = Told { sink, bytes: &session.bytes };
    state.hash(&mut told);
    (timers.pause, timers.lapse, timers.limit).hash(&mut told);
    (held, tokens).hash(&mut told);
    holder.hash(&mut told);
    (stored, failures, want, rejected).hash(&mut told);
}

/// Takes out what makes no difference any more, or none in this state.
fn still(state: &mut State, timers: &mut Timers) {
    let over = |pause: &mut Pause| {
        if pause.left.is_over() {
            *pause = Pause::NONE;
        }
    };
    let Timers { pause, lapse, limit, since } = timers;
    *since = 0;
    over(pause);
    match state {
        State::InDoubt(_) => {}
        // The model looks whenever there is something to be seen, so it does not matter when the session would.
        State::Waiting(looks) => (*pause, *looks) = (Pause::NONE, 0),
        // The model hands answers in whole: nothing rests in the latter.
        State::Sent(_) | State::Reading(_) => *pause = Pause::NONE,
        State::Visiting(_) | State::AwaitingRedirect(_) | State::Vacant(_) => (*pause, *limit) = (Pause::NONE, Left::NOTHING),
        State::Loading(_) | State::Live | State::Saving(_) | State::Ready(_) => *limit = Left::NOTHING,
    }
    let has_lapse = match state {
        State::Saving(Change::Intent { .. }) | State::Visiting(_) | State::AwaitingRedirect(_) => true,
        State::InDoubt(_) | State::Waiting(_) => true,
        State::Ready(what) | State::Sent(what) => !matches!(what, What::Revoke(_)),
        State::Reading(Reading { errand, .. }) => matches!(errand, Errand::Refresh(_)),
        _ => false,
    };
    if !has_lapse {
        *lapse = Left::NOTHING;
    }
}

/// A hasher that gives what the types below tell it to the sink, each as what it is.
struct Told<'t, S> {
    sink: &'t mut S,
    bytes: &'t [u8],
}

/// The bit that tells a span from a name; nothing in a state hashes 128 bits of its own.
const SPAN: u128 = 1 << 127;

impl<S: Sink> Hasher for Told<'_, S> {
    fn write(&mut self, bytes: &[u8]) {
        self.sink.text(bytes);
    }

    fn write_u8(&mut self, word: u8) {
        self.sink.word(word.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.sink.word(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.sink.word(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.sink.word(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.sink.word(word as u64);
    }

    fn write_u128(&mut self, word: u128) {
        let low = word as u64;
        if word & SPAN != 0 {
            let start = (low >> 32) as usize;
            let end = start.saturating_add((low & 0xffff_ffff) as usize);
            self.sink.text(self.bytes.get(start..end).unwrap_or_default());
        } else {
            let mut name = [0; 12];
            for (to, from) in name.iter_mut().zip(word.to_le_bytes()) {
                *to = from;
            }
            self.sink.name(name);
        }
    }

    fn finish(&self) -> u64 {
        0
    }
}

impl Hash for Span {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let range = self.range();
        state.write_u128(SPAN | (range.start as u128) << 32 | range.len() as u128);
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut word = [0; 16];
        for (to, from) in word.iter_mut().zip(self.to_bytes()) {
            *to = from;
        }
        state.write_u128(u128::from_le_bytes(word));
    }
}

impl Hash for Reading {
    /// The model hands answers in whole: nothing rests here.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.errand.hash(state);
    }
}
