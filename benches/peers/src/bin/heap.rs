//! Takes one step of one candidate with an allocator that counts.
//!
//!     heap step CANDIDATE STEP   prints allocations and their bytes
//!     heap waiting               prints the bytes of what waits for a redirect, a candidate a line
//!     heap tokens                the same of what holds tokens
#![forbid(unsafe_code)]

use gatepass_benches::{
    candidates::Candidate,
    heap::{Counting, counted},
    held,
};
use gatepass_steps::step::Step;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["step", candidate, step] => {
            let candidate = Candidate::named(candidate).expect("the name of a candidate");
            let mut ready = candidate.ready(Step::named(step).expect("the name of a step")).expect("it has this step");
            let before = counted();
            ready.run();
            let after = counted();
            println!("{}\t{}", after.calls - before.calls, after.bytes - before.bytes);
        }
        ["waiting"] => print(held::waiting()),
        ["tokens"] => print(held::tokens()),
        _ => panic!("unknown arguments {arguments:?}"),
    }
}

fn print(held: held::Held) {
    for (name, bytes) in held {
        println!("{name}\t{bytes}");
    }
}
