//! How a server is to be, before it starts.

use crate::client::Client;
use crate::dialect::Dialect;
use crate::issuer::Issuer;
use crate::shared::Tunables;
use serde_json::{Map, Value};
use std::io;
use std::time::Duration;

/// What happens to a family when a replaced refresh token is presented (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reuse {
    /// It ends, with every token in it.
    #[default]
    RevokeFamily,
    /// The presented token is refused, and the family lives on.
    Refuse,
}

/// What does not change while the server runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) clients: Vec<Client>,
    pub(crate) refresh_rotation: bool,
    pub(crate) overlap: Duration,
    pub(crate) reuse: Reuse,
    pub(crate) auto_approve: bool,
    pub(crate) require_offline_access: bool,
    pub(crate) require_pkce: bool,
    pub(crate) targets: Vec<String>,
    pub(crate) subject: String,
    pub(crate) metadata_members: Map<String, Value>,
}

/// Settings of an [`Issuer`]; begin with [`Issuer::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    settings: Settings,
    tunables: Tunables,
    port: u16,
}

impl Default for Builder {
    fn default() -> Self {
        let settings = Settings {
            dialect: Dialect::Plain,
            clients: Client::defaults(),
            refresh_rotation: true,
            overlap: Duration::ZERO,
            reuse: Reuse::RevokeFamily,
            auto_approve: true,
            require_offline_access: false,
            require_pkce: true,
            targets: Vec::new(),
            subject: "alice".to_owned(),
            metadata_members: Map::new(),
        };
        let tunables = Tunables { access_ttl: Duration::from_secs(60), ..Tunables::default() };
        Self { settings, tunables, port: 0 }
    }
}

impl Builder {
    /// How long an access token serves, in whole seconds: a fraction is dropped. Default 60 s.
    pub fn access_ttl(mut self, ttl: Duration) -> Self {
        self.tunables.access_ttl = ttl;
        self
    }

    /// Whether a refresh replaces the refresh token. Default `true`. Otherwise the answer to a refresh
    /// names none, and the first one serves on.
    pub fn refresh_rotation(mut self, rotates: bool) -> Self {
        self.settings.refresh_rotation = rotates;
        self
    }

    /// How long the *immediately previous* refresh token still yields a new token set, on the issuer's
    /// clock. Default zero: it never does.
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.settings.overlap = overlap;
        self
    }

    /// What a replaced refresh token does outside the overlap. Default [`Reuse::RevokeFamily`].
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.settings.reuse = reuse;
        self
    }

    /// Whose habits to imitate. Default [`Dialect::Plain`].
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = dialect;
        self
    }

    /// Replaces the clients. Default: public `demo` and confidential `web` with the secret
    /// `s3cr3t:/?%+ &=~`, both with the redirect URIs `http://127.0.0.1/`, `http://127.0.0.1/callback`, the
    /// same on `[::1]` (these four with any port), `https://app.example/callback`, `com.example.app:/callback`.
    pub fn clients(mut self, clients: impl IntoIterator<Item = Client>) -> Self {
        self.settings.clients = clients.into_iter().collect();
        self
    }

    /// Adds a client; one of the same identifier is replaced.
    pub fn client(mut self, client: Client) -> Self {
        self.settings.clients.retain(|other| other.id != client.id);
        self.settings.clients.push(client);
        self
    }

    /// Whether the authorization endpoint answers at once as if the user agreed. Default `true`. Otherwise
    /// it shows a page with an Allow and a Deny button.
    pub fn auto_approve(mut self, approves: bool) -> Self {
        self.settings.auto_approve = approves;
        self
    }

    /// Whom a refresh may ask an access token for, by `resource` (RFC 8707 §2.2) or `audience`. Any other is refused with
    /// `invalid_target`; by default all are.
    pub fn targets(mut self, targets: &[&str]) -> Self {
        self.settings.targets = targets.iter().map(|target| (*target).to_owned()).collect();
        self
    }

    /// Whether a refresh token needs the scope `offline_access`. Default `false`: there always is one.
    pub fn require_offline_access(mut self, requires: bool) -> Self {
        self.settings.require_offline_access = requires;
        self
    }

    /// Whether a client must use PKCE (RFC 7636). Default `true`. What a client sends of it is always checked.
    pub fn require_pkce(mut self, requires: bool) -> Self {
        self.settings.require_pkce = requires;
        self
    }

    /// The user, as `sub` names them. Default `alice`.
    pub fn subject(mut self, subject: &str) -> Self {
        self.settings.subject = subject.to_owned();
        self
    }

    /// Members of every token response, added to those of RFC 6749 §5.1, or in their place: so
    /// `expires_in` can be a string. The server itself goes on as if they were not there.
    pub fn extra_members(mut self, members: Map<String, Value>) -> Self {
        self.tunables.extra_members = members;
        self
    }

    /// Members that replace those of the metadata documents; `null` removes one.
    pub fn metadata_members(mut self, members: Map<String, Value>) -> Self {
        self.settings.metadata_members = members;
        self
    }

    /// Makes access tokens longer by at least so many bytes (in a JWT by a third more).
    pub fn access_token_padding(mut self, bytes: usize) -> Self {
        self.tunables.access_token_padding = bytes;
        self
    }

    /// Makes refresh tokens longer by exactly so many bytes.
    pub fn refresh_token_padding(mut self, bytes: usize) -> Self {
        self.tunables.refresh_token_padding = bytes;
        self
    }

    /// The port on 127.0.0.1. Default 0: the kernel chooses.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Binds 127.0.0.1 and begins to serve.
    ///
    /// # Errors
    ///
    /// When the port cannot be bound, a thread cannot be started, or the system has no random bytes.
    pub fn start(self) -> io::Result<Issuer> {
        Issuer::start(self.settings, self.tunables, self.port)
    }
}
