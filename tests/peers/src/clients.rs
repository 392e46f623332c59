//! The clients, and what each offers by itself.

use crate::gatepass_clients::{Blocking, Tasks};
use crate::oauth2_client::Oauth2;
use crate::openidconnect_client::OpenIdConnect;
use crate::yup_client::Yup;
use core::time::Duration;
use gatepass_issuer::hostile::{Client, Judgement, Trial};
use std::sync::Arc;

/// A column of the table.
pub(crate) struct Column {
    /// The crate's name.
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Arc<Trial>, Duration) -> Judgement,
    pub(crate) offers: fn(&str) -> Offer,
}

/// Whose doing it is that a client holds or falls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// The library's.
    Library,
    /// The application's, which does what the library's documentation tells it to, with what the library gives it for that.
    Application,
    /// The library has nothing to do with it.
    Nothing,
}

pub(crate) const COLUMNS: [Column; 5] = [
    Column { name: "gatepass-ureq", run: |trial, limit| run(trial, limit, Blocking::new), offers: |_| Offer::Library },
    Column { name: "gatepass-reqwest", run: |trial, limit| run(trial, limit, Tasks::new), offers: |_| Offer::Library },
    Column { name: "oauth2", run: |trial, limit| run(trial, limit, Oauth2::new), offers: oauth2 },
    Column { name: "openidconnect", run: |trial, limit| run(trial, limit, OpenIdConnect::new), offers: openidconnect },
    Column { name: "yup-oauth2", run: |trial, limit| run(trial, limit, Yup::new), offers: yup },
];

fn run<C: Client + 'static>(trial: &Arc<Trial>, limit: Duration, begin: fn() -> C) -> Judgement {
    trial.run_within(limit, begin)
}

fn oauth2(case: &str) -> Offer {
    match case {
        // It says that the state is to be compared, and makes one.
        "redirect-wrong-state" | "redirect-no-state" | "redirect-empty-state" | "redirect-foreign-error" => Offer::Application,
        // It keeps no grant, so it knows nothing of a refresh before.
        "refresh-lost" | "refresh-cut" => Offer::Nothing,
        "refresh-307" => Offer::Library,
        // It hands over the new refresh token, and errors by their kinds.
        _ if case.starts_with("refresh-") => Offer::Application,
        _ if ["metadata-", "redirect-", "api-"].iter().any(|prefix| case.starts_with(prefix)) => Offer::Nothing,
        _ => Offer::Library,
    }
}

fn openidconnect(case: &str) -> Offer {
    if case.starts_with("metadata-") { Offer::Library } else { oauth2(case) }
}

fn yup(case: &str) -> Offer {
    match case {
        // It is configured for one server, by hand, and does not know RFC 9207.
        "redirect-wrong-iss" | "redirect-no-iss" => Offer::Nothing,
        _ if ["metadata-", "api-", "revocation-"].iter().any(|prefix| case.starts_with(prefix)) => Offer::Nothing,
        _ => Offer::Library,
    }
}
