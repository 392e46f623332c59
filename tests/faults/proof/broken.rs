//! Stores that are broken on purpose: a proof that cannot fail is none.

use gatepass_faults::{
    chain::chain,
    check::{Allowed, held},
    cuts::{Cuts, Story},
    scratch::Scratch,
};

use crate::worker;

/// Whether a kill at some system call leaves neither the old record nor the new.
fn is_caught_by_a_kill(fault: &'static str) -> bool {
    let (chain, folder) = (chain(), Scratch::new("broken"));
    let worker = worker().with(fault);
    let whole = worker.run(folder.path(), "2", &[]);
    assert_eq!(whole.stored(), Some(2));
    whole.calls.iter().any(|call| {
        folder.clear();
        let killed = worker.run(folder.path(), "2", &[call.inject("signal=KILL", false)]);
        held(&chain, folder.path(), Allowed::after(killed.stored())).is_err()
    })
}

/// Whether a power cut does, with all that may be lost.
fn is_caught_by_a_power_cut(fault: &'static str) -> bool {
    let (chain, folder) = (chain(), Scratch::new("broken"));
    let run = worker().with(fault).run(folder.path(), "2", &[]);
    assert_eq!(run.stored(), Some(2));
    let (mut cuts, mut story) = (Cuts::of_a_broken_store(&chain), Story::new(&chain, folder.path().to_str().unwrap()));
    cuts.follow(&mut story, &run.calls, 0);
    assert!(cuts.cases() > 0);
    !cuts.failures.is_empty()
}

#[test]
fn a_store_that_only_lacks_room_is_caught_by_neither_kill_nor_power_cut() {
    assert!(!is_caught_by_a_kill("no-room") && !is_caught_by_a_power_cut("no-room"));
}

#[test]
fn a_store_that_empties_the_record_and_writes_it_in_place_is_caught() {
    assert!(is_caught_by_a_kill("in-place") && is_caught_by_a_power_cut("in-place"));
}

#[test]
fn a_store_that_writes_over_the_record_is_caught() {
    assert!(is_caught_by_a_kill("over") && is_caught_by_a_power_cut("over"));
}

#[test]
fn a_store_that_renames_what_it_has_not_synced_is_caught() {
    assert!(is_caught_by_a_power_cut("no-file-sync"));
}

#[test]
fn a_store_that_does_not_sync_its_folder_is_caught() {
    assert!(is_caught_by_a_power_cut("no-folder-sync"));
}

#[test]
fn a_store_that_does_not_sync_the_folders_above_its_own_is_caught() {
    assert!(is_caught_by_a_power_cut("no-parent-sync"));
}
