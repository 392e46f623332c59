//! A person with a real browser: headless Chromium, driven through chromedriver.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{self, Command};
use std::thread;
use std::time::Instant;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use ureq::Agent;

use crate::http;
use crate::process::Process;

const CHROMIUM: &str =
    "install Chromium and its driver (Debian: apt-get install chromium chromium-driver), or let `tests/run browser` do it";

/// How long a person waits for a page.
const PATIENCE: Duration = Duration::from_secs(30);

/// A headless Chromium with an empty profile, which reaches 127.0.0.1 and nothing else. It ends when dropped.
#[derive(Debug)]
pub struct Browser {
    agent: Agent,
    /// The URL of the session with the driver.
    session: String,
    _driver: Process,
}

impl Browser {
    /// Starts a browser of its own for the caller.
    ///
    /// # Panics
    ///
    /// When Chromium or chromedriver is missing or does not start.
    #[must_use]
    pub fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // chromedriver asks the kernel for one port and binds it for IPv4 and IPv6: another process may come between.
        let (driver, profile, port) = (0..5)
            .find_map(|_| {
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let profile = format!("gatepass-browser-{}-{count}", process::id());
                let profile = env::temp_dir().join(profile);
                fs::create_dir(&profile).unwrap();
                let mut command = Command::new("chromedriver");
                command.arg("--port=0");
                let (driver, port) = Process::start("chromedriver", CHROMIUM, &mut command, Some(&profile), |line| {
                    let (_, port) = line.split_once("started successfully on port ")?;
                    port.trim_end_matches('.').parse::<u16>().ok()
                })?;
                Some((driver, profile, port))
            })
            .expect("chromedriver starts");

        let mut browser = Self { agent: http::agent(), session: format!("http://127.0.0.1:{port}/session"), _driver: driver };
        let session = browser.post("", &capabilities(&profile));
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().unwrap());
        browser
    }

    /// Opens `authorization_url`, signs in as `user` (with any password), consents, and waits for the page behind the
    /// redirect URI that the URL carries: [`address`](Self::address) then has the response.
    ///
    /// # Panics
    ///
    /// With the address and the text of the page where it got stuck, when that takes longer than 30 s.
    pub fn sign_in(&self, authorization_url: &str, user: &str) {
        let callback = redirect_uri(authorization_url);
        self.visit(authorization_url);
        // Each interaction has an address of its own, so a form that was sent is not filled again while its answer loads.
        let mut done = String::new();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let address = self.address();
            if address.starts_with(&callback) {
                return;
            }
            if address != done && self.answer_form(user) {
                done = address;
            } else {
                thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("the browser did not reach {callback}; it shows {}\n{}", self.address(), self.page_text());
    }

    /// Goes to a page and waits until it has loaded.
    ///
    /// # Panics
    ///
    /// When it does not load.
    pub fn visit(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The address of the page.
    ///
    /// # Panics
    ///
    /// When the browser is gone.
    #[must_use]
    pub fn address(&self) -> String {
        self.get("/url").as_str().unwrap().to_owned()
    }

    /// The text of the page, as a person sees it.
    ///
    /// # Panics
    ///
    /// When the browser is gone.
    #[must_use]
    pub fn page_text(&self) -> String {
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        let text = self.post("/execute/sync", &script);
        text.as_str().unwrap().to_owned()
    }

    /// A picture of the page, as PNG.
    ///
    /// # Panics
    ///
    /// When the browser is gone.
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        Base64::decode_vec(self.get("/screenshot").as_str().unwrap()).unwrap()
    }

    /// Fills the page's form and submits it; `false` when there is none yet.
    fn answer_form(&self, user: &str) -> bool {
        let Some(submit) = self.find("form button[type=submit]") else {
            return false;
        };
        if let Some(login) = self.find("input[name=login]") {
            self.type_into(&login, user);
            self.type_into(&self.find("input[name=password]").unwrap(), "any");
        }
        self.post(&format!("/element/{submit}/click"), &json!({}));
        true
    }

    /// The page may have filled the field already, from a login hint.
    fn type_into(&self, element: &str, text: &str) {
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// The reference of the first element, if the page has one.
    fn find(&self, css: &str) -> Option<String> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": css }));
        // An object of one member, named by a constant of the specification.
        let reference = found.get(0)?.as_object()?.values().next()?;
        reference.as_str().map(ToOwned::to_owned)
    }

    fn get(&self, command: &str) -> Value {
        let url = format!("{}{command}", self.session);
        value(&url, self.agent.get(&url).call())
    }

    fn post(&self, command: &str, arguments: &Value) -> Value {
        let url = format!("{}{command}", self.session);
        let request = self.agent.post(&url).content_type("application/json; charset=utf-8");
        value(&url, request.send(arguments.to_string()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Lets Chromium end in good order; where it does not, it ends with its driver.
        let _ = self.agent.delete(&self.session).call();
    }
}

/// What the session is asked to be.
fn capabilities(profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "timeouts": { "pageLoad": PATIENCE.as_millis() },
        "goog:chromeOptions": { "args": [
            "--headless=new",
            // A test may run as root in a container, where Chromium's sandbox cannot.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // Nothing but the test's own pages is asked for, and no name is resolved.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            profile,
        ] },
    } } })
}

/// What the driver answered.
fn value(url: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
    let text = answer.body_mut().with_config().limit(u64::MAX);
    let mut json: Value = serde_json::from_str(&text.read_to_string().unwrap()).unwrap();
    let value = json["value"].take();
    assert!(answer.status().is_success(), "{url}: {value}");
    value
}

/// The redirect URI of an authorization URL, percent-decoded.
fn redirect_uri(authorization_url: &str) -> String {
    let (_, query) = authorization_url.split_once('?').unwrap();
    let mut fields = query.split('&').filter_map(|field| field.split_once('='));
    let (_, encoded) = fields.find(|(name, _)| *name == "redirect_uri").unwrap();
    let mut pieces = encoded.split('%');
    let mut decoded = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        decoded.push(u8::from_str_radix(digits, 16).unwrap());
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).unwrap()
}

#[cfg(test)]
mod tests {
    use super::redirect_uri;

    #[test]
    fn the_redirect_uri_is_taken_from_the_authorization_url() {
        let url = "http://127.0.0.1:1/auth?state=x&redirect_uri=http%3A%2F%2F127.0.0.1:2/callback&scope=a";
        assert_eq!(redirect_uri(url), "http://127.0.0.1:2/callback");
    }
}
