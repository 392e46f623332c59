//! The user: signs in when asked, over the issuer that agrees to everything.

use core::time::Duration;
use std::path::PathBuf;

use gatepass::{AuthorizationCode, Grant};
use gatepass_issuer::Issuer;
use gatepass_store::driver::{Error, Settings};

use crate::{
    caller::Trouble,
    place::{self, Place},
    rival::Rival,
};

const REDIRECT_URI: &str = "http://127.0.0.1/callback";
const NAME: &str = "user";

/// Signs in where the grant lies, unless somebody is signed in there: whether it was necessary.
pub(crate) fn sign_in(issuer: &Issuer, place: &Place, lease: Duration) -> Result<bool, String> {
    let done = match place {
        Place::Cache(path) => with_oauth2(issuer, path.clone()),
        Place::File(_) | Place::Redis(_) | Place::Postgres(_) => with_gatepass(issuer, place, lease),
    };
    done.map_err(|error| format!("the user could not sign in: {error}"))
}

fn with_oauth2(issuer: &Issuer, path: PathBuf) -> Result<bool, String> {
    match Rival::new(&issuer.url(), path, NAME).sign_in(issuer) {
        Ok(()) => Ok(true),
        Err(Trouble::Asks(error) | Trouble::Failed(error)) => Err(error),
    }
}

fn with_gatepass(issuer: &Issuer, place: &Place, lease: Duration) -> Result<bool, String> {
    let told = |error: Error| error.to_string();
    let config = place::config(&issuer.url(), lease)?;
    let settings = Settings::new(config, place.store()?).origin(&issuer.url()).danger_allow_http_on_loopback();
    let client = gatepass_ureq::Client::with_agent(settings, |agent| agent.user_agent(NAME)).map_err(told)?;
    if client.is_signed_in() {
        return Ok(false);
    }
    let grant = Grant::AuthorizationCode(AuthorizationCode::new());
    let url = client.begin_sign_in(&grant, REDIRECT_URI).map_err(told)?;
    let redirect = issuer.visit(&url).map_err(|error| error.to_string())?;
    client.finish_sign_in(&redirect).map_err(told)?;
    Ok(true)
}
