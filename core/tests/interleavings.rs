//! Real sessions, one store, one server that rotates and detects reuse: what random schedules, losses, crashes and
//! suspensions may never do. A failure names its seed; `explore(seed, chances)` runs it again.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::*;
use gatepass::*;
use std::collections::HashMap;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// An authorization server without any overlap: a refresh token that comes twice ends its family.
#[derive(Default)]
struct Issuer {
    current: u64,
    revoked: bool,
}

impl Issuer {
    fn refresh(&mut self, token: u64) -> Option<u64> {
        if self.revoked || token != self.current {
            self.revoked = true;
            return None;
        }
        self.current += 1;
        Some(self.current)
    }
}

/// A compare-and-swap on its way to the store, and its answer on the way back.
struct Swap {
    node: usize,
    life: u32,
    ticket: Ticket,
    expected: Option<Version>,
    record: Vec<u8>,
    answer: Option<Result<(), Vec<u8>>>,
}

/// A refresh on its way to the server, and its answer on the way back.
struct Call {
    node: usize,
    life: u32,
    ticket: Ticket,
    token: u64,
    answer: Option<Option<u64>>,
}

struct Node {
    session: Box<Session>,
    /// One more for each crash: what comes for an earlier life is lost.
    life: u32,
    asked: Option<Ticket>,
    /// The generation of the last tokens that arrived.
    unsaved: u64,
}

impl Node {
    /// Nothing of its own is on its way to anybody.
    fn is_at_rest(&self) -> bool {
        use StateName::*;
        !matches!(self.session.state(), RefreshSent | RefreshReading | SavingCommit)
    }
}

/// What may happen beside the ordinary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Chances {
    /// Losses, late messages, crashes and suspensions.
    faults: bool,
    /// Users sign out.
    sign_outs: bool,
}

struct Explorer {
    random: Random,
    config: Config<'static>,
    now: u64,
    store: Vec<u8>,
    issuer: Issuer,
    nodes: Vec<Node>,
    swaps: Vec<Swap>,
    calls: Vec<Call>,
    seeds: u64,
    chances: Chances,
    /// When a token was last sent, and how often.
    sends: HashMap<u64, (u64, u16)>,
    /// The count of attempts that was last stored for a generation.
    attempts: HashMap<u64, u16>,
    /// The highest generation whose commit was answered.
    committed: u64,
    trace: Vec<String>,
}

/// Where a record has its generation and its attempts.
fn generation(record: &[u8]) -> u64 {
    u32::from_le_bytes(record[24..28].try_into().unwrap()).into()
}

fn attempts(record: &[u8]) -> u16 {
    u16::from_le_bytes(record[32..34].try_into().unwrap())
}

fn is_signed_out(record: &[u8]) -> bool {
    record[52] == 2
}

fn revision(record: &[u8]) -> u64 {
    Version::of(record).unwrap().revision()
}

fn fresh() -> Box<Session> {
    Box::new(Session::<[u8; 384]>::new())
}

/// The first record, whose refresh token is number 0.
fn first_record() -> Vec<u8> {
    let mut world = World::new(Deployment { revoke: false, ..Deployment::USUAL });
    world.poll();
    world.load().unwrap();
    world.sign_in();
    world.poll();
    world.redirect("code=SECRETCODE").unwrap();
    world.sent();
    world.answer(200, r#"{"access_token":"a0","refresh_token":"0","token_type":"bearer","expires_in":3600}"#).unwrap();
    world.saved();
    world.store.unwrap()
}

impl Explorer {
    fn new(seed: u64, chances: Chances, store: Vec<u8>) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let count = 2 + random.below(2);
        let nodes = (0..count).map(|_| Node { session: fresh(), life: 0, asked: None, unsaved: 0 }).collect();
        Self {
            random,
            config: Deployment { revoke: false, ..Deployment::USUAL }.config(),
            now: 1_000_000,
            store,
            issuer: Issuer::default(),
            nodes,
            swaps: Vec::new(),
            calls: Vec::new(),
            seeds: seed << 16,
            chances,
            sends: HashMap::new(),
            attempts: HashMap::new(),
            committed: 1,
            trace: Vec::new(),
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.now).with_unix_seconds(1_700_000_000 + self.now / 1000)
    }

    fn tell(&mut self, node: usize, input: Input<'_>) {
        let (now, before) = (self.time(), self.nodes[node].session.state());
        let told = format!("{input:?}");
        let result = self.nodes[node].session.handle(&self.config, now, input);
        let after = self.nodes[node].session.state();
        self.trace.push(format!("{:>8} {node} {told} {before} -> {after} {result:?}", self.now));
        if before == StateName::SavingCommit && !matches!(after, StateName::SavingCommit | StateName::SavingSignOut) {
            let kept = generation(&self.store) >= self.nodes[node].unsaved || is_signed_out(&self.store);
            assert!(kept, "tokens that arrived were given up for older ones");
        }
    }

    fn poll(&mut self, node: usize) -> bool {
        let now = self.time();
        let mut out = [0; 1024];
        let before = self.nodes[node].session.state();
        let output = self.nodes[node].session.poll(&self.config, now, &mut out).unwrap();
        let name = Move::from(&output);
        enum Then {
            Load,
            Swap(Swap),
            Call(Call),
            Nothing,
        }
        let life = self.nodes[node].life;
        let then = match output {
            Output::Load => Then::Load,
            Output::Save(save) if self.nodes[node].asked != Some(save.ticket()) => Then::Swap(Swap {
                node,
                life,
                ticket: save.ticket(),
                expected: save.expected(),
                record: save.record().to_vec(),
                answer: None,
            }),
            Output::SignIn(SignInReason::SignedOut) => {
                assert!(is_signed_out(&self.store), "a user was told to be signed out, and the store holds a grant");
                Then::Nothing
            }
            Output::Send(request) => {
                let token = form_urlencoded::parse(request.body()).find(|(name, _)| name == "refresh_token").unwrap().1.parse().unwrap();
                Then::Call(Call { node, life, ticket: request.ticket(), token, answer: None })
            }
            _ => Then::Nothing,
        };
        let after = self.nodes[node].session.state();
        self.trace.push(format!("{:>8} {node} poll {before} -> {after}: {name:?}", self.now));
        match then {
            Then::Load => {
                self.seeds += 1;
                let (entropy, store) = (entropy(self.seeds), self.store.clone());
                self.tell(node, Input::Found(Some(&store), &entropy));
            }
            Then::Swap(swap) => {
                self.nodes[node].asked = Some(swap.ticket);
                self.swaps.push(swap);
            }
            // It may have been too late, or offline: then no byte has left.
            Then::Call(call) if self.random.one_in(6) => self.tell(node, Input::NotSent(call.ticket)),
            Then::Call(call) => self.send(call),
            Then::Nothing => return false,
        }
        true
    }

    /// The first byte of a refresh leaves.
    fn send(&mut self, call: Call) {
        let (last, count) = self.sends.get(&call.token).copied().unwrap_or((0, 0));
        // Token n is that of generation n + 1.
        let allowed = self.attempts.get(&(call.token + 1)).copied().unwrap_or(0);
        assert!(count < allowed, "token {} was sent {} times, with {allowed} attempts on record", call.token, count + 1);
        assert!(count == 0 || self.now >= last + LEASE / 2, "token {} was sent again before a lease had lapsed", call.token);
        assert!(count == 0 || self.chances.faults, "token {} was sent twice, and nothing had been lost", call.token);
        self.sends.insert(call.token, (self.now, count + 1));
        self.calls.push(call);
    }

    /// A compare-and-swap happens.
    fn swap(&mut self, at: usize) {
        let held = Version::of(&self.store).unwrap();
        let swap = &mut self.swaps[at];
        if swap.expected != Some(held) {
            swap.answer = Some(Err(self.store.clone()));
            return;
        }
        assert!(revision(&swap.record) > revision(&self.store), "the store went back");
        assert!(generation(&swap.record) >= generation(&self.store), "a generation was lost");
        assert!(is_signed_out(&swap.record) || !is_signed_out(&self.store), "a grant that was signed out came back");
        if !is_signed_out(&swap.record) {
            self.attempts.insert(generation(&swap.record), attempts(&swap.record));
        }
        self.store = swap.record.clone();
        swap.answer = Some(Ok(()));
    }

    /// The store's answer arrives, or is lost.
    fn answer_swap(&mut self, at: usize, lost: bool) {
        let swap = self.swaps.swap_remove(at);
        if self.nodes[swap.node].life != swap.life {
            return;
        }
        self.nodes[swap.node].asked = None;
        match swap.answer {
            _ if lost => self.tell(swap.node, Input::NotSaved(swap.ticket)),
            None => self.tell(swap.node, Input::NotSaved(swap.ticket)),
            Some(Ok(())) => {
                self.committed = self.committed.max(generation(&swap.record));
                self.tell(swap.node, Input::Saved(swap.ticket));
            }
            Some(Err(record)) => self.tell(swap.node, Input::Superseded(Some(&record))),
        }
    }

    /// The server's answer arrives, or is lost.
    fn answer_call(&mut self, at: usize, lost: bool) {
        let call = self.calls.swap_remove(at);
        if self.nodes[call.node].life != call.life {
            return;
        }
        let head = |status| Input::Head(call.ticket, Head { status, ..JSON });
        match call.answer {
            None => self.tell(call.node, Input::NoResponse(call.ticket)),
            _ if lost && self.random.one_in(2) => self.tell(call.node, head(503)),
            _ if lost => self.tell(call.node, Input::NoResponse(call.ticket)),
            Some(Some(next)) => {
                let body = format!(r#"{{"access_token":"a{next}","refresh_token":"{next}","token_type":"bearer","expires_in":3600}}"#);
                self.tell(call.node, head(200));
                self.tell(call.node, Input::Body(call.ticket, body.as_bytes()));
                self.nodes[call.node].unsaved = next + 1;
                self.tell(call.node, Input::End(call.ticket));
            }
            Some(None) => {
                self.tell(call.node, head(400));
                self.tell(call.node, Input::Body(call.ticket, br#"{"error":"invalid_grant"}"#));
                self.tell(call.node, Input::End(call.ticket));
            }
        }
    }

    fn step(&mut self) {
        let node = self.random.below(self.nodes.len());
        match self.random.below(if self.chances.faults { 14 } else { 10 }) {
            _ if self.chances.sign_outs && self.random.one_in(60) => {
                let (now, before) = (self.time(), self.nodes[node].session.state());
                let result = self.nodes[node].session.sign_out(&self.config, now);
                let after = self.nodes[node].session.state();
                self.trace.push(format!("{:>8} {node} sign_out {before} -> {after} {result:?}", self.now));
            }
            0..=3 => {
                self.poll(node);
            }
            4 | 5 if !self.swaps.is_empty() => {
                let at = self.random.below(self.swaps.len());
                if self.swaps[at].answer.is_none() {
                    self.swap(at);
                } else {
                    self.answer_swap(at, false);
                }
            }
            6 | 7 if !self.calls.is_empty() => {
                let at = self.random.below(self.calls.len());
                if self.calls[at].answer.is_none() {
                    let token = self.calls[at].token;
                    self.calls[at].answer = Some(self.issuer.refresh(token));
                } else {
                    self.answer_call(at, false);
                }
            }
            8 => {
                // Without faults nobody is suspended between a send and its commit.
                let at_rest = self.swaps.is_empty() && self.calls.is_empty() && self.nodes.iter().all(Node::is_at_rest);
                let quick = !self.chances.faults && !at_rest;
                self.now += if quick { 100 } else { [100, 1_000, 16_000, 31_000, 3_700_000][self.random.below(5)] };
            }
            9 if self.random.one_in(3) && self.nodes[node].session.state() == StateName::Live => self.tell(node, Input::Refresh),
            9 => {
                let store = self.store.clone();
                if self.nodes[node].session.state() != StateName::Loading {
                    self.tell(node, Input::Superseded(Some(&store)));
                }
            }
            10 if !self.swaps.is_empty() => {
                let at = self.random.below(self.swaps.len());
                // Half of those whose answer is lost are made later, when nobody expects it.
                if self.swaps[at].answer.is_none() && self.random.one_in(2) {
                    let swap = &self.swaps[at];
                    let late = Swap { record: swap.record.clone(), life: u32::MAX, answer: None, ..*swap };
                    self.swaps.push(late);
                }
                self.answer_swap(at, true);
            }
            11 if !self.calls.is_empty() => {
                let at = self.random.below(self.calls.len());
                if self.calls[at].answer.is_none() && self.random.one_in(2) {
                    let late = Call { life: u32::MAX, ..self.calls[at] };
                    self.calls.push(late);
                }
                self.answer_call(at, true);
            }
            12 if self.random.one_in(3) => {
                let life = self.nodes[node].life + 1;
                self.nodes[node] = Node { session: fresh(), life, asked: None, unsaved: 0 };
                self.trace.push(format!("{:>8} {node} crashed", self.now));
            }
            _ => {}
        }
    }

    /// Without any more faults, every holder comes to tokens or to a sign-in.
    fn settle(&mut self) {
        self.chances = Chances { faults: true, ..self.chances };
        for _ in 0..400 {
            while !self.swaps.is_empty() {
                if self.swaps[0].answer.is_none() {
                    self.swap(0);
                }
                self.answer_swap(0, false);
            }
            while !self.calls.is_empty() {
                let token = self.calls[0].token;
                if self.calls[0].answer.is_none() {
                    self.calls[0].answer = Some(self.issuer.refresh(token));
                }
                self.answer_call(0, false);
            }
            let mut moved = false;
            for node in 0..self.nodes.len() {
                moved |= self.poll(node);
            }
            if !moved {
                if (0..self.nodes.len()).all(|node| self.settled(node)) {
                    return;
                }
                self.now += 5_000;
            }
        }
        panic!("somebody never came to rest: {:?}", self.nodes.iter().map(|node| node.session.state()).collect::<Vec<_>>());
    }

    fn settled(&mut self, node: usize) -> bool {
        let now = self.time();
        matches!(self.nodes[node].session.poll(&self.config, now, &mut [0; 1024]), Ok(Output::Sleep(_) | Output::SignIn(_)))
    }
}

fn explore(seed: u64, chances: Chances, record: &[u8]) {
    let lossless = !chances.faults;
    let mut explorer = Explorer::new(seed, chances, record.to_vec());
    let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for _ in 0..60 {
            explorer.step();
            assert!(!(lossless && explorer.issuer.revoked), "the family was revoked, and nothing had been lost");
            assert!(generation(&explorer.store) >= explorer.committed, "tokens were lost whose commit had returned");
        }
        explorer.settle();
        assert!(generation(&explorer.store) >= explorer.committed, "tokens were lost whose commit had returned");
        assert!(!(lossless && explorer.issuer.revoked), "the family was revoked, and nothing had been lost");
    }));
    if let Err(reason) = held {
        eprintln!("seed {seed}, {chances:?}:\n{}", explorer.trace.join("\n"));
        std::panic::resume_unwind(reason);
    }
}

// R078 R081
#[test]
fn without_a_loss_no_token_is_sent_twice_and_no_family_dies() {
    let record = first_record();
    for seed in 0..7_000 {
        explore(seed, Chances { faults: false, sign_outs: false }, &record);
    }
}

// R078 R081
#[test]
fn with_losses_crashes_and_suspensions_every_repeat_was_allowed_and_no_commit_is_lost() {
    let record = first_record();
    for seed in 0..7_000 {
        explore(seed, Chances { faults: true, sign_outs: false }, &record);
    }
}

#[test]
fn a_user_who_was_told_to_be_signed_out_is() {
    let record = first_record();
    for seed in 0..7_000 {
        explore(seed, Chances { faults: true, sign_outs: true }, &record);
    }
}
