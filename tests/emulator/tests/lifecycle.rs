//! A device lives a whole life on every machine, against both authorization servers, and shows nothing of its secrets.
#![allow(clippy::unwrap_used, clippy::tests_outside_test_module, reason = "a test that cannot go on must fail")]

use core::time::Duration;

use gatepass_emulator::{Certified, Embedded, Goal, LIFE, Machine, Once, Report, World, run};

/// What holds for every life: three rotations and one more, a sign-out, logs that were decoded, and no secret in anything shown.
fn live(machine: Machine, world: &mut dyn World, goals: &[Goal]) -> Report {
    let report = run(machine, &machine.device(), world, &mut Once(goals));
    report.print();
    assert_eq!((report.boots, report.resets, report.exposed, report.lost), (1, 0, 0, 0), "{:#?}", report.told);
    let calls = goals.iter().filter(|goal| **goal == Goal::Call).count();
    assert_eq!(report.count("called 200"), calls, "{:#?}", report.told);
    assert_eq!((report.count("signed in"), report.count("refreshed"), report.count("signed out")), (1, 1, 1), "{:#?}", report.told);
    assert_eq!(report.figures.get("log.dropped"), Some(&0), "no frame of a log was lost");
    assert!(report.logged.len() > 50, "{:#?}", report.logged);
    for name in ["code", "code_verifier", "state", "refresh_token", "token", "authorization"] {
        assert!(report.secrets(name) > 0, "nothing was there to be seen of {name}");
    }
    assert_eq!(report.seen(), [""; 0], "{:#?}", report.logged);
    report
}

fn live_with_the_embedded_issuer(machine: Machine) {
    let mut world = Embedded::start(Duration::ZERO);
    let report = live(machine, &mut world, &LIFE);
    let counts = world.issuer().counts();
    assert_eq!((counts.code_successes, counts.refresh_successes, counts.reuse_detections), (1, 4, 0), "{counts:?}");
    assert_eq!((counts.revocations, world.issuer().live_grants()), (1, 0), "signed out at the server too");
    for name in ["stack", "stack.core", "static", "sign-in.core", "sign-in.http", "sign-in.store", "refresh.core"] {
        assert!(report.figures.get(name) > Some(&0), "{name} was not measured");
    }
}

// R150
#[test]
fn a_cortex_m4_lives_a_whole_life() {
    live_with_the_embedded_issuer(Machine::Mps2);
}

// R150
#[test]
fn a_cortex_m0_lives_a_whole_life() {
    live_with_the_embedded_issuer(Machine::Microbit);
}

// R150
#[test]
fn a_risc_v_lives_a_whole_life() {
    live_with_the_embedded_issuer(Machine::Virt);
}

/// Seconds that an access token of the certified server lives in this test, and milliseconds after which it is over for sure.
const LIFETIME: u64 = 2;
const OVER: u64 = 2_100;

// R150
#[test]
fn a_cortex_m4_lives_a_whole_life_at_the_certified_server() {
    let mut world = Certified::start(LIFETIME);
    let goals = [
        Goal::SignIn,
        Goal::Call,
        Goal::Sleep(OVER),
        Goal::Call,
        Goal::Sleep(OVER),
        Goal::Call,
        Goal::Sleep(OVER),
        Goal::Call,
        Goal::Refresh,
        Goal::Call,
        Goal::SignOut,
    ];
    live(Machine::Mps2, &mut world, &goals);
    let log = world.provider().log();
    let sent: Vec<_> = log.iter().filter(|entry| entry["form"]["grant_type"] == "refresh_token").collect();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|entry| entry["status"] == 200), "{sent:#?}");
    let revoked = log.iter().find(|entry| entry["path"] == "/token/revocation").unwrap();
    assert_eq!(revoked["status"], 200, "{revoked:#?}");
}
