//! The world: holders with clocks of their own, one store, one server, what is on its way, and what has been promised.

use std::{rc::Rc, time::Duration};

use gatepass::{
    Client, Config, Overlap, Policy, Rotation, Server, Timestamp, Version,
    model::{NAME, Name, View},
};

use crate::{
    channel::{Call, Swap},
    holder::Holder,
    server::{Family, Token},
    setup::{Budget, Setup},
};

/// Milliseconds: the shortest that a policy allows.
pub const LEASE: u64 = 2_000;

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
    pub fn new(bytes: &[u8], config: &Config<'_>) -> Self {
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
        let mut left = setup.budget;
        left.sign_ins += 1;
        let mut world = Self {
            now: 0,
            holders: (0..setup.holders).map(|_| Rc::new(Holder::new(0))).collect(),
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
}
