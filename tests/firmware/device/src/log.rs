//! `defmt` frames are kept here until the device sends anything else, and go out ahead of it.

use core::cell::RefCell;

use critical_section::Mutex;
use heapless::Vec;

/// Bytes of frames that wait. A frame that does not fit is dropped whole, and counted.
const ROOM: usize = 384;

struct Log {
    encoder: defmt::Encoder,
    bytes: Vec<u8, ROOM>,
    /// Where the frame under way began.
    frame: usize,
    is_taken: bool,
    is_spilt: bool,
    dropped: u32,
}

static LOG: Mutex<RefCell<Log>> = Mutex::new(RefCell::new(Log {
    encoder: defmt::Encoder::new(),
    bytes: Vec::new(),
    frame: 0,
    is_taken: false,
    is_spilt: false,
    dropped: 0,
}));

fn with<T>(f: impl FnOnce(&mut Log) -> T) -> T {
    critical_section::with(|section| f(&mut LOG.borrow_ref_mut(section)))
}

/// How many frames were dropped so far.
#[must_use]
pub fn dropped() -> u32 {
    with(|log| log.dropped)
}

/// Takes the frames that wait.
pub(crate) fn take() -> Vec<u8, ROOM> {
    with(|log| core::mem::take(&mut log.bytes))
}

#[defmt::global_logger]
struct Logger;

// SAFETY: these devices have one thread and enable no interrupt, so nothing comes between `acquire` and `release`; a logger that is
// taken twice by that thread panics, as the trait wants.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        with(|log| {
            assert!(!core::mem::replace(&mut log.is_taken, true), "the logger is taken");
            (log.frame, log.is_spilt) = (log.bytes.len(), false);
            let Log { encoder, bytes, is_spilt, .. } = log;
            encoder.start_frame(|more| *is_spilt |= bytes.extend_from_slice(more).is_err());
        });
    }

    unsafe fn flush() {}

    unsafe fn release() {
        with(|log| {
            let Log { encoder, bytes, is_spilt, .. } = log;
            encoder.end_frame(|more| *is_spilt |= bytes.extend_from_slice(more).is_err());
            if log.is_spilt {
                log.bytes.truncate(log.frame);
                log.dropped += 1;
            }
            log.is_taken = false;
        });
    }

    unsafe fn write(more: &[u8]) {
        with(|log| {
            let Log { encoder, bytes, is_spilt, .. } = log;
            encoder.write(more, |more| *is_spilt |= bytes.extend_from_slice(more).is_err());
        });
    }
}
