//! Resets: without an overlap at the server exactly those grants are lost whose refresh was cut between send and commit; with one none,
//! unless the repeat was cut there too: the token that the device holds is then no longer the one before the newest.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::tests_outside_test_module, reason = "a test that cannot go on must fail")]

use core::time::Duration;

use gatepass_emulator::{Embedded, Goal, LIFE, Machine, Random, Report, Script, Sweep, run};

/// Longer than a lease, as the core wants of a server that is said to have one, and than any wait of a device.
const OVERLAP: Duration = Duration::from_secs(86_400);

/// Runs a script on a machine, with an overlap or without, and looks at what was lost.
fn resets(machine: Machine, overlap: Duration, script: &mut dyn Script) -> Report {
    let mut world = Embedded::start(overlap);
    let report = run(machine, &machine.device(), &mut world, script);
    let counts = world.issuer().counts();
    let Report { resets, exposed, exposed_again, lost, .. } = report;
    println!(
        "{}: {resets} resets, {exposed} refreshes cut between send and commit ({exposed_again} of them twice), {lost} grants lost",
        machine.name()
    );
    assert_eq!(report.seen(), [""; 0], "{:#?}", report.logged);
    let expected = if overlap.is_zero() { exposed } else { exposed_again };
    assert_eq!(lost, expected, "{:#?}", report.told);
    if !overlap.is_zero() {
        assert_eq!(counts.overlap_successes > 0, exposed > 0, "repeats were forgiven");
    }
    report
}

/// Resets at each frame of a refresh: an expired token, a call, and all that follows from it.
fn at_each_frame_of_a_refresh(machine: Machine, overlap: Duration) {
    let goals = [Goal::Sleep(61_000), Goal::Call];
    let mut sweep = Sweep::new(&goals, &[Goal::SignIn]);
    let report = resets(machine, overlap, &mut sweep);
    assert_eq!(report.resets, sweep.resets());
    assert!(report.resets > 20 && report.exposed > 0, "{} resets, {} between send and commit", report.resets, report.exposed);
    assert_eq!(report.exposed_again, 0, "one reset a refresh");
}

/// Resets wherever chance puts them, in two lives of each device. How many of them fall between send and commit is chance, too.
fn at_random(overlap: Duration) {
    for (machine, seed) in Machine::ALL.into_iter().zip(1..) {
        let report = resets(machine, overlap, &mut Random::new(&[LIFE, LIFE].concat(), seed, 12));
        assert!(report.resets > 5, "{}", report.resets);
        assert!(report.count("signed out") >= 2 && report.count("called 200") >= 10, "{:#?}", report.told);
    }
}

#[test]
fn a_cortex_m4_that_is_reset_at_each_frame_of_a_refresh_keeps_its_grant_with_an_overlap() {
    at_each_frame_of_a_refresh(Machine::Mps2, OVERLAP);
}

#[test]
fn a_cortex_m4_that_is_reset_at_each_frame_of_a_refresh_loses_what_was_cut_between_send_and_commit() {
    at_each_frame_of_a_refresh(Machine::Mps2, Duration::ZERO);
}

#[test]
fn a_cortex_m0_that_is_reset_at_each_frame_of_a_refresh_keeps_its_grant_with_an_overlap() {
    at_each_frame_of_a_refresh(Machine::Microbit, OVERLAP);
}

#[test]
fn a_cortex_m0_that_is_reset_at_each_frame_of_a_refresh_loses_what_was_cut_between_send_and_commit() {
    at_each_frame_of_a_refresh(Machine::Microbit, Duration::ZERO);
}

#[test]
fn a_risc_v_that_is_reset_at_each_frame_of_a_refresh_keeps_its_grant_with_an_overlap() {
    at_each_frame_of_a_refresh(Machine::Virt, OVERLAP);
}

#[test]
fn a_risc_v_that_is_reset_at_each_frame_of_a_refresh_loses_what_was_cut_between_send_and_commit() {
    at_each_frame_of_a_refresh(Machine::Virt, Duration::ZERO);
}

#[test]
fn devices_that_are_reset_at_random_keep_their_grant_with_an_overlap() {
    at_random(OVERLAP);
}

#[test]
fn devices_that_are_reset_at_random_lose_what_was_cut_between_send_and_commit() {
    at_random(Duration::ZERO);
}
