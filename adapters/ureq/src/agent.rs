//! The two agents, and what is set on them whatever the user says.

use core::time::Duration;

use ureq::{
    Agent,
    config::{Config, ConfigBuilder},
    typestate::AgentScope,
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector as _, DefaultConnector},
    },
};

use crate::gate::Gate;

/// The options of an agent, as [`Client::with_agent`](crate::Client::with_agent) hands them out and takes them back.
pub type AgentConfig = ConfigBuilder<AgentScope>;

/// What the agent is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// The authorization server's endpoints.
    Server,
    /// The APIs.
    Api,
}

/// How long an API may say nothing, and take nothing.
const SILENCE: Option<Duration> = Some(Duration::from_secs(60));

/// An agent with the user's options, whose connections go through a gate.
pub(crate) fn agent(traffic: Traffic, allow_http: bool, gate: Gate, options: &dyn Fn(AgentConfig) -> AgentConfig) -> Agent {
    Agent::with_parts(config(traffic, allow_http, options), DefaultConnector::default().chain(gate), DefaultResolver::default())
}

/// The user's options, and over them those that are not the user's.
pub(crate) fn config(traffic: Traffic, allow_http: bool, options: &dyn Fn(AgentConfig) -> AgentConfig) -> Config {
    let defaults = Agent::config_builder().proxy(None).timeout_connect(Some(Duration::from_secs(10)));
    let defaults = match traffic {
        Traffic::Server => defaults,
        // An answer of any length, but none that stands still.
        Traffic::Api => defaults.timeout_recv_response(SILENCE).timeout_per_read(SILENCE).timeout_per_write(SILENCE),
    };
    let hardened = options(defaults).max_redirects(0).max_redirects_will_error(false).http_status_as_error(false).https_only(!allow_http);
    let hardened = match traffic {
        // A connection that was kept may have died: whether anything left on it could not be told.
        Traffic::Server => hardened.max_idle_connections(0).max_idle_connections_per_host(0),
        Traffic::Api => hardened,
    };
    hardened.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_that_stands_still_is_not_waited_for_unless_the_user_says_so() {
        let limits = |options: &dyn Fn(AgentConfig) -> AgentConfig| {
            let agent = agent(Traffic::Api, false, Gate::default(), options);
            (agent.config().timeout_per_read(), agent.config().timeout_per_write(), agent.config().timeouts().recv_response)
        };
        assert_eq!(limits(&|options| options), (SILENCE, SILENCE, SILENCE));
        assert_eq!(limits(&|options| options.timeout_per_read(None)), (None, SILENCE, SILENCE));
    }
}
