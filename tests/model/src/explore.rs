//! Breadth first through every world that can come of a setup, each distinct one once.

use std::{rc::Rc, time::Instant};

use crate::{fingerprint::Table, setup::Setup, step::Step, world::World};

/// A promise that was broken, and how it came to that.
pub struct Failure {
    pub what: String,
    pub trace: Vec<Step>,
}

/// What an exploration found.
#[derive(Default)]
pub struct Report {
    pub states: usize,
    pub transitions: u64,
    pub depth: u32,
    pub seconds: f64,
    /// States at the bound of the depth, whose successors were not explored.
    pub unexplored: usize,
    pub failure: Option<Failure>,
}

const END: u32 = u32::MAX;
const UNKNOWN: u32 = u32::MAX - 1;

/// How each state was first reached, and where it goes when everybody is prompt.
struct Way {
    from: u32,
    step: Step,
    fair: u32,
}

/// Explores everything, and stops at the first promise that is broken.
pub fn explore(setup: Setup) -> Report {
    let start = Instant::now();
    let mut report = Report::default();
    let world = World::new(Rc::new(setup));
    let mut seen: Table<u32> = Table::default();
    let mut ways = vec![Way { from: END, step: Step::Wait, fair: UNKNOWN }];
    seen.insert(world.fingerprint(), 0);
    let mut level = vec![(0u32, world)];
    while !level.is_empty() && report.failure.is_none() {
        if report.depth == level[0].1.setup.depth {
            report.unexplored = level.len();
            break;
        }
        let mut next = Vec::new();
        'level: for (index, world) in level {
            let fair = world.fair();
            if fair.is_none() {
                ways[index as usize].fair = END;
                if let Err(what) = world.check_end() {
                    report.failure = Some(Failure { what, trace: trace(&ways, index) });
                    break;
                }
            }
            for step in world.steps() {
                report.transitions += 1;
                let after = match world.after(step) {
                    Ok(after) => after,
                    Err(what) => {
                        let mut trace = trace(&ways, index);
                        trace.push(step);
                        report.failure = Some(Failure { what, trace });
                        break 'level;
                    }
                };
                let fresh = u32::try_from(ways.len()).unwrap();
                let known = *seen.entry(after.fingerprint()).or_insert(fresh);
                if known == fresh {
                    ways.push(Way { from: index, step, fair: UNKNOWN });
                    next.push((fresh, after));
                }
                if fair == Some(step) {
                    ways[index as usize].fair = known;
                }
            }
        }
        level = next;
        report.depth += 1;
    }
    report.states = ways.len();
    if report.failure.is_none()
        && let Some(index) = endless(&ways)
    {
        report.failure =
            Some(Failure { what: "everybody-ends: without any more faults this goes on for ever".into(), trace: trace(&ways, index) });
    }
    report.seconds = start.elapsed().as_secs_f64();
    report
}

fn trace(ways: &[Way], mut index: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    while index != 0 {
        let way = &ways[index as usize];
        steps.push(way.step);
        index = way.from;
    }
    steps.reverse();
    steps
}

/// A state from which the steps of a world without faults lead in a circle, if there is one.
fn endless(ways: &[Way]) -> Option<u32> {
    let mut ends = vec![false; ways.len()];
    let mut on_way = vec![0u32; ways.len()];
    for start in 0..ways.len() {
        let (round, mut at, mut path) = (start as u32 + 1, start as u32, Vec::new());
        loop {
            if at == END || at == UNKNOWN || ends[at as usize] {
                break;
            }
            if on_way[at as usize] == round {
                return Some(at);
            }
            on_way[at as usize] = round;
            path.push(at);
            at = ways[at as usize].fair;
        }
        path.into_iter().for_each(|at| ends[at as usize] = true);
    }
    None
}

/// Runs a trace again, and says what each step does.
pub fn tell(setup: Setup, trace: &[Step]) -> String {
    let mut world = World::new(Rc::new(setup));
    let mut told = String::new();
    for (number, step) in trace.iter().enumerate() {
        let line = world.describe(*step);
        match world.after(*step) {
            Ok(after) => {
                world = after;
                told += &format!("{:>4} {:>6} ms  {line:<44} {}\n", number + 1, world.now, world.say());
            }
            Err(what) => told += &format!("{:>4} {:>6} ms  {line:<44} {what}\n", number + 1, world.now),
        }
    }
    told
}
