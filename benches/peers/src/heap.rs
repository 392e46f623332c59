//! An allocator that counts.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without; each call goes to the system's as it came, so what it promises is kept"
)]

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::alloc::{GlobalAlloc, Layout, System};

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, which counts what it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

/// What was asked for so far.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Allocations, and those made larger or smaller.
    pub calls: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that are held now.
    pub live: u64,
}

/// What was asked for so far, in the whole process.
#[must_use]
pub fn counted() -> Counted {
    Counted { calls: CALLS.load(Relaxed), bytes: BYTES.load(Relaxed), live: LIVE.load(Relaxed) }
}

fn count(bytes: usize) {
    CALLS.fetch_add(1, Relaxed);
    BYTES.fetch_add(bytes as u64, Relaxed);
    LIVE.fetch_add(bytes as u64, Relaxed);
}

// SAFETY: every method is the system's, called with the very arguments it was given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(bytes);
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: the caller's.
        unsafe { System.realloc(memory, layout, bytes) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: the caller's.
        unsafe { System.dealloc(memory, layout) }
    }
}
