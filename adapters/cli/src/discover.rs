//! What a server says of itself, asked for once, at login, and kept as it came: later commands need no network for it.

use gatepass::{Client, Config, Discovery, Server, WellKnown};
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
    let https = "https://...; a server at 127.0.0.1 or [::1] over http needs --allow-loopback-http";
    match error {
        Error::Transport(cause) => {
            let problem = format!("{} cannot be reached: {cause}", profile.issuer);
            Failure::new(Exit::Unavailable, problem).cure("check the address and the network")
        }
        Error::Core(Fault::Misuse(Misuse::Url)) if can_be_asked(profile) => {
            Failure::new(Exit::Refused, problem).cure(format_args!("each of its endpoints must be {https}"))
        }
        Error::Core(Fault::Misuse(Misuse::Url)) => {
            Failure::usage(format_args!("the issuer cannot be asked ({error})")).cure(format_args!("write it as {https}"))
        }
        Error::Core(Fault::Violation(Violation::Status)) => {
            Failure::new(Exit::Refused, problem).cure("check that this is an OAuth 2.0 issuer, to the letter")
        }
        _ => Failure::new(Exit::Failed, problem),
    }
}

/// Whether it is the issuer's own URL that is good.
fn can_be_asked(profile: &Profile) -> bool {
    let ask = if profile.allow_loopback_http { Discovery::danger_allow_http_on_loopback } else { Discovery::new };
    ask(&profile.issuer, WellKnown::OAuth, &mut []).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_refused_is_not_blamed_on_the_issuer() {
        let told = |issuer: &str, loopback: bool| {
            let profile = format!("issuer = '{issuer}'\nclient_id = 'id'\nallow_loopback_http = {loopback}");
            let profile: Profile = toml::from_str(&profile).unwrap();
            format!("{:?}", refused(&profile, gatepass::Error::Misuse(gatepass::Misuse::Url).into()))
        };
        for (issuer, loopback) in [("https://as.example", false), ("http://127.0.0.1:9", true)] {
            let told = told(issuer, loopback);
            assert!(told.contains("endpoints must be https") && told.contains("Refused"), "{told}");
        }
        for issuer in ["http://as.example", "http://127.0.0.1:9", "as.example"] {
            let told = told(issuer, false);
            assert!(told.contains("the issuer cannot be asked") && told.contains("Usage"), "{told}");
        }
    }
}
