//! A record store on NOR flash: saves, reads and power cuts in any order; the newest record that was stored is never lost.
//!
//! Two bytes a step: what is done (save, read, wipe; in the two highest bits how the power is cut, if at all), and at which step of flash
//! or how long the record is.
#![no_main]

use gatepass::{Config, Policy, Version, fuzzing};
use gatepass_embedded::flash::{BUFFER_OVERHEAD, BlockingFlashStore, Swap};
use gatepass_fuzz::{config, server};
use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the counters are for the tests")]
#[path = "../../adapters/embedded/tests/world/nor.rs"]
mod nor;

use nor::{Cut, Nor, SECTOR};

const LONGEST: usize = 250;
const STEPS: usize = 48;

fn record(config: &Config<'_>, revision: u32, len: usize) -> Vec<u8> {
    let (mut room, mut out) = ([0; 256], [0; 512]);
    let text = vec![b'a' + (revision % 26) as u8; len.min(LONGEST - 100)];
    fuzzing::record(config, [7; 12], revision, [&text, b"", b"", b"", b"", b""], &mut room, &mut out).expect("it fits").to_vec()
}

fuzz_target!(|data: &[u8]| {
    let config = config(server(), Policy::DEFAULT);
    let mut flash = Nor::new(5);
    let mut buffer = [0; LONGEST + BUFFER_OVERHEAD];
    let mut stored: Option<Vec<u8>> = None;
    // What a save that was cut may have stored.
    let mut maybe: Option<Vec<u8>> = None;
    // A wipe that was cut leaves nobody knows what, until it is repeated.
    let mut is_torn = false;
    let mut revision = 0;
    for step in data.as_chunks::<2>().0.iter().take(STEPS) {
        let [what, how] = *step;
        let cut = match what >> 6 {
            0 => None,
            1 => Some(Cut::Before),
            2 => Some(Cut::Torn(u64::from(how) * 0x9e37 + 1)),
            _ => Some(Cut::After),
        };
        flash.start(cut.map(|cut| (usize::from(how & 63), cut)));
        let mut store = BlockingFlashStore::<_>::new(&mut flash, 0..(4 * SECTOR) as u32, LONGEST).expect("it is laid out well");
        if what & 7 == 7 {
            match store.wipe() {
                Ok(()) => (stored, maybe, is_torn) = (None, None, false),
                Err(_) => is_torn = true,
            }
            continue;
        }
        if is_torn {
            continue;
        }
        if let Ok(found) = store.load(&mut buffer) {
            let found = found.map(<[u8]>::to_vec);
            let revision = |record: &Option<Vec<u8>>| record.as_deref().map(|record| Version::of(record).unwrap().revision());
            let (is, was, new) = (revision(&found), revision(&stored), revision(&maybe));
            assert!(found == stored || (maybe.is_some() && found == maybe), "{is:?} in the place of {was:?} or {new:?}");
            (stored, maybe) = (found, None);
        } else {
            assert!(flash.is_off, "only a cut makes it fail");
            continue;
        }
        if what & 1 == 1 {
            continue;
        }
        revision += 1;
        let new = record(&config, revision, usize::from(how));
        let expected = stored.as_deref().map(|record| Version::of(record).unwrap());
        let save = fuzzing::save(expected, &new);
        match store.swap(&save, &mut buffer) {
            Ok(Swap::Saved) => stored = Some(new),
            Ok(Swap::Superseded(_)) => panic!("nobody else writes"),
            Err(_) => maybe = Some(new),
        }
        assert!(maybe.is_none() || flash.is_off);
    }
    // With power, whatever was left half done is mended.
    if !is_torn {
        flash.start(None);
        let mut store = BlockingFlashStore::<_>::new(&mut flash, 0..(4 * SECTOR) as u32, LONGEST).expect("it is laid out well");
        let found = store.load(&mut buffer).expect("nothing is damaged").map(<[u8]>::to_vec);
        assert!(found == stored || (maybe.is_some() && found == maybe));
    }
});
