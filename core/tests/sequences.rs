//! Every sequence of so many events from the start, each step against the transition table.
//!
//! The reference is the table and nothing else: it knows a session by the name of its state. What an event is, it tells from the event:
//! a record is an older one where a later was seen, a redirect comes too late, a rejected token was rejected before. Worlds that will go
//! on alike are followed once: what differs between them is how tokens, instances and grants are spelled, and the numbers of tickets.

#![cfg(feature = "model")]
#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::{events::later, *};
use gatepass::{
    model::{self, Name, Sink, View},
    *,
};
use std::{
    collections::{BTreeMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    num::NonZero,
    sync::Mutex,
    thread,
};

const LENGTH: usize = 6;

/// A world on its way.
struct Walk {
    world: World,
    /// What the save that was handed out expects.
    expected: Option<Version>,
    /// The highest revision that this session has seen.
    seen: u64,
    /// In which state a save was handed out that nothing has overtaken since.
    out: Option<StateName>,
    /// When a sign-in began, and whether its URL was handed out.
    begun: u64,
    is_visited: bool,
    /// The wish for a longer life that was taken last.
    wish: Option<Event>,
    /// The user signed out in the middle of a refresh.
    leaves: bool,
    path: Vec<Event>,
}

fn copied(world: &World) -> World {
    let Held::Usual(session) = &world.session else { panic!("of another size") };
    World {
        session: Held::Usual(Box::new(model::copy(session))),
        store: world.store.clone(),
        history: world.history.clone(),
        live: world.live.clone(),
        saving: world.saving.clone(),
        state: world.state.clone(),
        secrets: Vec::new(),
        ..*world
    }
}

/// Whether a record has more than fits.
fn is_large(view: &View<'_>) -> bool {
    view.texts.len() > 1024
}

/// The move that a poll asks for.
fn move_of(ask: &Ask) -> Move {
    match ask {
        Ask::Load => Move::Load,
        Ask::SignIn(_) => Move::SignIn,
        Ask::Visit(_) => Move::Visit,
        Ask::AwaitRedirect(_) => Move::AwaitRedirect,
        Ask::Save { .. } => Move::Save,
        Ask::Send { .. } => Move::Send,
        Ask::AwaitResponse(_) => Move::AwaitResponse,
        Ask::Wait(..) => Move::Wait,
        Ask::Sleep(_) => Move::Sleep,
    }
}

impl Walk {
    fn start(deployment: Deployment) -> Self {
        let mut world = World::new(deployment);
        // What others may have stored descends from somebody else's sign-in.
        let mut other = World::new(deployment);
        other.seed = 300_000;
        let live = other.signed_in().live;
        world.history = vec![live.clone()];
        world.live = live;
        Self { world, expected: None, seen: 0, out: None, begun: 0, is_visited: false, wish: None, leaves: false, path: Vec::new() }
    }

    /// One event more, where it can happen: what it is, and what the session said.
    fn step(&self, event: Event) -> Option<(Self, Vec<Event>, Reply)> {
        use Event::*;
        let from = self.world.state();
        let mut next = Self { world: copied(&self.world), path: [&self.path[..], &[event]].concat(), ..*self };
        let world = &mut next.world;
        if let Some(later) = later(event) {
            world.tick(later);
            let ask = world.poll_into(&mut [0; 4096]).unwrap();
            if let Ask::Save { expected, .. } = &ask {
                (next.expected, next.out) = (*expected, Some(world.state()));
            }
            next.is_visited |= matches!(ask, Ask::Visit(_));
            next.settle();
            return Some((next, vec![event], Reply::Asks(move_of(&ask))));
        }
        let is_out = self.out == Some(from);
        let is_of_the_store = event.as_str().starts_with("Found") || event.as_str().starts_with("Superseded");
        let stored = world.store.as_deref().map(|record| Version::of(record).unwrap());
        let mut found = None;
        match event {
            // The store says so to what it was asked, and nothing else.
            SupersededByMine | Saved | NotSaved if !is_out => return None,
            Saved if stored != self.expected => return None,
            Saved => found = world.saving.clone(),
            // What others make of the first tokens is made of what was to be saved.
            _ if is_of_the_store && from == StateName::SavingSignIn && !is_out => return None,
            FoundDamaged | SupersededByDamaged => {}
            _ if is_of_the_store => found = events::stored(world, event)?,
            _ => {}
        }
        if is_of_the_store
            && let Some(record) = &found
            && self.contradicts(record)
        {
            return None;
        }
        let is = self.what(event, found.as_deref());
        let reply = events::apply(world, event)?;
        if matches!(event, FoundNothing | SupersededByNothing) && reply == Reply::Advanced {
            world.store = None;
        }
        // What the session did not take, it has not seen; and the store is as it was to it.
        if let Some(record) = found.filter(|_| reply == Reply::Advanced) {
            let view = View::of(&record, &world.config).unwrap();
            next.seen = next.seen.max(view.revision);
            let is_held =
                model::held(&world.session).is_some_and(|(family, generation, _)| (family, generation) == (view.family, view.generation));
            if view.kind == "Live" && is_held && !is_large(&view) {
                world.live = record.clone();
            }
            world.history.push(record.clone());
            world.store = Some(record);
        }
        match event {
            SignIn | Resume if reply == Reply::Advanced => (next.begun, next.is_visited) = (next.world.now, false),
            Refresh | RefreshFor if reply == Reply::Advanced => next.wish = Some(event),
            SignOut if refreshes(from) => next.leaves = true,
            _ if is_of_the_store && reply == Reply::Advanced => next.out = None,
            _ => {}
        }
        next.settle();
        Some((next, is, reply))
    }

    /// Whether no store can hold this: another record than was seen in that revision, or older tokens in a later one.
    fn contradicts(&self, record: &[u8]) -> bool {
        let view = View::of(record, &self.world.config).unwrap();
        let is_another = view.revision == self.seen && !self.world.history.iter().any(|known| known == record);
        let is_behind = |(family, generation, _)| family == view.family && view.generation < generation && view.revision > self.seen;
        is_another || model::held(&self.world.session).is_some_and(is_behind)
    }

    /// A save is overtaken by what leaves its state; and whoever has left, leaves no more.
    fn settle(&mut self) {
        self.out = self.out.filter(|state| *state == self.world.state());
        self.leaves &= refreshes(self.world.state());
    }

    /// What an event is to a session with such a past; more than one where its names say the same.
    fn what(&self, event: Event, record: Option<&[u8]>) -> Vec<Event> {
        use Event::*;
        let session = &self.world.session;
        let waits = matches!(session.state(), StateName::Visiting | StateName::AwaitingRedirect);
        match event {
            _ if waits && event.as_str().starts_with("Redirect") => {
                if event == RedirectLate || self.world.now >= self.begun + 600_000 {
                    vec![RedirectLate]
                } else if self.is_visited || matches!(event, RedirectElsewhere | RedirectRepeated) {
                    vec![event]
                } else {
                    vec![RedirectState]
                }
            }
            TokenRejected if session.access_token(self.world.time()).is_none() => vec![OldTokenRejected],
            _ => match record {
                Some(record) if event != Saved => self.what_record(event, record),
                _ => vec![event],
            },
        }
    }

    fn what_record(&self, event: Event, record: &[u8]) -> Vec<Event> {
        let view = View::of(record, &self.world.config).unwrap();
        let held = model::held(&self.world.session);
        let is_same = self.world.store.as_deref() == Some(record) || view.revision == self.seen;
        let kinds: &[&str] = if view.revision < self.seen {
            &["Older"]
        } else if event == Event::SupersededByMine {
            &["Mine"]
        } else if view.kind == "Cleared" {
            &["Cleared"]
        } else if view.kind == "SignedOut" {
            if view.token.is_empty() { &["Forgotten"] } else { &["SignedOut"] }
        } else if is_large(&view) {
            &["TooLarge"]
        } else {
            match held {
                Some((family, ..)) if family != view.family => &["Other", "Replaced", "Claimed"],
                Some((_, generation, _)) if view.generation > generation => &["Newer"],
                _ if view.lease > 0 => &["Claimed"],
                _ => &["Live", "Newer", "Other"],
            }
        };
        let of = if event.as_str().starts_with("Found") { "Found" } else { "SupersededBy" };
        let kinds = kinds.iter().chain(is_same.then_some(&"Same"));
        kinds.map(|kind| *Event::ALL.iter().find(|event| event.as_str() == format!("{of}{kind}")).unwrap()).collect()
    }

    /// What the session, its store and what is on its way are, spelled alike where they go on alike.
    fn key(&self) -> u64 {
        let World { session, store, history, live, saving, save, request, leased, now, config, .. } = &self.world;
        let mut sink = Alike { texts: Vec::new(), names: Vec::new(), hasher: DefaultHasher::new() };
        sink.hasher.write(session.state().as_str().as_bytes());
        model::fingerprint(session, self.world.time(), &mut sink);
        let awaited = model::awaited(session);
        (awaited == Some(*save), awaited == Some(*request)).hash(&mut sink.hasher);
        let saving = saving.as_ref().filter(|_| awaited == Some(*save));
        for record in [store.as_ref(), Some(&history[0]), Some(live), saving] {
            let Some(record) = record else {
                sink.word(0);
                continue;
            };
            let View { family, generation, revision, writer, lease, attempts, answered, kind, token, .. } =
                View::of(record, config).unwrap();
            (generation, revision, lease, attempts, answered, kind).hash(&mut sink.hasher);
            sink.name(family);
            sink.name(writer);
            sink.text(token);
        }
        (self.seen, self.expected.map(|version| version.revision()), now - leased).hash(&mut sink.hasher);
        (self.out.map(StateName::as_str), now - self.begun >= 600_000, self.is_visited, self.wish.map(Event::as_str))
            .hash(&mut sink.hasher);
        sink.hasher.finish()
    }
}

/// Names and texts by the order in which they come first.
struct Alike {
    texts: Vec<Vec<u8>>,
    names: Vec<Name>,
    hasher: DefaultHasher,
}

impl Sink for Alike {
    fn word(&mut self, word: u64) {
        word.hash(&mut self.hasher);
    }

    fn text(&mut self, text: &[u8]) {
        let at = self.texts.iter().position(|known| known == text).unwrap_or(self.texts.len());
        if at == self.texts.len() {
            self.texts.push(text.to_vec());
        }
        (at, text.is_empty()).hash(&mut self.hasher);
    }

    fn name(&mut self, name: Name) {
        let at = self.names.iter().position(|known| *known == name).unwrap_or(self.names.len());
        if at == self.names.len() {
            self.names.push(name);
        }
        (at, name == [0; 12]).hash(&mut self.hasher);
    }
}

/// Whether a row may hold in a deployment, and whether it must.
fn holds(given: Given, deployment: Deployment, is_awaited: bool) -> (bool, bool) {
    let fixed = deployment.rotation == Rotation::Fixed;
    let overlap = deployment.rotation == Rotation::Rotating(Overlap::Covers);
    match given {
        Given::Always => (true, true),
        // A server that gives refresh tokens need not.
        Given::Rotating => (deployment.refresh && !fixed, false),
        Given::Fixed => (deployment.refresh && fixed, false),
        Given::NoRefreshToken => (true, !deployment.refresh),
        Given::Overlap => (deployment.refresh && overlap, false),
        Given::NoOverlap => (deployment.refresh && !fixed && !overlap, false),
        Given::CanRevoke => (deployment.revoke, deployment.revoke),
        Given::CannotRevoke => (!deployment.revoke, !deployment.revoke),
        Given::MayHold | Given::HoldsNone => (true, false),
        Given::Awaited => (is_awaited, is_awaited),
        Given::NotAwaited => (!is_awaited, !is_awaited),
        other => panic!("{other:?}"),
    }
}

fn refreshes(state: StateName) -> bool {
    matches!(state, StateName::RefreshReady | StateName::RefreshSent | StateName::RefreshReading)
}

/// What the table lets a session of this name do.
fn admitted(from: StateName, event: Event, deployment: Deployment, is_awaited: bool) -> Vec<(StateName, Reply)> {
    let is_poll = later(event).is_some();
    let rows = TABLE.iter().filter(|row| row.from == from && (row.event == event || (is_poll && later(row.event).is_some())));
    let mut admitted = Vec::new();
    let mut is_certain = false;
    for row in rows {
        let (may, must) = holds(row.given, deployment, is_awaited);
        is_certain |= must;
        if may {
            admitted.push((row.to, row.reply));
        }
    }
    if is_poll {
        // Whatever is next may be put off: pauses grow with what was lost before.
        let mut waits: Vec<_> = admitted.iter().map(|(to, _)| (*to, Reply::Asks(Move::Wait))).collect();
        admitted.append(&mut waits);
        admitted.push((from, Reply::Asks(Move::Wait)));
    } else if !is_certain {
        admitted.push((from, event.otherwise()));
    }
    admitted
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    steps: u64,
    /// Those that could end in one way only.
    certain: u64,
    wrong: BTreeMap<String, Vec<Event>>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.certain += other.certain;
        self.wrong.extend(other.wrong);
    }
}

/// Every event that can come next, in each of these worlds.
fn go_on(walks: &[Walk], deployment: Deployment, mut then: impl FnMut(Walk)) -> Found {
    let mut found = Found::default();
    for walk in walks {
        for event in Event::ALL.iter().copied() {
            let Some((went, is, reply)) = walk.step(event) else { continue };
            let (from, to) = (walk.world.state(), went.world.state());
            let is_awaited = model::awaited(&walk.world.session) == Some(walk.world.request);
            let mut ends: Vec<_> = is.iter().flat_map(|event| admitted(from, *event, deployment, is_awaited)).collect();
            // Whatever becomes of the refresh of somebody who signs out, the sign-out is next.
            if walk.leaves {
                let says = |reply| if later(event).is_some() { Reply::Asks(Move::Save) } else { reply };
                let mut leaving: Vec<_> = ends.iter().map(|(_, reply)| (StateName::SavingSignOut, says(*reply))).collect();
                ends.append(&mut leaving);
            }
            // One wish takes the place of another, and the same once more says nothing.
            match (event, walk.wish) {
                (Event::Refresh, Some(Event::RefreshFor)) => ends.push((from, Reply::Advanced)),
                (Event::RefreshFor, Some(Event::RefreshFor)) => ends.push((from, Reply::Unchanged)),
                _ => {}
            }
            found.steps += 1;
            found.certain += u64::from(ends.iter().all(|end| *end == ends[0]));
            if !ends.contains(&(to, reply)) {
                found.wrong.entry(format!("({from}, {is:?}, {to}, {reply:?})")).or_insert_with(|| went.path.clone());
            }
            then(went);
        }
    }
    found
}

// R152
#[test]
fn every_sequence_of_events_goes_as_the_table_says() {
    let deployment = Deployment::USUAL;
    let mut level = vec![Walk::start(deployment)];
    let known = HashSet::from([level[0].key()]);
    let known = Mutex::new(known);
    let found = Mutex::new(Found::default());
    let lanes = thread::available_parallelism().map_or(1, NonZero::get);
    for length in 1..=LENGTH {
        let next = Mutex::new(Vec::new());
        let each = level.len().div_ceil(lanes).max(1);
        thread::scope(|scope| {
            for walks in level.chunks(each) {
                scope.spawn(|| {
                    let here = go_on(walks, deployment, |went| {
                        let is_new = length < LENGTH && known.lock().unwrap().insert(went.key());
                        if is_new {
                            next.lock().unwrap().push(went);
                        }
                    });
                    found.lock().unwrap().add(here);
                });
            }
        });
        level = next.into_inner().unwrap();
        println!("sequences: of {length} events at most: {} steps, {} states", found.lock().unwrap().steps, known.lock().unwrap().len());
    }
    let Found { steps, certain, wrong } = found.into_inner().unwrap();
    assert!(certain > 0, "some steps have one end");
    println!("sequences: {certain} of {steps} steps had one end that the table allows");
    for (step, path) in &wrong {
        eprintln!("{step} after {path:?}");
    }
    assert!(wrong.is_empty(), "{} steps are not of the table", wrong.len());
}
