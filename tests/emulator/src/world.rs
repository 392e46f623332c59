//! What is around a device: an authorization server with its API, a person with a phone, and time.

use core::{fmt::Debug, time::Duration};
use std::thread;

use gatepass_issuer::{Endpoint, Issuer};
use gatepass_support::{NATIVE_CLIENT, OidcProvider, ProviderOptions};

/// What is around a device.
pub trait World: Debug {
    /// What a device must know, as lines `name=value`: see `tests/firmware/README.md`.
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// A person opens the URL on a phone, agrees, and copies the address of the redirect.
    fn visit(&mut self, url: &str) -> String;

    /// Time passes.
    fn pass(&mut self, time: Duration);

    /// How many refreshes the server has answered with tokens.
    fn refreshes(&self) -> u64;

    /// All that must not be seen: what the server was sent, by name.
    fn secrets(&self) -> Vec<(String, String)>;
}

/// Fields of requests that are secrets.
const SECRETS: [&str; 5] = ["code", "code_verifier", "refresh_token", "state", "token"];
/// Where the person's phone ends up.
const REDIRECT_URI: &str = "https://app.example/callback";

/// The embedded issuer, whose clock goes with the device's.
#[derive(Debug)]
pub struct Embedded {
    issuer: Issuer,
    covers: bool,
}

impl Embedded {
    /// Access tokens live a minute; a rotated refresh token works on for `overlap`, of which the device is told unless it is zero.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    pub fn start(overlap: Duration) -> Self {
        Self { issuer: Issuer::builder().overlap(overlap).start().expect("the issuer starts"), covers: !overlap.is_zero() }
    }

    /// The server.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }
}

impl World for Embedded {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let at = |endpoint| self.issuer.endpoint_url(endpoint);
        vec![
            ("issuer", self.issuer.url()),
            ("authorization", at(Endpoint::Authorize)),
            ("token", at(Endpoint::Token)),
            ("revocation", at(Endpoint::Revoke)),
            ("api", self.issuer.api_url()),
            ("client", "demo".to_owned()),
            ("redirect", REDIRECT_URI.to_owned()),
            ("scope", "read offline_access".to_owned()),
            ("overlap", if self.covers { "covers" } else { "unknown" }.to_owned()),
        ]
    }

    fn visit(&mut self, url: &str) -> String {
        self.issuer.visit(url).expect("the person can sign in")
    }

    fn pass(&mut self, time: Duration) {
        self.issuer.advance(time);
    }

    fn refreshes(&self) -> u64 {
        self.issuer.counts().refresh_successes
    }

    fn secrets(&self) -> Vec<(String, String)> {
        let mut secrets = Vec::new();
        for request in self.issuer.requests() {
            let bearer = request.header("authorization").map(|value| ("authorization".to_owned(), value.to_owned()));
            secrets.extend(request.form.into_iter().filter(|(name, _)| SECRETS.contains(&name.as_str())));
            secrets.extend(bearer);
        }
        secrets
    }
}

/// The certified server, where time is real.
#[derive(Debug)]
pub struct Certified(OidcProvider);

impl Certified {
    /// Access tokens live so many seconds.
    #[must_use]
    pub fn start(seconds: u64) -> Self {
        Self(OidcProvider::start(ProviderOptions::access_token_ttl(seconds)))
    }

    /// The server.
    #[must_use]
    pub const fn provider(&self) -> &OidcProvider {
        &self.0
    }
}

impl World for Certified {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let at = |path: &str| format!("{}{path}", self.0.issuer());
        vec![
            ("issuer", at("")),
            ("authorization", at("/auth")),
            ("token", at("/token")),
            ("revocation", at("/token/revocation")),
            ("api", self.0.api().to_owned()),
            ("client", NATIVE_CLIENT.to_owned()),
            ("redirect", "http://127.0.0.1:49152/callback".to_owned()),
            ("scope", "openid offline_access api:read".to_owned()),
            ("prompt", "consent".to_owned()),
            ("resource", self.0.api().to_owned()),
            ("iss", "announced".to_owned()),
            ("overlap", "unknown".to_owned()),
        ]
    }

    fn visit(&mut self, url: &str) -> String {
        self.0.sign_in_by_forms(url)
    }

    fn pass(&mut self, time: Duration) {
        // Nothing that happens at this server says that a token has expired there.
        thread::sleep(time);
    }

    fn refreshes(&self) -> u64 {
        let log = self.0.log();
        let is_refresh = |entry: &&serde_json::Value| {
            entry["path"] == "/token" && entry["form"]["grant_type"] == "refresh_token" && entry["status"] == 200
        };
        log.iter().filter(is_refresh).count() as u64
    }

    fn secrets(&self) -> Vec<(String, String)> {
        let mut secrets = Vec::new();
        for entry in self.0.log() {
            for (name, value) in SECRETS.iter().filter_map(|name| Some((*name, entry["form"][*name].as_str()?))) {
                secrets.push((name.to_owned(), value.to_owned()));
            }
            if let Some(state) = entry["query"]["state"].as_str() {
                secrets.push(("state".to_owned(), state.to_owned()));
            }
            if let Some(value) = entry["headers"]["authorization"].as_str() {
                secrets.push(("authorization".to_owned(), value.to_owned()));
            }
        }
        secrets
    }
}
