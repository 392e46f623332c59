//! Time, as a ratio: all candidates take a step in turn, round by round, so that what else the machine does meets all alike.

use std::time::Instant;

use gatepass_benches::candidates::Candidate;
use gatepass_steps::step::{Ready, Step};

use crate::results::Results;

const ROUNDS: usize = 301;
/// Steps that are made ready together and then timed together.
const BATCH: usize = 16;

pub(crate) fn measure(results: &mut Results) {
    for step in Step::COMPARED {
        let mut who: Vec<Candidate> = Candidate::ALL.into_iter().filter(|candidate| candidate.ready(step).is_some()).collect();
        let first = who[0].name;
        let mut rounds: Vec<Vec<(&str, f64)>> = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(who.iter().map(|candidate| (candidate.name, time(*candidate, step))).collect());
            // Nobody is always the first, or always behind the same.
            who.rotate_left(1);
        }
        let of = |name: &str, round: &[(&str, f64)]| round.iter().find_map(|(other, time)| (*other == name).then_some(*time));
        for candidate in who {
            let name = candidate.name;
            let (mut times, mut ratios): (Vec<f64>, Vec<f64>) = rounds
                .iter()
                .filter_map(|round| {
                    let time = of(name, round)?;
                    Some((time, time / of(first, round)?))
                })
                .unzip();
            results.set("times", &step.name(), name, quantile(&mut times, 0.5));
            // Beside gatepass; the one step that it has not has no ratio.
            if first == Candidate::ALL[0].name {
                for (table, share) in [("ratios", 0.5), ("ratios, lower quartile", 0.25), ("ratios, upper quartile", 0.75)] {
                    results.set(table, &step.name(), name, quantile(&mut ratios, share));
                }
            }
        }
    }
}

/// Nanoseconds of one step.
fn time(candidate: Candidate, step: Step) -> f64 {
    let mut batch: Vec<Box<dyn Ready + Send>> = (0..BATCH).filter_map(|_| candidate.ready(step)).collect();
    let start = Instant::now();
    for ready in &mut batch {
        ready.run();
    }
    start.elapsed().as_nanos() as f64 / batch.len() as f64
}

/// The value below which this share of the values lies.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
