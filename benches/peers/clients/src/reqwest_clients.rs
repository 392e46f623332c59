//! reqwest, bare and signed in.

use core::time::Duration;
use std::sync::Arc;

use gatepass_issuer::Issuer;
use gatepass_reqwest::{
    Client, Settings,
    reqwest::{self, redirect::Policy, retry},
};
use tokio::runtime::{Builder, Runtime};

use crate::{REDIRECT_URI, Sender, Way, grant};

pub(crate) struct Reqwest {
    /// For what is sent on one thread.
    alone: Runtime,
    many: Runtime,
    sender: Arc<Both>,
}

struct Both {
    bare: reqwest::Client,
    header: String,
    signed_in: Client,
    url: String,
}

impl Both {
    async fn send(&self, way: Way) {
        let response = match way {
            Way::Bare => self.bare.get(&self.url).header("authorization", &self.header).send().await.expect("there is an answer"),
            Way::SignedIn => self.signed_in.get(&self.url).await.expect("there is an answer"),
        };
        assert_eq!(response.bytes().await.expect("it is whole")[..], *b"{}");
    }
}

impl Sender for Reqwest {
    fn new(settings: Settings, issuer: &Issuer, origin: &str) -> Self {
        let alone = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let many = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let signed_in = Client::new(settings).expect("it can be built");
        let bare = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(60));
        let bare = bare.redirect(Policy::none()).retry(retry::never()).referer(false).build().expect("it can be built");
        let header = many.block_on(async {
            let visit = signed_in.begin_sign_in(&grant(), REDIRECT_URI).await.expect("a sign-in can begin");
            let redirect = issuer.visit(&visit).expect("the person agrees");
            signed_in.finish_sign_in(&redirect).await.expect("the sign-in is good");
            let token = signed_in.access_token(Duration::ZERO).await.expect("there is one");
            token.header().expect("it is a good token").to_owned()
        });
        Self { alone, many, sender: Arc::new(Both { bare, header, signed_in, url: format!("{origin}/orders") }) }
    }

    fn send(&self, way: Way, threads: usize, requests: usize) {
        self.many.block_on(async {
            let task = || {
                let sender = Arc::clone(&self.sender);
                tokio::spawn(async move {
                    for _ in 0..requests {
                        sender.send(way).await;
                    }
                })
            };
            let tasks: Vec<_> = (0..threads).map(|_| task()).collect();
            for task in tasks {
                task.await.expect("no request fails");
            }
        });
    }

    fn send_one(&self, way: Way) {
        self.alone.block_on(self.sender.send(way));
    }
}
