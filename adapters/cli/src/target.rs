//! Whom a token is for, where that is not whom the sign-in was for.

use gatepass::Audience;
use gatepass_ureq::{Client, Error};

use crate::args::TargetArgs;
use crate::output::{Exit, Failure};
use crate::profile::{Place, Profile};

/// The audience that is wanted; `None` for the one that the grant's own token is for.
pub(crate) fn other(args: &TargetArgs, profile: &Profile) -> Option<Audience<'static>> {
    let asked = &profile.ask;
    // Given away for good: a configuration lives as long as the command.
    match (&args.audience, &args.resource) {
        (Some(name), _) if name.is_empty() || *name != asked.audience => Some(Audience::named(String::leak(name.clone()))),
        (_, Some(uri)) if *asked.resources != [uri.as_str()] => Some(Audience::resource(String::leak(uri.clone()))),
        _ => None,
    }
}

/// What an error means where a token for this audience was wanted.
pub(crate) fn failure(place: &Place, client: &Client, audience: Option<Audience<'_>>, error: Error) -> Failure {
    let failure = place.failure(error);
    let (Some(audience), Exit::Refused) = (audience, failure.exit()) else { return failure };
    let said = client.status().ok().and_then(|status| status.refusal);
    let problem = format!(
        "profile '{}': the server gives no token for {} ({})",
        place.name,
        audience.name().escape_default(),
        said.as_deref().unwrap_or_else(|| failure.problem())
    );
    let cure = "check that name with the server; it may want a sign-in that asks for it (gatepass login --audience or --resource)";
    Failure::new(Exit::Refused, problem).cure(cure)
}
