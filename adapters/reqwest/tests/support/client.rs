//! The client as the rules want it: for the one set of rules that both adapters keep.

use core::time::Duration;

use gatepass::{Grant, Server};
use gatepass_reqwest::reqwest::{self, Method};
use gatepass_store::driver::{Discover, Error, Settings, Status, Token};

#[derive(Debug)]
pub struct Client(pub gatepass_reqwest::Client);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

async fn answer(sent: Result<reqwest::Response, Error>) -> Result<Answer, Error> {
    let response = sent?;
    let status = response.status().as_u16();
    Ok(Answer { status, body: response.text().await.unwrap() })
}

impl Client {
    pub fn new(settings: Settings) -> Result<Self, Error> {
        gatepass_reqwest::Client::new(settings).map(Self)
    }

    /// A client that trusts one authority, and no other.
    pub fn trusting(settings: Settings, authority: Vec<u8>) -> Result<Self, Error> {
        let authority = reqwest::Certificate::from_der(&authority).unwrap();
        gatepass_reqwest::Client::with_http(settings, |options| options.tls_certs_only([authority.clone()])).map(Self)
    }

    pub async fn get(&self, url: &str) -> Result<Answer, Error> {
        answer(self.0.get(url).await).await
    }

    pub async fn get_authorized(&self, url: &str) -> Result<Answer, Error> {
        answer(self.0.send(reqwest::Client::new().get(url).basic_auth("x", Some("y"))).await).await
    }

    pub async fn post(&self, url: &str, body: &'static str) -> Result<Answer, Error> {
        let mut request = reqwest::Request::new(Method::POST, url.parse().unwrap());
        *request.body_mut() = Some(body.into());
        answer(self.0.execute(request).await).await
    }

    pub async fn access_token(&self, min_ttl: Duration) -> Result<Token, Error> {
        self.0.access_token(min_ttl).await
    }

    pub async fn access_token_for(&self, audience: &str, min_ttl: Duration) -> Result<Token, Error> {
        self.0.access_token_for(audience, min_ttl).await
    }

    pub async fn begin_sign_in(&self, grant: &Grant<'_>, redirect_uri: &str) -> Result<String, Error> {
        self.0.begin_sign_in(grant, redirect_uri).await
    }

    pub async fn finish_sign_in(&self, redirect: &str) -> Result<(), Error> {
        self.0.finish_sign_in(redirect).await
    }

    pub async fn resume_pending(&self, pending: &[u8]) -> Result<String, Error> {
        self.0.resume_pending(pending).await
    }

    pub async fn sign_out(&self) -> Result<(), Error> {
        self.0.sign_out().await
    }

    pub async fn save(&self) -> Result<(), Error> {
        self.0.save().await
    }

    pub async fn is_signed_in(&self) -> bool {
        self.0.is_signed_in().await
    }

    pub async fn status(&self) -> Result<Status, Error> {
        self.0.status().await
    }

    pub fn cancel_sign_in(&self) -> Result<(), Error> {
        self.0.cancel_sign_in()
    }

    pub fn export_pending(&self) -> Result<Vec<u8>, Error> {
        self.0.export_pending().map(|pending| pending.to_vec())
    }

    pub fn redirect_uri(&self) -> Option<String> {
        self.0.redirect_uri()
    }
}

pub async fn discover(look: &Discover) -> Result<Server<'static>, Error> {
    gatepass_reqwest::discover(look).await
}
