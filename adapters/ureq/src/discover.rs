//! Discovery over ureq.

use std::io::Read as _;

use gatepass::{Server, WellKnown};
use gatepass_store::driver::{Discover, Error};
use ureq::Agent;

use crate::{
    agent::{AgentConfig, Traffic, agent},
    gate::Gate,
    wire::send,
};

/// Asks a server what it says of itself. Ask once for each server and keep the answer: see [`Discover::read`].
///
/// # Errors
/// [`Error::Transport`] when it cannot be reached, [`Error::Core`] when what it says cannot be believed.
pub fn discover(look: &Discover) -> Result<Server<'static>, Error> {
    discover_with(look, |options| options)
}

/// The same with the document as it came, to be kept: [`Discover::read`] reads it again, and needs no network.
///
/// # Errors
/// As [`discover`].
pub fn discover_document(look: &Discover) -> Result<(Server<'static>, Vec<u8>), Error> {
    document(look, &|options| options)
}

/// The same with options of your own, as in [`Client::with_agent`](crate::Client::with_agent).
///
/// # Errors
/// As [`discover`].
pub fn discover_with(look: &Discover, options: impl Fn(AgentConfig) -> AgentConfig) -> Result<Server<'static>, Error> {
    document(look, &options).map(|(server, _)| server)
}

fn document(look: &Discover, options: &dyn Fn(AgentConfig) -> AgentConfig) -> Result<(Server<'static>, Vec<u8>), Error> {
    let agent = agent(Traffic::Server, look.allow_http(), Gate::default(), options);
    let mut outcome = Err(Error::Core(gatepass::Violation::NoResponse.into()));
    for form in look.forms() {
        outcome = ask(&agent, look, form);
        // A server that does not have one form may have the other.
        if !matches!(outcome, Err(Error::Core(gatepass::Error::Violation(_)))) {
            break;
        }
    }
    outcome
}

fn ask(agent: &Agent, look: &Discover, form: WellKnown) -> Result<(Server<'static>, Vec<u8>), Error> {
    let (request, limit) = look.request(form)?;
    let response = send(agent, &request, request.timeout()).map_err(Error::transport)?;
    let (head, body) = response.into_parts();
    let content_type = head.headers.get(ureq::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut document = Vec::new();
    // One byte more than is allowed, so that too long is told from long.
    let limit = u64::from(limit).saturating_add(1);
    body.into_reader().take(limit).read_to_end(&mut document).map_err(Error::transport)?;
    let server = look.read(form, head.status.as_u16(), content_type, &document)?;
    Ok((server, document))
}
