//! Plain HTTP to a server on loopback, as a person's user agent speaks it: cookies, and redirects one at a time.

use core::time::Duration;

use ureq::http::{Response, header};
use ureq::{Agent, Body};

/// An agent that reports every status and follows nothing. No proxy: everything here is on loopback.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

/// What a server answered to a person.
pub(crate) struct Page {
    pub(crate) status: u16,
    /// The `Location` field, as sent: perhaps relative.
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// A user agent with cookies, for one person at one server.
pub(crate) struct UserAgent {
    agent: Agent,
    /// Name, path, value.
    cookies: Vec<(String, String, String)>,
}

impl UserAgent {
    pub(crate) fn new() -> Self {
        Self { agent: agent(), cookies: Vec::new() }
    }

    pub(crate) fn get(&mut self, url: &str) -> Page {
        let request = self.agent.get(url).header(header::COOKIE, self.cookies_for(url));
        self.read(url, request.call())
    }

    pub(crate) fn post(&mut self, url: &str, fields: &[(String, String)]) -> Page {
        let request = self.agent.post(url).header(header::COOKIE, self.cookies_for(url));
        let fields = fields.iter().map(|(name, value)| (&**name, &**value));
        self.read(url, request.send_form(fields))
    }

    fn read(&mut self, url: &str, answer: Result<Response<Body>, ureq::Error>) -> Page {
        let mut answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Page {
            status: answer.status().as_u16(),
            location: answer.headers().get(header::LOCATION).map(|location| location.to_str().unwrap().to_owned()),
            body: answer.body_mut().read_to_string().unwrap(),
        }
    }

    /// As much of RFC 6265 as one honest server needs: the later cookie wins, an empty one is a deletion.
    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let path = parts
            .find_map(|attribute| {
                let (name, value) = attribute.split_once('=')?;
                name.eq_ignore_ascii_case("path").then_some(value)
            })
            .unwrap_or("/");
        self.cookies.retain(|(kept, at, _)| (&**kept, &**at) != (name, path));
        if !value.is_empty() {
            self.cookies.push((name.to_owned(), path.to_owned(), value.to_owned()));
        }
    }

    fn cookies_for(&self, url: &str) -> String {
        let path = path(url);
        self.cookies
            .iter()
            .filter(|(_, at, _)| path.starts_with(&**at))
            .map(|(name, _, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// The path of an absolute URL.
fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |start| &after_scheme[start..])
}
