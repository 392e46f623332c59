//! One round: a fleet on one grant, until it has rotated often enough; somebody killed every second, the store restarted once.

use core::time::Duration;
use std::time::Instant;

use gatepass_issuer::{Counts, Endpoint, Issuer, Reuse};

use crate::{
    caller::Library,
    event::{Event, Moment, What, moment, now},
    fleet::Fleet,
    ledger::{Asked, Evidence, Sent},
    place::Place,
    user,
    worker::{LIFE, Orders, number},
};

/// How long the fleet may take, and how long until everybody has a token in the end: beyond it something hangs.
const LIMIT: Duration = Duration::from_secs(240);
const RECOVERY: Duration = Duration::from_secs(60);
/// One kill of so many waits for the worst moment: just after somebody was allowed to send.
const AIMED: u8 = 8;
/// What was told longer ago is no news.
const FRESH: Moment = 20_000;
/// How long the worst moment is: from the intent to the commit, and a little more.
const WINDOW_MICROS: u64 = 8_000;
/// What the issuer remembers.
const LOG_LIMIT: usize = 100_000;

/// What a round is to be.
pub(crate) struct Plan {
    pub(crate) place: Place,
    pub(crate) processes: usize,
    pub(crate) lease: Duration,
    pub(crate) rotations: u64,
    pub(crate) seed: u64,
}

/// Stops the store and starts it again.
pub(crate) type Restart<'r> = Option<&'r mut dyn FnMut()>;

struct Round<'r> {
    plan: &'r Plan,
    issuer: Issuer,
    fleet: Fleet,
    random: fastrand::Rng,
    asked: Vec<Asked>,
    /// When the user was done with the last sign-in.
    signed_in: Moment,
    /// The kill that comes next: from when on, until when, and whether it waits for the worst moment.
    kill: (Instant, Instant, bool),
}

pub(crate) fn run(plan: &Plan, mut restart: Restart<'_>) -> Result<Evidence, String> {
    let builder = Issuer::builder().access_ttl(LIFE).overlap(Duration::ZERO).reuse(Reuse::RevokeFamily);
    let issuer = builder.start().map_err(|error| error.to_string())?;
    user::sign_in(&issuer, &plan.place, plan.lease)?;
    let (url, place, seed, lease) = (issuer.url(), plan.place.clone(), plan.seed, plan.lease);
    let fleet = Fleet::start(plan.processes, move |number| {
        let library = match (&place, number % 2) {
            (Place::Cache(_), _) => Library::Oauth2,
            (_, 0) => Library::Ureq,
            _ => Library::Reqwest,
        };
        Orders { library, number, seed, lease, issuer: url.clone(), place: place.clone() }
    })?;
    let start = Instant::now();
    let random = fastrand::Rng::with_seed(plan.seed);
    let mut round = Round { plan, issuer, fleet, random, asked: Vec::new(), signed_in: now(), kill: (start, start, false) };
    round.aim();
    let wants_restart = restart.is_some();
    let mut restarted = false;
    while start.elapsed() < LIMIT {
        let rotations = round.issuer.counts().refresh_successes;
        if rotations >= plan.rotations && restart.is_none() {
            break;
        }
        let fresh_intent = round.listen()?;
        if let (Some(_), true) = (fresh_intent, rotations >= plan.rotations / 2)
            && let Some(restart) = restart.take()
        {
            restart();
            restarted = true;
            // What was told meanwhile is no news.
            continue;
        }
        round.kill_when_due(fresh_intent)?;
    }
    let seconds = start.elapsed();
    let recovered = round.recover()?;
    let ended = round.fleet.end();
    Ok(round.evidence(seconds, wants_restart.then_some(restarted), [recovered, ended].into_iter().filter_map(Result::err).collect()))
}

impl Round<'_> {
    /// Hears one event, and lets the user sign in where that is asked; who has just been allowed to send, if somebody has.
    fn listen(&mut self) -> Result<Option<u64>, String> {
        let Some((number, event)) = self.fleet.listen(Duration::from_millis(20)) else { return Ok(None) };
        match event.what {
            What::Asks(reason) if event.at > self.signed_in => {
                let asked = Asked { at: now(), worker: number, reason };
                if user::sign_in(&self.issuer, &self.plan.place, self.plan.lease)? {
                    self.asked.push(asked);
                    self.signed_in = now();
                }
                Ok(None)
            }
            What::Intent if event.at + FRESH > now() => Ok(Some(number)),
            _ => Ok(None),
        }
    }

    /// One kill each second, at a random moment of it.
    fn aim(&mut self) {
        let second = self.kill.1.max(Instant::now());
        let is_aimed = self.random.u8(..AIMED) == 0;
        // There is an intent every quarter of a second, unless somebody was killed with one.
        let from = second + Duration::from_millis(self.random.u64(..if is_aimed { 600 } else { 1_000 }));
        self.kill = (from, second + Duration::from_secs(1), is_aimed);
    }

    fn kill_when_due(&mut self, fresh_intent: Option<u64>) -> Result<(), String> {
        let (from, until, aimed) = self.kill;
        let now = Instant::now();
        if now < from {
            return Ok(());
        }
        let victim = match (aimed, fresh_intent) {
            (true, Some(holder)) => {
                std::thread::sleep(Duration::from_micros(self.random.u64(..WINDOW_MICROS)));
                holder
            }
            (true, None) if now < until => return Ok(()),
            _ => self.random.choice(self.fleet.numbers()).unwrap_or_default(),
        };
        self.aim();
        self.fleet.kill(victim)
    }

    /// Nobody is killed any more: waits until each has called the API with success.
    fn recover(&mut self) -> Result<Result<(), String>, String> {
        let (since, until) = (now(), Instant::now() + RECOVERY);
        let is_served = |event: &Event| event.at > since && event.what == What::Called(200);
        while Instant::now() < until {
            let numbers = self.fleet.numbers();
            let told = &self.fleet.told;
            if numbers.iter().all(|number| told.get(number).is_some_and(|told| told.iter().rev().take(100).any(is_served))) {
                return Ok(Ok(()));
            }
            self.listen()?;
        }
        Ok(Err(format!("not everybody was served within {RECOVERY:?} after the last kill")))
    }

    fn evidence(mut self, seconds: Duration, restarted: Option<bool>, mut problems: Vec<String>) -> Evidence {
        let log = self.issuer.requests();
        let counts: Counts = self.issuer.counts();
        if log.len() >= LOG_LIMIT {
            problems.push("the issuer's log was too short for the round".to_owned());
        }
        let refreshes =
            log.iter().filter(|seen| seen.endpoint == Some(Endpoint::Token) && seen.param("grant_type") == Some("refresh_token"));
        let sent = refreshes.map(|seen| Sent {
            at: moment(seen.time),
            worker: seen.header("user-agent").and_then(number).unwrap_or_default(),
            token: seen.param("refresh_token").unwrap_or_default().to_owned(),
        });
        Evidence {
            seconds,
            sent: sent.collect(),
            told: core::mem::take(&mut self.fleet.told),
            kills: core::mem::take(&mut self.fleet.kills),
            asked: self.asked,
            counts,
            live_grants: self.issuer.live_grants(),
            restarted,
            problems,
        }
    }
}
