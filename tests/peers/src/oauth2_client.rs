//! `oauth2`, with reqwest, as its documentation shows it.

use crate::pasted::{self, Kept, REDIRECT_URI};
use gatepass_issuer::Endpoint;
use gatepass_issuer::hostile::{Client, Trial};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, PkceCodeChallenge, RedirectUrl, RevocationUrl, Scope,
    TokenUrl,
};

type Configured = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointSet>;

pub(crate) struct Oauth2 {
    kept: Kept,
    client: Option<Configured>,
}

impl Oauth2 {
    pub(crate) fn new() -> Self {
        Self { kept: Kept::new(), client: None }
    }

    fn client(&self) -> Result<&Configured, String> {
        self.client.as_ref().ok_or_else(|| "not signed in".to_owned())
    }
}

fn said(error: impl core::fmt::Display) -> String {
    error.to_string()
}

impl Client for Oauth2 {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let client = BasicClient::new(ClientId::new("demo".to_owned()))
            .set_auth_uri(AuthUrl::new(trial.endpoint(Endpoint::Authorize)).map_err(said)?)
            .set_token_uri(TokenUrl::new(trial.endpoint(Endpoint::Token)).map_err(said)?)
            .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).map_err(said)?)
            .set_revocation_url(RevocationUrl::new(trial.endpoint(Endpoint::Revoke)).map_err(said)?);
        let client = self.client.insert(client);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let url = client.authorize_url(CsrfToken::new_random).add_scope(Scope::new("read".to_owned())).set_pkce_challenge(challenge);
        let (url, state) = url.url();
        let code = AuthorizationCode::new(pasted::code(trial, &url, state.secret())?);
        let request = client.exchange_code(code).set_pkce_verifier(verifier);
        let answer = self.kept.runtime.block_on(request.request_async(&self.kept.http));
        self.kept.take(answer)
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        self.kept.call(url)
    }

    fn refresh(&mut self) -> Result<(), String> {
        let token = self.kept.refresh_token()?;
        let request = self.client()?.exchange_refresh_token(&token);
        let answer = self.kept.runtime.block_on(request.request_async(&self.kept.http));
        self.kept.take(answer)
    }

    fn sign_out(&mut self) -> Result<(), String> {
        let token = self.kept.refresh_token()?;
        let request = self.client()?.revoke_token(token.into()).map_err(said)?;
        self.kept.runtime.block_on(request.request_async(&self.kept.http)).map_err(said)
    }
}
