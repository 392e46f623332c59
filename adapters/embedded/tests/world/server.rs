//! Authorization servers for a device: the embedded issuer over sockets, and its rules of rotation in this process, which take no time.

use core::{convert::Infallible, time::Duration};

use embedded_io::{ErrorType, Read, Write};
use gatepass::Timestamp;
use gatepass_embedded::{Call, Exchange};
use gatepass_issuer::Issuer;

use super::world::connect;

pub(crate) enum Server<'w> {
    Real(&'w Issuer),
    Rules(Rules),
}

/// Rotation with an overlap and the detection of reuse, as the embedded issuer does it.
#[derive(Default)]
pub(crate) struct Rules {
    overlap: u64,
    now: u64,
    generation: u64,
    replaced: u64,
    is_ended: bool,
}

impl Rules {
    pub(crate) fn new(overlap: Duration) -> Self {
        Self { overlap: overlap.as_millis() as u64, ..Self::default() }
    }

    /// A token is named by its generation.
    fn token(&mut self, form: &str) -> String {
        let field = |name| form.split('&').find_map(|field| field.strip_prefix(name));
        let presented: Option<u64> = field("refresh_token=R").map(|token| token.parse().unwrap());
        let is_current = presented.is_none_or(|presented| presented == self.generation);
        let is_previous = presented == self.generation.checked_sub(1) && self.now < self.replaced + self.overlap;
        if self.is_ended || !(is_current || is_previous) {
            self.is_ended = true;
            return answer("400 Bad Request", r#"{"error":"invalid_grant"}"#);
        }
        if is_current {
            self.replaced = self.now;
        }
        self.generation += 1;
        let generation = self.generation;
        answer(
            "200 OK",
            &format!(r#"{{"access_token":"A{generation}","token_type":"Bearer","expires_in":60,"refresh_token":"R{generation}"}}"#),
        )
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A connection to the rules: they answer when they have been asked.
struct Line<'r> {
    rules: &'r mut Rules,
    asked: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl ErrorType for Line<'_> {
    type Error = Infallible;
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.asked.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Read for Line<'_> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        let rest = self.answer.get_or_insert_with(|| {
            let asked = core::str::from_utf8(&self.asked).unwrap();
            self.rules.token(asked.split_once("\r\n\r\n").unwrap().1).into_bytes()
        });
        let taken: Vec<u8> = rest.drain(..rest.len().min(room.len())).collect();
        room[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

impl Server<'_> {
    pub(crate) fn pass(&mut self, millis: u64) {
        match self {
            Self::Real(issuer) => issuer.advance(Duration::from_millis(millis)),
            Self::Rules(rules) => rules.now += millis,
        }
    }

    /// A person agrees.
    pub(crate) fn visit(&self, url: &str) -> String {
        match self {
            Self::Real(issuer) => issuer.visit(url).unwrap(),
            Self::Rules(_) => {
                let state = url.split('&').find_map(|field| field.strip_prefix("state=")).unwrap();
                format!("{}?code=C&state={state}", super::world::REDIRECT)
            }
        }
    }

    pub(crate) fn carry<C: FnMut() -> Timestamp>(&mut self, exchange: Exchange<'_, C>, authority: &str) {
        let mut scratch = [0; 256];
        // What the server refuses is the session's to judge.
        match self {
            Self::Real(_) => drop(exchange.run(&mut connect(authority), &mut scratch)),
            Self::Rules(rules) => drop(exchange.run(&mut Line { rules, asked: Vec::new(), answer: None }, &mut scratch)),
        }
    }

    /// Whether an API would take this access token.
    pub(crate) fn accepts(&self, token: gatepass::AccessToken<'_>) -> bool {
        match self {
            Self::Rules(rules) => !rules.is_ended && token.secret() == format!("A{}", rules.generation),
            Self::Real(issuer) => {
                let (mut header, url) = ([0; 512], issuer.api_url());
                let call = Call::get(&url, token.header(&mut header).unwrap()).danger_allow_http_on_loopback();
                call.run(&mut connect(&issuer.address().to_string()), &mut [0; 512], |_| true).unwrap().status() == 200
            }
        }
    }
}
