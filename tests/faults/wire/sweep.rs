//! Which faults there are, and what became of them.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use gatepass_faults::proxy::{Cut, How, Side, Wire};

/// What became of one case: whether the fault struck, or what went wrong.
pub type Outcome = Result<bool, String>;

/// How a run ended: whether its fault has struck, and what had gone over the wire.
pub type Ran = Result<(bool, Vec<Wire>), String>;

/// Cases that wait for a limit to pass, at the same time.
const WAITING: usize = 48;

/// Runs a flow once without a fault, and once with each: both sides of each of its connections are ended after every byte (or every so
/// many), reset and stalled after every line of a head and every event, read a byte at a time, and refused.
///
/// `run` gives the wires of a run. The flow ends by itself each time; that it does is a part of what is proved.
pub fn sweep(flow: &str, every: usize, run: impl Fn(Option<Cut>) -> Ran + Sync) {
    let (is_struck, wires) = run(None).unwrap();
    assert!(!is_struck && !wires.is_empty());
    let one = |cut: Cut| run(Some(cut)).map(|(is_struck, _)| is_struck).map_err(|error| format!("{cut:?}: {error}"));
    let mut tally = Tally::default();
    for (connection, wire) in wires.iter().enumerate() {
        for (side, bytes, events) in [(Side::Request, &wire.request, &wire.events[0]), (Side::Response, &wire.response, &wire.events[1])] {
            let cuts =
                |how, points: &mut dyn Iterator<Item = usize>| -> Vec<Cut> { points.map(|at| Cut { connection, side, at, how }).collect() };
            let points = boundaries(bytes, events);
            tally.add(all(&cuts(How::End, &mut (0..=bytes.len()).step_by(every)), 2, one));
            tally.add(all(&cuts(How::Reset, &mut points.iter().copied()), 2, one));
            tally.add(all(&cuts(How::Stall, &mut points.iter().copied()), WAITING, one));
            tally.add(all(&cuts(How::Trickle, &mut [0].into_iter()), 1, one));
            // Beyond the last byte nothing is cut.
            tally.add_unstruck(one(Cut { connection, side, at: bytes.len() + (1 << 20), how: How::End }));
        }
        tally.add(all(&[Cut { connection, side: Side::Request, at: 0, how: How::Refuse }], 1, one));
    }
    tally.report(flow);
}

/// Where a line of the head ends, before and after; where an event ends; the first bytes of the body, its middle, and its last.
fn boundaries(bytes: &[u8], events: &[usize]) -> BTreeSet<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let lines = bytes[..head].windows(2).enumerate().filter(|(_, two)| two == b"\r\n").flat_map(|(at, _)| [at, at + 1, at + 2]);
    let body = [head, head + 1, (head + bytes.len()) / 2, bytes.len().saturating_sub(1), bytes.len()];
    [0, 1].into_iter().chain(lines).chain(events.iter().copied()).chain(body).filter(|at| *at <= bytes.len()).collect()
}

/// Runs cases, so many at a time.
pub fn all<C: Copy + Sync, T: Send>(cases: &[C], at_a_time: usize, one: impl Fn(C) -> T + Sync) -> Vec<T> {
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_a_time.min(cases.len()) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = one(*case);
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}

/// How many cases there were.
#[derive(Default)]
pub struct Tally {
    cases: usize,
    failures: Vec<String>,
}

impl Tally {
    /// Cases whose fault must have struck.
    pub fn add(&mut self, outcomes: Vec<Outcome>) {
        self.cases += outcomes.len();
        self.failures.extend(outcomes.into_iter().filter_map(|outcome| match outcome {
            Ok(true) => None,
            Ok(false) => Some("a fault that did not strike".to_owned()),
            Err(error) => Some(error),
        }));
    }

    /// A case whose fault lies beyond the end, and must not strike.
    pub fn add_unstruck(&mut self, outcome: Outcome) {
        match outcome {
            Ok(false) => {}
            Ok(true) => self.failures.push("a fault beyond the end that struck".to_owned()),
            Err(error) => self.failures.push(error),
        }
    }

    /// Prints the figures, which `tests/run faults` adds up, and fails if there was a failure.
    pub fn report(self, flow: &str) {
        let Self { cases, failures } = self;
        println!("\nfaults: {flow} cases {cases}, failures {}", failures.len());
        assert!(cases > 0 && failures.is_empty(), "{} of {cases}; the first: {:#?}", failures.len(), &failures[..failures.len().min(8)]);
    }
}
