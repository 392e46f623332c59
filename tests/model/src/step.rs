//! What may happen next, and the world after it.

use std::rc::Rc;

use gatepass::{Input, StateName, model};

use crate::{
    holder::{Holder, Rest},
    server::{Reply, What},
    setup::Faults,
    world::{LEASE, World, number_of},
};

/// One thing that happens. Numbers are of holders, or of messages on their way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A change arrives at the store, and its answer at its holder.
    Swap(u8),
    /// Likewise, but the holder is suspended before it goes on.
    SwapThenStall(u8),
    SwapAnswerLost(u8),
    /// The holder is told that it failed; it may still be made.
    SwapLate(u8),
    StoreOut(u8),
    /// A request arrives at the server, and its answer at its holder.
    Call(u8),
    CallAnswerLost(u8),
    /// The holder is told that nothing came; it may still arrive.
    CallLate(u8),
    UnavailableBefore(u8),
    UnavailableAfter(u8),
    /// The first byte of a refresh leaves, if its deadline allows.
    Leave(u8),
    /// It does not.
    Offline(u8),
    /// A holder reads the store.
    Look(u8),
    /// The store tells a holder of what it holds.
    Notify(u8),
    /// A resource server rejects the access token.
    Reject(u8),
    /// The application wants a longer life.
    Renew(u8),
    SignOut(u8),
    SignIn(u8),
    Crash(u8),
    Suspend(u8),
    Resume(u8),
    /// The first holder becomes a copy of the second, in the same state and of the same name.
    Clone(u8, u8),
    /// The server ends the first family, for a reason of its own.
    End,
    /// Time goes on to the next moment that matters.
    Wait,
}

impl World {
    fn awake(&self, at: u8) -> bool {
        self.holders[usize::from(at)].is_awake
    }

    /// The step that a world without faults takes, in which everybody is prompt; `None` when everybody has come to rest.
    pub fn fair(&self) -> Option<Step> {
        let holders = || self.holders.iter().enumerate();
        let find = |is: &dyn Fn(&Holder) -> bool| holders().find(|(_, holder)| is(holder)).map(|(at, _)| at as u8);
        if let Some(at) = find(&|holder| holder.is_awake && holder.hand.is_some()) {
            return Some(Step::Leave(at));
        }
        if let Some(at) = find(&|holder| holder.is_awake && holder.rest == Rest::Load) {
            return Some(Step::Look(at));
        }
        if let Some(index) = self.swaps.iter().position(|swap| !swap.is_orphan && self.awake(swap.owner)) {
            return Some(Step::Swap(index as u8));
        }
        if let Some(index) = self.calls.iter().position(|call| !call.is_orphan && self.awake(call.owner)) {
            return Some(Step::Call(index as u8));
        }
        if let Some(at) = find(&|holder| !holder.is_awake) {
            return Some(Step::Resume(at));
        }
        if let Some(at) = (0..self.holders.len()).find(|at| self.sees_news(*at)) {
            return Some(Step::Look(at as u8));
        }
        self.next_moment().is_some().then_some(Step::Wait)
    }

    /// A holder that waits for another would see something new in the store.
    fn sees_news(&self, at: usize) -> bool {
        let holder = &self.holders[at];
        holder.is_awake && model::lapse(&holder.session).is_some() && self.differs(holder)
    }

    fn differs(&self, holder: &Holder) -> bool {
        let stored = self.store.as_deref().map(|store| (store.version.family(), store.generation, store.version.revision()));
        model::held(&holder.session) != stored
    }

    /// When time goes on to, if nothing is under way among those who are prompt.
    fn next_moment(&self) -> Option<u64> {
        let is_prompt = |at: u8| self.awake(at);
        let under_way = self.swaps.iter().any(|swap| !swap.is_orphan && is_prompt(swap.owner))
            || self.calls.iter().any(|call| !call.is_orphan && is_prompt(call.owner))
            || self.holders.iter().any(|holder| holder.is_awake && (holder.hand.is_some() || holder.rest == Rest::Load));
        if under_way {
            return None;
        }
        let mut next = None;
        for (at, holder) in self.holders.iter().enumerate() {
            let rate = u64::from(self.setup.rates[at]);
            if !holder.is_awake {
                // Half of a lease is the finest that a suspended holder can tell apart, and what is long past is all alike.
                if self.now < holder.slept + self.setup.oldest() {
                    next = Some(next.unwrap_or(u64::MAX).min(self.now + LEASE / 2));
                }
            } else if let Rest::Until(until) = holder.rest
                && rate > 0
            {
                let wait = until.saturating_sub(self.clock(at).as_millis()).div_ceil(rate);
                next = Some(next.unwrap_or(u64::MAX).min(self.now + wait.max(1)));
            }
        }
        next
    }

    /// Everything that may happen.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(24);
        let (left, faults) = (&self.left, self.setup.faults);
        // Between being handed a request and sending it a holder meets nobody.
        if let Some(at) = self.holders.iter().position(|holder| holder.is_awake && holder.hand.is_some()) {
            let at = at as u8;
            steps.push(Step::Leave(at));
            if left.outages > 0 && faults.has(Faults::OFFLINE) {
                steps.push(Step::Offline(at));
            }
            if left.suspensions > 0 {
                steps.push(Step::Suspend(at));
            }
            return steps;
        }
        for (index, swap) in self.swaps.iter().enumerate() {
            let is_waited_for = !swap.is_orphan && self.awake(swap.owner);
            let index = index as u8;
            if swap.answer.is_none() {
                steps.push(Step::Swap(index));
                if is_waited_for && left.suspensions > 0 {
                    steps.push(Step::SwapThenStall(index));
                }
            }
            if is_waited_for && left.losses > 0 {
                if faults.has(Faults::SWAP_LOST) {
                    steps.push(Step::SwapAnswerLost(index));
                }
                if faults.has(Faults::SWAP_LATE) {
                    steps.push(Step::SwapLate(index));
                }
            }
            if is_waited_for && left.outages > 0 && faults.has(Faults::STORE_OUT) {
                steps.push(Step::StoreOut(index));
            }
        }
        for (index, call) in self.calls.iter().enumerate() {
            let is_waited_for = !call.is_orphan && self.awake(call.owner);
            let index = index as u8;
            if call.answer.is_none() {
                steps.push(Step::Call(index));
            }
            if is_waited_for && left.losses > 0 {
                for (fault, step) in [
                    (Faults::ANSWER_LOST, Step::CallAnswerLost(index)),
                    (Faults::CALL_LATE, Step::CallLate(index)),
                    (Faults::BEFORE, Step::UnavailableBefore(index)),
                    (Faults::AFTER, Step::UnavailableAfter(index)),
                ] {
                    if faults.has(fault) {
                        steps.push(step);
                    }
                }
            }
        }
        for (at, holder) in self.holders.iter().enumerate() {
            self.steps_of(at, holder, &mut steps);
        }
        if left.ends > 0 && !self.server[0].is_revoked {
            steps.push(Step::End);
        }
        if self.next_moment().is_some() {
            steps.push(Step::Wait);
        }
        steps
    }

    fn steps_of(&self, at: usize, holder: &Holder, steps: &mut Vec<Step>) {
        let (left, state) = (&self.left, holder.session.state());
        let index = at as u8;
        if left.crashes > 0 {
            steps.push(Step::Crash(index));
        }
        if !holder.is_awake {
            steps.push(Step::Resume(index));
            return;
        }
        let is_idle = matches!(holder.rest, Rest::Good | Rest::SignIn(_));
        if left.suspensions > 0 && !is_idle {
            steps.push(Step::Suspend(index));
        }
        if holder.rest == Rest::Load || self.sees_news(at) {
            steps.push(Step::Look(index));
        }
        if self.setup.notifies && holder.rest != Rest::Load && self.differs(holder) {
            steps.push(Step::Notify(index));
        }
        let has_grant = matches!(state, StateName::Live | StateName::InDoubt | StateName::Waiting);
        let serves = holder.session.access_token(self.clock(at)).is_some();
        let generation = model::held(&holder.session).map_or(0, |(_, generation, _)| generation);
        if has_grant && serves && generation <= self.setup.generations {
            steps.push(Step::Reject(index));
            if self.setup.renews && state == StateName::Live {
                steps.push(Step::Renew(index));
            }
        }
        if left.sign_outs > 0 {
            steps.push(Step::SignOut(index));
        }
        if left.sign_ins > 0 && (has_grant || state == StateName::Vacant) {
            steps.push(Step::SignIn(index));
        }
        if left.clones > 0 {
            steps.extend((0..self.holders.len()).filter(|to| *to != at).map(|to| Step::Clone(to as u8, index)));
        }
    }

    /// The world after a step, or the promise that it broke.
    ///
    /// # Errors
    /// Which promise, and how.
    pub fn after(&self, step: Step) -> Result<Self, String> {
        let mut world = self.clone();
        world.take(step)?;
        world.forget();
        Ok(world)
    }

    fn take(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Swap(index) => self.swap(index.into(), false),
            Step::SwapThenStall(index) => {
                self.left.suspensions -= 1;
                self.swap(index.into(), true)
            }
            Step::SwapAnswerLost(index) => {
                self.left.losses -= 1;
                let swap = self.swaps[usize::from(index)].clone();
                self.risk_of(&swap);
                let mut made = (*swap).clone();
                made.is_orphan = true;
                self.swaps[usize::from(index)] = Rc::new(made);
                self.swap(index.into(), false)?;
                self.swap_failed(&swap)
            }
            Step::SwapLate(index) => {
                self.left.losses -= 1;
                let swap = self.swaps[usize::from(index)].clone();
                self.risk_of(&swap);
                Rc::make_mut(&mut self.swaps[usize::from(index)]).is_orphan = true;
                self.swap_failed(&swap)
            }
            Step::StoreOut(index) => {
                self.left.outages -= 1;
                let swap = self.swaps.remove(index.into());
                self.risk_of(&swap);
                self.swap_failed(&swap)
            }
            Step::Call(index) => self.call(index.into(), false).map(drop),
            Step::CallAnswerLost(index) => {
                self.left.losses -= 1;
                let call = self.calls[usize::from(index)];
                self.ghost.is_exposed |= matches!(call.what, What::Refresh(_));
                self.call(index.into(), true)?;
                self.tell(call.owner.into(), Input::NoResponse(call.ticket))?;
                self.run(call.owner.into())
            }
            Step::CallLate(index) => {
                self.left.losses -= 1;
                let call = &mut self.calls[usize::from(index)];
                call.is_orphan = true;
                let (owner, ticket) = (call.owner.into(), call.ticket);
                self.ghost.is_exposed |= matches!(call.what, What::Refresh(_));
                self.tell(owner, Input::NoResponse(ticket))?;
                self.run(owner)
            }
            Step::UnavailableBefore(index) => {
                self.left.losses -= 1;
                let call = self.calls.remove(index.into());
                self.reply(call, Reply::Unavailable)?;
                self.run(call.owner.into())
            }
            Step::UnavailableAfter(index) => {
                self.left.losses -= 1;
                let call = self.calls[usize::from(index)];
                self.ghost.is_exposed |= matches!(call.what, What::Refresh(_));
                self.call(index.into(), true)?;
                self.reply(call, Reply::Unavailable)?;
                self.run(call.owner.into())
            }
            Step::Leave(at) => self.leave(at.into(), false),
            Step::Offline(at) => {
                self.left.outages -= 1;
                self.leave(at.into(), true)
            }
            Step::Look(at) => self.look(at.into()),
            Step::Notify(at) => {
                let store = self.store.clone();
                self.tell(at.into(), Input::Superseded(store.as_deref().map(|store| &*store.bytes)))?;
                self.run(at.into())
            }
            Step::Reject(at) => {
                let now = self.clock(at.into());
                if let Some(generation) = self.holders[usize::from(at)].session.access_token(now).map(|token| token.generation()) {
                    self.tell(at.into(), Input::TokenRejected(generation))?;
                }
                self.run(at.into())
            }
            Step::Renew(at) => {
                self.tell(at.into(), Input::Refresh)?;
                self.run(at.into())
            }
            Step::SignOut(at) => {
                self.left.sign_outs -= 1;
                let (now, setup) = (self.clock(at.into()), self.setup.clone());
                let family = model::held(&self.holders[usize::from(at)].session).and_then(|(family, ..)| number_of(family));
                // One that is refused changes nothing.
                if self.holder(at.into()).session.sign_out(&setup.config, now).is_ok()
                    && let Some(family) = family
                {
                    self.ghost.unwanted |= 1 << family;
                }
                self.run(at.into())
            }
            Step::SignIn(at) => self.sign_in(at.into()),
            Step::Crash(at) => {
                self.left.crashes -= 1;
                self.crash(at.into());
                Ok(())
            }
            Step::Suspend(at) => {
                self.left.suspensions -= 1;
                self.suspend(at.into());
                Ok(())
            }
            Step::Resume(at) => self.resume(at.into()),
            Step::Clone(to, from) => {
                self.left.clones -= 1;
                self.copy_of(to.into(), from.into())
            }
            Step::End => {
                self.left.ends -= 1;
                self.ghost.is_exposed = true;
                self.server[0].is_revoked = true;
                Ok(())
            }
            Step::Wait => {
                let Some(next) = self.next_moment() else { return Ok(()) };
                self.now = next;
                for at in 0..self.holders.len() {
                    let is_due = matches!(self.holders[at].rest, Rest::Until(until) if until <= self.clock(at).as_millis());
                    if self.holders[at].is_awake && is_due {
                        self.run(at)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// A holder's memory is copied into another machine. What was on its way is answered to the first alone: the copy asks
    /// the store again, and its connection to the server is dead.
    fn copy_of(&mut self, to: usize, from: usize) -> Result<(), String> {
        self.crash(to);
        let mut copy = (*self.holders[from]).clone();
        (copy.life, copy.asked) = (self.holders[to].life, None);
        let ticket = self.calls.iter().find(|call| usize::from(call.owner) == from && !call.is_orphan).map(|call| call.ticket);
        self.holders[to] = Rc::new(copy);
        self.ghost.is_exposed = true;
        if let Some(ticket) = ticket {
            self.tell(to, Input::NoResponse(ticket))?;
        }
        if self.holders[to].hand.is_some() {
            return Ok(());
        }
        self.run(to)
    }
}
