//! What a life costs in the emulator: stack and instructions.

use core::time::Duration;
use std::collections::BTreeMap;

use gatepass_emulator::{Embedded, LIFE, Machine, Once, Secured, run};

use crate::links;

/// One device, and what it reported.
pub(crate) struct Life {
    pub(crate) machine: Machine,
    pub(crate) is_secured: bool,
    /// Bytes of the whole firmware in flash.
    pub(crate) flash: u64,
    pub(crate) figures: BTreeMap<String, u64>,
}

pub(crate) fn measure() -> Vec<Life> {
    let live = |machine: Machine| {
        let elf = machine.device();
        let report = run(machine, &elf, &mut Embedded::start(Duration::ZERO), &mut Once(&LIFE));
        Life { machine, is_secured: false, flash: links::read(&elf).0, figures: report.figures }
    };
    let elf = Secured::device();
    let report = run(Machine::Mps2, &elf, &mut Secured::start(0), &mut Once(&LIFE));
    let secured = Life { machine: Machine::Mps2, is_secured: true, flash: links::read(&elf).0, figures: report.figures };
    Machine::ALL.map(live).into_iter().chain([secured]).collect()
}
