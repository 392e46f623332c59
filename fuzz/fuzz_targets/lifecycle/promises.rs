//! What must hold of everything that happened so far.

use std::collections::{HashMap, HashSet};

use gatepass::{Config, Session, StateName, Timestamp, model};

type Family = model::Name;

/// A generation of a family.
pub type Key = (Family, u64);

/// What begins every token and code of the server.
pub const CANARY: &str = "CANARY";

#[derive(Default)]
pub struct Promises {
    /// How often each code was sent, and not known to have stayed here.
    codes: HashMap<String, i32>,
    /// How often the refresh token of each generation was sent, but for sends that did not leave or that the server refused and left the
    /// grant as it was.
    sends: HashMap<Key, i32>,
    /// The attempts that the newest record of each generation counts.
    attempts: HashMap<Key, u16>,
    /// Who has put an intent on which generation.
    intents: HashSet<(model::Name, Key)>,
    /// Families whose store says that they are signed out.
    ended: HashSet<Family>,
    generations: HashMap<Family, u64>,
    /// Families of a store that was emptied.
    uncounted: HashSet<Family>,
    /// Texts of this side that are printed nowhere: `state`, code verifiers.
    secrets: HashSet<String>,
}

impl Promises {
    /// The store was emptied, and with it the count of what was sent for every family that there was.
    pub fn forget_the_store(&mut self, held: impl Iterator<Item = Family>) {
        self.uncounted.extend(self.generations.keys());
        self.uncounted.extend(held);
    }

    pub fn keep_secret(&mut self, text: &str) {
        self.secrets.insert(text.to_owned());
    }

    /// A secret is in nothing that is printed.
    pub fn printed(&self, text: &str) {
        assert!(!text.contains(CANARY) && !text.contains("SECRETOFCLIENT"), "a secret in {text}");
        assert!(!self.secrets.iter().any(|secret| text.contains(secret.as_str())), "a secret in {text}");
    }

    /// A code is sent at most once.
    pub fn code_is_sent(&mut self, code: &str) {
        let sends = self.codes.entry(code.to_owned()).or_default();
        *sends += 1;
        assert_eq!(*sends, 1, "a code is sent twice");
    }

    pub fn code_stayed(&mut self, code: &str) {
        *self.codes.entry(code.to_owned()).or_default() -= 1;
    }

    /// A refresh token is sent as often as the record says that it may have been, and never for a family that is signed out.
    pub fn refresh_is_sent(&mut self, holder: model::Name, key: Key, rotates: bool) {
        let sends = self.sends.entry(key).or_default();
        *sends += 1;
        if !rotates || self.uncounted.contains(&key.0) {
            return;
        }
        let attempts = self.attempts.get(&key).copied().unwrap_or_default();
        assert!(*sends <= i32::from(attempts), "{sends} sends of a generation, and {attempts} attempts on record");
        assert!(self.intents.contains(&(holder, key)), "a refresh without an intent of its own");
    }

    pub fn refresh_stayed(&mut self, key: Key) {
        *self.sends.entry(key).or_default() -= 1;
    }

    /// A store takes a record in the place of another.
    pub fn stored(&mut self, old: Option<&[u8]>, new: &[u8], config: &Config<'_>) {
        let view = model::View::of(new, config).expect("what a session writes is a record");
        let before = old.map(|old| model::View::of(old, config).expect("it was stored").revision);
        assert!(view.revision > before.unwrap_or_default(), "a revision goes back");
        if self.uncounted.contains(&view.family) {
            return;
        }
        let key = (view.family, view.generation);
        let highest = self.generations.entry(view.family).or_default();
        assert!(view.generation >= *highest, "a generation goes back");
        *highest = view.generation;
        // Who ends a grant counts nothing any more; what was claimed before may still be on its way.
        if view.kind == "Live" {
            self.attempts.insert(key, view.attempts);
        }
        if view.lease > 0 {
            self.intents.insert((view.writer, key));
        }
        if view.kind == "SignedOut" {
            self.ended.insert(view.family);
        } else {
            assert!(!self.ended.contains(&view.family), "a family comes back after it was signed out");
        }
    }
}

/// All that makes a session what it is.
#[derive(PartialEq, Debug)]
pub struct Print(u64, StateName);

impl Print {
    pub fn of(session: &Session, now: Timestamp) -> Self {
        let mut print = Self(0xcbf2_9ce4_8422_2325, session.state());
        model::fingerprint(session, now, &mut print);
        print
    }

    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    }
}

impl model::Sink for Print {
    fn word(&mut self, word: u64) {
        self.mix(word);
    }
    fn text(&mut self, text: &[u8]) {
        text.iter().for_each(|byte| self.mix((*byte).into()));
        self.mix(text.len() as u64 | 1 << 40);
    }
    fn name(&mut self, name: model::Name) {
        name.iter().for_each(|byte| self.mix((*byte).into()));
    }
}
