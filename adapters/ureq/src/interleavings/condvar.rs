//! A condition variable that knows time, which shuttle's does not, and the mutex that goes with it.

use core::{
    cell::Cell,
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::sync::{Arc, LockResult, Mutex as Plain, PoisonError};

use shuttle::sync::mpsc::{Receiver, Sender, channel};

use super::shared::time;

/// A mutex whose guard leads back to it.
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

pub(crate) struct MutexGuard<'m, T> {
    mutex: &'m Mutex<T>,
    guard: shuttle::sync::MutexGuard<'m, T>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let locked = |guard| MutexGuard { mutex: self, guard };
        self.0.lock().map(locked).map_err(|poisoned| PoisonError::new(locked(poisoned.into_inner())))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

std::thread_local! {
    static IS_DEAF: Cell<bool> = const { Cell::new(false) };
}

/// Whether notifications are lost from now on, for who is on this thread of the system.
pub(crate) fn loses_notifications(is_so: bool) {
    IS_DEAF.set(is_so);
}

/// Wakes those who wait: all of them, or one whose time has come.
#[derive(Default)]
pub(crate) struct Condvar {
    last: AtomicU64,
    asleep: Arc<Asleep>,
}

/// Each with a bell of its own. Never locked where another thread may go on.
#[derive(Default)]
struct Asleep(Plain<Vec<(u64, Sender<()>)>>);

impl Asleep {
    fn add(&self, waiter: u64) -> Receiver<()> {
        let (bell, ear) = channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((waiter, bell));
        ear
    }

    /// Takes those out whose bells somebody is to ring.
    fn take(&self, whom: impl Fn(u64) -> bool) -> Vec<Sender<()>> {
        let mut asleep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asleep.extract_if(.., |(waiter, _)| whom(*waiter)).map(|(_, bell)| bell).collect()
    }
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A notification before this is not for who comes here.
    fn lie_down(&self) -> (u64, Receiver<()>) {
        time::switch();
        let waiter = self.last.fetch_add(1, Ordering::SeqCst);
        (waiter, self.asleep.add(waiter))
    }

    pub(crate) fn wait<'m, T>(&self, guard: MutexGuard<'m, T>) -> LockResult<MutexGuard<'m, T>> {
        let (_, ear) = self.lie_down();
        sleep(&ear, guard)
    }

    /// The time comes when the schedule lets it.
    pub(crate) fn wait_timeout<'m, T>(&self, guard: MutexGuard<'m, T>, wait: Duration) -> LockResult<(MutexGuard<'m, T>, ())> {
        let ((waiter, ear), end, asleep) = (self.lie_down(), time::end_of(wait), Arc::clone(&self.asleep));
        drop(shuttle::thread::spawn(move || {
            time::switch();
            for bell in asleep.take(|other| other == waiter) {
                time::advance_to(end);
                ring(&bell);
            }
        }));
        sleep(&ear, guard).map(|guard| (guard, ())).map_err(|poisoned| PoisonError::new((poisoned.into_inner(), ())))
    }

    pub(crate) fn notify_all(&self) {
        time::switch();
        if !IS_DEAF.get() {
            self.asleep.take(|_| true).iter().for_each(ring);
        }
    }
}

fn ring(bell: &Sender<()>) {
    bell.send(()).unwrap();
}

fn sleep<'m, T>(ear: &Receiver<()>, guard: MutexGuard<'m, T>) -> LockResult<MutexGuard<'m, T>> {
    let mutex = guard.mutex;
    drop(guard);
    ear.recv().unwrap();
    mutex.lock()
}
