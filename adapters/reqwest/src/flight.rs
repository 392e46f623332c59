//! Who leads a flight, who follows, who waits: the driver decides, here it is done with tasks.

use core::time::Duration;
use std::sync::{Arc, PoisonError};

use gatepass_store::driver::{Call, Driver, Error, Goal, Step, Token, Want};

use crate::{
    store::AnyStore,
    sync::{Mutex, MutexGuard, Notify, spawn, timeout},
    wire::exchange,
};

/// What the tasks share.
pub(crate) struct Tower {
    /// Never held across an await.
    pub(crate) driver: Mutex<Driver>,
    pub(crate) store: AnyStore,
    /// Told when a flight has ended.
    pub(crate) landed: Notify,
    pub(crate) http: reqwest::Client,
    pub(crate) patience: Duration,
}

/// What a caller does after a look at the driver.
enum Next<T> {
    Done(Result<T, Error>),
    /// Start a flight; whoever has what it came for does not wait for its end.
    TakeOff(Step, Option<Result<T, Error>>),
    Wait,
    WaitAtMost(Duration),
}

impl Tower {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Driver> {
        // The driver is consistent between two calls, and a panic inside of one is not expected.
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reaches a goal, and then does something before anybody else can.
    pub(crate) async fn reach<T>(
        self: &Arc<Self>,
        goal: Goal,
        then: impl FnOnce(&mut Driver, Option<Token>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let call = self.lock().call(goal, self.patience);
        self.follow(call, then).await
    }

    /// The same for a wish that has begun.
    pub(crate) async fn follow<T>(
        self: &Arc<Self>,
        mut call: Call,
        then: impl FnOnce(&mut Driver, Option<Token>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut then = Some(then);
        loop {
            let mut landed = core::pin::pin!(self.landed.notified());
            // From before the look on, so that no end of a flight is missed.
            landed.as_mut().enable();
            let next = {
                let mut driver = self.lock();
                let mut done = |driver: &mut Driver, token| then.take().map(|then| then(driver, token));
                match driver.want(&mut call) {
                    Err(error) => Next::Done(Err(error)),
                    Ok(Want::Ready(token)) => done(&mut driver, token).map_or(Next::Wait, Next::Done),
                    Ok(Want::Lead(step, token)) => {
                        let outcome = token.and_then(|token| done(&mut driver, Some(token)));
                        Next::TakeOff(step, outcome)
                    }
                    Ok(Want::Follow) => Next::Wait,
                    // At least a millisecond, so that the moment has come when asked again.
                    Ok(Want::Until(moment)) => Next::WaitAtMost(moment.since(driver.now()).max(Duration::from_millis(1))),
                }
            };
            match next {
                Next::Done(outcome) => return outcome,
                Next::TakeOff(step, outcome) => {
                    self.take_off(step);
                    match outcome {
                        Some(outcome) => return outcome,
                        None => landed.await,
                    }
                }
                Next::Wait => landed.await,
                Next::WaitAtMost(wait) => {
                    let _: Result<(), _> = timeout(wait, landed).await;
                }
            }
        }
    }

    /// Starts a flight in a task of its own. Never under the lock: outside of a runtime this panics, and the guard takes the lock.
    fn take_off(self: &Arc<Self>, step: Step) {
        let guard = Guard { tower: Arc::clone(self), has_landed: false };
        drop(spawn(fly(guard, step)));
    }
}

/// Runs a flight to its end.
async fn fly(mut guard: Guard, step: Step) {
    let tower = Arc::clone(&guard.tower);
    let mut next = Some(step);
    while let Some(step) = next {
        match step {
            Step::Store(errand) => {
                let answered = tower.store.run(errand).await;
                tower.lock().stored(answered);
            }
            Step::Send(request) => exchange(&tower, &request).await,
        }
        next = tower.lock().next_step();
    }
    guard.has_landed = true;
}

/// Tells those who wait that the flight has ended, whatever way: also when the runtime drops the task.
struct Guard {
    tower: Arc<Tower>,
    has_landed: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.has_landed {
            self.tower.lock().abandon();
        }
        self.tower.landed.notify_waiters();
    }
}
