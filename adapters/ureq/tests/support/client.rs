//! The client as the rules want it: async in form, for the one set of rules that both adapters keep.

use core::time::Duration;

use gatepass::{Grant, Server};
use gatepass_store::driver::{Discover, Error, Settings, Status, Token};
use gatepass_ureq::ureq::http::Request;

#[derive(Debug)]
pub struct Client(pub gatepass_ureq::Client);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

type Sent = Result<gatepass_ureq::ureq::http::Response<gatepass_ureq::ureq::Body>, Error>;

fn answer(sent: Sent) -> Result<Answer, Error> {
    let mut response = sent?;
    let body = response.body_mut().read_to_string().unwrap();
    Ok(Answer { status: response.status().as_u16(), body })
}

impl Client {
    pub fn new(settings: Settings) -> Result<Self, Error> {
        gatepass_ureq::Client::new(settings).map(Self)
    }

    /// A client that trusts one authority, and no other.
    pub fn trusting(settings: Settings, authority: Vec<u8>) -> Result<Self, Error> {
        use gatepass_ureq::ureq::tls::{Certificate, RootCerts, TlsConfig};
        let roots = RootCerts::new_with_certs(&[Certificate::from_der(&authority).to_owned()]);
        let tls = TlsConfig::builder().root_certs(roots).build();
        gatepass_ureq::Client::with_agent(settings, |options| options.tls_config(tls.clone())).map(Self)
    }

    /// With options in the request that would follow redirects, were they not ignored.
    pub async fn get(&self, url: &str) -> Result<Answer, Error> {
        let request = Request::get(url).body("").unwrap();
        answer(self.0.send(gatepass_ureq::ureq::agent().configure_request(request).max_redirects(9).build()))
    }

    pub async fn get_authorized(&self, url: &str) -> Result<Answer, Error> {
        answer(self.0.send(Request::get(url).header("authorization", "Basic eDp5").body("").unwrap()))
    }

    pub async fn post(&self, url: &str, body: &'static str) -> Result<Answer, Error> {
        answer(self.0.send(Request::post(url).body(body).unwrap()))
    }

    pub async fn access_token(&self, min_ttl: Duration) -> Result<Token, Error> {
        self.0.access_token(min_ttl)
    }

    pub async fn access_token_for(&self, audience: &str, min_ttl: Duration) -> Result<Token, Error> {
        self.0.access_token_for(audience, min_ttl)
    }

    pub async fn begin_sign_in(&self, grant: &Grant<'_>, redirect_uri: &str) -> Result<String, Error> {
        self.0.begin_sign_in(grant, redirect_uri)
    }

    pub async fn finish_sign_in(&self, redirect: &str) -> Result<(), Error> {
        self.0.finish_sign_in(redirect)
    }

    pub async fn resume_pending(&self, pending: &[u8]) -> Result<String, Error> {
        self.0.resume_pending(pending)
    }

    pub async fn sign_out(&self) -> Result<(), Error> {
        self.0.sign_out()
    }

    pub async fn save(&self) -> Result<(), Error> {
        self.0.save()
    }

    pub async fn is_signed_in(&self) -> bool {
        self.0.is_signed_in()
    }

    pub async fn status(&self) -> Result<Status, Error> {
        self.0.status()
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
    gatepass_ureq::discover(look)
}
