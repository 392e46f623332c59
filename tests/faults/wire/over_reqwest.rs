//! The flows over reqwest.

use gatepass_reqwest::reqwest;
use gatepass_store::driver::{Discover, Settings};

#[path = "../../../adapters/reqwest/tests/support/client.rs"]
mod client;
#[path = "flows.rs"]
mod flows;
#[path = "harm.rs"]
mod harm;

use client::Client;

use crate::front::TIMEOUT;

const NAME: &str = "reqwest";

/// Calls of an API are given as long as other requests; and a client is made quickly, without the certificates of the machine.
fn limited(options: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    options.read_timeout(TIMEOUT).tls_certs_only([])
}

fn new(settings: Settings) -> Client {
    Client(gatepass_reqwest::Client::with_http(settings, limited).unwrap())
}

/// Calls an API: its answer, whole.
async fn call(client: &Client, url: &str, body: Option<&'static str>) -> Result<(u16, String), String> {
    let method = if body.is_some() { reqwest::Method::POST } else { reqwest::Method::GET };
    let mut request = reqwest::Request::new(method, url.parse().unwrap());
    *request.body_mut() = body.map(Into::into);
    let response = client.0.execute(request).await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    Ok((status, response.text().await.map_err(|error| error.to_string())?))
}

/// Calls an API, and reads the beginning of its answer, until that is a few bytes or has ended.
async fn peek(client: &Client, url: &str) -> Result<(u16, usize), String> {
    let mut response = client.0.get(url).await.map_err(|error| error.to_string())?;
    let (status, mut read) = (response.status().as_u16(), 0);
    while read < 16 {
        match response.chunk().await.map_err(|error| error.to_string())? {
            Some(chunk) => read += chunk.len(),
            None => break,
        }
    }
    Ok((status, read))
}

/// The bytes of an answer, as they were sent.
async fn whole(client: &Client, url: &str) -> Vec<u8> {
    client.0.get(url).await.unwrap().bytes().await.unwrap().to_vec()
}

async fn discovered(look: &Discover) -> Result<(), String> {
    gatepass_reqwest::discover_with(look, limited).await.map(drop).map_err(|error| error.to_string())
}

/// Runs a flow.
fn run<T>(flow: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(flow)
}
