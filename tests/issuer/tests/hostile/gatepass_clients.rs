//! gatepass's clients as the script leads them. Nothing is set for a case: short time limits, a clock that can be moved, and no patience
//! with what mends itself later.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use gatepass::{AuthorizationCode, Client as Identity, Config, Grant, Policy, Server, Timestamp};
use gatepass_issuer::hostile::{Client, Trial};
use gatepass_store::driver::{Discover, Error, Settings};
use gatepass_store::{Memory, now};
use std::sync::Arc;

const REDIRECT_URI: &str = "http://127.0.0.1/callback";
/// Longer than any token of the issuer's serves: so a new one is asked for.
const FOR_LONG: Duration = Duration::from_secs(59);

const GRANT: Grant<'static> = Grant::AuthorizationCode(AuthorizationCode::new().scope("read offline_access"));

/// How far a client's clock is ahead of the machine's.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicU64>);

impl Ahead {
    fn pass(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn settings(&self, server: Server<'static>, api: &str) -> Settings {
        let mut policy = Policy::DEFAULT;
        policy.timeout = Duration::from_secs(3);
        policy.lease = Duration::from_secs(6);
        let config = Config::new(server, Identity::public("demo")).and_then(|config| config.with_policy(policy)).unwrap();
        let ahead = Arc::clone(&self.0);
        let clock = move || Timestamp::from_millis(now().as_millis() + ahead.load(Ordering::SeqCst));
        Settings::new(config, Arc::new(Memory::new())).clock(clock).patience(Duration::ZERO).origin(api).danger_allow_http_on_loopback()
    }
}

fn look(trial: &Trial) -> Discover {
    Discover::new(&trial.issuer()).danger_allow_http_on_loopback()
}

fn said(error: Error) -> String {
    error.to_string()
}

/// Nobody is signed in: there is nothing to call.
fn nobody() -> String {
    "not signed in".to_owned()
}

/// Hands in what the browser brings, until one is taken.
fn hand_in(trial: &Trial, url: &str, mut finish: impl FnMut(&str) -> Result<(), Error>) -> Result<(), String> {
    let mut outcome = Err("nobody came back".to_owned());
    for redirect in trial.visit(url) {
        outcome = finish(&redirect).map_err(said);
        match &outcome {
            Ok(()) => break,
            Err(said) => trial.hear(said),
        }
    }
    outcome
}

/// The client on ureq.
#[derive(Default)]
pub(crate) struct Blocking {
    client: Option<gatepass_ureq::Client>,
    ahead: Ahead,
}

impl Blocking {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn client(&self) -> Result<&gatepass_ureq::Client, String> {
        self.client.as_ref().ok_or_else(nobody)
    }
}

impl Client for Blocking {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let server = gatepass_ureq::discover(&look(trial)).map_err(said)?;
        let client = self.client.insert(gatepass_ureq::Client::new(self.ahead.settings(server, &trial.api())).map_err(said)?);
        let url = client.begin_sign_in(&GRANT, REDIRECT_URI).map_err(said)?;
        hand_in(trial, &url, |redirect| client.finish_sign_in(redirect))
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        self.client()?.get(url).map(|_| ()).map_err(said)
    }

    fn refresh(&mut self) -> Result<(), String> {
        self.client()?.access_token(FOR_LONG).map(|_| ()).map_err(said)
    }

    fn sign_out(&mut self) -> Result<(), String> {
        self.client()?.sign_out().map_err(said)
    }

    fn time_passes(&mut self, by: Duration) {
        self.ahead.pass(by);
    }
}

/// The client on reqwest, with a runtime of its own.
pub(crate) struct Tasks {
    runtime: tokio::runtime::Runtime,
    client: Option<gatepass_reqwest::Client>,
    ahead: Ahead,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { runtime, client: None, ahead: Ahead::default() }
    }

    fn client(&self) -> Result<&gatepass_reqwest::Client, String> {
        self.client.as_ref().ok_or_else(nobody)
    }
}

impl Client for Tasks {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let server = self.runtime.block_on(gatepass_reqwest::discover(&look(trial))).map_err(said)?;
        let client = self.client.insert(gatepass_reqwest::Client::new(self.ahead.settings(server, &trial.api())).map_err(said)?);
        let url = self.runtime.block_on(client.begin_sign_in(&GRANT, REDIRECT_URI)).map_err(said)?;
        hand_in(trial, &url, |redirect| self.runtime.block_on(client.finish_sign_in(redirect)))
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        self.runtime.block_on(self.client()?.get(url)).map(|_| ()).map_err(said)
    }

    fn refresh(&mut self) -> Result<(), String> {
        self.runtime.block_on(self.client()?.access_token(FOR_LONG)).map(|_| ()).map_err(said)
    }

    fn sign_out(&mut self) -> Result<(), String> {
        self.runtime.block_on(self.client()?.sign_out()).map_err(said)
    }

    fn time_passes(&mut self, by: Duration) {
        self.ahead.pass(by);
    }
}
