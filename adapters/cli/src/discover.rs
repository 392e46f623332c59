//! What a server says of itself, asked for once, at login, and kept as it came: later commands need no network for it.

use std::io::Read as _;

use gatepass::{Client, Config, WellKnown};
use gatepass_store::driver::Discover;
use gatepass_ureq::ureq::{self, Agent};

use crate::output::{Exit, Failure};
use crate::profile::Profile;

/// The metadata document of a profile's server, in the first of the two well-known forms that is good.
pub(crate) fn document(profile: &Profile) -> Result<Vec<u8>, Failure> {
    let look = crate::account::look(profile);
    let agent: Agent = Agent::config_builder()
        .https_only(!look.allow_http())
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let mut failure = Failure::new(Exit::Failed, "the server says nothing of itself");
    for form in look.forms() {
        match ask(&agent, &look, form)? {
            Ok(document) => return Ok(document),
            // A server that does not have one form may have the other.
            Err(error) => failure = refused(profile, error),
        }
    }
    Err(failure)
}

type Answer = Result<Vec<u8>, gatepass::Error>;

fn ask(agent: &Agent, look: &Discover, form: WellKnown) -> Result<Answer, Failure> {
    let (request, limit) = look.request(form).map_err(|error| {
        let cure = "write it as https://...; a server at 127.0.0.1 or [::1] over http needs --allow-loopback-http";
        Failure::usage(format_args!("the issuer cannot be asked ({error})")).cure(cure)
    })?;
    let unreachable = |error: ureq::Error| {
        Failure::new(Exit::Unavailable, format_args!("{} cannot be reached: {error}", request.url()))
            .cure("check the address and the network")
    };
    let mut builder = ureq::http::Request::builder().method(request.method()).uri(request.url());
    for (name, value, _) in request.headers() {
        builder = builder.header(name, value);
    }
    let question = builder.body(()).map_err(|error| unreachable(error.into()))?;
    let question = agent.configure_request(question).timeout_global(Some(request.timeout())).build();
    let (head, body) = agent.run(question).map_err(unreachable)?.into_parts();
    let content_type = head.headers.get(ureq::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut document = Vec::new();
    // One byte more than is allowed, so that too long is told from long.
    let read = body.into_reader().take(u64::from(limit).saturating_add(1)).read_to_end(&mut document);
    read.map_err(|error| unreachable(error.into()))?;
    let server = look.read(form, head.status.as_u16(), content_type, &document);
    // Everything is checked before anything is kept.
    Ok(server.and_then(|server| Config::new(server, Client::public("checked"))).map(|_| document))
}

fn refused(profile: &Profile, error: gatepass::Error) -> Failure {
    use gatepass::{Error, Violation};
    let problem = format!("what {} says of itself cannot be used ({error})", profile.issuer);
    match error {
        Error::Violation(Violation::Status) => {
            Failure::new(Exit::Refused, problem).cure("check that this is an OAuth 2.0 issuer, to the letter")
        }
        _ => Failure::new(Exit::Failed, problem),
    }
}
