//! A client written by hand on `url` and `serde_json`, as somebody would who wants no library for it: with the checks that belong to it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gatepass_steps::given;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded::Serializer};

use super::{
    parts::{Answer, Parts},
    redirect,
};

#[derive(Deserialize)]
pub(crate) struct Tokens {
    access_token: String,
    token_type: String,
    #[expect(dead_code, reason = "an application needs it, and it must be read to be there")]
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    #[expect(dead_code, reason = "likewise")]
    scope: Option<String>,
}

pub(super) struct ByHand {
    authorize: Url,
    verifier: String,
    challenge: String,
    state: String,
    url: String,
    code: Option<String>,
    form: String,
    tokens: Option<Tokens>,
    header: String,
}

fn read(answer: &Answer) -> Option<Tokens> {
    let media_type = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    if answer.status() != 200 || !media_type.starts_with(given::CONTENT_TYPE) {
        return None;
    }
    let tokens: Tokens = serde_json::from_slice(answer.body()).ok()?;
    tokens.token_type.eq_ignore_ascii_case("Bearer").then_some(tokens)
}

impl Parts for ByHand {
    fn new(_: usize) -> Self {
        let authorize = Url::parse(given::AUTHORIZE).expect("it is a URL");
        let [verifier, challenge, state, url, form, header] = [const { String::new() }; 6];
        Self { authorize, verifier, challenge, state, url, code: None, form, tokens: None, header }
    }

    fn pkce(&mut self, entropy: &[u8; 64]) {
        self.verifier = redirect::verifier(entropy);
        self.challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
    }

    fn sign_in(&mut self, entropy: &[u8; 64]) {
        self.pkce(entropy);
        self.state = redirect::state(entropy);
        let mut url = self.authorize.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", given::CLIENT)
            .append_pair("redirect_uri", given::REDIRECT_URI)
            .append_pair("scope", given::SCOPE)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &self.challenge)
            .append_pair("code_challenge_method", "S256");
        self.url = url.into();
    }

    fn come_back(&mut self, redirect: &str) -> bool {
        self.code = redirect::code(redirect, &self.state);
        self.code.is_some()
    }

    fn redeem(&mut self) {
        self.form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", self.code.as_ref().expect("somebody came back"))
            .append_pair("redirect_uri", given::REDIRECT_URI)
            .append_pair("client_id", given::CLIENT)
            .append_pair("code_verifier", &self.verifier)
            .finish();
    }

    fn receive(&mut self, answer: Answer) {
        self.tokens = Some(read(&answer).expect("it is a good answer"));
    }

    fn refresh(&mut self) {
        let token = self.tokens.as_ref().and_then(|tokens| tokens.refresh_token.as_ref()).expect("there is one");
        self.form = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", token)
            .append_pair("client_id", given::CLIENT)
            .finish();
    }

    fn refresh_and_receive(&mut self, answer: Answer) {
        self.refresh();
        self.receive(answer);
    }

    fn make_header(&mut self) {
        self.header = format!("Bearer {}", self.tokens.as_ref().expect("there are some").access_token);
    }

    fn made_pkce(&self) -> (String, String) {
        (self.verifier.clone(), self.challenge.clone())
    }

    fn made_url(&self) -> String {
        self.url.clone()
    }

    fn kept_code(&self) -> String {
        self.code.clone().expect("it was kept")
    }

    fn made_request(&self) -> (String, String) {
        (given::TOKEN.to_owned(), self.form.clone())
    }

    fn kept_tokens(&self) -> (String, String) {
        let tokens = self.tokens.as_ref().expect("there are some");
        (tokens.access_token.clone(), tokens.refresh_token.clone().expect("there is one"))
    }

    fn made_header(&self) -> String {
        self.header.clone()
    }
}
