//! What an application does around a library that reads no redirect and calls no API: as their examples do it.

use gatepass_issuer::hostile::Trial;
use oauth2::{reqwest, url::Url};

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// An HTTP client as the documentation of `oauth2` and `openidconnect` builds it.
pub(crate) fn http_client() -> reqwest::Client {
    reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build().expect("the client builds")
}

/// The code of the first redirect whose state is the one that was sent: both are found as in `examples/google.rs`, and compared as the
/// documentation tells.
pub(crate) fn code(trial: &Trial, url: &Url, state: &str) -> Result<String, String> {
    let mut outcome = Err("nobody came back".to_owned());
    for redirect in trial.visit(url.as_str()) {
        outcome = read(&redirect, state);
        match &outcome {
            Ok(_) => break,
            Err(said) => trial.hear(said),
        }
    }
    outcome
}

fn read(redirect: &str, state: &str) -> Result<String, String> {
    let url = Url::parse(redirect).map_err(|error| error.to_string())?;
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if find("state").as_deref() != Some(state) {
        return Err("the state is not the one that was sent".to_owned());
    }
    find("code").ok_or_else(|| "there is no code".to_owned())
}

/// The tokens that an application keeps, and its calls to the API.
pub(crate) struct Kept {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) http: reqwest::Client,
    pub(crate) access: Option<String>,
    pub(crate) refresh: Option<String>,
}

impl Kept {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        Self { runtime, http: http_client(), access: None, refresh: None }
    }

    /// What an answer gave; without a new refresh token the old one stays.
    pub(crate) fn keep(&mut self, access: &str, refresh: Option<&str>) {
        self.access = Some(access.to_owned());
        self.refresh = refresh.map(str::to_owned).or_else(|| self.refresh.take());
    }

    pub(crate) fn call(&self, url: &str) -> Result<(), String> {
        let token = self.access.as_ref().ok_or("not signed in")?;
        let answer = self.runtime.block_on(self.http.get(url).bearer_auth(token).send());
        answer.map(|_| ()).map_err(|error| error.to_string())
    }
}
