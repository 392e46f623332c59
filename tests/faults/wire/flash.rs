//! Flash whose calls fail, each in its turn, while the device goes on: the same store, the same session.

use core::{cell::Cell, time::Duration};
use std::{collections::HashMap, rc::Rc};

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use gatepass::{AuthorizationCode, Config, Grant, Input, Output, Policy, Session, Timestamp, Version};
use gatepass_embedded::{
    Exchange,
    flash::{BUFFER_OVERHEAD, BlockingFlashStore, FlashError, MIN_GROUPS, Swap},
};

use crate::{
    front::check,
    streams::device as world,
    sweep::{Outcome, Tally, all},
};

#[path = "../../../adapters/embedded/tests/world/nor.rs"]
mod nor;
#[path = "../../../adapters/embedded/tests/world/server.rs"]
mod server;

use nor::{Nor, Off, SECTOR, WORD};
use server::{Rules, Server};
use world::{Endpoints, REDIRECT, entropy};

const ROTATIONS: usize = 4;
const LONGEST: usize = SECTOR - 224;
const RANGE: core::ops::Range<u32> = 0..MIN_GROUPS * SECTOR as u32;

/// What a call that fails has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Nothing,
    /// The first half of what was to be programmed or erased.
    Half,
    /// Everything: only its answer is lost.
    All,
}

/// The call (from 0) that fails, of all of them where nothing is done, and else of those that change flash; and whether those
/// after it fail too, until flash is mended.
#[derive(Clone, Copy, Debug)]
struct Fault {
    nth: usize,
    done: Done,
    lasts: bool,
}

struct Plan {
    fault: Fault,
    calls: Cell<usize>,
    is_mended: Cell<bool>,
}

impl Plan {
    fn is_struck(&self) -> bool {
        self.calls.get() > self.fault.nth
    }

    /// Whether this call fails.
    fn call(&self, changes: bool) -> bool {
        if !changes && self.fault.done != Done::Nothing {
            return false;
        }
        let number = self.calls.replace(self.calls.get() + 1);
        number == self.fault.nth || (self.fault.lasts && number > self.fault.nth && !self.is_mended.get())
    }
}

struct Faulty {
    nor: Nor,
    plan: Rc<Plan>,
}

impl ErrorType for Faulty {
    type Error = Off;
}

impl ReadNorFlash for Faulty {
    const READ_SIZE: usize = Nor::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Off> {
        if self.plan.call(false) { Err(Off) } else { self.nor.read(offset, bytes) }
    }

    fn capacity(&self) -> usize {
        self.nor.capacity()
    }
}

impl Faulty {
    /// How much of a change of this length is made; whether its call fails.
    fn change(&self, length: usize, unit: usize) -> (usize, bool) {
        let fails = self.plan.call(true);
        let done = match self.plan.fault.done {
            Done::Nothing if fails => 0,
            Done::Half if fails => length / 2 / unit * unit,
            _ => length,
        };
        (done, fails)
    }
}

impl NorFlash for Faulty {
    const WRITE_SIZE: usize = Nor::WRITE_SIZE;
    const ERASE_SIZE: usize = Nor::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Off> {
        let (done, fails) = self.change((to - from) as usize, SECTOR);
        self.nor.erase(from, from + done as u32)?;
        if fails { Err(Off) } else { Ok(()) }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Off> {
        let (done, fails) = self.change(bytes.len(), WORD);
        self.nor.write(offset, &bytes[..done])?;
        if fails { Err(Off) } else { Ok(()) }
    }
}

fn live(config: &Config<'_>, fault: Fault) -> Outcome {
    let plan = Rc::new(Plan { fault, calls: Cell::new(0), is_mended: Cell::new(false) });
    let flash = Faulty { nor: Nor::new(MIN_GROUPS as usize), plan: Rc::clone(&plan) };
    let mut store = BlockingFlashStore::<_, 1>::new(flash, RANGE, LONGEST).map_err(|error| format!("{error:?}"))?;
    let (mut server, mut session) = (Server::Rules(Rules::new(Duration::ZERO)), Session::<[u8; 1024]>::new());
    let (mut millis, mut saved, mut rotations, mut failed) = (0_u64, None, 0, 0);
    let mut sent: HashMap<String, usize> = HashMap::new();
    let mut newest = Vec::new();
    let wall = |millis: u64| Timestamp::from_millis(millis).with_unix_seconds(1_700_000_000 + millis / 1000);
    for _ in 0..400 {
        let (mut out, mut buffer, now) = ([0; 2048], [0; LONGEST + BUFFER_OVERHEAD], wall(millis));
        let mut pass = 0;
        match session.poll(config, now, &mut out).map_err(|error| error.to_string())? {
            Output::Load => match store.load(&mut buffer) {
                Ok(found) => {
                    let revision = found.map(|record| Version::of(record).unwrap().revision());
                    check(revision >= saved, || "what was stored is lost".to_owned())?;
                    session.handle(config, now, Input::Found(found, &entropy())).map_err(|error| error.to_string())?;
                }
                Err(FlashError::Flash(Off)) => (failed, pass) = (failed + 1, 1000),
                Err(error) => return Err(format!("loading: {error:?}")),
            },
            Output::SignIn(reason) => {
                check(sent.is_empty() && saved.is_none(), || format!("the grant is lost: {reason:?}"))?;
                let grant = Grant::AuthorizationCode(AuthorizationCode::new());
                session.sign_in(config, now, &grant, REDIRECT, &entropy()).unwrap();
            }
            Output::Visit(url) => {
                let redirect = server.visit(url.as_str());
                session.handle(config, now, Input::Redirect(&redirect)).unwrap();
            }
            Output::Save(save) => {
                let swapped = store.swap(&save, &mut buffer);
                match &swapped {
                    Ok(Swap::Saved) => {}
                    // The answer of an earlier attempt was lost.
                    Ok(Swap::Superseded(held)) => check(*held == Some(save.record()), || "somebody else's record".to_owned())?,
                    Err(FlashError::Flash(Off)) => failed += 1,
                    Err(error) => return Err(format!("saving: {error:?}")),
                }
                if swapped.is_ok() {
                    saved = Some(Version::of(save.record()).unwrap().revision());
                    newest = save.record().to_vec();
                }
                session.handle(config, now, Swap::input(&swapped, save.ticket())).map_err(|error| error.to_string())?;
            }
            Output::Send(request) => {
                let body = String::from_utf8_lossy(request.body()).into_owned();
                if let Some(token) = body.split('&').find_map(|field| field.strip_prefix("refresh_token=")) {
                    *sent.entry(token.to_owned()).or_default() += 1;
                }
                let authority = request.authority();
                server.carry(Exchange::new(&mut session, config, request, || now), authority);
            }
            Output::Sleep(_) if rotations == ROTATIONS => break,
            // Past the expiry of its token.
            Output::Sleep(_) => (rotations, pass) = (rotations + 1, 61_000),
            Output::Wait(until, _) => pass = until.as_millis() - millis,
            output => return Err(format!("{output:?}")),
        }
        if failed > 3 {
            plan.is_mended.set(true);
        }
        millis += pass;
        server.pass(pass);
    }
    check(rotations == ROTATIONS, || "it never rests".to_owned())?;
    check(failed > 0 || !plan.is_struck() || fault.done == Done::Nothing, || "a failure that nobody was told".to_owned())?;
    // No answer of the server is ever lost here: so no token may leave twice.
    check(sent.len() >= ROTATIONS && sent.values().all(|times| *times == 1), || format!("sent: {sent:?}"))?;
    // Whoever starts now finds it, in flash as it lies there.
    plan.is_mended.set(true);
    let mut restarted = BlockingFlashStore::<_, 1>::new(store.release().nor, RANGE, LONGEST).unwrap();
    let mut buffer = [0; LONGEST + BUFFER_OVERHEAD];
    let found = restarted.load(&mut buffer).map_err(|error| format!("restarted: {error:?}"))?;
    check(found == Some(&newest), || "another record is found".to_owned())?;
    Ok(plan.is_struck())
}

// R081
#[test]
fn a_call_of_flash_that_fails_is_made_again_and_nothing_is_lost_or_sent_twice() {
    let issuer = gatepass_issuer::Issuer::builder().start().unwrap();
    let endpoints = Endpoints::of(&issuer);
    let ways: Vec<(Done, bool)> =
        [Done::Nothing, Done::Half, Done::All].into_iter().flat_map(|done| [(done, false), (done, true)]).collect();
    let ran = all(&ways, 2, |(done, lasts)| {
        let config = endpoints.config(Policy::DEFAULT);
        let mut outcomes = Vec::new();
        for nth in 0.. {
            let fault = Fault { nth, done, lasts };
            match live(&config, fault).map_err(|error| format!("{fault:?}: {error}")) {
                Ok(false) => break,
                outcome => outcomes.push(outcome),
            }
        }
        outcomes
    });
    let mut tally = Tally::default();
    ran.into_iter().for_each(|outcomes| tally.add(outcomes));
    tally.report("flash");
}
