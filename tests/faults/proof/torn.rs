//! A write of which only the first bytes are there.

use gatepass_faults::{
    chain::chain,
    cuts::{Cuts, Story},
    model::Torn,
    scratch::Scratch,
};

use crate::{report, worker};

/// The tokens after that are long, and tear no differently.
const UNTIL: usize = 9;

// R081
#[test]
fn a_write_that_is_torn_at_any_length_leaves_the_old_record_or_the_new() {
    let (chain, folder) = (chain(), Scratch::new("torn"));
    let run = worker().run(folder.path(), &UNTIL.to_string(), &[]);
    let (mut cuts, mut story) = (Cuts::new(&chain), Story::new(&chain, folder.path().to_str().unwrap()));
    let mut writes = 0;
    for call in &run.calls {
        let is_change = story.make(call);
        if !is_change || call.name != "write" {
            continue;
        }
        writes += 1;
        for length in 0..=call.texts[0].len() {
            for torn in [Torn::Over(length), Torn::Cut(length)] {
                for is_all_else_lost in [false, true] {
                    let state = story.disk.whole(Some(torn), is_all_else_lost);
                    cuts.see(state, story.allowed, || format!("{torn:?} of a write for {:?}", story.allowed));
                }
            }
        }
    }
    assert_eq!(writes, UNTIL + 1, "each record is written once");
    report("torn", cuts.cases(), &cuts.failures);
}
