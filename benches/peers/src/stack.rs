//! How deep a stack grows: a thread is given memory that was painted, and afterwards it is seen where the paint is gone.
#![allow(unsafe_code, reason = "only the C library lets a thread's stack be chosen; why each call is sound stands with it")]

use core::{ffi::c_void, hint::black_box, mem::MaybeUninit, ptr};

use gatepass_steps::step::Ready;

const PAINT: u8 = 0xa5;

/// Memory as the system maps it.
#[derive(Clone)]
#[repr(align(4096))]
struct Page([u8; 4096]);

const PAGES: usize = 256;

struct Job<'j> {
    ready: &'j mut (dyn Ready + Send),
    start: usize,
}

extern "C" fn entry(job: *mut c_void) -> *mut c_void {
    // SAFETY: it is the job of `deepest`, which waits for this thread and does not touch it meanwhile.
    let job = unsafe { &mut *job.cast::<Job<'_>>() };
    // What a thread's first allocation does besides is no step's.
    drop(black_box(Box::new(0u64)));
    let here = 0u8;
    job.start = ptr::from_ref(black_box(&here)).addr();
    run(job.ready);
    ptr::null_mut()
}

#[inline(never)]
fn run(ready: &mut (dyn Ready + Send)) {
    ready.run();
}

/// Bytes of stack below the caller's when this step is taken.
///
/// # Panics
/// When there can be no thread.
#[must_use]
pub fn deepest(ready: &mut (dyn Ready + Send)) -> usize {
    let mut stack = vec![Page([PAINT; 4096]); PAGES];
    let mut job = Job { ready, start: 0 };
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the attributes are initialized before they are used, and destroyed after. The memory is aligned as a page, is large enough for a
    // thread, and belongs to it alone until it was joined; nothing here touches it or the job meanwhile. The job is `Send`, for what it holds is.
    let status = unsafe {
        let mut status = libc::pthread_attr_init(attributes.as_mut_ptr());
        status |= libc::pthread_attr_setstack(attributes.as_mut_ptr(), stack.as_mut_ptr().cast(), PAGES * size_of::<Page>());
        status |= libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), entry, ptr::from_mut(&mut job).cast());
        if status == 0 {
            status |= libc::pthread_join(thread.assume_init(), ptr::null_mut());
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        status
    };
    assert_eq!(status, 0, "a thread can be started on memory of our own, and joined");
    let untouched = stack.iter().flat_map(|page| &page.0).take_while(|byte| **byte == PAINT).count();
    job.start - (stack.as_ptr().addr() + untouched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatepass_steps::step::Outcome;

    struct Deep(usize);

    #[inline(never)]
    fn descend(levels: usize) -> u8 {
        let bytes = black_box([1u8; 1024]);
        if levels == 0 { bytes[7] } else { descend(levels - 1).wrapping_add(bytes[9]) }
    }

    impl Ready for Deep {
        fn run(&mut self) {
            black_box(descend(black_box(self.0)));
        }

        fn outcome(&mut self) -> Outcome {
            Outcome::Refused
        }
    }

    #[test]
    fn a_deeper_call_takes_more_stack() {
        let [flat, deep] = [0, 16].map(|levels| deepest(&mut Deep(levels)));
        assert!(flat >= 1024 && deep >= flat + 16 * 1024, "{flat} and {deep}");
    }
}
