//! `gatepass token`: the one command that prints a secret.

use std::time::Duration;

use serde_json::json;

use crate::account::{self, Wish};
use crate::args::TokenArgs;
use crate::output::{Failure, Screen};
use crate::profile::Home;
use crate::target;

/// Long enough for most of what a token is fetched for.
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn run(args: &TokenArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let profile = place.open()?;
    let audience = target::other(&args.target, &profile);
    let client = account::open(&place, &profile, Wish { audience, patience: args.profile.wait, ..Wish::default() })?;
    let min_ttl = args.min_ttl.unwrap_or(MINUTE);
    let token = match audience {
        Some(audience) => client.access_token_for(audience.name(), min_ttl),
        None => client.access_token(min_ttl),
    };
    // With this process its tokens would be lost, and with them the grant.
    let saved = client.save();
    let token = token.map_err(|error| target::failure(&place, &client, audience, error))?;
    let expires_in = token.expires_in().map(|left| left.as_secs());
    if args.min_ttl.is_some_and(|asked| token.expires_in().is_some_and(|left| left < asked)) {
        let left = crate::output::span(expires_in.unwrap_or_default());
        screen.note(format_args!("gatepass: the token is good for {left} only; there is none that lives as long as you asked"));
    }
    if let Ok(status) = client.status() {
        account::note_quirks(&place, &status, screen);
    }
    screen.result(&json!({ "profile": place.name, "access_token": token.secret(), "expires_in": expires_in }), token.secret())?;
    saved.map_err(|error| place.failure(error))
}
