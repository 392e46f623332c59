//! System calls that fail: with EIO, or since the disk is said to be full.

use gatepass_faults::{
    chain::chain,
    check::{Allowed, check},
    cuts::{Cuts, Story},
    scratch::Scratch,
    trace::{Call, Run},
};

use crate::{report, worker};

/// Calls that can fail on a disk that fails.
const FALLIBLE: &[&str] = &[
    "fallocate",
    "flock",
    "fstat",
    "fsync",
    "ftruncate",
    "lseek",
    "mkdir",
    "newfstatat",
    "openat",
    "read",
    "rename",
    "statx",
    "unlink",
    "write",
];

/// Calls that need room on the disk.
pub(crate) fn takes_room(call: &Call) -> bool {
    match call.name.as_str() {
        "openat" => call.arguments.contains("O_CREAT"),
        name => ["fallocate", "fsync", "mkdir", "rename", "write"].contains(&name),
    }
}

/// Calls that can fail.
pub(crate) fn can_fail(call: &Call) -> bool {
    FALLIBLE.contains(&call.name.as_str()) && call.told().is_none()
}

/// What fails, and with which error.
struct Sick {
    error: &'static str,
    kind: &'static str,
    fails: fn(&Call) -> bool,
    /// A call that opens what is there does not fail on a full disk.
    opens: bool,
}

const EIO: Sick = Sick { error: "EIO", kind: "failed", fails: can_fail, opens: false };
const ENOSPC: Sick = Sick { error: "ENOSPC", kind: "full", fails: takes_room, opens: true };

/// Fails each of these calls once. The worker repeats what failed, as a driver does, and must come to its end; and a power cut
/// after anything since leaves what was stored.
fn once(Sick { error, kind, fails, .. }: &Sick) {
    let (chain, folder) = (chain(), Scratch::new("failed"));
    let root = folder.path().to_str().unwrap().to_owned();
    let run = |injections: &[String]| -> Run {
        folder.clear();
        worker().run(folder.path(), "4", injections)
    };
    let whole = run(&[]);
    let (mut cases, mut cuts, mut failures) = (0, Cuts::new(&chain), Vec::new());
    for (at, call) in whole.calls.iter().enumerate().filter(|(_, call)| fails(call)) {
        cases += 1;
        let failed = run(&[call.inject(&format!("error={error}"), false)]);
        assert!(
            failed.calls[at].result.as_ref().is_some_and(|result| result.as_ref().is_err_and(|why| why.contains("INJECTED"))),
            "{call}"
        );
        if failed.stored() != Some(4) {
            failures.push(format!("{call}: {:?} is stored", failed.stored()));
        }
        cuts.follow(&mut Story::new(&chain, &root), &failed.calls, at);
        if let Err(error) = check(&chain, folder.path(), Allowed { from: failed.stored(), to: failed.stored(), waits: None }) {
            failures.push(format!("{call}: {error}"));
        }
    }
    report(kind, cases, &failures);
    report("dropped", cuts.cases(), &cuts.failures);
}

/// Fails each of these calls, and all of them from there on.
fn from_then_on(Sick { error, kind, fails, opens }: &Sick) {
    let (chain, folder) = (chain(), Scratch::new("failing"));
    let whole = worker().run(folder.path(), "4", &[]);
    let (mut cases, mut failures) = (0, Vec::new());
    for at in (0..whole.calls.len()).filter(|at| fails(&whole.calls[*at])) {
        cases += 1;
        // Of each kind the first from here.
        let mut injections: Vec<(&str, String)> = Vec::new();
        for call in whole.calls[at..].iter().filter(|call| fails(call)) {
            if !injections.iter().any(|(name, _)| *name == call.name) {
                injections.push((&call.name, call.inject(&format!("error={error}"), call.name != "openat" || !opens)));
            }
        }
        folder.clear();
        let injections: Vec<String> = injections.into_iter().map(|(_, injection)| injection).collect();
        let failed = worker().run(folder.path(), "4", &injections);
        if let Err(error) = check(&chain, folder.path(), Allowed::after(failed.stored())) {
            failures.push(format!("{}: {error}", whole.calls[at]));
        }
    }
    report(kind, cases, &failures);
}

/// What follows a stored intent: another process writes the tokens, and nothing more can be had.
// R081
#[test]
fn what_follows_a_stored_intent_is_stored_though_no_room_can_be_taken() {
    let (chain, folder) = (chain(), Scratch::new("room"));
    let commit = |injections: &[String]| -> Run {
        folder.clear();
        assert_eq!(worker().run(folder.path(), "1", &[]).stored(), Some(1));
        worker().run(folder.path(), "2", injections)
    };
    let whole = commit(&[]);
    let allocates = whole.calls.iter().find(|call| call.name == "fallocate").expect("it takes room for the next");
    let creates: Vec<&Call> = whole.calls.iter().filter(|call| call.name == "openat" && takes_room(call)).collect();
    let mut failures = Vec::new();
    for call in &creates {
        let run = commit(&[allocates.inject("error=ENOSPC", true), call.inject("error=ENOSPC", false)]);
        let stored = (run.stored() == Some(2)).then_some(()).ok_or_else(|| format!("{:?} is stored", run.stored()));
        let then = || check(&chain, folder.path(), Allowed { from: Some(2), to: Some(2), waits: None });
        if let Err(error) = stored.and_then(|()| then()) {
            failures.push(format!("{call}: {error}"));
        }
    }
    report("full", creates.len(), &failures);
}

// R081
#[test]
fn a_call_that_fails_once_is_repeated_and_what_is_stored_then_outlasts_a_power_cut() {
    once(&EIO);
}

#[test]
fn a_call_that_a_signal_interrupts_is_made_again_and_nobody_hears_of_it() {
    let (folder, mut failures) = (Scratch::new("interrupted"), Vec::new());
    let whole = worker().run(folder.path(), "4", &[]);
    let may_wait = |call: &&Call| ["fallocate", "flock", "openat", "read", "write"].contains(&call.name.as_str());
    let calls: Vec<&Call> = whole.calls.iter().filter(may_wait).collect();
    for call in &calls {
        folder.clear();
        let run = worker().run(folder.path(), "4", &[call.inject("error=EINTR", false)]);
        if run.stored() != Some(4) || run.was_told("failed") {
            failures.push(format!("{call}: {:?} is stored", run.stored()));
        }
    }
    report("failed", calls.len(), &failures);
}

// R081
#[test]
fn a_call_that_finds_no_room_once_is_repeated_and_what_is_stored_then_outlasts_a_power_cut() {
    once(&ENOSPC);
}

// R081
#[test]
fn a_disk_that_fails_from_any_call_on_leaves_the_old_record_or_the_new() {
    from_then_on(&EIO);
}

// R081
#[test]
fn a_disk_that_is_said_to_be_full_from_any_call_on_leaves_the_old_record_or_the_new() {
    from_then_on(&ENOSPC);
}
