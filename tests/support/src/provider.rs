//! The certified authorization server of `tests/servers/oidc-provider`.

use core::time::Duration;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::html::Form;
use crate::http::{self, UserAgent};
use crate::process::Process;

/// A public client; its redirect URI is `/callback` on `127.0.0.1` or `[::1]`, at any port.
pub const NATIVE_CLIENT: &str = "native";
/// A confidential client that authenticates by `client_secret_basic`; redirect URIs as [`NATIVE_CLIENT`].
pub const WEB_CLIENT: &str = "web";
/// The secret of [`WEB_CLIENT`]: every character that Basic spoils unless it is form-encoded first (RFC 6749 §2.3.1).
pub const WEB_SECRET: &str = "s3cr3t:/?%+ &=~";
/// A confidential client that authenticates by `client_secret_post`; redirect URIs as [`NATIVE_CLIENT`].
pub const POST_CLIENT: &str = "web-post";
/// The secret of [`POST_CLIENT`].
pub const POST_SECRET: &str = "p0st:/?%+ &=~";
/// Who signs in by form posts, and the `sub` of what that person is granted.
pub const PERSON: &str = "alice";

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../servers/oidc-provider");
const NODE: &str = "install Node.js 20 or later (Debian: apt-get install nodejs npm), or let `tests/run servers` do it";

/// How an [`OidcProvider`] behaves.
#[derive(Clone, Copy, Debug)]
pub struct ProviderOptions {
    /// Lifetime of an access token, in whole seconds; 30 s by default.
    pub access_token_ttl: Duration,
    /// Lifetime of a refresh token, in whole seconds; one hour by default.
    pub refresh_token_ttl: Duration,
    /// Whether a refresh answers with a new refresh token, which ends the old one; `true` by default.
    pub rotate: bool,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self { access_token_ttl: Duration::from_secs(30), refresh_token_ttl: Duration::from_secs(3600), rotate: true }
    }
}

impl ProviderOptions {
    /// The default with access tokens that live for `seconds`.
    #[must_use]
    pub fn access_token_ttl(seconds: u64) -> Self {
        Self { access_token_ttl: Duration::from_secs(seconds), ..Self::default() }
    }
}

/// A running authorization server with a protected API; it ends when dropped.
///
/// It requires PKCE, rotates refresh tokens, and revokes the whole grant when a code or a refresh token is used twice.
/// What a test should know:
///
/// - A refresh token is granted for the scope `offline_access` with `prompt=consent` (OpenID Connect Core 1.0 §11).
/// - With the resource indicator [`api`](Self::api) (RFC 8707) the access token is a JWT for the API, which wants the
///   scope `api:read` for GET and `api:write` for everything else. Without one it is opaque, and good for `/me`
///   (userinfo) alone.
/// - A JWT access token cannot be revoked (400 `unsupported_token_type`); a refresh token can.
#[derive(Debug)]
pub struct OidcProvider {
    issuer: String,
    api: String,
    _server: Process,
}

impl OidcProvider {
    /// Starts a server of its own for the caller, on a port of the kernel's choosing.
    ///
    /// # Panics
    ///
    /// When Node.js is missing or the server does not start.
    #[must_use]
    pub fn start(options: ProviderOptions) -> Self {
        install();
        let mut node = Command::new("node");
        node.arg("server.mjs")
            .current_dir(DIRECTORY)
            .env("PORT", "0")
            .env("AT_TTL", options.access_token_ttl.as_secs().to_string())
            .env("RT_TTL", options.refresh_token_ttl.as_secs().to_string())
            .env("ROTATE", if options.rotate { "1" } else { "0" });
        let (server, ready) = Process::start("the authorization server", NODE, &mut node, None, |line| {
            serde_json::from_str::<Value>(line.strip_prefix("READY ")?).ok()
        })
        .expect("the authorization server starts");
        Self { issuer: ready["issuer"].as_str().unwrap().to_owned(), api: ready["api"].as_str().unwrap().to_owned(), _server: server }
    }

    /// The issuer identifier, without a trailing slash; metadata is at `/.well-known/openid-configuration` below it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of the protected API, which is also its resource indicator.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Every request that the server was sent, in order of arrival, those of the person's user agent included.
    ///
    /// Each has `method`, `path`, `query` (object), `headers` (names in lower case), `body` (text), `form` (the body's
    /// fields, or null) and `status` (null while the answer is under way).
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        let mut answer = http::agent().get(format!("{}/_log", self.issuer)).call().unwrap();
        let log = answer.body_mut().with_config().limit(u64::MAX).read_to_string();
        serde_json::from_str(&log.unwrap()).unwrap()
    }

    /// Plays [`PERSON`], who signs in and consents, and returns where the server at last redirects to, for instance
    /// `http://127.0.0.1:PORT/callback?code=..`, without going there.
    ///
    /// An authorization request that the server refuses by a redirect comes back the same way, with its `error`.
    ///
    /// # Panics
    ///
    /// With the server's page, when it shows one that is neither login nor consent.
    #[must_use]
    pub fn sign_in_by_forms(&self, authorization_url: &str) -> String {
        let mut person = UserAgent::new();
        let mut page = person.get(authorization_url);
        // Two forms and the redirects between them take eight steps; more is a circle.
        for _ in 0..20 {
            if let Some(location) = page.location {
                let Some(next) = self.own(&location) else {
                    return location;
                };
                page = person.get(&next);
                continue;
            }
            let (status, body) = (page.status, &page.body);
            let Some(mut form) = Form::first(body).filter(|_| status == 200) else {
                panic!("{authorization_url}\nneither a redirect nor a form: {status}\n{body}");
            };
            if form.fill("login", PERSON) {
                form.fill("password", "any");
            }
            page = person.post(&self.own(&form.action).unwrap(), &form.fields);
        }
        panic!("{authorization_url}\nthe server went on redirecting");
    }

    /// The absolute URL, when it is of this server.
    fn own(&self, location: &str) -> Option<String> {
        if location.starts_with('/') {
            return Some(format!("{}{location}", self.issuer));
        }
        let rest = location.strip_prefix(&self.issuer)?;
        // The port 80 is no prefix of 8080.
        rest.starts_with('/').then(|| location.to_owned())
    }
}

/// Brings `node_modules` to what the lock file says, once for any number of processes.
fn install() {
    let directory = Path::new(DIRECTORY);
    let is_current = || {
        let changed = |path: &str| fs::metadata(directory.join(path)).and_then(|m| m.modified());
        // npm writes this one last, so an install that was cut is seen.
        match changed("node_modules/.package-lock.json") {
            Ok(installed) => installed >= changed("package-lock.json").unwrap(),
            Err(_) => false,
        }
    };
    if is_current() {
        return;
    }
    // Any file that npm leaves alone would do. The lock goes with the handle, and with the process.
    let lock = File::open(directory.join("server.mjs")).unwrap();
    lock.lock().unwrap();
    if is_current() {
        return;
    }
    let npm = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(directory)
        .output()
        .unwrap_or_else(|error| panic!("npm does not start ({error}): {NODE}"));
    assert!(
        npm.status.success(),
        "`npm ci` in {} failed; it needs a registry that it can reach:\n{}",
        directory.display(),
        String::from_utf8_lossy(&npm.stderr)
    );
}
