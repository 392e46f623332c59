//! The same work with crate `oauth2`, as its users do it: the tokens lie in a file, each process refreshes for itself when they
//! are about to expire, and writes the new ones back. Nobody locks anything.
//!
//! It is written with care: the file is read anew before each call, replaced by a rename, read again after a refusal in case
//! that another process was quicker, and a token that the API rejects is refreshed once.

use core::time::Duration;
use std::{fs, path::PathBuf};

use gatepass_issuer::Issuer;
use gatepass_ureq::ureq::{self, Agent};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge,
    RedirectUrl, RefreshToken, RequestTokenError, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse},
};
use serde_json::{Value, json};

use crate::{
    caller::Trouble,
    event::{Moment, What, now},
    worker::LIFE,
};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// For the report.
pub(crate) const DESCRIPTION: &str = "\
oauth2: the same work with crate oauth2 5 over ureq, as its users do it: the tokens in a file that each process reads before
each call; each refreshes for itself when a token is about to expire or was rejected, replaces the file by a rename, and reads
it again when a refresh is refused, in case that another process was quicker. Nobody locks anything.
";

pub(crate) struct Rival {
    issuer: String,
    cache: PathBuf,
    name: String,
    agent: Agent,
}

/// The tokens in the file.
struct Cached {
    access: String,
    refresh: String,
    expires: Moment,
}

fn failed(error: impl core::fmt::Display) -> Trouble {
    Trouble::Failed(error.to_string())
}

impl Rival {
    pub(crate) fn new(issuer: &str, cache: PathBuf, name: &str) -> Self {
        let agent = Agent::config_builder().max_redirects(0).http_status_as_error(false).user_agent(name).build().into();
        Self { issuer: issuer.to_owned(), cache, name: name.to_owned(), agent }
    }

    /// Calls the API, and once more with another token if this one is rejected.
    pub(crate) fn call(&self, api: &str, min_ttl: Duration) -> Result<u16, Trouble> {
        // As long as a token can be expected to live: three quarters of its life, as gatepass has it.
        let wanted = min_ttl.min(LIFE * 3 / 4).as_micros();
        let cached = self.read()?.ok_or_else(|| Trouble::Asks("no token".to_owned()))?;
        let cached = if cached.expires < now() + wanted { self.refresh(&cached)? } else { cached };
        let status = self.get(api, &cached)?;
        if status != 401 {
            return Ok(status);
        }
        let other = self.read()?.filter(|other| other.access != cached.access);
        let cached = other.map_or_else(|| self.refresh(&cached), Ok)?;
        self.get(api, &cached)
    }

    fn get(&self, api: &str, cached: &Cached) -> Result<u16, Trouble> {
        let request = self.agent.get(api).header("authorization", format!("Bearer {}", cached.access));
        request.call().map(|response| response.status().as_u16()).map_err(failed)
    }

    fn refresh(&self, cached: &Cached) -> Result<Cached, Trouble> {
        let token = RefreshToken::new(cached.refresh.clone());
        let answer = self.client()?.exchange_refresh_token(&token).request(&|request| self.send(request));
        match answer {
            Ok(tokens) => {
                let tokens = self.keep(&tokens)?;
                What::Saved.tell();
                Ok(tokens)
            }
            Err(RequestTokenError::ServerResponse(refusal)) if *refusal.error() == BasicErrorResponseType::InvalidGrant => {
                // Nothing is left of what was sent.
                What::Saved.tell();
                let other = self.read()?.filter(|other| other.refresh != cached.refresh);
                other.ok_or_else(|| Trouble::Asks("invalid_grant".to_owned()))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The user signs in again: the file is replaced.
    pub(crate) fn sign_in(&self, issuer: &Issuer) -> Result<(), Trouble> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client()?;
        let (url, _state) = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        let redirect = issuer.visit(url.as_str()).map_err(failed)?;
        let code = redirect.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).ok_or_else(|| failed("no code"))?;
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).set_pkce_verifier(verifier);
        let tokens = exchange.request(&|request| self.send(request)).map_err(failed)?;
        self.keep(&tokens).map(drop)
    }

    fn client(&self) -> Result<Client, Trouble> {
        let authorize = AuthUrl::new(format!("{}/authorize", self.issuer)).map_err(failed)?;
        let token = TokenUrl::new(format!("{}/token", self.issuer)).map_err(failed)?;
        let redirect = RedirectUrl::new(REDIRECT_URI.to_owned()).map_err(failed)?;
        Ok(BasicClient::new(ClientId::new("demo".to_owned())).set_auth_uri(authorize).set_token_uri(token).set_redirect_uri(redirect))
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let (head, mut body) = self.agent.run(request)?.into_parts();
        Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
    }

    fn keep(&self, tokens: &BasicTokenResponse) -> Result<Cached, Trouble> {
        let access = tokens.access_token().secret().clone();
        let refresh = tokens.refresh_token().ok_or_else(|| failed("no refresh token"))?.secret().clone();
        let expires = now() + tokens.expires_in().unwrap_or(LIFE).as_micros();
        let text = json!({ "access": access, "refresh": refresh, "expires": u64::try_from(expires).unwrap_or(u64::MAX) }).to_string();
        let next = self.cache.with_extension(self.name.replace('/', "-"));
        fs::write(&next, text).and_then(|()| fs::rename(&next, &self.cache)).map_err(failed)?;
        Ok(Cached { access, refresh, expires })
    }

    fn read(&self) -> Result<Option<Cached>, Trouble> {
        let text = match fs::read(&self.cache) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let value: Value = serde_json::from_slice(&text).map_err(failed)?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let expires = value["expires"].as_u64().unwrap_or_default().into();
        Ok(Some(Cached { access: text("access"), refresh: text("refresh"), expires }))
    }
}
