//! Tasks, threads that block, notifications and time, scheduled by shuttle. The notifications are tokio's own, each call one step.

use core::{
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::future::{AbortHandle, JoinHandle};
pub(crate) use shuttle::sync::{Mutex, MutexGuard};

use super::shared::time;

/// What may be wrong with the client, as far as this can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    None,
    /// Nobody is told that a flight has ended.
    NotTold,
    /// Who waits is listened to from its first look at the notification on, not from before the look at the driver.
    TooLate,
    /// A flight that is dropped tells nobody.
    Leaked,
}

std::thread_local! {
    static FAULT: Cell<Fault> = const { Cell::new(Fault::None) };
    static TASKS: RefCell<Vec<AbortHandle>> = const { RefCell::new(Vec::new()) };
}

/// A schedule begins, with this fault.
pub(crate) fn begin(fault: Fault) {
    FAULT.set(fault);
    TASKS.take();
}

/// Drops every flight that has not ended, as a runtime that shuts down does.
pub(crate) fn shut_down() {
    for task in TASKS.take() {
        task.abort();
    }
}

/// Lets others go on, and is where a task may be dropped.
pub(crate) async fn pause() {
    let mut has_paused = false;
    core::future::poll_fn(|context| {
        if core::mem::replace(&mut has_paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A future whose drop does nothing.
struct Leak<F>(ManuallyDrop<Pin<Box<F>>>);

impl<F: Future> Future for Leak<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.0.as_mut().poll(context)
    }
}

/// What the client spawns are flights.
pub(crate) fn spawn<F: Future<Output: Send> + Send + 'static>(flight: F) -> JoinHandle<F::Output> {
    let task = if FAULT.get() == Fault::Leaked {
        shuttle::future::spawn(Leak(ManuallyDrop::new(Box::pin(flight))))
    } else {
        shuttle::future::spawn(flight)
    };
    TASKS.with_borrow_mut(|tasks| tasks.push(task.abort_handle()));
    task
}

/// A thread that is lost.
#[derive(Debug)]
pub(crate) struct Lost;

impl core::fmt::Display for Lost {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the thread panicked")
    }
}

impl core::error::Error for Lost {}

/// It goes on also where nobody waits for it.
pub(crate) fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = Result<T, Lost>> + Send {
    let task = shuttle::future::spawn(async move { catch_unwind(AssertUnwindSafe(work)).map_err(drop) });
    async move { task.await.map_err(|_| Lost)?.map_err(|()| Lost) }
}

/// The time comes when the schedule lets it.
pub(crate) async fn timeout<F: Future>(wait: Duration, future: F) -> Result<F::Output, ()> {
    let end = time::end_of(wait);
    let (mut future, mut timer) = (pin!(future), pin!(shuttle::future::spawn(pause())));
    core::future::poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        timer.as_mut().poll(context).map(|_| {
            time::advance_to(end);
            Err(())
        })
    })
    .await
}

/// [`tokio::sync::Notify`].
pub(crate) struct Notify(tokio::sync::Notify);

pub(crate) struct Notified<'n> {
    by: &'n Notify,
    inner: Option<Pin<Box<tokio::sync::futures::Notified<'n>>>>,
}

impl Notify {
    pub(crate) const fn new() -> Self {
        Self(tokio::sync::Notify::const_new())
    }

    pub(crate) fn notified(&self) -> Notified<'_> {
        time::switch();
        let listens = FAULT.get() != Fault::TooLate;
        Notified { by: self, inner: listens.then(|| Box::pin(self.0.notified())) }
    }

    pub(crate) fn notify_waiters(&self) {
        time::switch();
        if FAULT.get() != Fault::NotTold {
            self.0.notify_waiters();
        }
    }
}

impl Notified<'_> {
    pub(crate) fn enable(mut self: Pin<&mut Self>) -> bool {
        time::switch();
        self.inner.as_mut().is_some_and(|inner| inner.as_mut().enable())
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        time::switch();
        let by = self.by;
        self.inner.get_or_insert_with(|| Box::pin(by.0.notified())).as_mut().poll(context)
    }
}
