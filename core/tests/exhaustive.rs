//! Every state meets every event, in every deployment: what happens is what the transition table says.

#![allow(clippy::wildcard_enum_match_arm, clippy::std_instead_of_core)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;
#[path = "../examples/transitions.rs"]
mod transitions;

use common::*;
use gatepass::*;
use std::collections::{BTreeSet, HashSet};

const DEPLOYMENTS: [Deployment; 7] = [
    Deployment::USUAL,
    Deployment { revoke: false, ..Deployment::USUAL },
    Deployment { refresh: false, ..Deployment::USUAL },
    Deployment { refresh: false, revoke: false, ..Deployment::USUAL },
    Deployment { rotation: Rotation::Fixed, ..Deployment::USUAL },
    Deployment { rotation: Rotation::Fixed, revoke: false, ..Deployment::USUAL },
    Deployment { rotation: Rotation::Rotating(Overlap::Covers), ..Deployment::USUAL },
];

fn holds(given: Given, deployment: Deployment) -> bool {
    let rotates = deployment.refresh && deployment.rotation != Rotation::Fixed;
    let overlap = deployment.rotation == Rotation::Rotating(Overlap::Covers);
    match given {
        Given::Always => true,
        Given::Rotating => rotates,
        Given::Fixed => deployment.refresh && !rotates,
        Given::NoRefreshToken => !deployment.refresh,
        Given::Overlap => rotates && overlap,
        Given::NoOverlap => rotates && !overlap,
        Given::CanRevoke => deployment.revoke,
        Given::CannotRevoke => !deployment.revoke,
        Given::MayHold => !states::finds_nothing(deployment),
        Given::HoldsNone => states::finds_nothing(deployment),
        Given::Awaited => states::may_be_answered(deployment),
        Given::NotAwaited => !states::may_be_answered(deployment),
        other => panic!("{other:?}"),
    }
}

/// The place of the one row that says what happens, and what it says.
fn row(from: StateName, event: Event, deployment: Deployment) -> Option<(usize, Transition)> {
    let mut rows = TABLE.iter().enumerate().filter(|(_, row)| row.from == from && row.event == event && holds(row.given, deployment));
    let found = rows.next().map(|(at, row)| (at, *row));
    assert_eq!(rows.next(), None, "two rows for {from} and {event:?} in {deployment:?}");
    // What time has done stays done.
    found.or_else(|| row(from, event.earlier()?, deployment))
}

/// Everything that can be seen of a session, its next move apart.
fn seen(world: &mut World) -> String {
    let session = &world.session;
    let now = world.time();
    let token = session.access_token(now).map(|token| (token.secret().to_owned(), token.generation(), token.expires_at()));
    let told = format!("{:?} {token:?} {:?} {:?} {:?}", session.state(), session.scope(), session.refusal(), session.redirect_uri());
    let flags = format!("{} {} {:?} {}", session.can_refresh(), session.is_unsaved(), session.quirks(), session.members_json());
    format!("{told} {flags} {:?}", events::pending(world))
}

/// Whether what is seen of two sessions, and their next moves, are the same. After a record that does not fit, or that is none,
/// a session may wait before it asks again; it must, where the store answered what was asked.
fn same(world: &mut World, twin: &mut World, event: Event, reply: Reply) -> bool {
    let seen_alike = seen(world) == seen(twin);
    let saves = world.state().as_str().starts_with("Saving");
    let (next, before) = (world.poll(), twin.poll());
    let of_the_store = matches!(reply, Reply::Capacity | Reply::Violation(Violation::Record | Violation::OlderRecord));
    let waits = matches!(next, Ask::Wait(..));
    let answered = match before {
        Ask::Load => event.as_str().starts_with("Found"),
        Ask::Save { .. } => saves && reply == Reply::Capacity,
        _ => false,
    };
    seen_alike && if of_the_store && answered { waits } else { next == before || (of_the_store && waits) }
}

// R019 R025 R026 R027 R031 R034 R037 R055 R056 R064 R074 R075 R150
#[test]
fn every_state_does_with_every_event_what_the_table_says() {
    let mut cells = 0;
    let mut pairs = HashSet::new();
    let mut used = BTreeSet::new();
    let mut wrong = BTreeSet::new();
    for deployment in DEPLOYMENTS {
        for from in StateName::ALL.iter().copied() {
            for event in Event::ALL.iter().copied() {
                let Some(mut world) = states::reach_over(deployment, from, 2) else { continue };
                let Some(reply) = events::apply(&mut world, event) else { continue };
                cells += 1;
                pairs.insert((from.as_str(), event.as_str()));
                let to = world.state();
                let (expected_to, expected) = match row(from, event, deployment) {
                    Some((at, row)) => {
                        used.insert(at);
                        (row.to, row.reply)
                    }
                    None => (from, event.otherwise()),
                };
                if (to, reply) != (expected_to, expected) {
                    wrong.insert(format!("({from}, {event:?}, {to}, {reply:?}) in {deployment:?}, expected {expected_to}, {expected:?}"));
                }
                // An error leaves everything as it was, unless the table says that the session went on.
                let unmoved = to == from
                    && !matches!(reply, Reply::Advanced | Reply::More | Reply::Asks(_))
                    && row(from, event, deployment).is_none_or(|(_, row)| row.to == row.from);
                if unmoved {
                    let mut twin = states::reach_over(deployment, from, 2).unwrap();
                    twin.seed = world.seed;
                    twin.now = world.now;
                    if !same(&mut world, &mut twin, event, reply) {
                        wrong.insert(format!("{from} is not as it was after {event:?} in {deployment:?}"));
                    }
                }
                // Whatever happened, the next move is known, now and much later.
                let mut last = world.poll();
                for _ in 0..3 {
                    world.tick(50_000_000);
                    last = world.poll();
                }
                drop(last);
            }
        }
    }
    for line in &wrong {
        eprintln!("{line}");
    }
    println!("cells: {cells}");
    for from in StateName::ALL {
        for event in Event::ALL {
            if !pairs.contains(&(from.as_str(), event.as_str())) {
                eprintln!("never: {from} {event:?}");
            }
        }
    }
    for (at, row) in TABLE.iter().enumerate() {
        if !used.contains(&at) {
            eprintln!("unused: {row:?}");
        }
    }
    assert!(wrong.is_empty(), "{} cells are not as the table says", wrong.len());
    assert_eq!(used.len(), TABLE.len(), "a row of the table that never happens");
    assert_eq!(pairs.len(), StateName::ALL.len() * Event::ALL.len(), "a state that never met an event");
}

#[test]
fn the_committed_table_and_drawing_are_those_of_the_code() {
    for (committed, made, name) in [
        (include_str!("../docs/transitions.md"), transitions::markdown(), "transitions.md"),
        (include_str!("../docs/states.svg"), transitions::svg(), "states.svg"),
    ] {
        assert!(committed == made, "docs/{name} is out of date: cargo run -p gatepass --example transitions");
    }
}
