//! `yup-oauth2`, with its own HTTP client, its installed flow and its own listener, as its documentation shows it.

use crate::pasted::Kept;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use gatepass_issuer::Endpoint;
use gatepass_issuer::hostile::{self, Client, Trial};
use std::net::TcpListener;
use std::sync::Arc;
use tokio::sync::Notify;
use yup_oauth2::authenticator::DefaultAuthenticator;
use yup_oauth2::authenticator_delegate::InstalledFlowDelegate;
use yup_oauth2::{AccessToken, ApplicationSecret, InstalledFlowAuthenticator, InstalledFlowReturnMethod};

const SCOPES: [&str; 1] = ["read"];
/// Its builder offers a limit for requests, and without one there is none.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) struct Yup {
    kept: Kept,
    signed_in: Option<DefaultAuthenticator>,
    gave_up: Arc<Notify>,
}

impl Yup {
    pub(crate) fn new() -> Self {
        Self { kept: Kept::new(), signed_in: None, gave_up: Arc::default() }
    }

    /// Asks for a token, until there is one, or the person has given up.
    fn ask(&mut self, is_forced: bool) -> Result<(), String> {
        let Some(authenticator) = &self.signed_in else { return Err("not signed in".to_owned()) };
        let token: Result<AccessToken, String> = self.kept.runtime.block_on(async {
            let token = async {
                let token = if is_forced { authenticator.force_refreshed_token(&SCOPES).await } else { authenticator.token(&SCOPES).await };
                token.map_err(|error| error.to_string())
            };
            tokio::select! {
                token = token => token,
                () = self.gave_up.notified() => Err("the person gave up".to_owned()),
            }
        });
        self.kept.access = token?.token().map(str::to_owned);
        Ok(())
    }
}

impl Client for Yup {
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(|error| error.to_string())?.port();
        let secret = ApplicationSecret {
            client_id: "web".to_owned(),
            client_secret: "s3cr3t:/?%+ &=~".to_owned(),
            auth_uri: trial.endpoint(Endpoint::Authorize),
            token_uri: trial.endpoint(Endpoint::Token),
            ..ApplicationSecret::default()
        };
        let person = Person {
            issuer: trial.issuer(),
            visits: trial.visits(),
            redirect_uri: format!("http://127.0.0.1:{free}/"),
            gave_up: Arc::clone(&self.gave_up),
        };
        let builder = InstalledFlowAuthenticator::builder(secret, InstalledFlowReturnMethod::HTTPPortRedirect(free));
        let builder = builder.flow_delegate(Box::new(person)).with_timeout(TIMEOUT);
        self.signed_in = Some(self.kept.runtime.block_on(builder.build()).map_err(|error| error.to_string())?);
        self.ask(false)
    }

    fn call(&mut self, url: &str) -> Result<(), String> {
        self.kept.call(url)
    }

    fn refresh(&mut self) -> Result<(), String> {
        self.ask(true)
    }

    fn sign_out(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// The person with a browser, who gives up when the client's page says no to every redirect.
struct Person {
    issuer: String,
    visits: u32,
    redirect_uri: String,
    gave_up: Arc<Notify>,
}

impl InstalledFlowDelegate for Person {
    fn redirect_uri(&self) -> Option<&str> {
        Some(&self.redirect_uri)
    }

    fn present_user_url<'a>(&'a self, url: &'a str, _: bool) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        let (issuer, url, visits, gave_up) = (self.issuer.clone(), url.to_owned(), self.visits, Arc::clone(&self.gave_up));
        Box::pin(async move {
            let visit = move || {
                let redirects = hostile::open(&issuer, &url, visits).unwrap_or_default();
                redirects.iter().any(|redirect| hostile::follow(redirect).is_ok_and(|status| status < 400))
            };
            if !tokio::task::spawn_blocking(visit).await.unwrap_or(false) {
                gave_up.notify_one();
            }
            Ok(String::new())
        })
    }
}
