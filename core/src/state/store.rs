//! The store's answers: a change was made, or another record stands in its place.

use super::{After, Change, Claimed, Loading, Pause, Saving, State, Turn, Vacant, What, Whose};
use crate::{
    audience::Target,
    entropy::Entropy,
    error::{Error, Violation},
    output::{SignInReason, Status, Why},
    record::{Head, Held, Kind, Version},
    request::Ticket,
};

impl Turn<'_, '_> {
    /// Hands a change to the store, from the next poll on: what is held is what the store is to hold.
    pub(crate) fn save(&mut self, change: Change, expected: Option<Version>) -> Status {
        let ticket = self.ticket();
        self.go(State::Saving(Saving { change, expected, ticket, pause: Pause::NONE }))
    }

    /// A revision was seen: nothing lower is ever adopted.
    pub(crate) fn seen(&mut self, held: &Held) {
        self.machine.floor = self.machine.floor.max(held.revision);
    }

    /// What the store holds, as an answer to a look at it.
    pub(crate) fn found(&mut self, record: Option<&[u8]>, entropy: &Entropy) -> Result<Status, Error> {
        if self.machine.holder == crate::entropy::Id::default() {
            self.machine.holder = entropy.id();
        }
        let Some(record) = record else { return Ok(self.vacate(None, SignInReason::NoGrant)) };
        let found = self.found_record(record);
        if found.is_err() {
            // Nobody's move mends it, so the store is not asked again at once.
            match self.machine.state {
                State::Loading(loading) => {
                    let pause = self.back_off(250, 60_000, Why::Store);
                    self.go(State::Loading(Loading { pause, ..loading }));
                }
                _ => _ = self.looked(),
            }
        }
        found
    }

    fn found_record(&mut self, record: &[u8]) -> Result<Status, Error> {
        let head = Head::of(record, self.config)?;
        if head.held.revision < self.machine.floor {
            // A store never goes back.
            return Err(Violation::OlderRecord.into());
        }
        match &self.machine.state {
            State::Loading(Loading { after: After::SignOut, .. }) if head.kind == Kind::Live => Ok(self.sign_out_stored(&head, record)),
            State::Waiting(_) if head.held.version() == self.machine.held.version() => Ok(self.looked()),
            _ => self.adopt(&head, record),
        }
    }

    /// Takes over what the store holds.
    pub(crate) fn adopt(&mut self, head: &Head, record: &[u8]) -> Result<Status, Error> {
        if head.texts() > self.bytes.len() {
            return Err(Error::Capacity { needed: head.texts() });
        }
        self.seen(&head.held);
        self.wipe();
        self.machine.failures = 0;
        let clocks = self.clocks();
        self.machine.held = head.held;
        self.machine.tokens = head.take(record, &mut self.arena(), clocks)?;
        // A resource server said that it is no good, and it is the same.
        self.end_access(self.machine.rejected);
        if self.service(self.machine.want).0 {
            // Another holder has fetched what was wished.
            self.machine.want = Target::OWN;
        }
        Ok(match head.kind {
            Kind::Live if head.lease == 0 => self.go(State::Live(Pause::NONE)),
            Kind::Live => {
                // No two clocks are compared: the lease counts from when this revision was first seen.
                let lapse = self.now.plus(u64::from(head.lease));
                let pause = self.look(0);
                self.go(State::Waiting(Claimed { pause, lapse, looks: 0, late: (Ticket(0), Target::OWN) }))
            }
            Kind::Cleared => self.vacate(Some(head.held.version()), SignInReason::Ended),
            Kind::SignedOut => self.begin_revocation(Whose::Stored),
        })
    }

    /// The change was made.
    pub(crate) fn saved(&mut self, change: Change) -> Status {
        let held = self.machine.held;
        self.seen(&held);
        match change {
            Change::SignIn { pause } | Change::Commit { pause } => {
                self.machine.failures = 0;
                self.go(State::Live(pause))
            }
            Change::Intent { since, attempts, target } => {
                let lease = super::Lease::Since(since.unwrap_or(self.now));
                self.go(State::Ready(What::Refresh(super::Refresh { attempts, target, lease, after: After::Live })))
            }
            Change::GiveBack { pause } => self.go(State::Live(pause)),
            Change::Clear { reason } => self.vacate(Some(held.version()), reason),
            Change::SignOut => self.begin_revocation(Whose::Stored),
            Change::Forget => self.vacate(Some(held.version()), SignInReason::SignedOut),
        }
    }

    /// The store failed: the change is repeated later, from memory.
    pub(crate) fn not_saved(&mut self) -> Status {
        let State::Saving(_) = self.machine.state else { return Status::Unchanged };
        let later = self.back_off(250, 60_000, Why::Store);
        self.save_later(later)
    }

    fn save_later(&mut self, later: Pause) -> Status {
        let State::Saving(Saving { pause, .. }) = &mut self.machine.state else { return Status::Unchanged };
        *pause = later;
        Status::Advanced
    }

    /// Another record stands where a change was to be made, or the store tells of one by itself.
    pub(crate) fn superseded(&mut self, record: Option<&[u8]>) -> Result<Status, Error> {
        let head = match record.map(|record| (Head::of(record, self.config), record)) {
            Some((Ok(head), record)) => Some((head, record)),
            Some((Err(error), _)) => {
                self.not_saved();
                return Err(error);
            }
            None => None,
        };
        // What is newer than this is taken over, wherever nothing is on its way.
        let newer_than = match &self.machine.state {
            State::Saving(saving) => {
                let saving = *saving;
                return self.superseded_saving(&saving, head);
            }
            State::Live(_) | State::InDoubt(_) | State::Waiting(_) => self.machine.held.revision,
            State::Vacant(Vacant { base, .. }) => base.map_or(self.machine.floor, |base| base.revision),
            // The store was asked, and its answer names this instance too: until then it may not write.
            State::Loading(_) => return Ok(Status::Unchanged),
            // What was sent decides: its outcome meets the other record when it is saved.
            State::Ready(_) | State::Sent(_) | State::Reading(_) | State::Visiting(_) | State::AwaitingRedirect(_) => {
                return Ok(Status::Unchanged);
            }
        };
        match head {
            Some((head, record)) if head.held.revision > newer_than => self.adopt(&head, record),
            _ => Ok(Status::Unchanged),
        }
    }

    fn superseded_saving(&mut self, saving: &Saving, found: Option<(Head, &[u8])>) -> Result<Status, Error> {
        let Some((head, record)) = found else { return Ok(self.absent(saving)) };
        let theirs = head.held;
        let (kind, has_intent) = saving.change.says();
        if head.is_write_of(self.machine.holder, &self.machine.held, kind, has_intent) {
            // My own success, whose answer was lost.
            return Ok(self.saved(saving.change));
        }
        if saving.expected == Some(theirs.version()) {
            // A store that notifies tells of what is expected, too; one that contradicts itself must not be asked at once.
            let later = Pause::new(self.now.plus(250), Why::Store);
            return Ok(self.save_later(later));
        }
        if theirs.revision < self.machine.floor {
            // A store that went back has failed.
            self.not_saved();
            return Err(Violation::OlderRecord.into());
        }
        let settled = self.settle(saving, &head, record);
        if settled.is_err() {
            // Nobody's move makes it fit, so the store is not asked again at once.
            self.not_saved();
        }
        settled
    }

    /// What becomes of a change where another record stands: the step that made it says.
    fn settle(&mut self, saving: &Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        match saving.change {
            Change::SignIn { .. } => self.sign_in_superseded(saving, head, record),
            Change::Intent { attempts, target, .. } => self.intent_superseded(attempts, target, head, record),
            Change::GiveBack { .. } | Change::Forget => self.adopt(head, record),
            Change::Commit { .. } => self.commit_superseded(saving, head, record),
            Change::Clear { .. } => self.clear_superseded(saving, head, record),
            Change::SignOut => self.sign_out_superseded(head, record),
        }
    }

    /// The same change over what stands there now.
    pub(crate) fn again(&mut self, saving: &Saving, theirs: &Held) -> Status {
        self.seen(theirs);
        self.machine.held.revision = theirs.next().revision;
        self.save(saving.change, Some(theirs.version()))
    }

    /// The store holds nothing any more: somebody removed the grant, or it lost everything. Only a sign-in writes over nothing, and
    /// a sign-out says so; new tokens of a grant that was removed must not bring it back, and are revoked as those that come too late.
    fn absent(&mut self, saving: &Saving) -> Status {
        match saving.change {
            Change::SignIn { .. } | Change::SignOut => self.save(saving.change, None),
            Change::Commit { .. } if self.config.policy.revoke_orphans && self.config.can_revoke() => self.begin_revocation(Whose::Orphan),
            Change::Commit { .. } | Change::Intent { .. } | Change::GiveBack { .. } | Change::Clear { .. } | Change::Forget => {
                self.vacate(None, SignInReason::NoGrant)
            }
        }
    }

    /// Forgets everything but the store.
    pub(crate) fn reload(&mut self) -> Status {
        self.let_go();
        self.go(State::Loading(Loading { pause: Pause::NONE, after: After::Live }))
    }
}
