//! The shared vocabulary of the tests over the public API: a session with a clock, a store and a script.

#![allow(dead_code, unreachable_pub, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used)]

#[cfg(feature = "model")]
pub mod bare;
pub mod events;
pub mod rival;
pub mod states;

use gatepass::*;
use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

/// Another audience of the same grant.
pub const OTHER: Audience<'static> = Audience::named("https://files.example/").scope("read");
pub const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
pub const JSON: Head<'static> = Head { status: 200, content_type: Some("application/json"), retry_after: None };
/// Milliseconds.
pub const LEASE: u64 = 30_000;
pub const LIFE: u64 = 3_600_000;

/// What a session asked for, owned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    Load,
    SignIn(SignInReason),
    Visit(String),
    AwaitRedirect(u64),
    Save { ticket: Ticket, expected: Option<Version>, record: Vec<u8> },
    Send { ticket: Ticket, url: String, body: String, deadline: u64 },
    AwaitResponse(u64),
    Wait(u64, Why),
    Sleep(u64),
}

/// What differs between deployments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deployment {
    pub rotation: Rotation,
    /// Whether the server gives refresh tokens.
    pub refresh: bool,
    /// Whether it revokes.
    pub revoke: bool,
}

impl Deployment {
    pub const USUAL: Self = Self { rotation: Rotation::Rotating(Overlap::Unknown), refresh: true, revoke: true };

    pub fn config(self) -> Config<'static> {
        let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/token");
        let server = if self.revoke { server.with_revocation("https://as.example/revoke") } else { server };
        let mut policy = Policy::DEFAULT;
        policy.rotation = self.rotation;
        policy.lease = Duration::from_millis(LEASE);
        policy.max_response = 1 << 17;
        Config::new(server, Client::public("client")).unwrap().with_policy(policy).unwrap().with_audiences(&[OTHER]).unwrap()
    }
}

/// 64 bytes that differ with the seed.
pub fn entropy(seed: u64) -> Entropy {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    Entropy::from_bytes(std::array::from_fn(|_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    }))
    .unwrap()
}

/// A session of any size, or of the usual one, which can be copied.
pub enum Held {
    Usual(Box<Session<[u8; 1024]>>),
    Other(Box<Session>),
}

impl Deref for Held {
    type Target = Session;

    fn deref(&self) -> &Session {
        match self {
            Self::Usual(session) => session,
            Self::Other(session) => session,
        }
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Session {
        match self {
            Self::Usual(session) => session,
            Self::Other(session) => session,
        }
    }
}

/// A session, its clock, and the store it talks to.
pub struct World {
    pub session: Held,
    pub config: Config<'static>,
    pub deployment: Deployment,
    /// Milliseconds.
    pub now: u64,
    pub store: Option<Vec<u8>>,
    /// All that the store ever held.
    pub history: Vec<Vec<u8>>,
    /// The last live record of the family at hand.
    pub live: Vec<u8>,
    /// The last request and save that were handed out.
    pub request: Ticket,
    pub save: Ticket,
    pub saving: Option<Vec<u8>>,
    /// `state` of the last authorization request.
    pub state: String,
    /// When the last intent or lease was first seen.
    pub leased: u64,
    pub seed: u64,
    pub tokens: u64,
    /// Everything that may be printed nowhere.
    pub secrets: Vec<String>,
}

impl World {
    pub fn new(deployment: Deployment) -> Self {
        Self::with(deployment, Held::Usual(Box::default()))
    }

    pub fn sized(deployment: Deployment, session: Box<Session>) -> Self {
        Self::with(deployment, Held::Other(session))
    }

    fn with(deployment: Deployment, session: Held) -> Self {
        Self {
            session,
            config: deployment.config(),
            deployment,
            now: 1_000_000,
            store: None,
            history: Vec::new(),
            live: Vec::new(),
            request: Ticket::default(),
            save: Ticket::default(),
            saving: None,
            state: String::from("none"),
            leased: 1_000_000,
            seed: 1,
            tokens: 0,
            secrets: Vec::new(),
        }
    }

    pub fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.now).with_unix_seconds(1_700_000_000 + self.now / 1000)
    }

    pub fn tick(&mut self, millis: u64) {
        self.now += millis;
    }

    pub fn entropy(&mut self) -> Entropy {
        self.seed += 1;
        entropy(self.seed)
    }

    pub fn state(&self) -> StateName {
        self.session.state()
    }

    /// Polls into a buffer of this size.
    pub fn poll_into(&mut self, out: &mut [u8]) -> Result<Ask, Error> {
        let now = self.time();
        let fresh = !matches!(self.session.state(), StateName::SavingIntent);
        let (ask, printed) = {
            let output = self.session.poll(&self.config, now, out)?;
            let ask = match output {
                Output::Load => Ask::Load,
                Output::SignIn(reason) => Ask::SignIn(reason),
                Output::Visit(url) => Ask::Visit(url.as_str().to_owned()),
                Output::AwaitRedirect(until) => Ask::AwaitRedirect(until.as_millis()),
                Output::Save(save) => Ask::Save { ticket: save.ticket(), expected: save.expected(), record: save.record().to_vec() },
                Output::Send(request) => Ask::Send {
                    ticket: request.ticket(),
                    url: request.url().to_owned(),
                    body: String::from_utf8(request.body().to_vec()).unwrap(),
                    deadline: request.deadline().as_millis(),
                },
                Output::AwaitResponse(until) => Ask::AwaitResponse(until.as_millis()),
                Output::Wait(until, why) => Ask::Wait(until.as_millis(), why),
                Output::Sleep(until) => Ask::Sleep(until.as_millis()),
            };
            (ask, format!("{output:?}"))
        };
        match &ask {
            Ask::Visit(url) => {
                let query = url.split('?').nth(1).unwrap();
                self.state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").unwrap().1.into_owned();
                self.secrets.push(self.state.clone());
            }
            Ask::Save { ticket, record, .. } => {
                self.save = *ticket;
                self.saving = Some(record.clone());
                if fresh && self.session.state() == StateName::SavingIntent {
                    self.leased = self.now;
                }
            }
            Ask::Send { ticket, body, .. } => {
                self.request = *ticket;
                for (name, value) in form_urlencoded::parse(body.as_bytes()) {
                    if ["code", "code_verifier", "refresh_token", "token"].contains(&&*name) {
                        self.secrets.push(value.into_owned());
                    }
                }
            }
            _ => {}
        }
        self.no_secret_in(&printed);
        Ok(ask)
    }

    pub fn poll(&mut self) -> Ask {
        self.poll_into(&mut vec![0; 1 << 17]).unwrap()
    }

    pub fn handle(&mut self, input: Input<'_>) -> Result<Status, Error> {
        let now = self.time();
        let result = self.session.handle(&self.config, now, input);
        self.no_secret_in(&format!("{input:?} {result:?} {:?}", &*self.session));
        if let Err(error) = result {
            self.no_secret_in(&error.to_string());
        }
        result
    }

    /// Nothing that is secret may be printed.
    pub fn no_secret_in(&self, printed: &str) {
        // What is shorter than this is no secret, but a test's stand-in.
        for secret in self.secrets.iter().filter(|secret| secret.len() >= 8) {
            assert!(!printed.contains(secret.as_str()), "a secret in {printed:?}");
        }
    }

    /// The store is read.
    pub fn load(&mut self) -> Result<Status, Error> {
        let entropy = self.entropy();
        let store = self.store.clone();
        self.handle(Input::Found(store.as_deref(), &entropy))
    }

    /// The same store, read by a new process.
    pub fn restart(&mut self, session: Box<Session>) {
        self.session = Held::Other(session);
        self.seed += 1_000;
        assert_eq!(self.poll(), Ask::Load);
        self.load().unwrap();
    }

    pub fn begin_sign_in(&mut self, grant: AuthorizationCode<'_>, uri: &str) -> Result<Status, Error> {
        let (entropy, now) = (self.entropy(), self.time());
        self.session.sign_in(&self.config, now, &Grant::AuthorizationCode(grant), uri, &entropy)
    }

    pub fn sign_in(&mut self) {
        self.begin_sign_in(AuthorizationCode::new().scope("read"), REDIRECT_URI).unwrap();
    }

    pub fn redirect(&mut self, query: &str) -> Result<Status, Error> {
        self.secrets.push("SECRETCODE".to_owned());
        let uri = format!("{REDIRECT_URI}?state={}&{query}", self.state);
        self.handle(Input::Redirect(&uri))
    }

    pub fn sign_out(&mut self) -> Result<Status, Error> {
        let now = self.time();
        self.session.sign_out(&self.config, now)
    }

    /// What the server answers with its next tokens.
    pub fn fresh_tokens(&mut self) -> String {
        self.tokens += 1;
        let (seed, count) = (self.seed / 1000, self.tokens);
        let access = format!("SECRETACCESS{seed}-{count}");
        let refresh = format!("SECRETREFRESH{seed}-{count}");
        self.secrets.extend([access.clone(), refresh.clone()]);
        let refresh = if self.deployment.refresh { format!(r#","refresh_token":"{refresh}""#) } else { String::new() };
        format!(r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":3600{refresh}}}"#)
    }

    pub fn head(&mut self, head: Head<'_>) -> Result<Status, Error> {
        let ticket = self.request;
        self.handle(Input::Head(ticket, head))
    }

    pub fn body(&mut self, body: &[u8]) -> Result<Status, Error> {
        let ticket = self.request;
        self.handle(Input::Body(ticket, body))
    }

    /// The rest of an answer whose head was handed in.
    pub fn finish(&mut self, body: &str) -> Result<Status, Error> {
        let ticket = self.request;
        self.handle(Input::Body(ticket, body.as_bytes()))?;
        self.handle(Input::End(ticket))
    }

    pub fn answer(&mut self, status: u16, body: &str) -> Result<Status, Error> {
        self.head(Head { status, ..JSON })?;
        self.finish(body)
    }

    pub fn answer_tokens(&mut self) {
        let tokens = self.fresh_tokens();
        self.answer(200, &tokens).unwrap();
    }

    /// Polls, and expects a request.
    pub fn sent(&mut self) -> String {
        match self.poll() {
            Ask::Send { body, .. } => body,
            other => panic!("expected a request, not {other:?}"),
        }
    }

    /// Polls, and expects a save; the store makes the swap, but its answer is not given.
    pub fn swap(&mut self) -> bool {
        let Ask::Save { expected, record, .. } = self.poll() else { panic!("expected a save in {:?}", self.state()) };
        self.write(expected, record)
    }

    pub fn write(&mut self, expected: Option<Version>, record: Vec<u8>) -> bool {
        let held = self.store.as_deref().map(|record| Version::of(record).unwrap());
        if held != expected {
            return false;
        }
        let before = held.map_or(0, |version| version.revision());
        assert!(Version::of(&record).unwrap().revision() > before, "a store never goes back");
        self.history.push(record.clone());
        if matches!(self.state(), StateName::SavingSignIn | StateName::SavingIntent | StateName::SavingGiveBack | StateName::SavingCommit) {
            self.live = record.clone();
        }
        self.store = Some(record);
        true
    }

    /// A save, and the store's true answer.
    pub fn saved(&mut self) {
        if self.swap() {
            let ticket = self.save;
            assert_eq!(self.handle(Input::Saved(ticket)), Ok(Status::Advanced));
        } else {
            self.superseded().unwrap();
        }
    }

    pub fn superseded(&mut self) -> Result<Status, Error> {
        let store = self.store.clone();
        self.handle(Input::Superseded(store.as_deref()))
    }

    pub fn access(&self) -> Option<&str> {
        self.session.access_token(self.time()).map(|token| token.secret())
    }

    pub fn generation(&self) -> Generation {
        self.session.access_token(self.time()).expect("an access token").generation()
    }

    /// From nothing to a grant: the whole first sign-in.
    pub fn signed_in(mut self) -> Self {
        assert_eq!(self.poll(), Ask::Load);
        self.load().unwrap();
        self.whole_sign_in();
        self
    }

    /// From any state that takes a sign-in to a grant.
    pub fn whole_sign_in(&mut self) {
        self.sign_in();
        assert!(matches!(self.poll(), Ask::Visit(_)));
        self.handle(Input::Visited).unwrap();
        self.redirect("code=SECRETCODE").unwrap();
        self.sent();
        self.answer_tokens();
        self.saved();
        assert_eq!(self.state(), StateName::Live);
    }

    /// Takes the time until there is more to do than to wait and to look at the store.
    pub fn until_due(&mut self) {
        loop {
            match self.poll() {
                Ask::Sleep(until) | Ask::Wait(until, _) if until < u64::MAX => self.now = until.max(self.now + 1),
                Ask::Load => {
                    self.load().unwrap();
                }
                _ => return,
            }
        }
    }

    /// The next refresh, when it is due, up to its request.
    pub fn refreshing(&mut self) -> String {
        self.until_due();
        self.saved();
        self.sent()
    }

    /// One whole rotation, from the moment when it is due.
    pub fn rotate(&mut self) {
        self.refreshing();
        self.answer_tokens();
        self.saved();
        assert_eq!(self.state(), StateName::Live);
    }
}
