//! ureq, bare and signed in.

use core::time::Duration;
use std::thread;

use gatepass_issuer::Issuer;
use gatepass_ureq::{AgentConfig, Client, Settings, ureq::Agent};

use crate::{REDIRECT_URI, Sender, Way, grant};

pub(crate) struct Ureq {
    bare: Agent,
    header: String,
    signed_in: Client,
    url: String,
}

/// Both keep a connection for each thread.
fn options(config: AgentConfig) -> AgentConfig {
    config.max_idle_connections(128).max_idle_connections_per_host(128)
}

impl Sender for Ureq {
    fn new(settings: Settings, issuer: &Issuer, origin: &str) -> Self {
        let silence = Some(Duration::from_secs(60));
        let bare = Agent::config_builder().proxy(None).timeout_connect(Some(Duration::from_secs(10)));
        let bare = bare.timeout_recv_response(silence).timeout_per_read(silence).timeout_per_write(silence);
        let bare = options(bare).max_redirects(0).http_status_as_error(false).build().new_agent();
        let signed_in = Client::with_agent(settings, options).expect("it can be built");
        let visit = signed_in.begin_sign_in(&grant(), REDIRECT_URI).expect("a sign-in can begin");
        signed_in.finish_sign_in(&issuer.visit(&visit).expect("the person agrees")).expect("the sign-in is good");
        let token = signed_in.access_token(Duration::ZERO).expect("there is one");
        let header = token.header().expect("it is a good token").to_owned();
        Self { bare, header, signed_in, url: format!("{origin}/orders") }
    }

    fn send(&self, way: Way, threads: usize, requests: usize) {
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..requests).for_each(|_| self.send_one(way)));
            }
        });
    }

    fn send_one(&self, way: Way) {
        let body = match way {
            Way::Bare => {
                let mut response = self.bare.get(&self.url).header("authorization", &self.header).call().expect("there is an answer");
                response.body_mut().read_to_vec()
            }
            Way::SignedIn => self.signed_in.get(&self.url).expect("there is an answer").body_mut().read_to_vec(),
        };
        assert_eq!(body.expect("it is whole"), b"{}");
    }
}
