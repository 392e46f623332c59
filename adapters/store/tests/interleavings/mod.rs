//! What the explorers of both adapters share: a grant whose access token has expired, a server in memory, a clock that goes where the
//! waiters want it, and schedules in their thousands, by [shuttle].
//!
//! A schedule is one order in which threads or tasks come to their locks, notifications, store calls and requests. Shuttle runs all of
//! them on one thread of the system, so that what is here is not shared but by the schedules of one test.

pub mod bounded;
pub mod server;
pub mod time;

use core::time::Duration;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use gatepass::{AuthorizationCode, Client, Config, Grant, Server as Names, Version};
use gatepass_store::{
    Memory, Record, Store, StoreError, Swap,
    driver::{Driver, Goal, Settings, Step, Want},
};
use shuttle::{
    FailurePersistence, Runner,
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
};

use bounded::Bounded;
use server::Server;

/// Longer than any back-off.
pub const PATIENT: Duration = Duration::from_secs(3600);
pub const API: &str = "https://api.example/";

/// One schedule's own.
#[derive(Clone)]
pub struct World {
    pub server: Arc<Server>,
    pub store: Arc<Shop>,
}

impl World {
    /// A stored grant whose access token has expired.
    pub fn new() -> Self {
        Self::after(2 * 3600)
    }

    /// A stored grant, so many seconds after the sign-in.
    pub fn after(seconds: u64) -> Self {
        let store = Shop { memory: Memory::new(), breaks: Default::default() };
        store.memory.swap(None, signed_in()).unwrap();
        time::begin(seconds);
        Self { server: Arc::default(), store: Arc::new(store) }
    }

    pub fn settings(&self) -> Settings {
        settings(self.store.clone()).origin(API)
    }
}

fn settings(store: Arc<dyn Store>) -> Settings {
    let server = Names::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let server = server.with_revocation("https://as.example/r");
    let config = Config::new(server, Client::public("id")).unwrap();
    Settings::new(config, store).clock(time::now)
}

/// The record of a grant right after the sign-in.
fn signed_in() -> &'static [u8] {
    static RECORD: OnceLock<Vec<u8>> = OnceLock::new();
    RECORD.get_or_init(|| {
        time::begin(0);
        let (store, server) = (Arc::new(Memory::new()), Server::default());
        let (mut driver, ..) = settings(store.clone()).origin(API).build().unwrap();
        reach(&mut driver, &*store, &server, Goal::Idle);
        let url = driver.begin_sign_in(&Grant::AuthorizationCode(AuthorizationCode::new()), "https://app.example/cb").unwrap();
        let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
        driver.redirect(&format!("https://app.example/cb?code=c&state={state}")).unwrap();
        reach(&mut driver, &*store, &server, Goal::SignedIn);
        store.load().unwrap().unwrap().as_bytes().to_vec()
    })
}

/// What an adapter does, alone and in order.
fn reach(driver: &mut Driver, store: &dyn Store, server: &Server, goal: Goal) {
    let mut call = driver.call(goal, Duration::ZERO);
    while let Want::Lead(step, _) = driver.want(&mut call).unwrap() {
        let mut next = Some(step);
        while let Some(step) = next {
            match step {
                Step::Store(errand) => driver.stored(errand.run(store)),
                Step::Send(_) => {
                    assert!(driver.departs().is_some());
                    let _ = driver.head(200, Some("application/json"), None) && driver.body(server.tokens().as_bytes());
                    driver.end();
                }
            }
            next = driver.next_step();
        }
    }
}

/// A store in memory to which another thread may always come first, and which panics once, at a call that a test chooses.
pub struct Shop {
    memory: Memory,
    breaks: core::sync::atomic::AtomicUsize,
}

impl Shop {
    /// It panics at this call from now on, counted from 1.
    pub fn breaks_at(&self, call: usize) {
        self.breaks.store(call, core::sync::atomic::Ordering::SeqCst);
    }

    fn enter(&self) {
        time::switch();
        let left = self.breaks.load(core::sync::atomic::Ordering::SeqCst);
        self.breaks.store(left.saturating_sub(1), core::sync::atomic::Ordering::SeqCst);
        if left == 1 {
            panics();
        }
    }
}

impl Store for Shop {
    fn load(&self) -> Result<Option<Record>, StoreError> {
        self.enter();
        self.memory.load()
    }

    fn swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        self.enter();
        self.memory.swap(expected, record)
    }
}

/// A panic like any other, but that nothing is printed: it is part of a schedule, and shuttle would say that the schedule failed.
pub fn panics() -> ! {
    std::panic::resume_unwind(Box::new("on purpose"))
}

/// Runs a schedule in many ways: at random, and with few changes of the thread at any place (PCT). A failure is printed with the schedule.
pub fn explore(name: &str, schedule: impl Fn() + Clone + Send + Sync + 'static) {
    let count = schedules();
    let random = run(RandomScheduler::new_from_seed(SEED, count), FailurePersistence::Print, schedule.clone());
    let few = run(PctScheduler::new_from_seed(SEED, 3, count), FailurePersistence::Print, schedule);
    assert_eq!((random, few), (count, count));
    println!("interleavings: {name}: {} schedules", random + few);
}

/// Runs a schedule in every way in which a thread is interrupted no more often than that, where it need not wait.
pub fn exhaust(name: &str, interruptions: usize, schedule: impl Fn() + Send + Sync + 'static) {
    let count = run(Bounded::new(interruptions), FailurePersistence::Print, schedule);
    println!("interleavings: {name}: {count} schedules, all with up to {interruptions} interruptions");
}

/// That schedules at random find a fault, and that they say one of these of it.
pub fn finds(name: &str, says: &[&str], schedule: impl Fn() + Send + Sync + 'static) {
    found(name, says, RandomScheduler::new_from_seed(SEED, schedules()), schedule);
}

/// The same for a fault that shows where somebody is interrupted for long at one place.
pub fn finds_with_one_interruption(name: &str, says: &[&str], schedule: impl Fn() + Send + Sync + 'static) {
    found(name, says, Bounded::new(1), schedule);
}

fn found(name: &str, says: &[&str], scheduler: impl Scheduler + 'static, schedule: impl Fn() + Send + Sync + 'static) {
    let told = catch_unwind(AssertUnwindSafe(|| run(scheduler, FailurePersistence::None, schedule))).expect_err("the fault is found");
    let text = told.downcast_ref::<String>().map(String::as_str).or_else(|| told.downcast_ref::<&str>().copied()).unwrap_or_default();
    assert!(says.iter().any(|says| text.contains(says)), "{name}: {text}");
    println!("interleavings: {name}: found");
}

/// A failure is found again by the same one.
const SEED: u64 = 0x6761_7465;

/// How many of each kind: `GATEPASS_SCHEDULES`.
fn schedules() -> usize {
    std::env::var("GATEPASS_SCHEDULES").map_or(1_000, |count| count.parse().expect("a number"))
}

fn run(scheduler: impl Scheduler + 'static, failure: FailurePersistence, schedule: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 20;
    config.failure_persistence = failure;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(schedule)
}
