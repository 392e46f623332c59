//! What tasks meet at, and what carries their requests: the standard library's, tokio's and reqwest's, or what explores all ways in which
//! they may meet (`tests/interleavings`).

#[cfg(not(all(test, gatepass_shuttle)))]
pub(crate) use {
    crate::wire::send,
    std::sync::{Mutex, MutexGuard},
    tokio::{spawn, sync::Notify, task::spawn_blocking, time::timeout},
};

#[cfg(all(test, gatepass_shuttle))]
pub(crate) use crate::interleavings::{
    runtime::{Mutex, MutexGuard, Notify, spawn, spawn_blocking, timeout},
    send,
};
