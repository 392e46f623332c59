//! Power cuts in the middle of what a worker does: each state that may be left is put into a folder, once, and checked.

use std::{collections::HashSet, path::Path};

use gatepass::Version;

use crate::{
    chain::Link,
    check::{Allowed, check, held},
    model::Disk,
    scratch::Scratch,
    state::State,
    trace::Call,
    worker::PLACE,
};

type Check = fn(&[Link], &Path, Allowed) -> Result<(), String>;

/// The states that were checked, and what was wrong with them.
#[derive(Debug)]
pub struct Cuts<'c> {
    chain: &'c [Link],
    seen: HashSet<(State, Allowed)>,
    folder: Scratch,
    /// How a folder is looked at.
    check: Check,
    /// What was wrong, and after what.
    pub failures: Vec<String>,
}

impl<'c> Cuts<'c> {
    /// None so far.
    #[must_use]
    pub fn new(chain: &'c [Link]) -> Self {
        Self::looked_at_by(check, chain)
    }

    /// None so far, and what is stored is all that counts.
    #[must_use]
    pub fn of_a_broken_store(chain: &'c [Link]) -> Self {
        Self::looked_at_by(|chain, root, allowed| held(chain, root, allowed).map(drop), chain)
    }

    fn looked_at_by(check: Check, chain: &'c [Link]) -> Self {
        Self { chain, seen: HashSet::new(), folder: Scratch::new("cuts"), check, failures: Vec::new() }
    }

    /// How many states were checked, no two alike.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.seen.len()
    }

    /// Checks a state, unless it was.
    pub fn see(&mut self, state: State, allowed: Allowed, why: impl FnOnce() -> String) {
        if self.seen.contains(&(state.clone(), allowed)) {
            return;
        }
        self.folder.clear();
        state.put(self.folder.path());
        if let Err(error) = (self.check)(self.chain, self.folder.path(), allowed) {
            self.failures.push(format!("{}: {error}", why()));
        }
        self.seen.insert((state, allowed));
    }

    /// Makes these calls, and has the power cut after each, whatever may be lost then; the calls before `from` were seen before.
    pub fn follow(&mut self, story: &mut Story<'c>, calls: &[Call], from: usize) {
        for (at, call) in calls.iter().enumerate() {
            if story.make(call) && at >= from {
                for state in story.disk.crashes() {
                    self.see(state, story.allowed, || format!("a power cut after call {at}, {call}"));
                }
            }
        }
    }
}

/// What happened to a disk, and what must be stored now.
#[derive(Clone, Debug)]
pub struct Story<'c> {
    chain: &'c [Link],
    /// What the calls made of the disk.
    pub disk: Disk,
    /// From what was acknowledged last to what was written last.
    pub allowed: Allowed,
}

impl<'c> Story<'c> {
    /// An empty folder at this path.
    #[must_use]
    pub fn new(chain: &'c [Link], root: &str) -> Self {
        Self { chain, disk: Disk::new(root), allowed: Allowed { waits: Some(false), ..Allowed::default() } }
    }

    /// Makes a call. Whether that changed what a power cut may leave, or what it may not.
    ///
    /// # Panics
    /// If a worker tells what no worker tells.
    pub fn make(&mut self, call: &Call) -> bool {
        if let Some(("stored", at)) = call.told() {
            let at = at.parse().unwrap();
            self.allowed.from = Some(at);
            self.allowed.to = self.allowed.to.max(Some(at));
            return true;
        }
        if let Some((what @ ("kept" | "cleared"), _)) = call.told() {
            self.allowed.waits = Some(what == "kept");
            return true;
        }
        let is_change = self.disk.apply(call);
        if is_change {
            let held = self.disk.read(PLACE).filter(|bytes| Version::of(bytes).is_ok());
            let at = held.and_then(|bytes| self.chain.iter().position(|link| link.record == bytes));
            self.allowed.to = self.allowed.to.max(at);
            let waits = self.disk.read(&format!("{PLACE}.pending")).is_some();
            self.allowed.waits = self.allowed.waits.filter(|known| *known == waits);
        }
        is_change
    }
}
