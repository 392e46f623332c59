//! The two HTTP clients, and what is set on them whatever the user says.

use core::time::Duration;
use std::sync::Arc;

use gatepass_store::driver::Error;
use reqwest::{ClientBuilder, redirect, retry};

/// What the client is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// The authorization server's endpoints.
    Server,
    /// The APIs.
    Api,
}

/// A client with the user's options, and over them those that are not the user's.
pub(crate) fn http(traffic: Traffic, allow_http: bool, options: &dyn Fn(ClientBuilder) -> ClientBuilder) -> Result<reqwest::Client, Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody else may have been quicker: one is as good as the other.
        let _: Result<(), _> = rustls::crypto::ring::default_provider().install_default();
    }
    let defaults = reqwest::Client::builder().no_proxy();
    let defaults = match traffic {
        // Well within the request's deadline: what ends while it connects is known not to have left.
        Traffic::Server => defaults.connect_timeout(Duration::from_secs(5)),
        Traffic::Api => defaults.connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(60)),
    };
    let hardened = options(defaults).redirect(redirect::Policy::none()).retry(retry::never()).referer(false).https_only(!allow_http);
    let hardened = match traffic {
        // A connection that was kept may have died: whether anything left on it could not be told.
        Traffic::Server => hardened.pool_max_idle_per_host(0),
        Traffic::Api => hardened,
    };
    hardened.build().map_err(|error| Error::Build(Arc::new(error)))
}
