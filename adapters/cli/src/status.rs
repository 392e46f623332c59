//! `gatepass status`: the accounts as they are, without asking any server.

use std::time::Duration;

use gatepass_ureq::Status;
use serde_json::{Value, json};

use crate::account::{self, Wish};
use crate::args::StatusArgs;
use crate::output::{Exit, Failure, Screen, span};
use crate::profile::{Auth, Home, Place, Profile};
use crate::store::Kind;

pub(crate) fn run(args: &StatusArgs, screen: Screen) -> Result<(), Failure> {
    let home = Home::find()?;
    if let Some(name) = &args.profile {
        let place = home.place(name)?;
        let profile = place.open()?;
        let status = look(&place, &profile)?;
        screen.result(&json!({ "profiles": [json(&place, &profile, &status)] }), text(&place, &profile, &status))?;
        // The person has read it; the exit code is for scripts.
        return if is_good(&status) { Ok(()) } else { Err(Failure::new(Exit::SignIn, "")) };
    }
    let (mut objects, mut texts, mut first) = (Vec::new(), Vec::new(), None);
    for name in home.names()? {
        let place = home.place(&name)?;
        let looked = place.open().and_then(|profile| Ok((look(&place, &profile)?, profile)));
        match looked {
            Ok((status, profile)) => {
                objects.push(json(&place, &profile, &status));
                texts.push(text(&place, &profile, &status));
            }
            // One account that cannot be read does not hide the others.
            Err(failure) => {
                objects.push(json!({ "profile": name, "problem": failure.problem() }));
                texts.push(format!("{name}\n  problem     {}", failure.problem()));
                first.get_or_insert(failure);
            }
        }
    }
    if objects.is_empty() {
        texts.push("No accounts yet. Sign in: gatepass login ISSUER --client-id ID".to_owned());
    }
    screen.result(&json!({ "profiles": objects }), texts.join("\n\n"))?;
    first.map_or(Ok(()), Err)
}

fn look(place: &Place, profile: &Profile) -> Result<Status, Failure> {
    // Nothing is sent, so no secret is needed, which may be out of reach.
    let profile = Profile { auth: Auth::Public, ..profile.clone() };
    let wish = Wish { patience: Duration::from_secs(1), ..Wish::default() };
    account::open(place, &profile, wish)?.status().map_err(|error| place.failure(error))
}

pub(crate) const fn is_good(status: &Status) -> bool {
    status.is_signed_in || status.can_refresh
}

/// What a program wants to know of an account.
pub(crate) fn json(place: &Place, profile: &Profile, status: &Status) -> Value {
    json!({
        "profile": place.name,
        "issuer": profile.issuer,
        "client_id": profile.client_id,
        "state": status.state.as_str(),
        "signed_in": is_good(status),
        "access_token_serves": status.is_signed_in,
        "expires_in": status.expires_in.map(|left| left.as_secs()),
        "scope": status.scope,
        "can_refresh": status.can_refresh,
        "in_doubt": is_in_doubt(status),
        "apis": profile.apis,
        "store": profile.store.at,
        "store_name": is_named(profile).then(|| profile.grant_name(place)),
        "shared": profile.store.is_shared(),
        "next": next(place, status),
    })
}

/// Whether the store tells grants apart by their names.
fn is_named(profile: &Profile) -> bool {
    !matches!(profile.store.kind(), Ok(Kind::File | Kind::Encrypted))
}

fn is_in_doubt(status: &Status) -> bool {
    matches!(status.state, gatepass::StateName::InDoubt | gatepass::StateName::Waiting)
}

fn text(place: &Place, profile: &Profile, status: &Status) -> String {
    let token = match (status.is_signed_in, status.expires_in) {
        (true, Some(left)) => format!("good for {}", span(left.as_secs())),
        (true, None) => "good; the server did not say for how long".to_owned(),
        (false, _) if status.can_refresh => "expired; it is refreshed when it is needed".to_owned(),
        (false, _) => "none".to_owned(),
    };
    let apis = if profile.apis.is_empty() { "none yet (gatepass call --allow-origin URL)".to_owned() } else { profile.apis.join(", ") };
    let mut store = profile.store.shown(place);
    if is_named(profile) {
        store = format!("{store}, by the name {}", profile.grant_name(place));
    }
    let mut lines = vec![
        place.name.clone(),
        format!("  issuer      {}", profile.issuer),
        format!("  client      {}", profile.client_id),
        format!("  state       {}", if is_good(status) { "signed in" } else { "not signed in" }),
        format!("  token       {token}"),
        format!("  refreshes   {}", if status.can_refresh { "yes" } else { "no" }),
        format!("  scope       {}", status.scope.as_deref().unwrap_or("not said")),
        format!("  apis        {apis}"),
        format!("  store       {store}"),
    ];
    if is_in_doubt(status) {
        lines.push("  in doubt    a refresh was sent, by this or another process, and its answer is not stored yet".to_owned());
    }
    lines.push(format!("  next        {}", next(place, status)));
    lines.join("\n")
}

/// The command that comes next.
fn next(place: &Place, status: &Status) -> String {
    if is_good(status) { format!("gatepass token{}", place.option()) } else { place.sign_in().trim_start_matches("run ").to_owned() }
}
