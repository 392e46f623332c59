//! Rounds, in which both ways send the same in turn.

use std::time::Instant;

use crate::{Sender, Way};

const ROUNDS: usize = 41;
/// Requests of a round and a way, over all threads.
const REQUESTS: usize = 512;

/// The median of the ratios of signed in to bare, their quartiles, and the median microseconds of a bare request.
pub(crate) fn measure(sender: &impl Sender, threads: usize) -> [f64; 4] {
    let time = |way| {
        let start = Instant::now();
        sender.send(way, threads, REQUESTS / threads);
        start.elapsed().as_nanos() as f64
    };
    // So that all connections stand.
    time(Way::Bare);
    time(Way::SignedIn);
    let (mut ratios, mut bare_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (bare, signed_in) = if round % 2 == 0 {
            (time(Way::Bare), time(Way::SignedIn))
        } else {
            let signed_in = time(Way::SignedIn);
            (time(Way::Bare), signed_in)
        };
        ratios.push(signed_in / bare);
        bare_times.push(bare / REQUESTS as f64 / 1_000.0);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    bare_times.sort_unstable_by(f64::total_cmp);
    [ratios[ROUNDS / 2], ratios[ROUNDS / 4], ratios[ROUNDS * 3 / 4], bare_times[ROUNDS / 2]]
}
