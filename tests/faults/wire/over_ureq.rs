//! The flows over ureq.

use std::io::Read as _;

use gatepass_store::driver::{Discover, Settings};
use gatepass_ureq::{AgentConfig, ureq::http::Request};

#[path = "../../../adapters/ureq/tests/support/client.rs"]
pub mod client;
#[path = "flows.rs"]
mod flows;
#[path = "harm.rs"]
mod harm;

use client::Client;

use crate::front::TIMEOUT;

const NAME: &str = "ureq";

/// Calls of an API are given as long as other requests.
fn limited(options: AgentConfig) -> AgentConfig {
    options.timeout_per_read(Some(TIMEOUT)).timeout_per_write(Some(TIMEOUT)).timeout_recv_response(Some(TIMEOUT))
}

fn new(settings: Settings) -> Client {
    Client(gatepass_ureq::Client::with_agent(settings, limited).unwrap())
}

/// Calls an API: its answer, whole.
async fn call(client: &Client, url: &str, body: Option<&'static str>) -> Result<(u16, String), String> {
    let sent = match body {
        Some(body) => client.0.send(Request::post(url).body(body).unwrap()),
        None => client.0.get(url),
    };
    let mut response = sent.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    Ok((status, response.body_mut().read_to_string().map_err(|error| error.to_string())?))
}

/// Calls an API, and reads the beginning of its answer, until that is a few bytes or has ended.
async fn peek(client: &Client, url: &str) -> Result<(u16, usize), String> {
    let response = client.0.get(url).map_err(|error| error.to_string())?;
    let (status, mut some) = (response.status().as_u16(), Vec::new());
    response.into_body().into_reader().take(16).read_to_end(&mut some).map_err(|error| error.to_string())?;
    Ok((status, some.len()))
}

/// The bytes of an answer, as they were sent.
async fn whole(client: &Client, url: &str) -> Vec<u8> {
    client.0.get(url).unwrap().into_body().read_to_vec().unwrap()
}

async fn discovered(look: &Discover) -> Result<(), String> {
    gatepass_ureq::discover_with(look, limited).map(drop).map_err(|error| error.to_string())
}

/// Runs a flow. Nothing in it ever waits: the client blocks.
fn run<T>(flow: impl Future<Output = T>) -> T {
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    let core::task::Poll::Ready(outcome) = core::pin::pin!(flow).as_mut().poll(&mut context) else { panic!("it waits") };
    outcome
}
