//! Disks that are full, filled by a competitor at any moment.

use std::{collections::BTreeSet, path::Path};

use gatepass_faults::{
    chain::chain,
    check::{Allowed, check, held},
    disk::{EXT4, TMPFS, fill, own, release},
    scratch::empty,
    trace::{self, Call, Run, Worker},
};
use rustix::process::{Signal, kill_process};

use crate::{failed::can_fail, report, worker};

/// A worker, and a competitor who takes whatever is free as soon as this call is made.
fn compete(disk: &Path, until: &str, from: &Call) -> Run {
    let mut strace = worker().start(disk, until, &[from.inject("signal=STOP", false)]);
    let stopped = trace::stopped(disk, &mut strace);
    fill(disk);
    kill_process(stopped, Signal::CONT).unwrap();
    while strace.try_wait().unwrap().is_none() {
        fill(disk);
    }
    trace::read(disk)
}

/// A sign-in and two rotations; the disk is filled after each system call.
fn fills_at_any_call(disk: &Path) {
    let chain = chain();
    empty(disk);
    let whole = worker().run(disk, "4", &[]);
    assert_eq!(whole.stored(), Some(4));
    let (mut failures, mut ends) = (Vec::new(), BTreeSet::new());
    // After the last answer nothing is left to be disturbed, and calls that change nothing are no moments of their own.
    let last = whole.calls.iter().rposition(|call| call.told().is_some()).unwrap();
    let counts =
        |call: &&Call| can_fail(call) && !["fstat", "statx", "read", "flock"].contains(&call.name.as_str()) || call.told().is_some();
    let calls: Vec<&Call> = whole.calls[..last].iter().filter(counts).collect();
    for call in &calls {
        empty(disk);
        let run = compete(disk, "4", call);
        let stored = run.stored();
        ends.insert(stored);
        let is_ended = stored == Some(4) || run.was_told("failed");
        let is_committed = stored.is_none_or(|at| !chain[at].is_intent);
        let verdict = if !is_ended || !is_committed { Err(format!("{stored:?} is stored, and nothing after it")) } else { Ok(()) };
        let verdict = verdict.and_then(|()| held(&chain, disk, Allowed::after(stored)));
        release(disk);
        if let Err(error) = verdict.and_then(|_| check(&chain, disk, Allowed::after(stored))) {
            failures.push(format!("{call}: {error}"));
        }
    }
    assert_eq!(ends, [None, Some(0), Some(2), Some(4)].into(), "where the disk was full counts");
    report("full", calls.len(), &failures);
}

/// What follows a stored intent is stored on a full disk, also if a call of either fails once.
fn commits_though_full(worker: &Worker, disk: &Path) {
    let chain = chain();
    let rotate = |in_intent: &[String], in_commit: &[String]| -> [Run; 2] {
        release(disk);
        empty(disk);
        assert_eq!(worker.run(disk, "0", &[]).stored(), Some(0));
        let intent = worker.run(disk, "1", in_intent);
        assert_eq!(intent.stored(), Some(1));
        fill(disk);
        let mut strace = worker.start(disk, "2", in_commit);
        if in_commit.iter().any(|injection| injection.contains("STOP")) {
            let stopped = trace::stopped(disk, &mut strace);
            fill(disk);
            kill_process(stopped, Signal::CONT).unwrap();
        }
        // The calls that others are disturbed at are those of a commit that nobody disturbs, and the same each time.
        let is_disturbed = [in_intent, in_commit].iter().any(|injections| !injections.is_empty());
        while is_disturbed && strace.try_wait().unwrap().is_none() {
            fill(disk);
        }
        strace.wait().unwrap();
        [intent, trace::read(disk)]
    };
    let whole = rotate(&[], &[]);
    let (mut cases, mut failures) = (0, Vec::new());
    for (at, run) in whole.iter().enumerate() {
        for call in run.calls.iter().filter(|call| can_fail(call)) {
            // A process may have too many files open, and what a commit lets go of is taken at once.
            let faults = [("error=EIO", true), ("error=EMFILE", call.name == "openat"), ("signal=STOP", at == 1)];
            for (fault, _) in faults.into_iter().filter(|(_, counts)| *counts) {
                cases += 1;
                let mut injections = [Vec::new(), Vec::new()];
                injections[at].push(call.inject(fault, false));
                let [_, commit] = rotate(&injections[0], &injections[1]);
                release(disk);
                let then = check(&chain, disk, Allowed { from: Some(2), to: Some(2), waits: None });
                if commit.stored() != Some(2) || then.is_err() {
                    failures.push(format!("{fault} of {call}: {:?} is stored, {then:?}", commit.stored()));
                }
            }
        }
    }
    report("full", cases, &failures);
}

// R081
#[test]
fn a_competitor_that_fills_the_disk_at_any_call_keeps_no_stored_intent_from_its_commit() {
    let test = "full::a_competitor_that_fills_the_disk_at_any_call_keeps_no_stored_intent_from_its_commit";
    if let Some(disk) = own(TMPFS, test) {
        fills_at_any_call(&disk);
    }
}

// R081
#[test]
fn a_competitor_that_fills_a_disk_with_a_journal_keeps_no_stored_intent_from_its_commit() {
    let test = "full::a_competitor_that_fills_a_disk_with_a_journal_keeps_no_stored_intent_from_its_commit";
    if let Some(disk) = own(EXT4, test) {
        fills_at_any_call(&disk);
    }
}

// R081
#[test]
fn what_follows_a_stored_intent_is_stored_on_a_full_disk_though_any_call_fails_once() {
    if let Some(disk) = own(TMPFS, "full::what_follows_a_stored_intent_is_stored_on_a_full_disk_though_any_call_fails_once") {
        commits_though_full(&worker(), &disk);
    }
}

// R081
#[test]
fn what_follows_a_stored_intent_is_stored_encrypted_on_a_full_disk_though_any_call_fails_once() {
    if let Some(disk) = own(TMPFS, "full::what_follows_a_stored_intent_is_stored_encrypted_on_a_full_disk_though_any_call_fails_once") {
        commits_though_full(&worker().with("encrypted"), &disk);
    }
}

#[test]
fn a_store_that_takes_no_room_is_caught() {
    if let Some(disk) = own(TMPFS, "full::a_store_that_takes_no_room_is_caught") {
        let broken = worker().with("no-room");
        assert_eq!(broken.run(&disk, "1", &[]).stored(), Some(1));
        fill(&disk);
        let run = broken.run(&disk, "2", &[]);
        assert!(run.stored().is_none() && run.was_told("failed"));
    }
}
