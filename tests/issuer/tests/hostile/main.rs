//! Every lie, told to gatepass's own clients: none of them falls for one.

#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod careless;
mod gatepass_clients;
#[path = "../rules/harness.rs"]
#[allow(dead_code, reason = "made for another test, which uses all of it")]
mod harness;
mod tool;

use careless::{Credulous, Prim};
use gatepass_clients::{Blocking, Tasks};
use gatepass_issuer::hostile::{self, Case, Client, Expected, Judgement, Trial, Verdict};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Each request has three seconds, and the rest is quick.
const AT_MOST: Duration = Duration::from_secs(20);

/// Tells all lies, some at the same time: most of the time is spent waiting for deadlines.
fn every_lie<C: Client + 'static>(begin: fn() -> C, at_most: Duration) -> Vec<(&'static Case, Judgement)> {
    let waiting: Mutex<VecDeque<_>> = Mutex::new(hostile::cases().collect());
    let verdicts = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap().pop_front();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let judgement = Arc::new(case.start().unwrap()).run_within(at_most, begin);
                    verdicts.lock().unwrap().push((case, judgement));
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap();
    assert_eq!(verdicts.len(), hostile::cases().count());
    verdicts
}

// R008 R025 R027 R031 R032 R038 R039 R043 R045 R056 R061 R062 R063 R064 R066 R067 R068 R069 R077 R083 R088 R089
#[test]
fn the_blocking_client_holds_in_every_case() {
    assert_holds(&every_lie(Blocking::new, AT_MOST));
}

// R008 R025 R027 R031 R032 R038 R039 R043 R045 R056 R061 R062 R063 R064 R066 R067 R068 R069 R077 R083 R088 R089
#[test]
fn the_asynchronous_client_holds_in_every_case() {
    assert_holds(&every_lie(Tasks::new, AT_MOST));
}

fn assert_holds(verdicts: &[(&Case, Judgement)]) {
    let broken: Vec<String> = verdicts
        .iter()
        .filter(|(_, judgement)| judgement.verdict != Verdict::Held)
        .map(|(case, judgement)| format!("{} {}: {}", case.name, judgement.verdict.as_str(), judgement.saw))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// So the cases can tell clients apart. Where either way is fine, only those fall who hang or die.
#[test]
fn a_client_that_believes_everything_or_nothing_falls_in_every_case() {
    let fallen = |verdicts: Vec<(&'static Case, Judgement)>| {
        let fell = verdicts.into_iter().filter(|(_, judgement)| judgement.verdict == Verdict::Fell);
        fell.map(|(case, _)| case.name).collect::<Vec<_>>()
    };
    let at_most = Duration::from_secs(4);
    let (credulous, prim) = (fallen(every_lie(Credulous::new, at_most)), fallen(every_lie(Prim::new, at_most)));
    let standing = hostile::cases().filter(|case| case.expected != Expected::Either);
    let standing: Vec<&str> = standing.map(|case| case.name).filter(|name| !credulous.contains(name) && !prim.contains(name)).collect();
    assert!(standing.is_empty(), "{standing:#?}");
}

/// Fails as a client, in a way that no server sees.
struct Panics;

impl Client for Panics {
    fn sign_in(&mut self, _: &Trial) -> Result<(), String> {
        panic!("on purpose")
    }

    fn call(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn sign_out(&mut self) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_client_that_panics_fell() {
    let trial = Arc::new(hostile::case("body-deep").unwrap().start().unwrap());
    assert_eq!(trial.run_within(AT_MOST, || Panics).verdict, Verdict::Fell);
}

/// A client that does nothing.
struct Nobody;

impl Client for Nobody {
    fn sign_in(&mut self, _: &Trial) -> Result<(), String> {
        Ok(())
    }

    fn call(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn sign_out(&mut self) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_client_that_does_nothing_was_not_tried() {
    for case in hostile::cases() {
        let trial = case.start().unwrap();
        trial.run(&mut Nobody);
        assert_eq!(trial.judge().verdict, Verdict::NotTried, "{}", case.name);
    }
}
