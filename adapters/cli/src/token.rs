//! `gatepass token`: the one command that prints a secret.

use std::time::Duration;

use serde_json::json;

use crate::account;
use crate::args::TokenArgs;
use crate::output::{Failure, Screen};
use crate::profile::Home;

/// Long enough for most of what a token is fetched for.
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn run(args: &TokenArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let client = account::open(&place, &place.open()?, &[], args.profile.wait)?;
    let token = client.access_token(args.min_ttl.unwrap_or(MINUTE)).map_err(|error| place.failure(error))?;
    let expires_in = token.expires_in().map(|left| left.as_secs());
    if args.min_ttl.is_some_and(|asked| token.expires_in().is_some_and(|left| left < asked)) {
        let left = crate::output::span(expires_in.unwrap_or_default());
        screen.note(format_args!("gatepass: the token is good for {left} only; there is none that lives as long as you asked"));
    }
    if let Ok(status) = client.status() {
        account::note_quirks(&place, &status, screen);
    }
    screen.result(&json!({ "profile": place.name, "access_token": token.secret(), "expires_in": expires_in }), token.secret())
}
