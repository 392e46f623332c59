//! What the async client promises, against an issuer that misbehaves on demand.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    missing_docs,
    missing_debug_implementations,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking, also in its helpers, which several tests share"
)]

#[path = "support/client.rs"]
mod client;
#[path = "../../store/tests/world/mod.rs"]
mod world;

mod rules {
    #[path = "../../../store/tests/rules/api.rs"]
    mod api;
    #[path = "../../../store/tests/rules/audiences.rs"]
    mod audiences;
    #[path = "../../../store/tests/rules/giants.rs"]
    mod giants;
    #[path = "../../../store/tests/rules/lifecycle.rs"]
    mod lifecycle;
    #[path = "../../../store/tests/rules/outage.rs"]
    mod outage;
    #[path = "../../../store/tests/rules/outcome.rs"]
    mod outcome;
    mod single_flight;
    #[path = "../../../store/tests/rules/tls.rs"]
    mod tls;
}

use client::Client;
use world::{REDIRECT_URI, World, grant};

/// A client that is signed in.
async fn signed_in(world: &World) -> Client {
    sign_in(world, Client::new(world.settings()).unwrap()).await
}

async fn sign_in(world: &World, client: Client) -> Client {
    let url = client.begin_sign_in(&grant(), REDIRECT_URI).await.unwrap();
    client.finish_sign_in(&world.issuer.visit(&url).unwrap()).await.unwrap();
    client
}

/// Runs a rule.
fn run(rule: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(rule);
}
