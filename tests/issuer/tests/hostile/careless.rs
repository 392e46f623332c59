//! Two clients that do it wrong: one believes everything, the other takes fright at everything. Between them they fall in every case.

use crate::harness::{Answer, CHALLENGE, VERIFIER, connect, encode, param, parse};
use flate2::read::GzDecoder;
use gatepass_issuer::Endpoint;
use gatepass_issuer::hostile::{Client, Trial};
use serde_json::{Map, Value};
use std::io::{Read as _, Write as _};

const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// Sends a request wherever it is led, secrets and all, and takes what comes.
fn fetch(method: &str, url: &str, header: &str, body: &str) -> Option<Answer> {
    let mut url = url.to_owned();
    for _ in 0..5 {
        let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
        let mut stream = connect(host.parse().ok()?);
        let kind = "content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n";
        let length = body.len();
        let request = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\n{kind}{header}content-length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).ok()?;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let mut answer = bytes.windows(4).any(|window| window == b"\r\n\r\n").then(|| parse(&bytes))?;
        if answer.header("content-encoding") == Some("gzip") {
            let packed = std::mem::take(&mut answer.body);
            let _ = GzDecoder::new(packed.as_slice()).read_to_end(&mut answer.body);
        }
        match answer.header("location") {
            Some(next) => url = next.to_owned(),
            None => return Some(answer),
        }
    }
    None
}

/// The value of a member, wherever it stands and whatever it is.
fn dig(text: &str, name: &str) -> Option<String> {
    let after = [format!("{name}\":"), format!("{name}=")].iter().filter_map(|key| text.rfind(key).map(|at| at + key.len())).max()?;
    let value = text[after..].trim_start_matches('"');
    Some(value.split(['"', ',', '}', '&']).next()?.replace("\\r", "\r").replace("\\n", "\n"))
}

/// Believes everything.
#[derive(Default)]
pub(crate) struct Credulous {
    token_endpoint: String,
    revocation_endpoint: String,
    access_token: String,
    refresh_token: String,
}

impl Credulous {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn tokens(&mut self, form: &[(&str, &str)]) -> Result<(), String> {
        let answer = fetch("POST", &self.token_endpoint, "", &encode(form)).map(|answer| answer.text()).unwrap_or_default();
        self.access_token = dig(&answer, "access_token").unwrap_or_else(|| "none".to_owned());
        if self.refresh_token.is_empty() {
            self.refresh_token = dig(&answer, "refresh_token").unwrap_or_default();
        }
        match serde_json::from_str::<Value>(&answer) {
            Ok(document) if document["error"].is_string() => Err(document["error_description"].as_str().unwrap_or_default().to_owned()),
            _ => Ok(()),
        }
    }
}

impl Client for Credulous {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let well_known = format!("{}/.well-known/oauth-authorization-server", trial.issuer());
        let document = fetch("GET", &well_known, "", "").ok_or("no metadata")?.text();
        self.token_endpoint = dig(&document, "token_endpoint").ok_or("no token endpoint")?;
        self.revocation_endpoint = trial.endpoint(Endpoint::Revoke);
        let pairs = [
            ("response_type", "code"),
            ("client_id", "demo"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "read"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let url = format!("{}?{}", dig(&document, "authorization_endpoint").ok_or("no endpoint")?, encode(&pairs));
        let redirect = trial.visit(&url).first().ok_or("nobody came back")?.replacen('#', "?", 1);
        let Some(code) = param(&redirect, "code") else {
            return Err(param(&redirect, "error_description").unwrap_or_default());
        };
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI)];
        self.tokens(&[&form[..], &[("code_verifier", VERIFIER), ("client_id", "demo")]].concat())
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        let header = format!("authorization: Bearer {}\r\n", self.access_token);
        let answer = fetch("GET", url, &header, "").ok_or("no answer")?;
        // Credentials go wherever a challenge says.
        let realm = answer.header("www-authenticate").and_then(|value| Some(value.split_once("realm=\"")?.1.split_once('"')?.0.to_owned()));
        realm.and_then(|realm| fetch("GET", &realm, &header, ""));
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), String> {
        let token = self.refresh_token.clone();
        self.tokens(&[("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "demo")])
    }

    fn sign_out(&mut self) -> Result<(), String> {
        fetch("POST", &self.revocation_endpoint, "", &encode(&[("token", &self.refresh_token), ("client_id", "demo")]));
        Ok(())
    }
}

/// Takes fright at everything that it does not know, and then gives up.
#[derive(Default)]
pub(crate) struct Prim {
    inner: Credulous,
    has_given_up: bool,
}

impl Prim {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn tokens(&mut self, form: &[(&str, &str)]) -> Option<()> {
        let answer = fetch("POST", &self.inner.token_endpoint, "", &encode(form))?.text();
        let members: Map<String, Value> = serde_json::from_str(&answer).ok()?;
        let known = ["access_token", "token_type", "expires_in", "scope", "refresh_token"];
        let is_familiar = members.keys().all(|name| known.contains(&name.as_str()));
        if !is_familiar || members.get("token_type")? != "Bearer" || members.get("expires_in")?.as_u64()? > 1_000_000 {
            return None;
        }
        self.inner.access_token = members.get("access_token")?.as_str()?.to_owned();
        self.inner.refresh_token = members.get("refresh_token").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(())
    }

    fn tokens_or_nothing(&mut self, form: &[(&str, &str)]) -> Result<(), String> {
        self.has_given_up |= self.tokens(form).is_none();
        if self.has_given_up { Err("no".to_owned()) } else { Ok(()) }
    }
}

impl Client for Prim {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        self.inner.token_endpoint = trial.endpoint(Endpoint::Token);
        let pairs = [("response_type", "code"), ("client_id", "demo"), ("redirect_uri", REDIRECT_URI)];
        let url = format!("{}?{}", trial.endpoint(Endpoint::Authorize), encode(&pairs));
        let code = trial.visit(&url).first().and_then(|redirect| param(redirect, "code")).ok_or("no code")?;
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI), ("client_id", "demo")];
        self.tokens_or_nothing(&form)
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        if self.has_given_up { Ok(()) } else { self.inner.call(url) }
    }

    fn refresh(&mut self) -> Result<(), String> {
        if self.has_given_up || self.inner.refresh_token.is_empty() {
            return Ok(());
        }
        let token = self.inner.refresh_token.clone();
        self.tokens_or_nothing(&[("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "demo")])
    }

    fn sign_out(&mut self) -> Result<(), String> {
        Ok(())
    }
}
