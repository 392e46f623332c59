//! Registered clients, and how they prove who they are.

use crate::dialect::Refusal;
use crate::form::{Form, decode};
use crate::http::Request;
use base64ct::{Base64, Encoding as _};

/// A client of the server (RFC 6749 §2).
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
}

impl Client {
    /// A client that cannot keep a secret (RFC 6749 §2.1). It has no redirect URI yet.
    #[must_use]
    pub fn public(id: &str) -> Self {
        Self { id: id.to_owned(), secret: None, redirect_uris: Vec::new() }
    }

    /// A client with a secret, sent by `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).
    /// It has no redirect URI yet.
    #[must_use]
    pub fn confidential(id: &str, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..Self::public(id) }
    }

    /// Registers one more redirect URI. They are compared byte by byte, but `http://127.0.0.1/..` and
    /// `http://[::1]/..` match with any port (RFC 8252 §7.3).
    #[must_use]
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }

    /// Public `demo`, and `web` with a secret that only form-encoding inside Basic gets right.
    pub(crate) fn defaults() -> Vec<Self> {
        let uris = [
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://127.0.0.1/callback",
            "http://[::1]/callback",
            "https://app.example/callback",
            "com.example.app:/callback",
        ];
        let with_uris = |client| uris.iter().fold(client, |client: Self, uri| client.redirect_uri(uri));
        vec![with_uris(Self::public("demo")), with_uris(Self::confidential("web", "s3cr3t:/?%+ &=~"))]
    }
}

/// The client that a request to the token or revocation endpoint comes from (RFC 6749 §2.3).
pub(crate) fn authenticate<'a>(clients: &'a [Client], request: &Request, form: &Form) -> Result<&'a Client, Refusal> {
    let header = request.header("authorization");
    let (id, secret) = match (header, form.get("client_secret")) {
        (Some(_), Some(_)) => return Err(Refusal::InvalidRequest("one way to authenticate, not two")),
        (Some(header), None) => {
            let (id, secret) = basic(header).ok_or(Refusal::InvalidClient { basic: true })?;
            if form.get("client_id").is_some_and(|other| other != id) {
                return Err(Refusal::InvalidRequest("two client identifiers"));
            }
            (id, Some(secret))
        }
        (None, secret) => {
            let id = form.get("client_id").ok_or(Refusal::InvalidClient { basic: false })?;
            (id.to_owned(), secret.map(str::to_owned))
        }
    };
    let known = clients.iter().find(|client| client.id == id && client.secret == secret);
    known.ok_or(Refusal::InvalidClient { basic: header.is_some() })
}

/// Both halves are form-encoded before they are joined and put into base64 (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(Base64::decode_vec(rest.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((decode(id)?, decode(secret)?))
}
