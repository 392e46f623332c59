//! The store's answers: a change was made, or another record stands in its place.

use super::{After, Change, Claimed, Live, Loading, Pause, Saving, State, Turn, Vacant, What, Whose};
use crate::{
    audience::Target,
    entropy::Entropy,
    error::{Error, Violation},
    output::{SignInReason, Status, Why},
    record::{Head, Held, Kind, Tokens, Version},
    request::Ticket,
};

impl Turn<'_, '_> {
    /// Hands a change to the store, from the next poll on.
    pub(crate) fn save(&mut self, change: Change, expected: Option<Version>, held: Held, tokens: Tokens) -> Status {
        let ticket = self.ticket();
        self.go(State::Saving(Saving { change, expected, held, tokens, ticket, pause: Pause::NONE }))
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
        let head = self.head_of(record)?;
        if let State::Loading(Loading { after: After::SignOut, .. }) = self.machine.state
            && head.kind == Kind::Live
        {
            return Ok(self.sign_out_stored(&head, record, Tokens::default()));
        }
        if let State::Waiting(claimed) = &self.machine.state
            && head.held.version() == claimed.held.version()
        {
            return Ok(self.looked());
        }
        self.adopt(&head, record)
    }

    /// Reads a record's head, and refuses one that is older than what was seen: a store never goes back.
    fn head_of(&self, record: &[u8]) -> Result<Head, Error> {
        let head = Head::of(record, self.config)?;
        if head.held.revision < self.machine.floor { Err(Violation::OlderRecord.into()) } else { Ok(head) }
    }

    /// Takes over what the store holds.
    pub(crate) fn adopt(&mut self, head: &Head, record: &[u8]) -> Result<Status, Error> {
        if head.texts() > self.bytes.len() {
            return Err(Error::Capacity { needed: head.texts() });
        }
        self.machine.floor = self.machine.floor.max(head.held.revision);
        self.keep(&mut []);
        self.machine.said = super::Said::default();
        self.machine.failures = 0;
        let now = self.now;
        let mut tokens = head.take(record, &mut self.arena(), now)?;
        let held = head.held;
        // A resource server said that it is no good, and it is the same.
        self.end_access(&held, &mut tokens, self.machine.rejected);
        if self.service(&tokens, self.machine.want).0 {
            // Another holder has fetched what was wished.
            self.machine.want = Target::OWN;
        }
        let version = Some(held.version());
        Ok(match head.kind {
            Kind::Live if head.lease == 0 => self.go(State::Live(Live { held, tokens, pause: Pause::NONE })),
            Kind::Live => {
                // No two clocks are compared: the lease counts from when this revision was first seen.
                let lapse = now.plus(u64::from(head.lease));
                self.go(State::Waiting(Claimed { held, tokens, pause: self.look(0), lapse, looks: 0, late: (Ticket(0), Target::OWN) }))
            }
            Kind::Cleared => self.vacate(version, SignInReason::Ended),
            Kind::SignedOut => self.begin_revocation(held, tokens, Whose::Stored),
        })
    }

    /// The change was made.
    pub(crate) fn saved(&mut self, saving: Saving) -> Status {
        let Saving { change, held, mut tokens, .. } = saving;
        self.machine.floor = self.machine.floor.max(held.revision);
        match change {
            Change::SignIn { pause } | Change::Commit { pause } => {
                self.machine.failures = 0;
                self.go(State::Live(Live { held, tokens, pause }))
            }
            Change::Intent { since, attempts, target } => {
                let lease = super::Lease::Since(since.unwrap_or(self.now));
                let after = super::After::Live;
                self.go(State::Ready(What::Refresh(super::Refresh { held, tokens, attempts, target, lease, after })))
            }
            Change::GiveBack { pause } => self.go(State::Live(Live { held, tokens, pause })),
            Change::Clear { reason } => self.vacate(Some(held.version()), reason),
            Change::SignOut => {
                self.keep_tokens(&mut tokens);
                self.begin_revocation(held, tokens, Whose::Stored)
            }
            Change::Forget => self.vacate(Some(held.version()), SignInReason::SignedOut),
        }
    }

    /// The store failed: the change is repeated later, from memory.
    pub(crate) fn not_saved(&mut self, saving: Saving) -> Status {
        let pause = self.back_off(250, 60_000, Why::Store);
        self.go(State::Saving(Saving { pause, ..saving }))
    }

    /// Another record stands where a change was to be made, or the store tells of one by itself.
    pub(crate) fn superseded(&mut self, record: Option<&[u8]>) -> Result<Status, Error> {
        let head = match record.map(|record| (Head::of(record, self.config), record)) {
            Some((Ok(head), record)) => Some((head, record)),
            Some((Err(error), _)) => {
                if let State::Saving(saving) = self.machine.state {
                    self.not_saved(saving);
                }
                return Err(error);
            }
            None => None,
        };
        match &self.machine.state {
            State::Saving(saving) => {
                let saving = *saving;
                self.superseded_saving(saving, head)
            }
            State::Live(Live { held, .. }) | State::InDoubt(Claimed { held, .. }) | State::Waiting(Claimed { held, .. }) => match head {
                Some((head, record)) if head.held.revision > held.revision => self.adopt(&head, record),
                _ => Ok(Status::Unchanged),
            },
            State::Vacant(Vacant { base, .. }) => match head {
                Some((head, record)) if head.held.revision > base.map_or(self.machine.floor, |base| base.revision) => {
                    self.adopt(&head, record)
                }
                _ => Ok(Status::Unchanged),
            },
            // The store was asked, and its answer names this instance too: until then it may not write.
            State::Loading(_) => Ok(Status::Unchanged),
            // What was sent decides: its outcome meets the other record when it is saved.
            State::Ready(_) | State::Sent(_) | State::Reading(_) | State::Visiting(_) | State::AwaitingRedirect(_) => Ok(Status::Unchanged),
        }
    }

    fn superseded_saving(&mut self, saving: Saving, found: Option<(Head, &[u8])>) -> Result<Status, Error> {
        let mine = saving.held;
        let Some((head, record)) = found else { return Ok(self.absent(saving)) };
        let theirs = head.held;
        let (kind, has_intent) = saving.change.says();
        if head.is_write_of(self.machine.holder, &mine, kind, has_intent) {
            // My own success, whose answer was lost.
            return Ok(self.saved(saving));
        }
        if saving.expected == Some(theirs.version()) {
            // A store that notifies tells of what is expected, too; one that contradicts itself must not be asked at once.
            let pause = Pause::new(self.now.plus(250), Why::Store);
            return Ok(self.go(State::Saving(Saving { pause, ..saving })));
        }
        if theirs.revision < self.machine.floor {
            // A store that went back has failed.
            self.not_saved(saving);
            return Err(Violation::OlderRecord.into());
        }
        let settled = self.settle(saving, &head, record);
        if settled.is_err() {
            // Nobody's move makes it fit, so the store is not asked again at once.
            self.not_saved(saving);
        }
        settled
    }

    /// What becomes of a change where another record stands: the step that made it says.
    fn settle(&mut self, saving: Saving, head: &Head, record: &[u8]) -> Result<Status, Error> {
        match saving.change {
            Change::SignIn { .. } => self.sign_in_superseded(saving, head, record),
            Change::Intent { attempts, target, .. } => self.intent_superseded(saving, attempts, target, head, record),
            Change::GiveBack { .. } | Change::Forget => self.adopt(head, record),
            Change::Commit { .. } => self.commit_superseded(saving, head, record),
            Change::Clear { .. } => self.clear_superseded(saving, head, record),
            Change::SignOut => self.sign_out_superseded(saving, head, record),
        }
    }

    /// The same change over what stands there now.
    pub(crate) fn again(&mut self, saving: Saving, theirs: &Held) -> Status {
        self.machine.floor = self.machine.floor.max(theirs.revision);
        let held = Held { revision: theirs.revision.saturating_add(1), ..saving.held };
        self.save(saving.change, Some(theirs.version()), held, saving.tokens)
    }

    /// The store holds nothing any more: somebody removed the grant, or it lost everything. Only a sign-in writes over nothing, and
    /// a sign-out says so; new tokens of a grant that was removed must not bring it back, and are revoked as those that come too late.
    fn absent(&mut self, mut saving: Saving) -> Status {
        match saving.change {
            Change::SignIn { .. } | Change::SignOut => self.save(saving.change, None, saving.held, saving.tokens),
            Change::Commit { .. } if self.config.policy.revoke_orphans && self.config.can_revoke() => {
                self.keep_tokens(&mut saving.tokens);
                self.begin_revocation(saving.held, saving.tokens, Whose::Orphan)
            }
            Change::Commit { .. } | Change::Intent { .. } | Change::GiveBack { .. } | Change::Clear { .. } | Change::Forget => {
                self.vacate(None, SignInReason::NoGrant)
            }
        }
    }

    /// Forgets everything but the store.
    pub(crate) fn reload(&mut self) -> Status {
        self.keep_tokens(&mut Tokens::default());
        self.go(State::Loading(Loading { pause: Pause::NONE, after: After::Live }))
    }
}
