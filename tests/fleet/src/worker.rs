//! One process of the fleet: it calls the API, over and over, and tells what it saw.

use core::time::Duration;
use std::{
    io::Read as _,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::{
    caller::{Caller, Library, Trouble},
    event::What,
    place::Place,
};

/// How long an access token lives: a second, so that there are several refreshes in each.
pub(crate) const LIFE: Duration = Duration::from_secs(1);

/// What a worker is started with; its command line.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) library: Library,
    /// Its number; no two of a run have the same.
    pub(crate) number: u64,
    pub(crate) seed: u64,
    pub(crate) lease: Duration,
    pub(crate) issuer: String,
    pub(crate) place: Place,
}

impl Orders {
    /// The word that makes this program a worker.
    pub(crate) const COMMAND: &str = "worker";

    pub(crate) fn arguments(&self) -> [String; 7] {
        let (library, lease) = (self.library.name().to_owned(), self.lease.as_millis().to_string());
        let (number, seed) = (self.number.to_string(), self.seed.to_string());
        [Self::COMMAND.to_owned(), library, number, seed, lease, self.issuer.clone(), self.place.to_string()]
    }

    /// The arguments after the command.
    pub(crate) fn parse(arguments: &[String]) -> Option<Self> {
        let [library, number, seed, lease, issuer, place] = arguments else { return None };
        Some(Self {
            library: Library::parse(library)?,
            number: number.parse().ok()?,
            seed: seed.parse().ok()?,
            lease: Duration::from_millis(lease.parse().ok()?),
            issuer: issuer.clone(),
            place: Place::parse(place)?,
        })
    }
}

/// The user agent of a worker's requests, and back.
pub(crate) fn name(number: u64) -> String {
    format!("fleet/{number}")
}

pub(crate) fn number(name: &str) -> Option<u64> {
    name.strip_prefix("fleet/")?.parse().ok()
}

pub(crate) fn run(orders: &Orders) -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    // The fleet holds the other end of standard input: closed, on purpose or by its death, it ends this process.
    let stopped = Arc::clone(&stop);
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopped.store(true, Ordering::SeqCst);
    });
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::FAILURE };
    match runtime.block_on(work(orders, &stop)) {
        Ok(()) => {
            What::Ended.tell();
            ExitCode::SUCCESS
        }
        Err(error) => {
            What::Failed(error).tell();
            ExitCode::FAILURE
        }
    }
}

async fn work(orders: &Orders, stop: &AtomicBool) -> Result<(), String> {
    let caller = Caller::new(orders.library, &orders.issuer, &orders.place, orders.lease, &name(orders.number))?;
    let api = format!("{}/api", orders.issuer);
    let mut random = fastrand::Rng::with_seed(orders.seed ^ orders.number);
    while !stop.load(Ordering::SeqCst) {
        // Some want as long a life as they can get, others take what there is.
        let min_ttl = if random.u8(..4) == 0 { Duration::ZERO } else { LIFE };
        match caller.call(&api, min_ttl).await {
            Ok(status) => What::Called(status).tell(),
            Err(Trouble::Asks(reason)) => What::Asks(reason).tell(),
            Err(Trouble::Failed(error)) => What::Failed(error).tell(),
        }
        tokio::time::sleep(Duration::from_millis(random.u64(20..80))).await;
    }
    caller.settle().await;
    Ok(())
}
