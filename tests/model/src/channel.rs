//! What is on its way between holders, store and server: it arrives, is lost, or comes late.

use std::rc::Rc;

use gatepass::{Head, Input, Ticket, Version, model};

use crate::{
    holder::{Hand, Holder},
    server::{Reply, Token, What},
    world::{Record, World},
};

const JSON: Head<'static> = Head { status: 200, content_type: Some("application/json"), retry_after: None };

/// A compare-and-swap on its way to the store, or its answer on the way back.
#[derive(Clone)]
pub struct Swap {
    pub owner: u8,
    pub ticket: Ticket,
    /// Nobody waits for its answer, and it may arrive at any time or never.
    pub is_orphan: bool,
    pub expected: Option<Version>,
    pub record: Rc<Record>,
    /// When this change was first handed out: its holder counts a lease from then.
    pub handed: u64,
    /// Once it has arrived: `None` for success, otherwise what the store holds.
    pub answer: Option<Option<Rc<Record>>>,
}

/// A request on its way to the server, or its answer on the way back.
#[derive(Clone, Copy)]
pub struct Call {
    pub owner: u8,
    pub ticket: Ticket,
    pub is_orphan: bool,
    pub what: What,
    pub answer: Option<Reply>,
}

impl World {
    /// A swap arrives at the store. Its answer reaches whoever waits and is awake.
    pub fn swap(&mut self, index: usize, stall: bool) -> Result<(), String> {
        let mut swap = self.swaps.remove(index);
        let held = self.store.as_deref().map(|store| store.version);
        let answer = if held == swap.expected {
            self.check_stored(&swap)?;
            self.store = Some(swap.record.clone());
            None
        } else {
            self.store.clone()
        };
        if swap.is_orphan {
            return Ok(());
        }
        let owner = usize::from(swap.owner);
        if !self.holders[owner].is_awake {
            Rc::make_mut(&mut swap).answer = Some(answer);
            self.swaps.insert(index, swap);
            return Ok(());
        }
        self.swap_answered(&swap, answer.as_deref())?;
        if stall {
            self.suspend(owner);
            return Ok(());
        }
        self.run(owner)
    }

    fn swap_answered(&mut self, swap: &Swap, superseded: Option<&Record>) -> Result<(), String> {
        let owner = usize::from(swap.owner);
        let holder = self.holder(owner);
        if holder.asked == Some(swap.ticket) {
            holder.asked = None;
        }
        match superseded {
            None => self.tell(owner, Input::Saved(swap.ticket)),
            Some(record) => self.tell(owner, Input::Superseded(Some(&record.bytes))),
        }
    }

    /// The caller is told that the store failed.
    pub fn swap_failed(&mut self, swap: &Swap) -> Result<(), String> {
        let owner = usize::from(swap.owner);
        let holder = self.holder(owner);
        if holder.asked == Some(swap.ticket) {
            holder.asked = None;
        }
        self.tell(owner, Input::NotSaved(swap.ticket))?;
        self.run(owner)
    }

    /// A request arrives at the server. Its answer reaches whoever waits and is awake.
    pub fn call(&mut self, index: usize, lost: bool) -> Result<Reply, String> {
        let mut call = self.calls.remove(index);
        let reply = self.serve(call.what)?;
        if call.is_orphan || lost {
            self.stray(reply);
        }
        if !call.is_orphan && !lost {
            call.answer = Some(reply);
            if self.holders[usize::from(call.owner)].is_awake {
                self.call_answered(call)?;
            } else {
                self.calls.insert(index, call);
            }
        }
        Ok(reply)
    }

    fn call_answered(&mut self, call: Call) -> Result<(), String> {
        let Some(reply) = call.answer else { return Ok(()) };
        self.reply(call, reply)?;
        self.run(usize::from(call.owner))
    }

    pub fn reply(&mut self, call: Call, reply: Reply) -> Result<(), String> {
        let owner = usize::from(call.owner);
        if model::awaited(&self.holders[owner].session) != Some(call.ticket) {
            self.stray(reply);
        }
        let body = match reply {
            Reply::Unavailable => return self.tell(owner, Input::Head(call.ticket, Head { status: 503, ..JSON })),
            Reply::Revoked => return self.tell(owner, Input::Head(call.ticket, JSON)),
            Reply::InvalidGrant => r#"{"error":"invalid_grant"}"#.to_owned(),
            Reply::Tokens(Token { family, number }) => {
                format!(r#"{{"access_token":"a{family}.{number}","refresh_token":"r{family}.{number}","token_type":"bearer"}}"#)
            }
        };
        let status = if reply == Reply::InvalidGrant { 400 } else { 200 };
        self.tell(owner, Input::Head(call.ticket, Head { status, ..JSON }))?;
        self.tell(owner, Input::Body(call.ticket, body.as_bytes()))?;
        self.tell(owner, Input::End(call.ticket))
    }

    pub fn suspend(&mut self, at: usize) {
        let now = self.now;
        let holder = self.holder(at);
        (holder.is_awake, holder.slept) = (false, now);
        self.ghost.is_exposed |= self.is_exposing(at);
    }

    /// The holder goes on: first it is told what has arrived meanwhile.
    pub fn resume(&mut self, at: usize) -> Result<(), String> {
        self.holder(at).is_awake = true;
        while let Some(index) = self.swaps.iter().position(|swap| usize::from(swap.owner) == at && swap.answer.is_some()) {
            let swap = self.swaps.remove(index);
            let answer = swap.answer.clone().flatten();
            self.swap_answered(&swap, answer.as_deref())?;
        }
        while let Some(index) = self.calls.iter().position(|call| usize::from(call.owner) == at && call.answer.is_some()) {
            let call = self.calls.remove(index);
            if let Some(reply) = call.answer {
                self.reply(call, reply)?;
            }
        }
        if self.holders[at].hand.is_some() {
            return Ok(());
        }
        self.run(at)
    }

    /// The first byte leaves, if it still may.
    pub fn leave(&mut self, at: usize, offline: bool) -> Result<(), String> {
        let now = self.clock(at).as_millis();
        let Some(Hand { ticket, what, deadline }) = self.holder(at).hand.take() else { return Ok(()) };
        if offline || now >= deadline {
            self.tell(at, Input::NotSent(ticket))?;
        } else {
            self.check_sent(at, what)?;
            self.calls.push(Call { owner: at as u8, ticket, is_orphan: false, what, answer: None });
        }
        self.run(at)
    }

    /// The holder dies and starts again at once; what it has sent is on its way.
    pub fn crash(&mut self, at: usize) {
        self.ghost.is_exposed |= self.is_exposing(at);
        let name = model::instance(&self.holders[at].session);
        let shared = self.holders.iter().filter(|holder| model::instance(&holder.session) == name).count() > 1;
        if !shared {
            self.ghost.permits.retain(|permit| permit.holder != name);
        }
        self.holders[at] = Rc::new(Holder::new(self.holders[at].life + 1));
        for swap in &mut self.swaps {
            if usize::from(swap.owner) == at && !swap.is_orphan {
                Rc::make_mut(swap).is_orphan = true;
            }
        }
        self.swaps.retain(|swap| !swap.is_orphan || swap.answer.is_none());
        for call in &mut self.calls {
            call.is_orphan |= usize::from(call.owner) == at;
        }
        self.calls.retain(|call| !call.is_orphan || call.answer.is_none());
    }

    /// What can change nothing any more is forgotten, so that it tells no two worlds apart.
    pub fn forget(&mut self) {
        let held = self.store.as_deref().map(|store| store.version);
        let revision = held.map_or(0, |version| version.revision());
        self.swaps
            .retain(|swap| !swap.is_orphan || swap.expected == held || swap.expected.map_or(0, |version| version.revision()) > revision);
        let server = &self.server;
        self.calls.retain(|call| {
            !call.is_orphan
                || match call.what {
                    What::Redeem(_) => false,
                    What::Refresh(token) | What::Revoke(token) => !server[usize::from(token.family) - 1].is_revoked,
                }
        });
    }
}
