//! An issuer behind a proxy, and what is counted there.

use core::time::Duration;
use std::collections::HashMap;

use gatepass::{Client as Identity, Config, Policy, Server};
use gatepass_faults::proxy::{Proxy, Wire};
use gatepass_issuer::{Endpoint, Issuer};
use gatepass_store::driver::{Discover, Settings};

use crate::sweep::Ran;
use crate::world::World;

/// What a stalled request costs: no longer than it must be, and long enough for one that is not, on a machine that does much else.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// Past it a lease has lapsed, and a back-off too.
pub const LAPSE: Duration = Duration::from_secs(31);

pub struct Front {
    pub world: World,
    pub proxy: Proxy,
}

impl Front {
    /// An issuer that takes the previous refresh token for so long.
    pub fn new(overlap: Duration) -> Self {
        let proxy = Proxy::new();
        let origin = format!("http://{}", proxy.address());
        let members = serde_json::json!({ "issuer": origin });
        let builder = Issuer::builder().overlap(overlap).metadata_members(members.as_object().unwrap().clone());
        let world = World::with(builder);
        proxy.lead_to(world.issuer.address());
        Self { world, proxy }
    }

    /// The URL of an endpoint, through the proxy.
    pub fn url(&self, endpoint: Endpoint) -> String {
        let url = self.world.issuer.endpoint_url(endpoint);
        url.replace(&self.world.issuer.address().to_string(), &self.proxy.address().to_string())
    }

    pub fn settings(&self) -> Settings {
        let text = |text: String| -> &'static str { String::leak(text) };
        let authorize = text(self.world.issuer.endpoint_url(Endpoint::Authorize));
        let [token, revoke] = [Endpoint::Token, Endpoint::Revoke].map(|endpoint| text(self.url(endpoint)));
        let server = Server::new(text(self.world.issuer.url()), authorize, token).with_revocation(revoke).danger_allow_http_on_loopback();
        let mut policy = Policy::DEFAULT;
        policy.timeout = TIMEOUT;
        let config = Config::new(server, Identity::public("demo")).unwrap().with_policy(policy).unwrap();
        self.world.tuned(Settings::new(config, self.world.store.clone())).origin(&self.url(Endpoint::Api))
    }

    pub fn discover(&self) -> Discover {
        Discover::new(&format!("http://{}", self.proxy.address())).danger_allow_http_on_loopback()
    }

    /// Ends the fault. What is seen afterwards is final.
    pub fn mend(&self) -> Result<(), String> {
        self.proxy.mend();
        check(!self.proxy.has_hung(), || "a request that never ended".to_owned())
    }

    /// How a run ended: whether its fault has struck, and what had gone over the wire.
    pub fn end(&self, wires: Vec<Wire>) -> Ran {
        check(!self.proxy.has_hung(), || "a request that never ended".to_owned())?;
        Ok((self.proxy.is_struck(), wires))
    }
}

/// How often each value of this parameter was sent, however much of the rest was.
pub fn sent(wires: &[Wire], parameter: &str) -> HashMap<String, usize> {
    let mut sent = HashMap::new();
    let wanted = format!("{parameter}=");
    for wire in wires {
        let text = String::from_utf8_lossy(&wire.request);
        let values = text.split(['&', '\n', '?', ' ']).filter_map(|field| field.strip_prefix(&wanted));
        for value in values {
            *sent.entry(value.to_owned()).or_default() += 1;
        }
    }
    sent
}

/// What must hold, and what is said where it does not.
pub fn check(holds: bool, says: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(says()) }
}
