//! `yup-oauth2`, as its documentation shows it. In memory there is its authorization URL alone: its requests and the answers to them
//! cannot be told apart from its HTTP client. It sends neither `state` nor a challenge.

use core::{
    future::{Future, pending},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::sync::{Arc, Mutex, PoisonError};

use gatepass_steps::{
    given,
    step::{Outcome, Ready, Step},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use yup_oauth2::{
    ApplicationSecret, CustomHyperClientBuilder, InstalledFlowAuthenticator, InstalledFlowReturnMethod, authenticator::Authenticator,
    authenticator_delegate::InstalledFlowDelegate,
};

pub(super) struct Yup {
    authenticator: Authenticator<HttpConnector>,
    scopes: Vec<&'static str>,
    url: Arc<Mutex<String>>,
}

/// The person, who never comes back.
struct Person(Arc<Mutex<String>>);

impl InstalledFlowDelegate for Person {
    fn redirect_uri(&self) -> Option<&str> {
        Some(given::REDIRECT_URI)
    }

    fn present_user_url<'a>(&'a self, url: &'a str, _: bool) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        url.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Box::pin(pending())
    }
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

impl Yup {
    pub(super) fn ready(step: Step) -> Option<Box<dyn Ready + Send>> {
        if step != Step::AuthorizationUrl {
            return None;
        }
        let secret = ApplicationSecret {
            client_id: given::CLIENT.to_owned(),
            auth_uri: given::AUTHORIZE.to_owned(),
            token_uri: given::TOKEN.to_owned(),
            ..ApplicationSecret::default()
        };
        let url = Arc::new(Mutex::new(String::new()));
        let client: Client<HttpConnector, String> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let (client, method) = (CustomHyperClientBuilder::from(client), InstalledFlowReturnMethod::Interactive);
        let builder = InstalledFlowAuthenticator::with_client(secret, method, client).flow_delegate(Box::new(Person(Arc::clone(&url))));
        let Poll::Ready(Ok(authenticator)) = poll(pin!(builder.build())) else { panic!("nothing is to be waited for") };
        Some(Box::new(Self { authenticator, scopes: given::SCOPE.split(' ').collect(), url }))
    }
}

impl Ready for Yup {
    fn run(&mut self) {
        let waits = poll(pin!(self.authenticator.token(&self.scopes))).is_pending();
        assert!(waits, "the person does not come back");
    }

    fn outcome(&mut self) -> Outcome {
        Outcome::Url(self.url.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
