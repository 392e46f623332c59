//! What may never happen, each by the name under which a mutant is caught.

use gatepass::{
    SignInReason, StateName,
    model::{self, View},
};

use crate::{
    channel::Swap,
    holder::{Rest, Saving},
    server::{Token, What},
    world::{LEASE, Permit, Record, World, number_of},
};

fn broken(name: &str, how: impl core::fmt::Display) -> Result<(), String> {
    Err(format!("{name}: {how}"))
}

impl World {
    fn is_cloned(&self) -> bool {
        self.left.clones < self.setup.budget.clones
    }

    fn has_fault(&self) -> bool {
        let (left, all) = (self.left, self.setup.budget);
        (left.crashes, left.losses, left.suspensions, left.clones) != (all.crashes, all.losses, all.suspensions, all.clones)
    }

    /// Whether a fault that hits this holder now hits it between a send and its commit.
    pub fn is_exposing(&self, at: usize) -> bool {
        let holder = &self.holders[at];
        let sent = self.calls.iter().any(|call| usize::from(call.owner) == at && !call.is_orphan && matches!(call.what, What::Refresh(_)));
        sent || matches!(holder.session.state(), StateName::SavingCommit | StateName::SavingSignOut | StateName::InDoubt)
    }

    /// A change that does not come through at once puts the family at risk when it is a commit.
    pub fn risk_of(&mut self, swap: &Swap) {
        self.ghost.is_exposed |= self.is_exposing(swap.owner.into());
    }

    // R083
    /// A change is handed to the store.
    pub fn check_handed(&self, at: usize, record: &Record) -> Result<(), String> {
        let view = self.view(record);
        if view.kind != "Cleared" {
            return Ok(());
        }
        // The record was the holder's own when it sent, so what it says of its generation is what was sent.
        match self.holders[at].saving {
            Some(sent) if Some(sent.family) == number_of(view.family) && sent.generation == view.generation => Ok(()),
            _ => broken("clears-its-own", format_args!("generation {} is cleared by one who sent another", view.generation)),
        }
    }

    // R078
    /// A change is made in the store.
    pub fn check_stored(&mut self, swap: &Swap) -> Result<(), String> {
        let config = self.setup.config;
        let new = View::of(&swap.record.bytes, &config).unwrap();
        let before = self.store.clone();
        let before = before.as_deref().map(|before| View::of(&before.bytes, &config).unwrap());
        let family = number_of(new.family).unwrap_or(0);
        if let Some(before) = before {
            self.check_order(&before, &new)?;
        }
        if new.kind == "Live" && self.ghost.ended & 1 << family != 0 {
            return broken("ended-stays-ended", format_args!("family {family} was replaced or signed out, and lives again"));
        }
        if new.kind == "SignedOut" {
            self.ghost.signed_out |= 1 << family;
            self.ghost.ended |= 1 << family;
        }
        let Some(token) = Token::parse(new.token) else { return Ok(()) };
        if new.kind != "Live" {
            return Ok(());
        }
        let sends = u16::from(self.ghost.sends[usize::from(token.family) - 1][usize::from(token.number) - 1]);
        if new.attempts < sends && !self.is_cloned() {
            return broken("attempts-are-counted", format_args!("{token} was sent {sends} times, and {} are on record", new.attempts));
        }
        if new.lease == 0 {
            // Given back: the right to send goes with it.
            self.ghost.permits.retain(|permit| permit.token != token || permit.holder != new.writer);
            return Ok(());
        }
        if new.attempts > self.setup.max_attempts {
            return broken("attempts-are-bounded", format_args!("{} attempts on {token}", new.attempts));
        }
        let owner = usize::from(swap.owner);
        if let Some(before) = before.filter(|before| before.lease > 0 && before.family == new.family && before.generation == new.generation)
        {
            let is_own = before.writer == new.writer;
            // Its holder counts the lease from before it handed the intent out, anybody else from when it was seen.
            let began = if is_own { self.ghost.handed } else { self.ghost.leased };
            let elapsed = (self.now - began) * u64::from(self.setup.rates[owner]);
            let is_covered = is_own && self.setup.covers && before.attempts == 1;
            if elapsed < LEASE && !is_covered && !self.is_cloned() {
                return broken("lease-is-kept", format_args!("{token} is claimed {elapsed} ms into another claim"));
            }
        }
        (self.ghost.leased, self.ghost.handed) = (self.now, swap.handed);
        self.ghost.permits.retain(|permit| permit.token != token);
        self.ghost.permits.push(Permit { token, holder: new.writer });
        Ok(())
    }

    fn check_order(&mut self, before: &View<'_>, new: &View<'_>) -> Result<(), String> {
        if new.revision <= before.revision {
            return broken("revision-goes-on", format_args!("from {} to {}", before.revision, new.revision));
        }
        if new.family != before.family {
            self.ghost.ended |= 1 << number_of(before.family).unwrap_or(0);
            return Ok(());
        }
        if new.generation < before.generation {
            return broken("generation-goes-on", format_args!("from {} to {}", before.generation, new.generation));
        }
        if before.kind == "Live" && new.kind == "Live" && new.generation == before.generation && new.token != before.token {
            return broken("commit-is-kept", format_args!("other tokens take the place of generation {}", new.generation));
        }
        if before.kind == "SignedOut" && new.kind != "SignedOut" {
            return broken("ended-stays-ended", "a grant that was signed out lives again");
        }
        if new.kind == "Cleared" && (before.kind != "Live" || before.generation != new.generation) {
            return broken("clears-its-own", format_args!("generation {} clears {}", new.generation, before.generation));
        }
        if new.kind == "Live" && new.generation > before.generation && new.generation != before.generation + 1 {
            return broken("generation-goes-on", format_args!("from {} to {} at once", before.generation, new.generation));
        }
        Ok(())
    }

    // R081
    /// A session gave a change up, or believes that it was made.
    pub fn check_given_up(
        &self,
        saving: Option<Saving>,
        (was_unsaved, was): (bool, StateName),
        (is_unsaved, is): (bool, StateName),
    ) -> Result<(), String> {
        let (Some(saving), Some(store)) = (saving, self.store.as_deref()) else { return Ok(()) };
        let stored = self.view(store);
        let same_family = number_of(stored.family) == Some(saving.family);
        if was_unsaved && !is_unsaved && is != StateName::SavingSignOut && same_family && stored.kind != "SignedOut" {
            let kept = stored.generation >= saving.generation;
            if !kept {
                let held = stored.generation;
                return broken(
                    "commit-is-kept",
                    format_args!("generation {} was given up while the store holds {held}", saving.generation),
                );
            }
        }
        if was_unsaved && !is_unsaved && was == StateName::SavingSignIn && !same_family && self.ghost.ended & 1 << saving.family == 0 {
            return if is == StateName::Live { broken("commit-is-kept", "a sign-in is live that the store never held") } else { Ok(()) };
        }
        let is_over = was == StateName::SavingSignOut && !matches!(is, StateName::SavingSignOut);
        if is_over && saving.kind == "SignedOut" && same_family && stored.kind == "Live" {
            return broken("sign-out-is-kept", "the user is told to be signed out, and the store holds the grant");
        }
        Ok(())
    }

    // R074
    /// Tokens that have arrived meet another record: if that is of a sign-out or another family, they are revoked.
    pub fn check_too_late(&self, saving: Saving, told: &[u8], is: StateName) -> Result<(), String> {
        let told = View::of(told, &self.setup.config).unwrap();
        let same_family = number_of(told.family) == Some(saving.family);
        let too_late = !same_family || (told.kind == "SignedOut" && told.generation < saving.generation);
        if too_late && is != StateName::OrphanReady && is != StateName::SavingCommit {
            return broken("late-tokens-are-revoked", format_args!("generation {} came too late, and is kept good", saving.generation));
        }
        Ok(())
    }

    // R078
    /// A refresh token leaves.
    pub fn check_sent(&mut self, at: usize, what: What) -> Result<(), String> {
        let What::Refresh(token) = what else { return Ok(()) };
        let holder = model::instance(&self.holders[at].session);
        let sends = &mut self.ghost.sends[usize::from(token.family) - 1][usize::from(token.number) - 1];
        *sends += 1;
        let sends = u16::from(*sends);
        let cloned = self.is_cloned();
        if sends > 1 && !self.has_fault() {
            return broken("never-twice", format_args!("{token} is sent again, and nothing has happened to anybody"));
        }
        if sends > self.setup.max_attempts * if cloned { 2 } else { 1 } {
            return broken("attempts-are-bounded", format_args!("{token} is sent for the {sends}. time"));
        }
        let permit = self.ghost.permits.iter().position(|permit| permit.token == token && permit.holder == holder);
        match permit {
            Some(index) => {
                if !cloned {
                    self.ghost.permits.remove(index);
                }
                Ok(())
            }
            // A clock that stands still outlives every lease; what the others promise holds all the same.
            None if cloned || self.setup.rates[at] == 0 => Ok(()),
            None => broken("sent-under-its-intent", format_args!("holder {at} sends {token}, and no intent of its own stands for it")),
        }
    }

    // R077 R078
    /// The server was given a token that is good no more.
    pub fn check_reuse(&self, token: Token) -> Result<(), String> {
        if !self.has_fault() {
            return broken("never-twice", format_args!("the server sees {token} again, and nothing has happened to anybody"));
        }
        if !self.ghost.is_exposed && !self.setup.rates.contains(&0) {
            return broken(
                "reuse-needs-a-cause",
                format_args!("the server sees {token} again, and nobody was hit between send and commit"),
            );
        }
        Ok(())
    }

    // R081
    /// Everybody has come to rest.
    pub fn check_end(&self) -> Result<(), String> {
        let (left, all) = (self.left, self.setup.budget);
        for (at, holder) in self.holders.iter().enumerate() {
            match holder.rest {
                Rest::Good => {}
                Rest::SignIn(reason) => {
                    let unasked = left.sign_outs == all.sign_outs && left.sign_ins == all.sign_ins;
                    // Whoever dies or sleeps after its intent may have sent, as far as anybody else can know.
                    let looks_sent = reason == SignInReason::InDoubt && (left.crashes, left.suspensions) != (all.crashes, all.suspensions);
                    if unasked && !self.ghost.is_exposed && !looks_sent && !self.setup.rates.contains(&0) {
                        return broken(
                            "nobody-is-asked-in-vain",
                            format_args!("holder {at} must sign in ({reason:?}), and no token was at risk"),
                        );
                    }
                }
                Rest::Busy | Rest::Load | Rest::Until(_) | Rest::Stuck => {
                    return broken("everybody-ends", format_args!("holder {at} is {:?} in {}", holder.rest, holder.session.state()));
                }
            }
        }
        let stored = self.store.as_deref().map(|store| self.view(store));
        let family = stored.and_then(|stored| number_of(stored.family)).unwrap_or(0);
        let lives_on = self.ghost.unwanted & 1 << family != 0 && stored.is_some_and(|stored| stored.kind == "Live");
        if lives_on && left.crashes == all.crashes && !self.is_cloned() {
            return broken("sign-out-is-kept", format_args!("a user signed out of family {family}, and it lives on"));
        }
        if left.crashes == all.crashes && !self.is_cloned() {
            for (index, family) in self.server.iter().enumerate() {
                if self.ghost.signed_out & 2 << index != 0 && !family.is_revoked && !family.has_strays {
                    return broken("signed-out-is-revoked", format_args!("family {} was signed out, and its tokens are good", index + 1));
                }
            }
        }
        Ok(())
    }
}
