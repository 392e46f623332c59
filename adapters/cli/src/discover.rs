//! What a server says of itself, asked for once, at login, and kept as it came: later commands need no network for it.

use gatepass::{Client, Config, Server};
use gatepass_ureq::{Error, discover_document};

use crate::account::look;
use crate::output::{Exit, Failure};
use crate::profile::Profile;

/// A profile's server, and its metadata document, in the first of the two well-known forms that is good.
pub(crate) fn server(profile: &Profile) -> Result<(Server<'static>, Vec<u8>), Failure> {
    let (server, document) = discover_document(&look(profile)).map_err(|error| refused(profile, error))?;
    // Everything is checked before anything is kept.
    Config::new(server, Client::public("checked")).map_err(|error| refused(profile, error.into()))?;
    Ok((server, document))
}

fn refused(profile: &Profile, error: Error) -> Failure {
    use gatepass::{Error as Fault, Misuse, Violation};
    let problem = format!("what {} says of itself cannot be used ({error})", profile.issuer);
    match error {
        Error::Transport(cause) => {
            let problem = format!("{} cannot be reached: {cause}", profile.issuer);
            Failure::new(Exit::Unavailable, problem).cure("check the address and the network")
        }
        Error::Core(Fault::Misuse(Misuse::Url)) => {
            let cure = "write it as https://...; a server at 127.0.0.1 or [::1] over http needs --allow-loopback-http";
            Failure::usage(format_args!("the issuer cannot be asked ({error})")).cure(cure)
        }
        Error::Core(Fault::Violation(Violation::Status)) => {
            Failure::new(Exit::Refused, problem).cure("check that this is an OAuth 2.0 issuer, to the letter")
        }
        _ => Failure::new(Exit::Failed, problem),
    }
}
