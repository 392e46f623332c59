//! `gatepass logout`: the grant ends here, and at the server.

use gatepass_store::File;
use gatepass_ureq::Error;
use serde_json::json;

use crate::account;
use crate::args::LogoutArgs;
use crate::output::{Exit, Failure, Screen};
use crate::profile::Home;

pub(crate) fn run(args: &LogoutArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let profile = place.open()?;
    let signed_out = account::open(&place, &profile, &[], args.profile.wait).and_then(|client| {
        let was_signed_in = client.is_signed_in();
        client.sign_out().map_err(|error| match error {
            Error::Waiting { why: gatepass::Why::Revocation, .. } => {
                Failure::new(Exit::Unavailable, format_args!("profile '{}': {error}", place.name))
                    .cure("run gatepass logout again to tell it")
            }
            error => place.failure(error),
        })?;
        Ok(was_signed_in)
    });
    // Whoever wants to forget an account is not kept from it by a file that is damaged, or by a server that is gone.
    let was_signed_in = match signed_out {
        Err(failure) if args.forget => {
            screen.note(format_args!("gatepass: {}; the profile is forgotten all the same", failure.problem()));
            false
        }
        outcome => outcome?,
    };
    File::new(&place.grant).clear_pending()?;
    if args.forget {
        place.forget()?;
    }
    let text = match (args.forget, was_signed_in) {
        (true, _) => format!("Signed out of profile '{}', and forgot it.", place.name),
        (false, true) => format!("Signed out of profile '{}'.", place.name),
        (false, false) => format!("Nobody was signed in to profile '{}'.", place.name),
    };
    screen.result(&json!({ "profile": place.name, "was_signed_in": was_signed_in, "forgotten": args.forget }), text)
}
