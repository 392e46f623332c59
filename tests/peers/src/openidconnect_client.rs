//! `openidconnect`, with reqwest, as its documentation shows it; but for ID tokens, which this issuer does not issue.

use crate::pasted::{self, Kept, REDIRECT_URI};
use gatepass_issuer::Endpoint;
use gatepass_issuer::hostile::{Client, Trial};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge,
    RedirectUrl, RevocationUrl, Scope,
};

type Configured = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

pub(crate) struct OpenIdConnect {
    kept: Kept,
    client: Option<Configured>,
}

impl OpenIdConnect {
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

impl Client for OpenIdConnect {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let issuer = IssuerUrl::new(trial.issuer()).map_err(said)?;
        let metadata = self.kept.runtime.block_on(CoreProviderMetadata::discover_async(issuer, &self.kept.http)).map_err(said)?;
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new("demo".to_owned()), None)
            .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).map_err(said)?)
            .set_revocation_url(RevocationUrl::new(trial.endpoint(Endpoint::Revoke)).map_err(said)?);
        let client = self.client.insert(client);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let url = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        let (url, state, _) = url.add_scope(Scope::new("read".to_owned())).set_pkce_challenge(challenge).url();
        let code = AuthorizationCode::new(pasted::code(trial, &url, state.secret())?);
        let request = client.exchange_code(code).map_err(said)?.set_pkce_verifier(verifier);
        let answer = self.kept.runtime.block_on(request.request_async(&self.kept.http));
        self.kept.take(answer)
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        self.kept.call(url)
    }

    fn refresh(&mut self) -> Result<(), String> {
        let token = self.kept.refresh_token()?;
        let request = self.client()?.exchange_refresh_token(&token).map_err(said)?;
        let answer = self.kept.runtime.block_on(request.request_async(&self.kept.http));
        self.kept.take(answer)
    }

    fn sign_out(&mut self) -> Result<(), String> {
        let token = self.kept.refresh_token()?;
        let request = self.client()?.revoke_token(token.into()).map_err(said)?;
        self.kept.runtime.block_on(request.request_async(&self.kept.http)).map_err(said)
    }
}
