//! What an application does around a library that reads no redirect and calls no API: as their examples do it.

use gatepass_issuer::hostile::Trial;
use oauth2::{
    HttpClientError, RefreshToken, TokenResponse,
    basic::{BasicErrorResponseType, BasicRequestTokenError},
    reqwest,
    url::Url,
};

/// Why there is no answer.
type Refused = BasicRequestTokenError<HttpClientError<reqwest::Error>>;

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

/// Whether the server refused the refresh token for good.
fn has_ended(error: &Refused) -> bool {
    matches!(error, BasicRequestTokenError::ServerResponse(response) if *response.error() == BasicErrorResponseType::InvalidGrant)
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

    /// What an answer gave: without a new refresh token the old one stays, and one that was refused for good is dropped.
    pub(crate) fn take(&mut self, answer: Result<impl TokenResponse, Refused>) -> Result<(), String> {
        match answer {
            Ok(answer) => {
                self.access = Some(answer.access_token().secret().clone());
                self.refresh = answer.refresh_token().map(|token| token.secret().clone()).or_else(|| self.refresh.take());
                Ok(())
            }
            Err(error) => {
                if has_ended(&error) {
                    self.refresh = None;
                }
                Err(error.to_string())
            }
        }
    }

    pub(crate) fn refresh_token(&self) -> Result<RefreshToken, String> {
        Ok(RefreshToken::new(self.refresh.clone().ok_or("no refresh token")?))
    }

    pub(crate) fn call(&self, url: &str) -> Result<(), String> {
        let token = self.access.as_ref().ok_or("not signed in")?;
        let answer = self.runtime.block_on(self.http.get(url).bearer_auth(token).send());
        answer.map(|_| ()).map_err(|error| error.to_string())
    }
}
