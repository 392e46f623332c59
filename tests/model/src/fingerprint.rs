//! A world as 128 bits: two worlds that go on alike have the same, whichever holder is which and however late it is.

use std::{
    hash::{BuildHasherDefault, Hasher},
    rc::Rc,
};

use gatepass::model::{self, Name, Sink, View};

use crate::{
    holder::Holder,
    server::Reply,
    world::{Record, World, number_of},
};

/// Two lanes of multiply and rotate, enough to keep some hundred million states apart.
#[derive(Clone, Copy)]
pub struct Mix {
    a: u64,
    b: u64,
    /// Moments longer past than this are alike.
    oldest: i64,
}

impl Mix {
    fn new(oldest: u64) -> Self {
        Self { a: 0x243f_6a88_85a3_08d3, b: 0x1319_8a2e_0370_7344, oldest: -i64::try_from(oldest).unwrap() }
    }

    fn done(self) -> u128 {
        let lane = |word: u64| {
            let word = (word ^ (word >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
            (word ^ (word >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
        };
        u128::from(lane(self.a)) << 64 | u128::from(lane(self.b ^ self.a.rotate_left(17)))
    }

    fn wide(&mut self, word: u128) {
        self.word(word as u64);
        self.word((word >> 64) as u64);
    }

    /// A moment, in milliseconds from now.
    fn moment(&mut self, from_now: i64) {
        self.word(from_now.max(self.oldest) as u64);
    }
}

impl Sink for Mix {
    fn word(&mut self, word: u64) {
        self.a = (self.a.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.b = (self.b ^ word).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(29);
    }

    fn text(&mut self, text: &[u8]) {
        self.word(text.len() as u64);
        for chunk in text.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// A session knows no other instance than itself, so only a family's number matters.
    fn name(&mut self, name: Name) {
        self.word(number_of(name).map_or(u64::MAX, u64::from));
    }
}

/// The hasher of a table whose keys are hashes.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, _: &[u8]) {}

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub type Table<V> = std::collections::HashMap<u128, V, BuildHasherDefault<AsIs>>;

impl World {
    /// Everything that decides how this world goes on, and what was promised in it.
    pub fn fingerprint(&self) -> u128 {
        let oldest = self.setup.oldest();
        let mut holders: Vec<(u128, usize)> =
            self.holders.iter().enumerate().map(|(at, holder)| (self.holder_print(at, holder, oldest), at)).collect();
        holders.sort_unstable();
        // Instances are named by their place in that order; one that is no more cannot be told from another.
        let name = |name: Name| holders.iter().position(|(_, at)| model::instance(&self.holders[*at].session) == name).unwrap_or(9) as u64;
        let place = |holder: u8| holders.iter().position(|(_, at)| *at == usize::from(holder)).unwrap_or(9) as u64;
        let mut all = Mix::new(oldest);
        for (print, _) in &holders {
            all.wide(*print);
        }
        if let Some(store) = &self.store {
            put(store, &mut all, &name);
        }
        let mut messages: Vec<u128> = Vec::with_capacity(self.swaps.len() + self.calls.len());
        for swap in &self.swaps {
            let mut one = Mix::new(oldest);
            one.word(1 + u64::from(swap.is_orphan));
            if !swap.is_orphan {
                let awaited = model::awaited(&self.holders[usize::from(swap.owner)].session) == Some(swap.ticket);
                one.word(place(swap.owner) << 1 | u64::from(awaited));
            }
            one.word(swap.expected.map_or(0, |version| version.revision() + 1));
            one.word(swap.expected.and_then(|version| number_of(version.family())).map_or(0, u64::from));
            put(&swap.record, &mut one, &name);
            if swap.record.is_intent {
                one.moment(swap.handed as i64 - self.now as i64);
            }
            match &swap.answer {
                None => one.word(0),
                Some(None) => one.word(1),
                Some(Some(record)) => put(record, &mut one, &name),
            }
            messages.push(one.done());
        }
        for call in &self.calls {
            let mut one = Mix::new(oldest);
            one.word(3 + u64::from(call.is_orphan));
            if !call.is_orphan {
                let awaited = model::awaited(&self.holders[usize::from(call.owner)].session) == Some(call.ticket);
                one.word(place(call.owner) << 1 | u64::from(awaited));
            }
            one.word(call.what.word());
            one.word(call.answer.map_or(0, Reply::word));
            messages.push(one.done());
        }
        messages.sort_unstable();
        for message in messages {
            all.wide(message);
        }
        for family in &self.server {
            all.word(u64::from(family.current) << 2 | u64::from(family.has_strays) << 1 | u64::from(family.is_revoked));
        }
        self.left.words().into_iter().for_each(|word| all.word(word));
        let ghost = &self.ghost;
        for sends in &ghost.sends {
            all.word(u64::from_le_bytes(*sends));
        }
        let mut permits: Vec<u64> = ghost.permits.iter().map(|permit| permit.token.word() << 8 | name(permit.holder)).collect();
        permits.sort_unstable();
        all.text(&permits.iter().flat_map(|permit| permit.to_le_bytes()).collect::<Vec<_>>());
        all.word(
            u64::from(ghost.is_exposed) | u64::from(ghost.ended) << 8 | u64::from(ghost.signed_out) << 16 | u64::from(ghost.unwanted) << 24,
        );
        if self.store.as_deref().is_some_and(|store| store.is_intent) {
            all.moment(ghost.leased as i64 - self.now as i64);
            all.moment(ghost.handed as i64 - self.now as i64);
        }
        all.done()
    }

    fn holder_print(&self, at: usize, holder: &Rc<Holder>, oldest: u64) -> u128 {
        if let Some((now, print)) = holder.print.get()
            && now == self.now
        {
            return print;
        }
        let mut one = Mix::new(oldest);
        let now = self.clock(at);
        model::fingerprint(&holder.session, now, &mut one);
        one.word(u64::from(self.setup.rates[at]));
        one.word(u64::from(holder.is_awake) | u64::from(holder.asked.is_some() && holder.asked == model::awaited(&holder.session)) << 1);
        if !holder.is_awake {
            one.moment(holder.slept as i64 - self.now as i64);
        }
        if let Some(hand) = &holder.hand {
            one.word(hand.what.word());
            one.moment(hand.deadline as i64 - now.as_millis() as i64);
        }
        if holder.session.state() == gatepass::StateName::SavingIntent
            && let Some((_, handed)) = holder.first
        {
            one.moment(handed as i64 - self.now as i64);
        }
        if let Some(saving) = &holder.saving {
            one.word(u64::from(saving.family) << 32 | saving.generation);
        }
        let print = one.done();
        holder.print.set(Some((self.now, print)));
        print
    }
}

fn put(record: &Record, to: &mut Mix, name: &impl Fn(Name) -> u64) {
    to.wide(record.print);
    to.word(name(record.writer));
}

/// A record but for its writer.
pub fn of_record(view: &View<'_>) -> u128 {
    let View { family, generation, revision, lease, attempts, answered, kind, texts, .. } = *view;
    let mut print = Mix::new(0);
    print.name(family);
    print.word(generation << 32 | revision);
    print.word(u64::from(lease) << 32 | u64::from(attempts) << 16 | u64::from(answered));
    print.text(kind.as_bytes());
    print.text(texts);
    print.done()
}
