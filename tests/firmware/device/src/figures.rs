//! What is reported at the end.

use gatepass::Session;

use crate::{link::Link, log, machine::Machine, memory, meter::LANES};

const GOALS: [&str; 4] = ["sign-in", "call", "refresh", "sign-out"];

/// Instructions of the most expensive run of each goal, by lane.
#[derive(Debug, Default)]
pub(crate) struct Figures([[u32; LANES.len()]; GOALS.len()]);

impl Figures {
    /// A goal was reached.
    pub(crate) fn add(&mut self, goal: &str, lanes: [u32; LANES.len()]) {
        for (_, most) in GOALS.iter().zip(&mut self.0).filter(|(name, _)| **name == goal) {
            if lanes.iter().sum::<u32>() > most.iter().sum() {
                *most = lanes;
            }
        }
    }

    pub(crate) fn report<M: Machine>(&self, link: &mut Link<M>) {
        let (lanes, all) = link.stack();
        let memory = link.machine().static_memory();
        link.say(b'P', format_args!("stack={all}"));
        for (lane, bytes) in LANES.iter().zip(lanes) {
            link.say(b'P', format_args!("stack.{lane}={bytes}"));
        }
        link.say(b'P', format_args!("static={memory}"));
        link.say(b'P', format_args!("session={}", size_of::<Session<[u8; 0]>>()));
        link.say(b'P', format_args!("buffers={}", memory::SESSION + memory::OUT + memory::WORK));
        link.say(b'P', format_args!("log.dropped={}", log::dropped()));
        for (goal, lanes) in GOALS.iter().zip(&self.0) {
            for (lane, instructions) in LANES.iter().zip(lanes) {
                link.say(b'P', format_args!("{goal}.{lane}={instructions}"));
            }
        }
    }
}
