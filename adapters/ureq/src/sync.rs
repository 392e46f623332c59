//! What threads meet at: the standard library's, or what explores all ways in which they may meet (`tests/interleavings`).

#[cfg(not(all(test, gatepass_shuttle)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(all(test, gatepass_shuttle))]
pub(crate) use crate::interleavings::condvar::{Condvar, Mutex, MutexGuard};
