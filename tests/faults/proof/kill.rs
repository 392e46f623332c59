//! A process that is killed at any system call.

use gatepass_faults::{
    chain::{REACH, chain},
    check::{Allowed, check},
    scratch::Scratch,
    trace::{Call, Run, Worker},
};

use crate::{report, worker};

/// Kills the worker at the entry of each of these calls, in a folder in which another has climbed so far.
fn sweep(worker: &Worker, before: Option<&str>, until: &str, allowed: impl Fn(&Run) -> Allowed) -> (usize, Vec<String>) {
    let (chain, folder) = (chain(), Scratch::new("kill"));
    let prepare = || {
        folder.clear();
        assert!(before.is_none_or(|until| !worker.run(folder.path(), until, &[]).was_told("failed")));
    };
    prepare();
    let whole = worker.run(folder.path(), until, &[]);
    assert!(!whole.was_killed && !whole.was_told("failed"));
    let mut failures = Vec::new();
    for call in &whole.calls {
        prepare();
        let killed = worker.run(folder.path(), until, &[call.inject("signal=KILL", false)]);
        let is_here = |last: &Call| (&last.name, last.nth) == (&call.name, call.nth);
        assert!(killed.was_killed && killed.calls.last().is_some_and(is_here), "{call}");
        if let Err(error) = check(&chain, folder.path(), allowed(&killed)) {
            failures.push(format!("{call}: {error}"));
        }
    }
    (whole.calls.len(), failures)
}

// R081
#[test]
fn a_store_whose_process_is_killed_at_any_system_call_holds_the_old_record_or_the_new() {
    let (cases, failures) = sweep(&worker(), None, &REACH.to_string(), |run| Allowed::after(run.stored()));
    report("kill", cases, &failures);
}

// R081
#[test]
fn an_encrypted_store_whose_process_is_killed_at_any_system_call_holds_the_old_record_or_the_new() {
    let (cases, failures) = sweep(&worker().with("encrypted"), None, "2", |run| Allowed::after(run.stored()));
    report("kill", cases, &failures);
}

#[test]
fn a_process_that_is_killed_leaves_a_waiting_sign_in_whole_or_none_and_the_record_as_it_was() {
    let (cases, failures) = sweep(&worker(), Some("2"), "pending", |run| {
        let is_let_go = run.calls.iter().any(|call| call.name == "unlink" && call.result.is_some() && run.was_told("kept"));
        let waits = if run.was_told("cleared") { Some(false) } else { Some(true).filter(|_| run.was_told("kept") && !is_let_go) };
        Allowed { from: Some(2), to: Some(2), waits }
    });
    report("kill", cases, &failures);
}
