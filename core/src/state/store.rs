//! The store's answers: a change was made, or another record stands in its place.

use super::{After, Change, Pause, State, Turn, What, Whose};
use crate::{
    arena::Arena,
    audience::Target,
    entropy::{Entropy, Id},
    error::{Error, Violation},
    output::{SignInReason, Status, Why},
    record::{Head, Kind, NO_WORDS, Version},
    time::Left,
};

/// What becomes of a change that meets another record.
pub(crate) enum Verdict {
    /// The record counts.
    Adopt,
    /// The change is made over it.
    Again,
    /// It counts, and the tokens at hand, which came too late for it, are revoked at once if the policy says so.
    Orphan,
    /// It is what is signed out of.
    SignOut,
}

impl Turn<'_, '_> {
    /// Hands a change to the store, from the next poll on: what is held is what the store is to hold, in its next revision.
    #[inline(never)]
    pub(crate) fn save(&mut self, change: Change) -> Status {
        self.number();
        self.machine.held.revision = self.machine.stored.revision.saturating_add(1);
        self.go(State::Saving(change), Pause::NONE)
    }

    /// What the store holds, as an answer to a look at it.
    pub(crate) fn found(&mut self, record: Option<&[u8]>, entropy: &Entropy) -> Result<Status, Error> {
        self.name_instance(entropy);
        self.meet(record, true)
    }

    /// Another record stands where a change was to be made, or the store tells of one by itself.
    pub(crate) fn superseded(&mut self, record: Option<&[u8]>) -> Result<Status, Error> {
        self.meet(record, false)
    }

    #[inline(never)]
    fn meet(&mut self, record: Option<&[u8]>, was_asked: bool) -> Result<Status, Error> {
        let met = match record {
            Some(record) => self.meet_record(record, was_asked),
            None => Ok(self.meet_nothing(was_asked)),
        };
        if met.is_err() {
            // Nobody's move makes it fit, so the store is not asked again at once.
            self.store_failed();
        }
        met
    }

    /// The first entropy names this instance.
    pub(crate) fn name_instance(&mut self, entropy: &Entropy) {
        if self.machine.holder.is_nobody() {
            self.machine.holder = entropy.id();
        }
    }

    fn meet_record(&mut self, record: &[u8], was_asked: bool) -> Result<Status, Error> {
        let mut words = NO_WORDS;
        let head = &Head::of(record, &mut words, self.config)?;
        let (theirs, stored) = (head.version(), self.machine.stored);
        match &self.machine.state {
            State::Saving(change) => {
                let change = *change;
                self.superseded_by(change, head)
            }
            // A store never goes back.
            _ if was_asked && theirs.revision < stored.revision => Err(Violation::OlderRecord.into()),
            State::Loading(After::SignOut) if was_asked && head.kind() == Kind::Live => Ok(self.sign_out_stored(head)),
            State::Waiting(_) if was_asked && theirs == stored => Ok(self.looked()),
            _ if was_asked => self.adopt(head),
            // Nothing newer is stored; if the server rotated, only the late answer has good tokens, and to adopt another holder's intent
            // would drop it. This session's next save meets that intent.
            State::InDoubt(Some(_)) if self.is_held(head) => Ok(Status::Unchanged),
            // What is newer is taken over, wherever nothing is on its way.
            State::Live | State::InDoubt(_) | State::Waiting(_) | State::Vacant(_) if theirs.revision > stored.revision => self.adopt(head),
            // Loading: the store was asked, and its answer names this instance too: until then it may not write. Otherwise what was sent
            // decides: its outcome meets the other record when it is saved.
            _ => Ok(Status::Unchanged),
        }
    }

    /// The store holds nothing any more: somebody removed the grant, or it lost everything. Only a sign-in writes over nothing, and
    /// a sign-out says so; new tokens of a grant that was removed must not bring it back, and are revoked as those that come too late.
    fn meet_nothing(&mut self, was_asked: bool) -> Status {
        let change = match &self.machine.state {
            State::Saving(change) => Some(*change),
            _ if was_asked => None,
            _ => return Status::Unchanged,
        };
        self.machine.stored.family = Id::NOBODY;
        match change {
            Some(change @ (Change::SignIn { .. } | Change::SignOut)) => self.save(change),
            Some(Change::Commit { .. }) if self.revokes_orphans() => self.begin_revocation(Whose::Orphan),
            _ => self.vacate(SignInReason::NoGrant),
        }
    }

    /// Takes over what the store holds.
    #[inline(never)]
    pub(crate) fn adopt(&mut self, head: &Head<'_>) -> Result<Status, Error> {
        self.has_room(head.texts().len())?;
        self.now_stored(head.version());
        self.wipe();
        self.machine.failures = 0;
        let clocks = self.clocks();
        self.machine.held = head.held();
        let mut arena = Arena::new(self.bytes, &mut self.machine.used);
        head.take(&mut arena, &mut self.machine.tokens, clocks)?;
        // A resource server said that it is no good, and it is the same.
        let (target, count) = self.machine.rejected;
        self.end_access(target, count);
        if !self.service(self.machine.want).is_over() {
            // Another holder has fetched what was wished.
            self.machine.want = Target::OWN;
        }
        Ok(match head.kind() {
            Kind::Live if head.lease() == 0 => self.live(Pause::NONE),
            Kind::Live => {
                // No two clocks are compared: the lease counts from when this revision was first seen.
                self.machine.timers.lapse = Left(head.lease());
                self.repeat_after_lapse();
                self.go(State::Waiting(0), self.look(0))
            }
            Kind::Cleared => self.vacate(SignInReason::Ended),
            Kind::SignedOut => self.begin_revocation(Whose::Stored),
        })
    }

    /// The store holds this now. What a resource server rejected was of its family, or does not count any more.
    #[inline(never)]
    pub(crate) fn now_stored(&mut self, version: Version) {
        if self.machine.stored.family != version.family {
            self.machine.rejected = (Target::OWN, 0);
        }
        self.machine.stored = version;
    }

    /// The change was made.
    #[inline(never)]
    pub(crate) fn saved(&mut self, change: Change) -> Status {
        self.now_stored(self.machine.held.version());
        match change {
            Change::SignIn { pause } | Change::Commit { pause } => {
                self.machine.failures = 0;
                self.live(pause)
            }
            Change::Intent { target } => {
                self.machine.timers.lapse = self.machine.timers.lapse.min(Left(self.lease()));
                self.ready(What::Refresh(super::Refresh { target, lease: super::Lease::Held, after: After::Live }), Pause::NONE)
            }
            Change::GiveBack { pause } => self.live(pause),
            Change::Clear { reason } => self.vacate(reason),
            Change::SignOut => self.begin_revocation(Whose::Stored),
            Change::Forget => self.vacate(SignInReason::SignedOut),
        }
    }

    /// The store failed, or told what is of no use: it is asked again later, and a change is repeated from memory.
    #[inline(never)]
    pub(crate) fn store_failed(&mut self) -> Status {
        match self.machine.state {
            State::Saving(_) | State::Loading(_) => {
                let later = self.back_off(250, 60_000, Why::Store);
                self.ask_later(later)
            }
            _ => self.looked(),
        }
    }

    const fn ask_later(&mut self, later: Pause) -> Status {
        self.machine.timers.pause = later;
        Status::Advanced
    }

    /// Another record stands where a change was to be made.
    fn superseded_by(&mut self, change: Change, head: &Head<'_>) -> Result<Status, Error> {
        let (theirs, stored) = (head.version(), self.machine.stored);
        let (kind, has_intent) = change.says();
        if head.is_write_of(self.machine.holder, &self.machine.held, kind, has_intent) {
            // My own success, whose answer was lost.
            return Ok(self.saved(change));
        }
        if theirs == stored {
            // A store that notifies tells of what is expected, too; one that contradicts itself must not be asked at once.
            return Ok(self.ask_later(Pause::new(Left(250), Why::Store)));
        }
        // A store that went back has failed.
        if theirs.revision < stored.revision { Err(Violation::OlderRecord.into()) } else { self.settle(change, head) }
    }

    /// What becomes of a change where another record stands: the step that made it says.
    fn settle(&mut self, change: Change, head: &Head<'_>) -> Result<Status, Error> {
        let verdict = match change {
            Change::SignIn { .. } => self.sign_in_meets(head),
            Change::Intent { .. } => self.intent_meets(head),
            Change::GiveBack { .. } | Change::Forget => Verdict::Adopt,
            Change::Commit { .. } => self.commit_meets(head),
            Change::Clear { .. } => self.clear_meets(head),
            Change::SignOut => self.sign_out_meets(head),
        };
        match verdict {
            Verdict::Adopt => self.adopt(head),
            Verdict::Orphan if !self.revokes_orphans() => self.adopt(head),
            Verdict::Orphan => {
                // The tokens at hand came too late for it.
                self.now_stored(head.version());
                Ok(self.begin_revocation(Whose::Orphan))
            }
            Verdict::SignOut => Ok(self.sign_out_stored(head)),
            Verdict::Again => {
                self.now_stored(head.version());
                if let Change::Intent { target } = change {
                    self.machine.held = head.held();
                    return Ok(self.save_intent(target));
                }
                if self.is_mine(head) {
                    self.machine.held.generation = self.machine.held.generation.max(head.generation());
                }
                Ok(self.save(change))
            }
        }
    }

    /// Whether it is of the family at hand.
    pub(crate) fn is_mine(&self, head: &Head<'_>) -> bool {
        head.version().family == self.machine.held.family
    }

    /// Whether it has the tokens at hand, and has them live.
    pub(crate) fn is_held(&self, head: &Head<'_>) -> bool {
        self.is_mine(head) && head.generation() == self.machine.held.generation && head.kind() == Kind::Live
    }

    /// Whether tokens that came too late are revoked.
    fn revokes_orphans(&self) -> bool {
        self.config.policy.revoke_orphans && self.config.can_revoke()
    }

    /// Forgets everything but the store.
    pub(crate) fn reload(&mut self) -> Status {
        self.let_go();
        self.load(After::Live)
    }
}
