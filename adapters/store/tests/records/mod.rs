//! Records as a session writes them.

#![allow(dead_code, reason = "who includes it does not need all of it")]

use gatepass::{AuthorizationCode, Client, Config, Entropy, Grant, Head, Input, Output, Server, Session, StateName, Timestamp, Version};

/// The records of one grant, each to be stored over the one before: of a sign-in, then of intents and the tokens after each.
#[derive(Debug)]
pub struct Records {
    config: Config<'static>,
    session: Box<Session>,
    out: Vec<u8>,
    now: Timestamp,
    tokens: Vec<Option<usize>>,
    answers: usize,
    is_intent: bool,
}

impl Records {
    /// The records of a grant; another for each seed.
    ///
    /// # Panics
    /// When the core no longer does what this is made for.
    pub fn new(seed: u8) -> Self {
        let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
        let config = Config::new(server, Client::public("id")).unwrap();
        let entropy = |salt: u8| Entropy::from_bytes(core::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ seed ^ salt)).unwrap();
        let mut session: Box<Session> = Box::<Session<[u8; 1 << 18]>>::default();
        let now = Timestamp::from_millis(1_000);
        session.handle(&config, now, Input::Found(None, &entropy(1))).unwrap();
        let grant = Grant::AuthorizationCode(AuthorizationCode::new());
        session.sign_in(&config, now, &grant, "https://app.example/cb", &entropy(2)).unwrap();
        Self { config, session, out: vec![0; 1 << 19], now, tokens: vec![Some(0)], answers: 0, is_intent: false }
    }

    /// What becomes of the requests in turn, and again from the first: an access token of so many bytes and one more, or, for
    /// `None`, nothing: the request does not leave, and its intent is given back.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Vec<Option<usize>>) -> Self {
        self.tokens = tokens;
        self
    }

    /// Whether the last record is the intent to refresh.
    pub const fn is_intent(&self) -> bool {
        self.is_intent
    }

    fn tell(&mut self, input: Input<'_>) {
        self.session.handle(&self.config, self.now, input).unwrap();
    }
}

impl Iterator for Records {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let (saved, sent, redirect) = match self.session.poll(&self.config, self.now, &mut self.out).unwrap() {
                Output::Save(save) => (Some((save.ticket(), save.record().to_vec())), None, None),
                Output::Send(request) => (None, Some(request.ticket()), None),
                Output::Visit(url) => {
                    let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap();
                    (None, None, Some(format!("https://app.example/cb?code=c&state={state}")))
                }
                Output::Sleep(until) | Output::Wait(until, _) => {
                    self.now = until;
                    continue;
                }
                other @ (Output::Load | Output::SignIn(_) | Output::AwaitRedirect(_) | Output::AwaitResponse(_)) => panic!("{other:?}"),
            };
            if let Some((ticket, record)) = saved {
                self.is_intent = self.session.state() == StateName::SavingIntent;
                self.tell(Input::Saved(ticket));
                return Some(record);
            } else if let Some(ticket) = sent {
                let (at, length) = (self.answers, self.tokens[self.answers % self.tokens.len()]);
                self.answers += 1;
                let Some(length) = length else {
                    self.tell(Input::NotSent(ticket));
                    continue;
                };
                let pad = "x".repeat(length);
                let body = format!(r#"{{"access_token":"a{pad}","refresh_token":"r{at}","token_type":"Bearer","expires_in":60}}"#);
                self.tell(Input::Head(ticket, Head { status: 200, content_type: Some("application/json"), retry_after: None }));
                self.tell(Input::Body(ticket, body.as_bytes()));
                self.tell(Input::End(ticket));
            } else if let Some(redirect) = redirect {
                self.tell(Input::Redirect(&redirect));
            }
        }
    }
}

/// The version of a record.
///
/// # Panics
/// For bytes that are none.
pub fn version(record: &[u8]) -> Version {
    Version::of(record).unwrap()
}
