//! `openidconnect`, as its documentation shows it; but for ID tokens, which this server does not issue. It sends a nonce beside `state`.

use std::sync::LazyLock;

use gatepass_steps::given;
use openidconnect::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenUrl,
    core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreTokenResponse},
    url::Url,
};

use super::{
    exchange::{self, HTTP, Pending, Request},
    parts::{Answer, Parts},
    redirect,
};

type Configured = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet>;
type ErrorResponse = openidconnect::StandardErrorResponse<CoreErrorResponseType>;
type Redeemed = Result<CoreTokenResponse, RequestTokenError<core::convert::Infallible, ErrorResponse>>;

/// One client for all, as an application has it.
static CLIENT: LazyLock<Configured> = LazyLock::new(|| {
    let issuer = IssuerUrl::new(given::ISSUER.to_owned()).expect("it is a URL");
    CoreClient::new(ClientId::new(given::CLIENT.to_owned()), issuer, JsonWebKeySet::default())
        .set_auth_uri(AuthUrl::new(given::AUTHORIZE.to_owned()).expect("it is a URL"))
        .set_token_uri(TokenUrl::new(given::TOKEN.to_owned()).expect("it is a URL"))
        .set_redirect_uri(RedirectUrl::new(given::REDIRECT_URI.to_owned()).expect("it is a URL"))
});

#[derive(Default)]
pub(super) struct OpenIdConnect {
    verifier: Option<PkceCodeVerifier>,
    challenge: Option<PkceCodeChallenge>,
    state: Option<CsrfToken>,
    nonce: Option<Nonce>,
    url: Option<Url>,
    code: Option<AuthorizationCode>,
    request: Option<Request>,
    redeemed: Option<Pending<Redeemed>>,
    tokens: Option<CoreTokenResponse>,
    header: String,
}

impl Parts for OpenIdConnect {
    fn new(_: usize) -> Self {
        LazyLock::force(&CLIENT);
        Self::default()
    }

    fn pkce(&mut self, entropy: &[u8; 64]) {
        let verifier = PkceCodeVerifier::new(redirect::verifier(entropy));
        self.challenge = Some(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        self.verifier = Some(verifier);
    }

    fn sign_in(&mut self, entropy: &[u8; 64]) {
        self.pkce(entropy);
        let challenge = self.challenge.take().expect("it was just made");
        let [state, nonce] = [redirect::state(entropy), redirect::state(entropy)];
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let url = CLIENT.authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce));
        // It asks for `openid` by itself.
        let url = url.add_scopes(given::SCOPE.split(' ').skip(1).map(|scope| Scope::new(scope.to_owned())));
        let (url, state, nonce) = url.set_pkce_challenge(challenge).url();
        (self.url, self.state, self.nonce) = (Some(url), Some(state), Some(nonce));
    }

    fn come_back(&mut self, redirect: &str) -> bool {
        let state = self.state.as_ref().expect("it was sent");
        self.code = redirect::code(redirect, state.secret()).map(AuthorizationCode::new);
        self.code.is_some()
    }

    fn redeem(&mut self) {
        let code = self.code.take().expect("somebody came back");
        let request = CLIENT.exchange_code(code).set_pkce_verifier(self.verifier.take().expect("it was made"));
        let mut future: Pending<Redeemed> = Box::pin(request.request_async(&HTTP));
        self.request = Some(exchange::send(future.as_mut()));
        self.redeemed = Some(future);
    }

    fn receive(&mut self, answer: Answer) {
        let mut future = self.redeemed.take().expect("the request was sent");
        self.tokens = Some(exchange::receive(future.as_mut(), answer).expect("it is a good answer"));
    }

    fn refresh(&mut self) {
        let token = self.tokens.as_ref().and_then(|tokens| tokens.refresh_token()).expect("there is one");
        let future = core::pin::pin!(CLIENT.exchange_refresh_token(token).request_async(&HTTP));
        self.request = Some(exchange::send(future));
    }

    fn refresh_and_receive(&mut self, answer: Answer) {
        let tokens = self.tokens.take().expect("there are some");
        let token = tokens.refresh_token().expect("there is one");
        let mut future = core::pin::pin!(CLIENT.exchange_refresh_token(token).request_async(&HTTP));
        self.request = Some(exchange::send(future.as_mut()));
        self.tokens = Some(exchange::receive(future, answer).expect("it is a good answer"));
    }

    fn make_header(&mut self) {
        let token = self.tokens.as_ref().expect("there are some").access_token();
        self.header = format!("Bearer {}", token.secret());
    }

    fn made_pkce(&self) -> (String, String) {
        let verifier = self.verifier.as_ref().expect("it was made").secret().clone();
        (verifier, self.challenge.as_ref().expect("it was made").as_str().to_owned())
    }

    fn made_url(&self) -> String {
        self.url.as_ref().expect("it was made").to_string()
    }

    fn kept_code(&self) -> String {
        self.code.as_ref().expect("it was kept").secret().clone()
    }

    fn made_request(&self) -> (String, String) {
        let request = self.request.as_ref().expect("it was made");
        (request.uri().to_string(), String::from_utf8(request.body().clone()).expect("a form is text"))
    }

    fn kept_tokens(&self) -> (String, String) {
        let tokens = self.tokens.as_ref().expect("there are some");
        (tokens.access_token().secret().clone(), tokens.refresh_token().expect("there is one").secret().clone())
    }

    fn made_header(&self) -> String {
        self.header.clone()
    }
}
