//! The always-signed-in clients beside the bare ones, in processes of their own.

use gatepass_steps::{callgrind, table::target};

use crate::{
    build::build,
    memory::{number, run},
    results::Results,
};

pub(crate) const THREADS: [usize; 4] = [1, 4, 16, 64];

pub(crate) fn measure(results: &mut Results) {
    let program = build("gatepass-bench-clients", "release", &target().join("clients")).join("gatepass-bench-clients");
    let path = program.to_string_lossy();
    for client in ["ureq", "reqwest"] {
        for threads in THREADS {
            let printed = run(&path, &["rounds", client, &threads.to_string()]);
            for (column, figure) in ["ratio", "lower quartile", "upper quartile", "microseconds"].into_iter().zip(printed.split('\t')) {
                results.set(&format!("clients: {client}"), &threads.to_string(), column, number(figure));
            }
        }
        for way in ["bare", "signed-in"] {
            let count = callgrind::instructions(&program, &["step", client, way]);
            results.set(&format!("clients: {client}"), "instructions", way, count as f64);
        }
    }
}
