//! A device on a Cortex-M4 lives a whole life over TLS 1.3, and believes its pinned root alone.
#![allow(clippy::tests_outside_test_module, reason = "this file is tests alone")]

use gatepass_emulator::{Goal, LIFE, Machine, Once, Random, Secured, run};

/// With one rotation, for handshakes take an emulator long.
const ROTATION: [Goal; 5] = [Goal::SignIn, Goal::Call, Goal::Sleep(61_000), Goal::Call, Goal::SignOut];

// R045 R150
#[test]
fn a_device_lives_a_whole_life_over_tls() {
    let mut world = Secured::start(0);
    let report = run(Machine::Mps2, &Secured::device(), &mut world, &mut Once(&LIFE));
    report.print();
    assert_eq!((report.boots, report.resets, report.exposed, report.lost), (1, 0, 0, 0), "{:#?}", report.told);
    assert_eq!((report.count("signed in"), report.count("refreshed"), report.count("signed out")), (1, 1, 1), "{:#?}", report.told);
    assert_eq!((report.count("called 200"), report.count("tls:")), (5, 0), "{:#?}", report.told);
    let counts = world.embedded().issuer().counts();
    assert_eq!((counts.code_successes, counts.refresh_successes, counts.reuse_detections), (1, 4, 0), "{counts:?}");
    assert_eq!((counts.revocations, world.embedded().issuer().live_grants()), (1, 0), "signed out at the server too");
    assert_eq!(report.figures.get("log.dropped"), Some(&0), "no frame of a log was lost");
    assert!(report.secrets("refresh_token") > 0 && report.secrets("authorization") > 0);
    assert_eq!(report.seen(), [""; 0], "{:#?}", report.logged);
    let requests = counts.token_requests + counts.revoke_requests + counts.api_requests;
    assert_eq!(world.relayed(), requests, "all of it over TLS");
}

// R046
#[test]
fn an_impostor_is_sent_nothing() {
    let mut world = Secured::start(3);
    let report = run(Machine::Mps2, &Secured::device(), &mut world, &mut Once(&LIFE));
    let (impostures, believed) = world.impostures();
    assert_eq!((impostures > 2, believed), (true, 0));
    let refused = report.count("tls: the pinned root did not sign the certificate");
    assert_eq!(refused as u64, impostures, "{:#?}", report.told);
    assert_eq!((report.count("called 200"), report.count("signed out")), (5, 1), "{:#?}", report.told);
    assert_eq!(world.embedded().issuer().counts().reuse_detections, 0);
}

#[test]
fn resets_lose_no_grant_but_between_send_and_commit() {
    let mut resets = 0;
    for seed in 1..=3 {
        let mut world = Secured::start(0);
        let report = run(Machine::Mps2, &Secured::device(), &mut world, &mut Random::new(&ROTATION, seed, 60));
        assert_eq!(report.lost, report.exposed, "{:#?}", report.told);
        assert_eq!(report.seen(), [""; 0], "{:#?}", report.logged);
        resets += report.resets;
    }
    assert!(resets > 0);
}
