//! Instructions of one step, counted by callgrind in a process of its own.

use std::{path::Path, process::Command};

/// What callgrind collects between entry and return: [`counted`](crate::step::counted).
const COUNTED: &str = "gatepass_steps::step::counted";

/// Of a copy that the processor makes with one instruction callgrind counts every byte, and from which length on the C library copies like
/// that depends on the processor: never, here.
const COPIES: &str = "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824";

/// Instructions of the step that `program` takes when it is told `arguments`.
///
/// # Panics
/// Without valgrind, and when the process fails or counted nothing.
#[must_use]
pub fn instructions(program: &Path, arguments: &[&str]) -> u64 {
    instructions_within(COUNTED, program, arguments)
}

/// Instructions of all calls of this function.
///
/// # Panics
/// As [`instructions`].
#[must_use]
pub fn instructions_within(function: &str, program: &Path, arguments: &[&str]) -> u64 {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    command.arg(format!("--toggle-collect={function}")).arg(program).args(arguments).env("GLIBC_TUNABLES", COPIES);
    let output = command.output().expect("valgrind is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let collected = collected.and_then(|(_, number)| number.trim().parse().ok()).unwrap_or(0);
    assert!(collected > 0, "{arguments:?} never came to {function}: {said}");
    collected
}
