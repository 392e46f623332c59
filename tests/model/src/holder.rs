//! A holder: a real session, driven as any driver would, with each step in the hands of the explorer.

use std::{cell::Cell, rc::Rc};

use gatepass::{
    AuthorizationCode, Entropy, Grant, Input, Output, Session, SignInReason, StateName, Ticket,
    model::{self, NAME, View},
};

use crate::{
    channel::{Call, Swap},
    server::{What, asked_for},
    world::{Record, World, number_of},
};

const REDIRECT_URI: &str = "http://127.0.0.1/cb";

pub type Machine = Session<[u8; 320]>;

/// A refresh that was handed out, before its first byte has left.
#[derive(Clone, Copy)]
pub struct Hand {
    pub ticket: Ticket,
    pub what: What,
    /// On the holder's clock.
    pub deadline: u64,
}

/// What the last change that was handed out says.
#[derive(Clone, Copy)]
pub struct Saving {
    pub kind: &'static str,
    pub family: u8,
    pub generation: u64,
}

/// What a holder does between two events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// It waits for an answer.
    Busy,
    /// It wants to read the store.
    Load,
    /// It waits for a moment on its clock.
    Until(u64),
    /// The access token is good.
    Good,
    /// Nothing will ever happen, and there is no access token.
    Stuck,
    SignIn(SignInReason),
}

pub struct Holder {
    pub session: Machine,
    /// One more for each crash.
    pub life: u8,
    pub is_awake: bool,
    /// When it was last suspended.
    pub slept: u64,
    /// The change that was handed to the store and not answered.
    pub asked: Option<Ticket>,
    /// The last change that was handed out, and when for the first time.
    pub first: Option<(Ticket, u64)>,
    pub hand: Option<Hand>,
    pub saving: Option<Saving>,
    pub rest: Rest,
    /// Its hash, and the moment of which it is.
    pub print: Cell<Option<(u64, u128)>>,
}

impl Holder {
    /// One that was just started, after so many crashes.
    pub const fn new(life: u8) -> Self {
        Self {
            session: Machine::new(),
            life,
            is_awake: true,
            slept: 0,
            asked: None,
            first: None,
            hand: None,
            saving: None,
            rest: Rest::Load,
            print: Cell::new(None),
        }
    }
}

impl Clone for Holder {
    fn clone(&self) -> Self {
        Self { session: model::copy(&self.session), print: Cell::new(None), ..*self }
    }
}

/// Entropy that gives an instance or a family this name, and is not refused.
fn entropy(kind: u8, of: u8, number: u8) -> Entropy {
    let mut bytes = [0; 64];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = (at as u8).wrapping_mul(37).wrapping_add(number);
    }
    bytes[52..57].copy_from_slice(NAME);
    bytes[57] = kind;
    bytes[58..62].fill(0);
    bytes[62] = of;
    bytes[63] = number;
    Entropy::from_bytes(bytes).unwrap()
}

impl World {
    /// Tells a session something, and holds it to what it promised with the change that it gives up for it.
    pub fn tell(&mut self, at: usize, input: Input<'_>) -> Result<(), String> {
        let (now, setup) = (self.clock(at), self.setup.clone());
        let holder = self.holder(at);
        let (was_unsaved, was) = (holder.session.is_unsaved(), holder.session.state());
        // What an error says, the next poll decides.
        let _ = holder.session.handle(&setup.config, now, input);
        let (is_unsaved, is) = (holder.session.is_unsaved(), holder.session.state());
        let saving = holder.saving;
        if let (Input::Superseded(Some(told)), Some(saving)) = (input, saving)
            && was == StateName::SavingCommit
        {
            self.check_too_late(saving, told, is)?;
        }
        self.check_given_up(saving, (was_unsaved, was), (is_unsaved, is))
    }

    /// Polls until the session waits for something, and does what it asks for.
    pub fn run(&mut self, at: usize) -> Result<(), String> {
        let (now, setup) = (self.clock(at), self.setup.clone());
        let mut out = [0; 1024];
        let now_true = self.now;
        let holder = self.holder(at);
        let rest = match holder.session.poll(&setup.config, now, &mut out).map_err(|error| format!("poll failed: {error:?}"))? {
            // Whoever waits for another looks when there is something to see, and that is a step of its own.
            Output::Load => model::lapse(&holder.session).map_or(Rest::Load, Rest::Until),
            Output::Save(save) if holder.asked == Some(save.ticket()) => Rest::Busy,
            Output::Save(save) => {
                let (ticket, expected, record) = (save.ticket(), save.expected(), Rc::new(Record::new(save.record(), &setup.config)));
                let handed = holder.first.filter(|(known, _)| *known == ticket).map_or(now_true, |(_, when)| when);
                holder.first = Some((ticket, handed));
                let swap = Swap { owner: at as u8, ticket, is_orphan: false, expected, record, handed, answer: None };
                holder.asked = Some(swap.ticket);
                let saving = self.saving_of(&swap.record);
                self.check_handed(at, &swap.record)?;
                self.holder(at).saving = Some(saving);
                self.swaps.push(Rc::new(swap));
                Rest::Busy
            }
            Output::Send(request) => {
                let (ticket, deadline) = (request.ticket(), request.deadline().as_millis());
                let what = asked_for(request.url(), request.body());
                if matches!(what, What::Refresh(_)) {
                    holder.hand = Some(Hand { ticket, what, deadline });
                } else {
                    self.calls.push(Call { owner: at as u8, ticket, is_orphan: false, what, answer: None });
                }
                Rest::Busy
            }
            Output::AwaitResponse(_) | Output::AwaitRedirect(_) | Output::Visit(_) => Rest::Busy,
            Output::SignIn(reason) => Rest::SignIn(reason),
            Output::Wait(until, _) | Output::Sleep(until) => match (until.as_millis(), model::lapse(&holder.session)) {
                (_, Some(lapse)) if lapse > now.as_millis() => Rest::Until(lapse),
                (u64::MAX, _) if holder.session.access_token(now).is_some() => Rest::Good,
                (u64::MAX, _) => Rest::Stuck,
                (until, _) => Rest::Until(until),
            },
        };
        self.holder(at).rest = rest;
        Ok(())
    }

    pub fn saving_of(&self, record: &Record) -> Saving {
        let View { family, generation, kind, .. } = self.view(record);
        Saving { kind, family: number_of(family).unwrap_or(0), generation }
    }

    /// The holder reads the store.
    pub fn look(&mut self, at: usize) -> Result<(), String> {
        let (store, life) = (self.store.clone(), self.holders[at].life);
        self.tell(at, Input::Found(store.as_deref().map(|store| &*store.bytes), &entropy(b'H', at as u8, life)))?;
        self.run(at)
    }

    /// A person signs in at once; what is left is the code, on its way to the server.
    pub fn sign_in(&mut self, at: usize) -> Result<(), String> {
        let (now, setup) = (self.clock(at), self.setup.clone());
        self.left.sign_ins -= 1;
        // Families are numbered in the order in which their sign-ins begin.
        let family = setup.budget.sign_ins + 1 - self.left.sign_ins;
        let grant = Grant::AuthorizationCode(AuthorizationCode::new());
        let holder = self.holder(at);
        holder
            .session
            .sign_in(&setup.config, now, &grant, REDIRECT_URI, &entropy(b'F', 0, family))
            .map_err(|error| format!("{error:?}"))?;
        let mut out = [0; 1024];
        let Ok(Output::Visit(url)) = holder.session.poll(&setup.config, now, &mut out) else { return Err("no visit".into()) };
        let state = url.as_str().split(['?', '&']).find_map(|field| field.strip_prefix("state=")).unwrap_or_default().to_owned();
        self.tell(at, Input::Visited)?;
        self.tell(at, Input::Redirect(&format!("{REDIRECT_URI}?code=c{family}&state={state}")))?;
        self.run(at)
    }
}
