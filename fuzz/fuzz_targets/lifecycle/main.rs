//! Whole lives of a grant: two holders, one store, a server and a person who do whatever the input says, and the promises of the crate.
//!
//! The first byte says what kind of a deployment it is; then each byte is a step, the bytes behind it what the step needs. See the README.
#![no_main]

mod promises;
mod server;
mod world;

use libfuzzer_sys::fuzz_target;
use world::{Bytes, World};

/// More steps find nothing that fewer do not, and are slower.
const STEPS: usize = 200;

fuzz_target!(|data: &[u8]| {
    let mut input = Bytes(data);
    let mut world = World::new(input.byte());
    for _ in 0..STEPS {
        if input.0.is_empty() {
            break;
        }
        world.step(&mut input);
    }
    world.settle();
});
