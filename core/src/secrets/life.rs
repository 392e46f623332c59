//! A session whose every step is searched.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "as in a test")]

use super::*;

pub(super) const CLIENT_SECRET: &str = "CANARY-client-secret/+0123456789";
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1:9/cb?own=CANARY-redirect-query-0123456789";
pub(super) const BEARER: &str = r#""token_type":"Bearer","expires_in":3600,"id_token":"CANARY-id-token-nobody-asked-for""#;
const AUDIENCE: Audience<'static> = Audience::named("https://files.example/");

pub(super) fn clients() -> [Client<'static>; 3] {
    [Client::public("id"), Client::secret_basic("id", CLIENT_SECRET), Client::secret_post("id", CLIENT_SECRET)]
}

pub(super) fn config(client: Client<'static>) -> Config<'static> {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t").with_revocation("https://as.example/r");
    Config::new(server, client).unwrap().with_members(&["team"]).unwrap().with_audiences(&[AUDIENCE]).unwrap()
}

pub(super) const fn head(status: u16) -> Head<'static> {
    Head { status, content_type: Some("application/json"), retry_after: None }
}

/// What a poll asked for, where it is answered here.
pub(super) enum Asked {
    Load,
    Send(Ticket),
    Save(Ticket, Vec<u8>),
    Nothing,
}

pub(super) struct Life {
    pub(super) session: Session<[u8; 2048]>,
    pub(super) config: Config<'static>,
    pub(super) now: Timestamp,
    pub(super) search: Search,
    /// What must not be in memory any more.
    dead: Vec<Vec<u8>>,
    /// The sign-in's secrets.
    pub(super) code: Vec<Vec<u8>>,
    pub(super) state: String,
    /// Access token and refresh token at hand.
    pub(super) tokens: [String; 2],
    pub(super) record: Vec<u8>,
    pub(super) ticket: Ticket,
    drawn: u8,
    steps: u64,
}

impl Life {
    pub(super) fn new(config: Config<'static>) -> Self {
        let mut search = Search::default();
        search.add("the client's secret", CLIENT_SECRET);
        search.add("the redirect URI's query", "CANARY-redirect-query-0123456789");
        search.add("an ID token", "CANARY-id-token-nobody-asked-for");
        Self {
            session: Session::new(),
            config,
            now: Timestamp::from_millis(1_000_000).with_unix_seconds(1_700_000_000),
            search,
            dead: vec![b"CANARY-id-token-nobody-asked-for".to_vec(), CLIENT_SECRET.into()],
            code: Vec::new(),
            state: String::new(),
            tokens: [const { String::new() }; 2],
            record: Vec::new(),
            ticket: Ticket::default(),
            drawn: 0,
            steps: 0,
        }
    }

    /// Another holder of the same grant.
    pub(super) fn beside(&mut self) -> Self {
        let mut other = Self::new(self.config);
        (other.search, other.tokens, other.record) = (self.search.clone(), self.tokens.clone(), self.record.clone());
        other.drawn = 100;
        assert!(matches!(other.poll(), Asked::Load));
        let (entropy, record) = (other.entropy(), other.record.clone());
        other.handle(Input::Found(Some(&record), &entropy));
        other
    }

    fn entropy(&mut self) -> Entropy {
        self.drawn += 1;
        let octets = self.octets();
        self.search.add("entropy", &octets[..32]);
        self.search.add("entropy", &octets[32..52]);
        Entropy::from_bytes(octets).unwrap()
    }

    /// What was drawn last.
    fn octets(&self) -> [u8; 64] {
        let mut state = u64::from(self.drawn).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        core::array::from_fn(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
    }

    pub(super) fn secret(&mut self, name: &'static str, secret: &str) {
        self.search.add(name, secret);
    }

    pub(super) fn fresh_tokens(&mut self) -> [String; 2] {
        self.drawn += 1;
        let tokens = ["access", "refresh"].map(|kind| format!("CANARY-{kind}-token~{}/{}==", self.drawn, "x9Q".repeat(6)));
        self.search.add("an access token", &tokens[0]);
        self.search.add("a refresh token", &tokens[1]);
        tokens
    }

    /// These are done with.
    pub(super) fn dead(&mut self, secrets: &[&str]) {
        assert!(secrets.iter().all(|secret| !secret.is_empty()), "nothing is no secret");
        self.dead.extend(secrets.iter().map(|secret| secret.as_bytes().to_vec()));
    }

    /// So are the secrets of the sign-in.
    pub(super) fn dead_code(&mut self) {
        let mut code = core::mem::take(&mut self.code);
        self.dead.append(&mut code);
    }

    /// They were taken up again.
    pub(super) fn revive_code(&mut self, code: Vec<Vec<u8>>) {
        self.dead.retain(|dead| !code.contains(dead));
        self.code = code;
    }

    /// Searches what can be printed of the session and of what it gives out, and its bytes.
    pub(super) fn look(&mut self, what: &str) {
        self.steps += 1;
        let Self { session, config, now, .. } = &self;
        let token = session.access_token(*now);
        let other = session.access_token_for(config, AUDIENCE.name(), *now);
        let printed = [
            format!("{session:?} {session:#?} {:?} {}", session.state(), session.state()),
            format!("{config:?} {config:#?} {:?}", config.policy()),
            format!("{token:?} {token:#?} {other:?} {:?}", token.map(|token| (token.generation(), token.expires_at()))),
            format!("{:?} {:?} {:?} {:?}", session.scope(), session.quirks(), session.can_refresh(), session.is_unsaved()),
            // No part of the API, but of whoever debugs this crate.
            format!("{:?} {:#?}", session.machine, session.machine),
        ];
        for text in printed {
            self.search.in_text(what, &text);
        }
        let used = self.session.machine.used as usize;
        let (held, free) = self.session.bytes.split_at(used);
        assert!(free.iter().all(|byte| *byte == 0), "after {what}, something is left behind what is held");
        for dead in &self.dead {
            let is_there = held.windows(dead.len()).any(|bytes| bytes == dead);
            assert!(!is_there, "after {what}, {} is held", dead.escape_ascii());
        }
    }

    fn look_at(&mut self, what: &str, printed: &str) {
        self.search.in_text(what, printed);
        self.look(what);
    }

    /// Hands in what the session may refuse.
    pub(super) fn tried(&mut self, input: Input<'_>) -> Result<Status, Error> {
        let result = self.session.handle(&self.config, self.now, input);
        let mut said = format!("{input:?} {input:#?} {result:?} {result:#?}");
        if let Err(error) = &result {
            said += &format!(" {error} {:?} {}", error.remedy(), core::error::Error::source(error).is_some());
        }
        self.look_at(&format!("the answer to {input:?}"), &said);
        result
    }

    /// Hands in what it may refuse, and is what is tried.
    pub(super) fn try_with(&mut self, input: Input<'_>) {
        let _ = self.tried(input);
    }

    pub(super) fn handle(&mut self, input: Input<'_>) {
        self.tried(input).unwrap();
    }

    pub(super) fn poll(&mut self) -> Asked {
        let mut out = vec![0; 4096];
        let (mut said, mut authorization) = (String::new(), Vec::new());
        let output = self.session.poll(&self.config, self.now, &mut out).unwrap();
        said += &format!("{output:?} {output:#?}");
        let asked = match output {
            Output::Load => Asked::Load,
            Output::Send(request) => {
                said += &format!("{request:?} {request:#?} {:?} {}", request.method(), request.url());
                authorization.extend(request.headers().map(|(_, value)| String::from(value)));
                for (name, value) in form_urlencoded::parse(request.body()) {
                    if name == "code_verifier" {
                        self.search.add("a code verifier", value.as_bytes());
                    }
                }
                self.ticket = request.ticket();
                Asked::Send(request.ticket())
            }
            Output::Save(save) => {
                said += &format!("{save:?} {save:#?} {:?} {:?}", save.expected(), Version::of(save.record()));
                Asked::Save(save.ticket(), save.record().to_vec())
            }
            Output::Visit(url) => {
                said += &format!("{url:?}");
                let query = url.as_str().split_once('?').unwrap().1;
                let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").unwrap().1;
                self.state = state.into_owned();
                Asked::Nothing
            }
            _ => Asked::Nothing,
        };
        let state = self.state.clone();
        if state.len() > 12 {
            self.search.add("a state", &state);
        }
        self.look_at("a poll", &said);
        asked
    }

    pub(super) fn sent(&mut self) -> Ticket {
        let Asked::Send(ticket) = self.poll() else { panic!("no request in {:?}", self.session.state()) };
        ticket
    }

    pub(super) fn saved(&mut self) -> Vec<u8> {
        let Asked::Save(ticket, record) = self.poll() else { panic!("no save in {:?}", self.session.state()) };
        self.record.clone_from(&record);
        self.handle(Input::Saved(ticket));
        record
    }

    pub(super) fn answer(&mut self, ticket: Ticket, status: u16, body: &str) {
        let mut result = self.tried(Input::Head(ticket, head(status)));
        for piece in body.as_bytes().chunks(7) {
            if result == Ok(Status::More) {
                result = self.tried(Input::Body(ticket, piece));
            }
        }
        if result == Ok(Status::More) {
            self.try_with(Input::End(ticket));
        }
    }

    /// A sign-in as far as its URL.
    pub(super) fn begin(&mut self, team: &str) {
        assert!(team.len() < 12, "it is shown");
        let entropy = self.entropy();
        if let Asked::Load = self.poll() {
            self.handle(Input::Found(None, &entropy));
        }
        let entropy = self.entropy();
        let mut secrets = [0; pkce::SECRETS_LEN];
        entropy.write_secrets(&mut writer::Writer::new(&mut secrets));
        let secrets = pkce::Secrets(&secrets);
        // They are encoded in their place, so that the octets are nowhere any more.
        self.dead.extend([&self.octets()[..32], &self.octets()[32..52]].map(<[u8]>::to_vec));
        let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("read"));
        self.session.sign_in(&self.config, self.now, &grant, REDIRECT_URI, &entropy).unwrap();
        self.code.extend([secrets.verifier().to_vec(), secrets.state().to_vec(), b"CANARY-redirect-query-0123456789".to_vec()]);
        // The redirect URI of the next sign-in is the same.
        self.dead.retain(|dead| dead != b"CANARY-redirect-query-0123456789");
        self.look_at("a sign-in", &format!("{grant:?} {grant:#?} {entropy:?}"));
        assert!(matches!(self.poll(), Asked::Nothing));
        self.handle(Input::Visited);
    }

    pub(super) fn redirect(&mut self) {
        self.drawn += 1;
        let code = format!("CANARY-code-{}-0123456789", self.drawn);
        self.search.add("a code", &code);
        self.code.push(code.clone().into());
        let uri = format!("{REDIRECT_URI}&state={}&code={code}", self.state);
        self.handle(Input::Redirect(&uri));
    }

    /// The next tokens, stored; those before are done with.
    fn commit(&mut self, ticket: Ticket, team: &str) {
        let fresh = self.fresh_tokens();
        self.answer(ticket, 200, &format!(r#"{{"access_token":"{}","refresh_token":"{}",{BEARER},"team":"{team}"}}"#, fresh[0], fresh[1]));
        self.saved();
        let old = core::mem::replace(&mut self.tokens, fresh);
        self.dead.extend(old.into_iter().filter(|old| !old.is_empty()).map(String::into_bytes));
        self.look("a commit");
        assert_eq!(self.session.access_token(self.now).unwrap().secret(), self.tokens[0]);
    }

    pub(super) fn sign_in(&mut self, team: &str) {
        self.begin(team);
        self.redirect();
        let ticket = self.sent();
        self.commit(ticket, team);
        self.dead_code();
        self.look("a sign-in that is done");
    }

    pub(super) fn rotate(&mut self) {
        self.handle(Input::Refresh);
        self.saved();
        let ticket = self.sent();
        self.commit(ticket, "team");
    }

    /// An access token for another audience, with a rotated refresh token.
    pub(super) fn other_audience(&mut self) {
        self.handle(Input::RefreshFor(AUDIENCE.name()));
        self.saved();
        let ticket = self.sent();
        let [access, refresh] = self.fresh_tokens();
        self.answer(ticket, 200, &format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}",{BEARER}}}"#));
        self.saved();
        let old = core::mem::replace(&mut self.tokens[1], refresh);
        self.dead(&[&old]);
        self.look("another audience");
        let generation = self.session.access_token_for(&self.config, AUDIENCE.name(), self.now).unwrap().generation();
        self.handle(Input::TokenRejected(generation));
        self.dead(&[&access]);
        self.rotate();
    }

    pub(super) fn rejected(&mut self) {
        let generation = self.session.access_token(self.now).unwrap().generation();
        self.handle(Input::TokenRejected(generation));
        self.saved();
        let ticket = self.sent();
        self.commit(ticket, "team");
    }

    /// To the end of a grant, if there is one: then nothing is left of it.
    pub(super) fn sign_out(&mut self) {
        let said = self.session.sign_out(&self.config, self.now);
        self.look_at("a sign-out", &format!("{said:?}"));
        self.until_vacant();
        let tokens = core::mem::take(&mut self.tokens);
        self.dead.extend(tokens.into_iter().filter(|token| !token.is_empty()).map(String::into_bytes));
        self.look("signed out");
        assert!(!self.record.windows(6).any(|bytes| bytes == b"CANARY"), "a secret in the record of a signed-out grant");
    }

    /// Answers whatever is asked, until nobody has a grant.
    pub(super) fn until_vacant(&mut self) {
        for _ in 0..100 {
            match self.poll() {
                Asked::Load => {
                    let (entropy, record) = (self.entropy(), self.record.clone());
                    self.try_with(Input::Found((!record.is_empty()).then_some(&record[..]), &entropy));
                }
                Asked::Save(ticket, record) => {
                    self.record = record;
                    self.handle(Input::Saved(ticket));
                }
                Asked::Send(ticket) => self.answer(ticket, 200, "{}"),
                Asked::Nothing if self.session.state() == StateName::Vacant => return,
                Asked::Nothing => self.now = Timestamp::from_millis(self.now.as_millis() + 10_000),
            }
        }
        panic!("never vacant: {:?}", self.session.state());
    }

    pub(super) fn tell(&self, what: &str) -> u64 {
        println!("secrets: {what}: {} steps, {} texts searched", self.steps, self.search.searched);
        self.steps
    }
}
