//! Power cuts, after which any of what was not synced is lost.

use gatepass_faults::{
    chain::{REACH, chain},
    cuts::{Cuts, Story},
    scratch::Scratch,
    state::State,
};

use crate::{report, worker};

#[test]
fn the_model_of_the_disk_agrees_with_the_disk_when_nothing_is_lost() {
    let (chain, folder) = (chain(), Scratch::new("model"));
    for until in ["0", "1", "2", "5", "11", "pending"] {
        folder.clear();
        let run = worker().run(folder.path(), until, &[]);
        let mut story = Story::new(&chain, folder.path().to_str().unwrap());
        for call in &run.calls {
            story.make(call);
        }
        assert_eq!(story.disk.whole(None, false), State::of(folder.path()), "{until}");
    }
}

// R081
#[test]
fn a_power_cut_after_any_system_call_leaves_the_old_record_or_the_new_whatever_was_not_synced() {
    let (chain, folder) = (chain(), Scratch::new("dropped"));
    let (mut cuts, mut story) = (Cuts::new(&chain), Story::new(&chain, folder.path().to_str().unwrap()));
    for until in ["pending", "5", "pending", &REACH.to_string()] {
        let run = worker().run(folder.path(), until, &[]);
        assert!(!run.was_told("failed"));
        cuts.follow(&mut story, &run.calls, 0);
        story.disk.close_all();
    }
    assert_eq!(story.allowed.from, Some(REACH));
    report("dropped", cuts.cases(), &cuts.failures);
}

// R081
#[test]
fn a_power_cut_after_a_kill_and_what_another_process_did_since_leaves_what_that_one_stored() {
    let (chain, folder) = (chain(), Scratch::new("twice"));
    let root = folder.path().to_str().unwrap().to_owned();
    let whole = worker().run(folder.path(), "5", &[]);
    let (mut cuts, mut story) = (Cuts::new(&chain), Story::new(&chain, &root));
    for call in &whole.calls {
        let before = story.clone();
        if !story.make(call) {
            continue;
        }
        // Killed where the disk would have changed: so it stands between this change and the one before.
        folder.clear();
        let killed = worker().run(folder.path(), "5", &[call.inject("signal=KILL", false)]);
        assert!(killed.was_killed);
        let mut next = Story::new(&chain, &root);
        killed.calls.iter().for_each(|call| _ = next.make(call));
        assert_eq!(next.disk.whole(None, false), before.disk.whole(None, false));
        next.disk.close_all();
        let until = next.allowed.to.map_or(1, |to| to + 2);
        let taken_over = worker().run(folder.path(), &until.to_string(), &[]);
        assert_eq!(taken_over.stored(), Some(until));
        cuts.follow(&mut next, &taken_over.calls, 0);
    }
    report("dropped", cuts.cases(), &cuts.failures);
}
