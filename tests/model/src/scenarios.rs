//! The scenarios that the protocol must hold, each as the setups whose faults are just those it speaks of; and the
//! configurations, which mix all faults.

use crate::setup::{Budget, Faults, Setup};

/// A name, and what is explored for it.
#[derive(Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub setups: Vec<Setup>,
}

fn scenario(name: &'static str, setups: impl IntoIterator<Item = Setup>) -> Scenario {
    Scenario { name, setups: setups.into_iter().collect() }
}

/// The twelve of them, in their order.
pub fn scenarios() -> Vec<Scenario> {
    let swaps = Faults::SWAP_LOST.and(Faults::SWAP_LATE);
    let none = Budget::NONE;
    vec![
        scenario(
            "a-lost-answer-of-the-store",
            [
                Setup::new("intent, give-back, commit").with(|s| {
                    s.budget = Budget { losses: 2, outages: 1, ..none };
                    s.faults = swaps.and(Faults::OFFLINE);
                }),
                Setup::new("one attempt").with(|s| {
                    s.budget = Budget { losses: 2, ..none };
                    (s.max_attempts, s.faults) = (1, swaps);
                }),
                Setup::new("sign-out, sign-in").with(|s| {
                    s.budget = Budget { losses: 1, sign_outs: 1, sign_ins: 1, ..none };
                    s.faults = swaps;
                }),
                Setup::new("clear").with(|s| {
                    s.budget = Budget { losses: 2, ends: 1, ..none };
                    s.faults = swaps;
                }),
            ],
        ),
        scenario(
            "in-flight-then-sign-out-then-sign-in-elsewhere",
            [Setup::new("then 200").with(|s| s.budget = Budget { suspensions: 1, sign_outs: 1, sign_ins: 1, ..none })],
        ),
        scenario(
            "suspended-while-another-takes-over",
            [
                Setup::new("twice").with(|s| s.budget = Budget { suspensions: 2, ..none }),
                Setup::new("a third looks on").with(|s| {
                    s.holders = 3;
                    s.budget = Budget { suspensions: 1, ..none };
                }),
            ],
        ),
        scenario(
            "unavailable-before-and-after",
            [true, false].map(|revokes| {
                Setup::new(if revokes { "reuse revokes" } else { "reuse is refused" }).with(|s| {
                    s.budget = Budget { losses: 2, ..none };
                    s.faults = Faults::BEFORE.and(Faults::AFTER);
                    (s.revokes, s.renews) = (revokes, true);
                })
            }),
        ),
        scenario(
            "invalid-grant-races-a-success",
            [true, false].map(|revokes| {
                Setup::new(if revokes { "reuse revokes" } else { "reuse is refused" }).with(|s| {
                    s.budget = Budget { losses: 1, suspensions: 1, ends: 1, ..none };
                    s.faults = Faults::CALL_LATE;
                    s.revokes = revokes;
                })
            }),
        ),
        scenario(
            "crash-in-every-state",
            [Setup::new("twice, and a change that comes late").with(|s| {
                s.budget = Budget { crashes: 2, losses: 1, ..none };
                (s.faults, s.generations) = (Faults::SWAP_LATE, 2);
            })],
        ),
        scenario(
            "a-cloned-session",
            [Setup::new("and a sign-out").with(|s| s.budget = Budget { clones: 1, crashes: 1, sign_outs: 1, ..none })],
        ),
        scenario(
            "a-third-holder-after-a-repeat",
            [Setup::new("two attempts at most").with(|s| {
                (s.holders, s.max_attempts) = (3, 2);
                s.budget = Budget { losses: 2, ..none };
                s.faults = Faults::ANSWER_LOST.and(Faults::CALL_LATE);
            })],
        ),
        scenario(
            "overlap-repeat-then-crash",
            [true, false].map(|covers| {
                Setup::new(if covers { "known" } else { "not known" }).with(|s| {
                    s.budget = Budget { crashes: 1, losses: 2, suspensions: 1, ..none };
                    (s.overlap, s.covers, s.faults) = (true, covers, Faults::ANSWER_LOST.and(Faults::CALL_LATE));
                })
            }),
        ),
        scenario(
            "clocks-disagree",
            [
                Setup::new("one twice as fast").with(|s| {
                    s.budget = Budget { crashes: 1, suspensions: 1, ..none };
                    s.rates = [1, 2, 1, 1];
                }),
                Setup::new("one stands still").with(|s| {
                    s.budget = Budget { suspensions: 1, ..none };
                    s.rates = [0, 1, 1, 1];
                }),
            ],
        ),
        scenario(
            "a-store-outage-in-each-state",
            [Setup::new("three, and a sign-out").with(|s| {
                s.budget = Budget { outages: 3, losses: 1, sign_outs: 1, ..none };
                s.faults = Faults::STORE_OUT.and(Faults::ANSWER_LOST);
            })],
        ),
        scenario(
            "sign-out-or-sign-in-in-the-middle",
            [
                Setup::new("by the same holder").with(|s| {
                    s.holders = 1;
                    s.budget = Budget { losses: 1, suspensions: 1, outages: 1, sign_outs: 1, sign_ins: 1, ..none };
                }),
                Setup::new("with another").with(|s| s.budget = Budget { losses: 1, sign_outs: 1, sign_ins: 1, ..none }),
                Setup::new("by two at once").with(|s| s.budget = Budget { sign_outs: 2, ..none }),
            ],
        ),
    ]
}

/// What CI explores.
pub fn usual() -> Vec<Setup> {
    let none = Budget::NONE;
    vec![
        Setup::new("two, no fault, three generations, a store that tells")
            .with(|s| (s.generations, s.renews, s.notifies) = (3, true, true)),
        Setup::new("two holders, each fault once").with(|s| {
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, outages: 1, ..none };
        }),
        Setup::new("two holders, a sign-out and a sign-in").with(|s| {
            s.budget = Budget { crashes: 1, losses: 1, sign_outs: 1, sign_ins: 1, ..none };
        }),
        Setup::new("two holders, a store that tells").with(|s| {
            (s.notifies, s.renews) = (true, true);
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, ..none };
        }),
        Setup::new("four holders, a crash and a loss").with(|s| {
            s.holders = 4;
            s.budget = Budget { crashes: 1, losses: 1, ..none };
        }),
        Setup::new("three holders, a crash and a loss, two generations").with(|s| {
            s.holders = 3;
            s.generations = 2;
            s.budget = Budget { crashes: 1, losses: 1, ..none };
        }),
    ]
}

/// What only a patient machine explores.
pub fn large() -> Vec<Setup> {
    let none = Budget::NONE;
    vec![
        Setup::new("two holders, each fault once, two generations").with(|s| {
            s.generations = 2;
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, outages: 1, ..none };
        }),
        Setup::new("two holders, everything once").with(|s| {
            s.depth = 13;
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, outages: 1, sign_outs: 1, sign_ins: 1, ..none };
        }),
        Setup::new("two holders, two crashes, losses and suspensions").with(|s| {
            s.depth = 15;
            s.budget = Budget { crashes: 2, losses: 2, suspensions: 2, ..none };
        }),
        Setup::new("three holders, a store that tells").with(|s| {
            (s.holders, s.notifies, s.depth) = (3, true, 17);
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, ..none };
        }),
        Setup::new("three holders, a sign-out and a sign-in").with(|s| {
            (s.holders, s.depth) = (3, 18);
            s.budget = Budget { crashes: 1, losses: 1, sign_outs: 1, sign_ins: 1, ..none };
        }),
        Setup::new("four holders, each fault once").with(|s| {
            (s.holders, s.depth) = (4, 19);
            s.budget = Budget { crashes: 1, losses: 1, suspensions: 1, ..none };
        }),
    ]
}
