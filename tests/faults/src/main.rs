//! The process that is killed: see `gatepass_faults::worker`.
#![forbid(unsafe_code)]

fn main() {
    gatepass_faults::worker::main();
}
