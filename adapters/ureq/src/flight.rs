//! Who leads a flight, who follows, who waits: the driver decides, here it is done with threads.

use core::time::Duration;
use std::sync::{Arc, PoisonError};

use gatepass_store::{
    Store,
    driver::{Call, Driver, Error, Goal, Step, Token, Want},
};
use ureq::Agent;

use crate::{
    sync::{Condvar, Mutex, MutexGuard},
    wire::exchange,
};

/// What the threads share.
pub(crate) struct Tower {
    pub(crate) driver: Mutex<Driver>,
    pub(crate) store: Arc<dyn Store>,
    /// Told when a flight has ended.
    pub(crate) landed: Condvar,
    pub(crate) agent: Agent,
    pub(crate) patience: Duration,
}

impl Tower {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Driver> {
        // The driver is consistent between two calls, and a panic inside of one is not expected.
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reaches a goal, and then does something before anybody else can.
    pub(crate) fn reach<T>(&self, goal: Goal, then: impl FnOnce(&mut Driver, Option<Token>) -> Result<T, Error>) -> Result<T, Error> {
        let call = self.lock().call(goal, self.patience);
        self.follow(call, then)
    }

    /// The same for a wish that has begun.
    pub(crate) fn follow<T>(&self, mut call: Call, then: impl FnOnce(&mut Driver, Option<Token>) -> Result<T, Error>) -> Result<T, Error> {
        let mut driver = self.lock();
        loop {
            match driver.want(&mut call)? {
                Want::Ready(token) => return then(&mut driver, token),
                Want::Lead(step, _) => {
                    drop(driver);
                    self.fly(step);
                    driver = self.lock();
                }
                Want::Follow => driver = self.landed.wait(driver).unwrap_or_else(PoisonError::into_inner),
                Want::Until(moment) => {
                    // At least a millisecond, so that the moment has come when asked again.
                    let wait = moment.since(driver.now()).max(Duration::from_millis(1));
                    driver = self.landed.wait_timeout(driver, wait).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Runs a flight to its end.
    pub(crate) fn fly(&self, step: Step) {
        let mut guard = Guard { tower: self, has_landed: false };
        let mut next = Some(step);
        while let Some(step) = next {
            match step {
                Step::Store(errand) => {
                    let answered = errand.run(&*self.store);
                    self.lock().stored(answered);
                }
                Step::Send(request) => exchange(&self.agent, &self.driver, &request),
            }
            next = self.lock().next_step();
        }
        guard.has_landed = true;
    }
}

/// Tells those who follow that the flight has ended, whatever way.
struct Guard<'t> {
    tower: &'t Tower,
    has_landed: bool,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.has_landed {
            self.tower.lock().abandon();
        }
        self.tower.landed.notify_all();
    }
}
