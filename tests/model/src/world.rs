//! The world: holders with real sessions and clocks of their own, one store, one server that rotates, and what is on its way.

use std::{cell::Cell, rc::Rc, time::Duration};

use gatepass::{
    AuthorizationCode, Client, Config, Entropy, Grant, Head, Input, Output, Overlap, Policy, Rotation, Server, Session, Ticket, Timestamp,
    Version,
    model::{self, NAME, Name, View},
};

use crate::setup::{Budget, Setup};

/// Milliseconds: the shortest that a policy allows.
pub const LEASE: u64 = 2_000;
const REDIRECT_URI: &str = "http://127.0.0.1/cb";
const JSON: Head<'static> = Head { status: 200, content_type: Some("application/json"), retry_after: None };

pub type Machine = Session<[u8; 320]>;

/// A refresh token: the number of its family, and its own within it, both from one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    pub family: u8,
    pub number: u8,
}

impl Token {
    pub const fn word(self) -> u64 {
        (self.family as u64) << 8 | self.number as u64
    }

    /// As it is written in answers: `r1.2`, and the access token beside it `a1.2`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (family, number) = core::str::from_utf8(text).ok()?.strip_prefix(['r', 'a'])?.split_once('.')?;
        Some(Self { family: family.parse().ok()?, number: number.parse().ok()? })
    }
}

impl core::fmt::Display for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "r{}.{}", self.family, self.number)
    }
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    Redeem(u8),
    Refresh(Token),
    Revoke(Token),
}

impl What {
    pub const fn word(self) -> u64 {
        match self {
            Self::Redeem(family) => 1 << 16 | family as u64,
            Self::Refresh(token) => 2 << 16 | token.word(),
            Self::Revoke(token) => 3 << 16 | token.word(),
        }
    }
}

impl core::fmt::Display for What {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Redeem(family) => write!(f, "redeem c{family}"),
            Self::Refresh(token) => write!(f, "refresh {token}"),
            Self::Revoke(token) => write!(f, "revoke {token}"),
        }
    }
}

/// What the server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    Tokens(Token),
    InvalidGrant,
    Unavailable,
    Revoked,
}

impl Reply {
    pub const fn word(self) -> u64 {
        match self {
            Self::Tokens(token) => 1 << 16 | token.word(),
            Self::InvalidGrant => 2 << 16,
            Self::Unavailable => 3 << 16,
            Self::Revoked => 4 << 16,
        }
    }
}

/// A record in the store or on its way there, and what is asked of it again and again.
pub struct Record {
    pub bytes: Box<[u8]>,
    pub version: Version,
    pub generation: u64,
    pub is_intent: bool,
    pub writer: Name,
    /// All but the writer, as a hash.
    pub print: u128,
}

impl Record {
    fn new(bytes: &[u8], config: &Config<'_>) -> Self {
        let view = View::of(bytes, config).unwrap();
        Self {
            bytes: bytes.into(),
            version: Version::of(bytes).unwrap(),
            generation: view.generation,
            is_intent: view.lease > 0,
            writer: view.writer,
            print: crate::fingerprint::of_record(&view),
        }
    }
}

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
    SignIn(gatepass::SignInReason),
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

impl Clone for Holder {
    fn clone(&self) -> Self {
        Self { session: model::copy(&self.session), print: Cell::new(None), ..*self }
    }
}

/// One grant at the server: the token that is good, and whether the family was revoked.
#[derive(Clone, Copy)]
pub struct Family {
    pub current: u8,
    pub is_revoked: bool,
    /// Tokens were given that nobody took.
    pub has_strays: bool,
}

/// A right to send a refresh token once, which only a stored intent gives.
#[derive(Clone, Copy)]
pub struct Permit {
    pub token: Token,
    pub holder: Name,
}

/// What has happened, as far as the promises speak of it.
#[derive(Clone, Default)]
pub struct Ghost {
    /// How often each token was sent, by family and number.
    pub sends: [[u8; 8]; 3],
    pub permits: Vec<Permit>,
    /// A fault hit somebody between a send and its commit, so the family is at risk.
    pub is_exposed: bool,
    /// Families that were replaced, as bits.
    pub ended: u8,
    /// Families that were signed out, as bits.
    pub signed_out: u8,
    /// Families that a user wanted to be signed out of, as bits.
    pub unwanted: u8,
    /// When the intent in the store was stored, and when it was first handed out.
    pub leased: u64,
    pub handed: u64,
}

#[derive(Clone)]
pub struct World {
    pub setup: Rc<Setup>,
    /// True time in milliseconds; nobody knows it.
    pub now: u64,
    pub holders: Vec<Rc<Holder>>,
    pub store: Option<Rc<Record>>,
    pub swaps: Vec<Rc<Swap>>,
    pub calls: Vec<Call>,
    pub server: Vec<Family>,
    pub left: Budget,
    pub ghost: Ghost,
}

/// The number that ends a name; `None` for one that is not the model's.
pub fn number_of(name: Name) -> Option<u8> {
    (name.starts_with(NAME) && name[5] == b'F').then_some(name[11])
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

pub fn config(covers: bool, max_attempts: u16) -> Config<'static> {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t").with_revocation("https://as.example/r");
    let mut policy = Policy::DEFAULT;
    policy.rotation = Rotation::Rotating(if covers { Overlap::Covers } else { Overlap::Unknown });
    policy.lease = Duration::from_millis(LEASE);
    policy.max_attempts = max_attempts;
    policy.max_answered = max_attempts;
    Config::new(server, Client::public("c")).unwrap().with_policy(policy).unwrap()
}

impl World {
    /// Everybody holds the first generation of the first family.
    pub fn new(setup: Rc<Setup>) -> Self {
        let fresh = || {
            Rc::new(Holder {
                session: Machine::new(),
                life: 0,
                is_awake: true,
                asked: None,
                slept: 0,
                first: None,
                hand: None,
                saving: None,
                rest: Rest::Load,
                print: Cell::new(None),
            })
        };
        let mut left = setup.budget;
        left.sign_ins += 1;
        let mut world = Self {
            now: 0,
            holders: (0..setup.holders).map(|_| fresh()).collect(),
            store: None,
            swaps: Vec::new(),
            calls: Vec::new(),
            server: Vec::new(),
            left,
            ghost: Ghost::default(),
            setup,
        };
        for at in 0..world.holders.len() {
            world.look(at).unwrap();
            if at == 0 {
                world.sign_in(0).unwrap();
                world.call(0, false).unwrap();
                world.swap(0, false).unwrap();
            }
        }
        world
    }

    /// A holder's own clock: it began elsewhere, and may be quick or stand still.
    pub fn clock(&self, at: usize) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 * (at as u64 + 1) + self.now * u64::from(self.setup.rates[at]))
    }

    pub fn view<'r>(&self, record: &'r Record) -> View<'r> {
        View::of(&record.bytes, &self.setup.config).unwrap()
    }

    pub fn holder(&mut self, at: usize) -> &mut Holder {
        let holder = Rc::make_mut(&mut self.holders[at]);
        holder.print.set(None);
        holder
    }

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
            && was == gatepass::StateName::SavingCommit
        {
            self.check_too_late(saving, told, is)?;
        }
        self.check_given_up(saving, (was_unsaved, was), (is_unsaved, is))
    }

    /// Polls until the session waits for something, and does what it asks for.
    pub fn run(&mut self, at: usize) -> Result<(), String> {
        let (now, setup) = (self.clock(at), self.setup.clone());
        let mut out = [0; 1024];
        loop {
            let now_true = self.now;
            let holder = self.holder(at);
            let rest = match holder.session.poll(&setup.config, now, &mut out).map_err(|error| format!("poll failed: {error:?}"))? {
                Output::Load if holder.session.state() != gatepass::StateName::Waiting => Rest::Load,
                Output::Load => {
                    self.look_at_store(at)?;
                    continue;
                }
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
            return Ok(());
        }
    }

    pub fn saving_of(&self, record: &Record) -> Saving {
        let View { family, generation, kind, .. } = self.view(record);
        Saving { kind, family: number_of(family).unwrap_or(0), generation }
    }

    /// The holder reads the store.
    fn look_at_store(&mut self, at: usize) -> Result<(), String> {
        let (store, life) = (self.store.clone(), self.holders[at].life);
        self.tell(at, Input::Found(store.as_deref().map(|store| &*store.bytes), &entropy(b'H', at as u8, life)))
    }

    pub fn look(&mut self, at: usize) -> Result<(), String> {
        self.look_at_store(at)?;
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

    fn stray(&mut self, reply: Reply) {
        if let Reply::Tokens(token) = reply {
            self.server[usize::from(token.family) - 1].has_strays = true;
        }
    }

    /// What the server makes of a request.
    fn serve(&mut self, what: What) -> Result<Reply, String> {
        let (overlap, ends_on_reuse) = (self.setup.overlap, self.setup.revokes);
        match what {
            What::Redeem(family) => {
                while self.server.len() < usize::from(family) {
                    self.server.push(Family { current: 0, is_revoked: false, has_strays: false });
                }
                self.server[usize::from(family) - 1].current = 1;
                Ok(Reply::Tokens(Token { family, number: 1 }))
            }
            What::Refresh(token) => {
                let family = &mut self.server[usize::from(token.family) - 1];
                let is_good = token.number == family.current || (overlap && token.number + 1 == family.current);
                if family.is_revoked {
                    return Ok(Reply::InvalidGrant);
                }
                if is_good {
                    family.current += 1;
                    return Ok(Reply::Tokens(Token { number: family.current, ..token }));
                }
                if ends_on_reuse {
                    family.is_revoked = true;
                }
                self.check_reuse(token)?;
                Ok(Reply::InvalidGrant)
            }
            What::Revoke(token) => {
                let family = &mut self.server[usize::from(token.family) - 1];
                // One that was rotated away names nothing any more.
                if token.number == family.current {
                    family.is_revoked = true;
                }
                Ok(Reply::Revoked)
            }
        }
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
        let life = self.left_lives(at);
        self.holders[at] = Rc::new(Holder {
            session: Machine::new(),
            life,
            is_awake: true,
            asked: None,
            slept: 0,
            first: None,
            hand: None,
            saving: None,
            rest: Rest::Load,
            print: Cell::new(None),
        });
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

    fn left_lives(&self, at: usize) -> u8 {
        self.holders[at].life + 1
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

/// What a request asks for, from its body.
fn asked_for(url: &str, body: &[u8]) -> What {
    let body = core::str::from_utf8(body).unwrap();
    let field = |name: &str| body.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let token = |name| Token::parse(field(name).unwrap().as_bytes()).unwrap();
    match field("grant_type") {
        None => {
            assert!(url.ends_with("/r"));
            What::Revoke(token("token"))
        }
        Some("refresh_token") => What::Refresh(token("refresh_token")),
        Some(_) => What::Redeem(field("code").unwrap().strip_prefix('c').unwrap().parse().unwrap()),
    }
}
