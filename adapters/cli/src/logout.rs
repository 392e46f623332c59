//! `gatepass logout`: the grant ends here, and at the server.

use gatepass_store::File;
use gatepass_ureq::Error;
use serde_json::{Value, json};

use crate::account::{self, Wish};
use crate::args::LogoutArgs;
use crate::output::{Exit, Failure, Screen};
use crate::profile::{Home, Place, Profile};
use crate::store::{self, Pending};

pub(crate) fn run(args: &LogoutArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let profile = place.open()?;
    let shared = profile.store.is_shared();
    if args.leave {
        return leave(&place, &profile, screen);
    }
    let wish = Wish { patience: args.profile.wait, ..Wish::default() };
    let signed_out = account::open(&place, &profile, wish).and_then(|client| {
        let status = client.status().map_err(|error| place.failure(error))?;
        client.sign_out().map_err(|error| match error {
            Error::Waiting { why: gatepass::Why::Revocation, .. } => {
                Failure::new(Exit::Unavailable, format_args!("profile '{}': {error}", place.name))
                    .cure("run gatepass logout again to tell it")
            }
            error => place.failure(error),
        })?;
        Ok(status.is_signed_in || status.can_refresh)
    });
    // Whoever wants to forget an account is not kept from it by a file that is damaged, or by a server that is gone.
    let was_signed_in = match signed_out {
        Err(failure) if args.forget => {
            let others = if shared { ", and who shares its grant stays signed in" } else { "" };
            screen.note(format_args!("gatepass: {}; the profile is forgotten all the same{others}", failure.problem()));
            false
        }
        outcome => outcome?,
    };
    if args.forget {
        forget(&place, &profile, screen)?;
    } else {
        Pending::of(&place, &profile).clear()?;
    }
    let all = if shared && was_signed_in { format!(", for all who share the grant in {}", profile.store.at) } else { String::new() };
    let text = match (args.forget, was_signed_in) {
        (true, _) => format!("Signed out of profile '{}'{all}, and forgot it.", place.name),
        (false, true) => format!("Signed out of profile '{}'{all}.", place.name),
        (false, false) => format!("Nobody was signed in to profile '{}'.", place.name),
    };
    screen.result(&result(&place, was_signed_in, args.forget), text)
}

/// Only this machine has no profile any more.
fn leave(place: &Place, profile: &Profile, screen: Screen) -> Result<(), Failure> {
    if !profile.store.is_shared() {
        let problem = format!("the grant of profile '{}' is on this machine only: nobody else would have it", place.name);
        return Err(Failure::usage(problem).cure("to end it and to forget the profile: gatepass logout --forget"));
    }
    forget(place, profile, screen)?;
    let text = format!("Forgot profile '{}'; its grant stays in {} for the others.", place.name, profile.store.at);
    screen.result(&result(place, false, true), text)
}

fn forget(place: &Place, profile: &Profile, screen: Screen) -> Result<(), Failure> {
    // A keyring that is gone keeps nobody from forgetting an account.
    if let Err(failure) = store::remove_from_keyring(place, profile) {
        screen.note(format_args!("gatepass: {}; what the keyring has of profile '{}' stays there", failure.problem(), place.name));
    }
    File::new(&place.grant).remove()?;
    place.forget()
}

fn result(place: &Place, was_signed_in: bool, forgotten: bool) -> Value {
    json!({ "profile": place.name, "was_signed_in": was_signed_in, "forgotten": forgotten })
}
