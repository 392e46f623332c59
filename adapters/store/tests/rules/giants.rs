//! Answers that no buffer could hold, or that never end.

use core::time::Duration;
use std::process::Command;

use gatepass::{Policy, Why};
use gatepass_issuer::{Endpoint, Fault, FaultKind, Issuer};
use gatepass_store::driver::Error;

use crate::{
    client::Client,
    run, sign_in,
    world::{TTL, World},
};

// R068
#[test]
fn an_endless_a_giant_and_a_deep_answer_end_in_an_error_and_in_bounded_memory() {
    if std::env::var_os("GATEPASS_CHILD").is_some() {
        return meet_giants();
    }
    // This very test once more, in a process of its own: what it takes at the most is then its own.
    let name = "rules::giants::an_endless_a_giant_and_a_deep_answer_end_in_an_error_and_in_bounded_memory";
    let mut again = Command::new(std::env::current_exe().unwrap());
    let child = again.args(["--exact", "--nocapture", name]).env("GATEPASS_CHILD", "1").output().unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

fn meet_giants() {
    run(async {
        let world = World::with(Issuer::builder().overlap(Duration::from_secs(3600)));
        let mut policy = Policy::DEFAULT;
        policy.timeout = Duration::from_secs(2);
        let client = sign_in(&world, Client::new(world.settings_with(policy)).unwrap()).await;
        let before = peak();
        for kind in [FaultKind::Giant(100 << 20), FaultKind::Nested(1_000_000), FaultKind::Slow(Duration::from_millis(50))] {
            world.advance(TTL + Duration::from_secs(1));
            world.issuer.fault(Fault::new(Endpoint::Token, kind.clone()));
            let error = client.access_token(Duration::ZERO).await.unwrap_err();
            assert!(matches!(error, Error::Waiting { why: Why::InDoubt, .. }), "{kind:?} {error:?}");
            world.advance(Duration::from_secs(31));
            assert!(client.access_token(Duration::ZERO).await.is_ok(), "{kind:?}");
        }
        assert!(peak() - before < 16 << 10, "{} KiB and {} before", peak(), before);
    });
}

/// The most memory that was held at any time, in KiB; zero where nobody says.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).map_or(0, |number| number.parse().unwrap())
}
