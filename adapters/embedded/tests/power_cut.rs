//! The power is cut at every step that flash takes during five rotations: real sessions, the real store, the embedded issuer over sockets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test fails by panicking, also in its helpers"
)]
#![cfg(feature = "sequential-storage")]

#[path = "world/nor.rs"]
mod nor;
#[path = "world/server.rs"]
mod server;
mod world;

use core::time::Duration;
use std::collections::HashMap;

use gatepass::{AuthorizationCode, Config, Grant, Input, Output, Policy, Session, Timestamp, Version};
use gatepass_embedded::{
    Exchange,
    flash::{BUFFER_OVERHEAD, BlockingFlashStore, FlashError, MIN_GROUPS, Swap},
};
use gatepass_issuer::Issuer;
use nor::{Cut, Nor, Off, SECTOR};
use server::{Rules, Server};
use world::{Endpoints, REDIRECT, at, entropy};

const ROTATIONS: usize = 5;
const GROUPS: usize = MIN_GROUPS as usize;

/// The longest record, where so many sectors of 512 bytes are taken together.
const fn longest(sectors: usize) -> usize {
    sectors * SECTOR - 224
}

fn store<const SECTORS: usize>(nor: &mut Nor) -> BlockingFlashStore<&mut Nor, SECTORS> {
    BlockingFlashStore::new(nor, 0..(GROUPS * SECTORS * SECTOR) as u32, longest(SECTORS)).unwrap()
}

/// A device with its flash, through any number of lives.
struct Device<'w, const SECTORS: usize> {
    server: Server<'w>,
    config: &'w Config<'w>,
    nor: Nor,
    now: u64,
    /// The newest revision whose save has returned.
    saved: Option<u64>,
    /// How often each refresh token was sent.
    sent: HashMap<String, usize>,
    /// The one that was sent last, until the save of its successors has returned.
    uncommitted: Option<String>,
    /// How often it may be sent: once, and once more for each cut between its sending and that save.
    allowed: HashMap<String, usize>,
    /// Those whose save has returned.
    rotations: usize,
    cuts: usize,
    /// Loads that found less than a save had returned for.
    forgotten: usize,
    /// Of flash, in the last life and the rotations.
    steps: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Asleep,
    PowerCut,
    SignIn,
}

impl<'w, const SECTORS: usize> Device<'w, SECTORS> {
    fn new(server: Server<'w>, config: &'w Config<'w>) -> Self {
        let nor = Nor::new(GROUPS * SECTORS);
        let (sent, allowed) = (HashMap::new(), HashMap::new());
        Self { server, config, nor, now: 0, saved: None, sent, uncommitted: None, allowed, rotations: 0, cuts: 0, forgotten: 0, steps: 0 }
    }

    /// With a wall clock: after a restart it still knows when its token expires.
    const fn now(&self) -> Timestamp {
        at(self.now).with_unix_seconds(1_700_000_000 + self.now / 1000)
    }

    fn pass(&mut self, millis: u64) {
        self.now += millis;
        self.server.pass(millis);
    }

    /// Drives a session until it sleeps, or until the power is cut.
    fn drive(&mut self, session: &mut Session, signs_in: bool) -> End {
        let mut has_signed_in = !signs_in;
        for _ in 0..200 {
            let (mut out, mut buffer, now) = ([0; 2048], [0; longest(2) + BUFFER_OVERHEAD], self.now());
            match session.poll(self.config, now, &mut out).unwrap() {
                Output::Load => {
                    let found = match store::<SECTORS>(&mut self.nor).load(&mut buffer) {
                        Ok(found) => found,
                        Err(FlashError::Flash(Off)) => return End::PowerCut,
                        Err(error) => panic!("{error}"),
                    };
                    let revision = found.map(|record| Version::of(record).unwrap().revision());
                    self.forgotten += usize::from(revision < self.saved);
                    session.handle(self.config, now, Input::Found(found, &entropy())).unwrap();
                }
                Output::SignIn(_) if has_signed_in => return End::SignIn,
                Output::SignIn(_) => {
                    has_signed_in = true;
                    let grant = Grant::AuthorizationCode(AuthorizationCode::new());
                    session.sign_in(self.config, now, &grant, REDIRECT, &entropy()).unwrap();
                }
                Output::Visit(url) => {
                    let redirect = self.server.visit(url.as_str());
                    session.handle(self.config, now, Input::Redirect(&redirect)).unwrap();
                }
                Output::Save(save) => {
                    let has_tokens = session.access_token(now).is_some() || session.state() != gatepass::StateName::SavingIntent;
                    let swapped = store::<SECTORS>(&mut self.nor).swap(&save, &mut buffer);
                    match swapped {
                        Ok(Swap::Saved) => {
                            self.saved = Some(Version::of(save.record()).unwrap().revision());
                            if has_tokens && self.uncommitted.take().is_some() {
                                self.rotations += 1;
                            }
                        }
                        Ok(Swap::Superseded(_)) => panic!("nobody else writes"),
                        Err(FlashError::Flash(Off)) => return End::PowerCut,
                        Err(error) => panic!("{error}"),
                    }
                    session.handle(self.config, now, Swap::input(&swapped, save.ticket())).unwrap();
                }
                Output::Send(request) => {
                    let body = core::str::from_utf8(request.body()).unwrap();
                    if let Some(token) = body.split('&').find_map(|field| field.strip_prefix("refresh_token=")) {
                        *self.sent.entry(token.into()).or_default() += 1;
                        self.allowed.entry(token.into()).or_insert(1);
                        self.uncommitted = Some(token.into());
                    }
                    let authority = request.authority();
                    self.server.carry(Exchange::new(session, self.config, request, || now), authority);
                }
                Output::Sleep(_) => return End::Asleep,
                Output::Wait(until, _) => self.pass(until.as_millis() - self.now),
                output => panic!("{output:?}"),
            }
        }
        panic!("it never rests");
    }

    /// So many committed rotations, through as many lives as there are cuts. The grant is lost, or an API accepts its token.
    fn live(&mut self, rotations: usize, cuts: &[(usize, Cut)]) -> End {
        let mut cuts = cuts.iter().copied();
        let mut session = Box::new(Session::<[u8; 1024]>::new());
        self.nor.start(None);
        assert_eq!(self.drive(&mut session, true), End::Asleep);
        self.nor.start(cuts.next());
        while self.rotations < rotations {
            match self.drive(&mut session, false) {
                // Past the expiry of its token.
                End::Asleep => self.pass(61_000),
                End::SignIn => return End::SignIn,
                End::PowerCut => {
                    self.cuts += 1;
                    if let Some(token) = self.uncommitted.take() {
                        *self.allowed.get_mut(&token).unwrap() += 1;
                    }
                    *session = Session::new();
                    self.nor.start(cuts.next());
                }
            }
        }
        self.steps = self.nor.steps;
        self.nor.cut = None;
        if self.drive(&mut session, false) == End::SignIn {
            return End::SignIn;
        }
        assert!(self.server.accepts(session.access_token(self.now()).unwrap()));
        End::Asleep
    }

    fn sent_beyond_the_policy(&self) -> usize {
        self.sent.iter().map(|(token, sent)| sent.saturating_sub(self.allowed[token])).sum()
    }
}

/// What became of the cuts.
#[derive(Default)]
struct Tally {
    tried: usize,
    /// Records that were committed and not found again.
    forgotten: usize,
    /// Refresh tokens sent once more than a cut between their sending and the save of their successors allows.
    repeated: usize,
    /// Grants lost by a cut between send and commit.
    lost: usize,
}

/// Cuts at every so manieth step.
fn cut_everywhere<'w, const SECTORS: usize>(
    endpoints: &'w Endpoints,
    overlap: Duration,
    every: usize,
    server: impl Fn() -> Server<'w>,
) -> Tally {
    let mut policy = Policy::DEFAULT;
    policy.lease = Duration::from_secs(10);
    let config = endpoints.config(policy);
    let mut whole = Device::<SECTORS>::new(server(), &config);
    assert_eq!(whole.live(ROTATIONS, &[]), End::Asleep);
    assert!(whole.nor.erases >= SECTORS, "groups are erased within five rotations: {}", whole.nor.erases);
    assert_eq!((whole.forgotten, whole.sent_beyond_the_policy()), (0, 0));
    let mut tally = Tally::default();
    for step in 0..whole.steps {
        let erases = whole.nor.erasures.contains(&step);
        if !erases && step % every > 0 {
            continue;
        }
        let seed = (step as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // There are many ways to be half erased, and few erasures; what they leave is met when their group comes round.
        let (ways, rotations) = if erases { (if every == 1 { 64 } else { 4 }, 3 * ROTATIONS) } else { (2, ROTATIONS) };
        let torn = (0..ways).map(|way| Cut::Torn(seed.wrapping_add(way << 32)));
        for cut in torn.chain([Cut::Before, Cut::After]) {
            // Every seventh device is cut a second time, while it recovers. An overlap covers one cut, and is over after two.
            let again = (step % 7 == 0 && overlap.is_zero()).then_some((step % 97, Cut::Torn(seed.rotate_left(9))));
            let cuts: Vec<_> = [(step, cut)].into_iter().chain(again).collect();
            let mut device = Device::<SECTORS>::new(server(), &config);
            let end = device.live(rotations, &cuts);
            assert!(device.cuts > 0, "never reached: {cuts:?}");
            let (forgotten, repeated) = (device.forgotten, device.sent_beyond_the_policy());
            if forgotten + repeated > 0 {
                println!("{cuts:?}: {forgotten} lost after commit, {repeated} sent twice");
            }
            tally.tried += 1;
            tally.forgotten += forgotten;
            tally.repeated += repeated;
            if end == End::SignIn {
                assert!(overlap.is_zero(), "lost in spite of the overlap: {cuts:?}");
                assert!(device.allowed.values().any(|allowed| *allowed > 1), "lost, and not between send and commit: {cuts:?}");
                tally.lost += 1;
            }
        }
    }
    tally
}

const OVERLAP: Duration = Duration::from_secs(30);

fn issuer(overlap: Duration) -> Issuer {
    Issuer::builder().overlap(overlap).access_ttl(Duration::from_secs(60)).start().unwrap()
}

#[test]
fn no_cut_of_the_power_loses_what_was_committed_or_sends_a_token_beyond_the_policy() {
    let endpoints = Endpoints::of(&issuer(OVERLAP));
    let cut = |overlap| cut_everywhere::<1>(&endpoints, overlap, 1, || Server::Rules(Rules::new(overlap)));
    let (without, with) = std::thread::scope(|scope| {
        let without = scope.spawn(|| cut(Duration::ZERO));
        let with = cut(OVERLAP);
        (without.join().unwrap(), with)
    });
    let (forgotten, repeated) = (without.forgotten + with.forgotten, without.repeated + with.repeated);
    println!(
        "power cuts: tried {} (overlap 0: {}, overlap 30 s: {}), lost after commit {forgotten}, sent twice beyond the policy {repeated}, lost between send and commit {}",
        without.tried + with.tried,
        without.tried,
        with.tried,
        without.lost + with.lost
    );
    assert_eq!((forgotten, repeated), (0, 0));
    assert!(without.lost > 0 && with.lost == 0, "with no overlap a cut between send and commit loses the grant");
}

#[test]
fn neither_does_a_cut_while_the_issuer_is_a_real_one() {
    for overlap in [Duration::ZERO, OVERLAP] {
        let issuer = issuer(overlap);
        let tally = cut_everywhere::<2>(&Endpoints::of(&issuer), overlap, 67, || Server::Real(&issuer));
        assert!(tally.tried > 60, "{}", tally.tried);
        assert_eq!((tally.forgotten, tally.repeated), (0, 0));
    }
}
