//! What the device is told about its servers.

use gatepass::{AuthorizationCode, Client, Config, Error, Overlap, Policy, Rotation, Server};

/// Settings, as lines `name=value`.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'s> {
    lines: &'s str,
}

impl<'s> Settings<'s> {
    /// Those of a frame `I`.
    #[must_use]
    pub fn of(lines: &'s [u8]) -> Self {
        Self { lines: core::str::from_utf8(lines).unwrap_or_default() }
    }

    /// One of them; empty when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &'s str {
        let found = self.lines.lines().find_map(|line| line.split_once('=').filter(|(key, _)| *key == name));
        found.map_or("", |(_, value)| value)
    }

    /// Whom to ask, and as whom.
    ///
    /// # Errors
    /// Those of [`Config::new`].
    pub fn config(&self) -> Result<Config<'s>, Error> {
        let mut server = Server::new(self.get("issuer"), self.get("authorization"), self.get("token"))
            .with_revocation(self.get("revocation"))
            .with_s256();
        if self.get("iss") == "announced" {
            server = server.with_iss_parameter();
        }
        if self.get("issuer").starts_with("http:") {
            server = server.danger_allow_http_on_loopback();
        }
        let overlap = if self.get("overlap") == "covers" { Overlap::Covers } else { Overlap::Unknown };
        let mut policy = Policy::DEFAULT;
        policy.rotation = Rotation::Rotating(overlap);
        Config::new(server, Client::public(self.get("client")))?.with_policy(policy)
    }

    /// What to ask for; `resource` is where the caller keeps [`resource`](Self::resource).
    #[must_use]
    pub fn request<'r>(&self, resource: &'r [&'r str]) -> AuthorizationCode<'r>
    where
        's: 'r,
    {
        AuthorizationCode::new().scope(self.get("scope")).prompt(self.get("prompt")).resources(resource)
    }

    /// The API's identifier, where the server wants it named.
    #[must_use]
    pub fn resource(&self) -> Option<&'s str> {
        Some(self.get("resource")).filter(|resource| !resource.is_empty())
    }
}
