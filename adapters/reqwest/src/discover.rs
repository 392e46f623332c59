//! Discovery over reqwest.

use gatepass::{Server, WellKnown};
use gatepass_store::driver::{Discover, Error};
use reqwest::{ClientBuilder, header::CONTENT_TYPE};

use crate::{
    http::{Traffic, http},
    wire::{field, send},
};

/// Asks a server what it says of itself. Ask once for each server and keep the answer: see [`Discover::read`].
///
/// # Errors
/// [`Error::Transport`] when it cannot be reached, [`Error::Core`] when what it says cannot be believed.
pub async fn discover(look: &Discover) -> Result<Server<'static>, Error> {
    discover_with(look, |options| options).await
}

/// The same with options of your own, as in [`Client::with_http`](crate::Client::with_http).
///
/// # Errors
/// As [`discover`]; [`Error::Build`] when reqwest refuses its options.
pub async fn discover_with(look: &Discover, options: impl Fn(ClientBuilder) -> ClientBuilder) -> Result<Server<'static>, Error> {
    let client = http(Traffic::Server, look.allow_http(), &options)?;
    let mut outcome = Err(Error::Core(gatepass::Violation::NoResponse.into()));
    for form in look.forms() {
        outcome = ask(&client, look, form).await;
        // A server that does not have one form may have the other.
        if !matches!(outcome, Err(Error::Core(gatepass::Error::Violation(_)))) {
            break;
        }
    }
    outcome
}

async fn ask(client: &reqwest::Client, look: &Discover, form: WellKnown) -> Result<Server<'static>, Error> {
    let (request, limit) = look.request(form)?;
    let mut response = send(client, &request, request.timeout()).await.map_err(Error::transport)?;
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Error::transport)? {
        document.extend_from_slice(&chunk);
        if document.len() > limit as usize {
            break;
        }
    }
    Ok(look.read(form, response.status().as_u16(), field(response.headers(), CONTENT_TYPE), &document)?)
}
