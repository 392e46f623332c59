//! Instructions: of each step, and how they grow.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use gatepass_benches::candidates::Candidate;
use gatepass_steps::{
    callgrind,
    own::{Own, SAVES},
    step::{Outcome, Ready, Step},
    table::{Features, target},
};
use sha2::{Digest, Sha256};

use crate::results::Results;

/// The column of gatepass without its default features.
pub(crate) const FIRMWARE: &str = "gatepass, firmware";

/// Bytes of the answers whose instructions show how they grow with the tokens.
const SIZES: [usize; 8] = [512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];
/// How many unknown members show how they grow with those.
const MEMBERS: [usize; 7] = [0, 1, 4, 16, 64, 256, 1_024];

/// SHA-256 of a code verifier and nothing else.
#[derive(Default)]
pub(crate) struct Sha256OfVerifier([u8; 32]);

impl Ready for Sha256OfVerifier {
    fn run(&mut self) {
        self.0 = Sha256::digest(core::hint::black_box([b'v'; 43])).into();
    }

    fn outcome(&mut self) -> Outcome {
        Outcome::Refused
    }
}

/// One count that is to be made: where it belongs, and the process that does it.
struct Count {
    table: &'static str,
    row: String,
    column: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
}

fn count(table: &'static str, row: String, candidate: Candidate, step: Step) -> Count {
    let arguments = ["step".to_owned(), candidate.name.to_owned(), step.name()].to_vec();
    Count { table, row, column: candidate.name, program: env::current_exe().expect("the program knows its place"), arguments }
}

pub(crate) fn instructions(results: &mut Results) {
    let firmware = Features::Firmware.program(&target());
    let mut counts = Vec::new();
    for step in Step::COMPARED {
        let who = Candidate::ALL.into_iter().filter(|candidate| candidate.ready(step).is_some());
        counts.extend(who.map(|candidate| count("instructions", step.name(), candidate, step)));
        if Own::has(step) {
            let arguments = ["step".to_owned(), step.name()].to_vec();
            counts.push(Count { table: "instructions", row: step.name(), column: FIRMWARE, program: firmware.clone(), arguments });
        }
    }
    let program = env::current_exe().expect("the program knows its place");
    let arguments = ["step", "sha-256", ""].map(str::to_owned).to_vec();
    counts.push(Count { table: "instructions", row: "sha-256".to_owned(), column: "alone", program, arguments });
    make(counts, results);
    let program = env::current_exe().expect("the program knows its place");
    let saves = callgrind::instructions_within(SAVES, &program, &["step", "gatepass", "lifecycle"]);
    results.set("instructions", "saves", "lifecycle", saves as f64);
}

pub(crate) fn growth(results: &mut Results) {
    let steps = SIZES.map(|bytes| ("growth by bytes", bytes, Step::Answer(bytes))).into_iter();
    let steps = steps.chain(MEMBERS.map(|members| ("growth by unknown members", members, Step::Unknown(members))));
    let mut counts = Vec::new();
    for (table, row, step) in steps {
        let who = Candidate::ALL.into_iter().filter(|candidate| candidate.ready(step).is_some());
        counts.extend(who.map(|candidate| count(table, row.to_string(), candidate, step)));
    }
    make(counts, results);
}

/// Two at a time: counts do not depend on how long they take.
fn make(counts: Vec<Count>, results: &mut Results) {
    let (counts, results) = (Mutex::new(counts), Mutex::new(results));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(next) = counts.lock().expect("no count panics").pop() else { return };
                    let arguments: Vec<&str> = next.arguments.iter().map(String::as_str).collect();
                    let figure = callgrind::instructions(Path::new(&next.program), &arguments);
                    results.lock().expect("no count panics").set(next.table, &next.row, next.column, figure as f64);
                }
            });
        }
    });
}
