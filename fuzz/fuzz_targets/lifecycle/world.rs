//! Two holders of a grant, their clocks, the store between them, and what is on its way.

use std::{collections::HashSet, mem::ManuallyDrop, time::Duration};

use gatepass::{
    AuthorizationCode, Client, Config, Entropy, Error, Generation, Grant, Input, Misuse, Output, Overlap, Policy, Refusal, Rotation,
    Session, StateName, Status, Ticket, Timestamp, Version, model,
};
use gatepass_fuzz::{ISSUER, JSON, OTHER, config, pieces, server};

use super::{
    promises::{CANARY, Key, Print, Promises},
    server::{Answer, answer},
};

const ROOM: usize = 768;
const URI: &str = "http://127.0.0.1:49152/callback";
const LEASE: u64 = 30_000;

/// What is left of the input; zeros at its end.
pub struct Bytes<'d>(pub &'d [u8]);

impl<'d> Bytes<'d> {
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// As many bytes as the next one says.
    fn run(&mut self) -> &'d [u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        let (run, rest) = self.0.split_at(len);
        self.0 = rest;
        run
    }
}

struct Holder {
    session: Session<[u8; ROOM]>,
    /// Milliseconds.
    now: u64,
    /// When it wants to be polled.
    until: u64,
    /// How often it was started: what is on its way to an earlier life never arrives.
    life: u32,
    /// `state` of its last authorization request.
    state: String,
    redirect: String,
    rejected: Generation,
    /// Families that were signed out here.
    left: HashSet<model::Name>,
}

/// A save that was handed out.
struct Handed {
    who: usize,
    life: u32,
    ticket: Ticket,
    expected: Option<Version>,
    record: Vec<u8>,
    is_stored: bool,
}

/// A request that was handed out.
struct Flight {
    who: usize,
    life: u32,
    ticket: Ticket,
    /// Whether something of it left, as far as anybody said.
    has_left: bool,
    code: Option<String>,
    refresh: Option<Key>,
}

pub struct World {
    config: Config<'static>,
    rotates: bool,
    has_wall_clock: bool,
    holders: [Holder; 2],
    who: usize,
    store: Option<Vec<u8>>,
    history: Vec<Vec<u8>>,
    saves: Vec<Handed>,
    flights: Vec<Flight>,
    promises: Promises,
    count: u32,
}

impl World {
    pub fn new(kind: u8) -> Self {
        let rotation = [Rotation::Rotating(Overlap::Unknown), Rotation::Rotating(Overlap::Covers), Rotation::Fixed];
        let rotation = rotation[usize::from(kind & 3) % 3];
        let mut policy = Policy::DEFAULT;
        (policy.rotation, policy.lease) = (rotation, Duration::from_millis(LEASE));
        (policy.max_response, policy.max_attempts) = (4096, 5);
        let server = if kind & 4 == 0 { server().with_revocation("https://as.example/revoke") } else { server() };
        let server = if kind & 8 == 0 { server } else { server.with_iss_parameter() };
        let holder = |now| Holder {
            session: Session::new(),
            now,
            until: now,
            life: 0,
            state: String::from("none"),
            redirect: String::new(),
            rejected: Generation::from_bytes([0; 28]),
            left: HashSet::new(),
        };
        Self {
            config: config(server, policy),
            rotates: rotation != Rotation::Fixed,
            has_wall_clock: kind & 16 == 0,
            holders: [holder(1_000_000), holder(7)],
            who: 0,
            store: None,
            history: Vec::new(),
            saves: Vec::new(),
            flights: Vec::new(),
            promises: Promises::default(),
            count: 0,
        }
    }

    pub fn step(&mut self, input: &mut Bytes<'_>) {
        match input.byte() % 32 {
            0 | 1 => _ = self.poll(1 << 14),
            2 => _ = self.poll(usize::from(input.byte()) * 4),
            3 => _ = self.found(self.store.clone()),
            4 => {
                let record = self.told(input);
                _ = self.found(record);
            }
            5 | 6 => self.save(),
            7 => {
                if let Some(at) = self.pick(input.byte(), self.saves.len()) {
                    self.write(at);
                }
            }
            8 => {
                if let Some(at) = self.pick(input.byte(), self.saves.len()) {
                    self.tell_save(at);
                }
            }
            9 => {
                let Some(save) = self.saves.last() else { return };
                if (save.who, save.life) == (self.who, self.holders[self.who].life) {
                    let ticket = save.ticket;
                    _ = self.handle(Input::NotSaved(ticket));
                }
            }
            10 => {
                let store = self.store.clone();
                _ = self.handle(Input::Superseded(store.as_deref()));
            }
            11 => {
                let record = self.told(input);
                if record.is_some() || self.store.is_none() {
                    _ = self.handle(Input::Superseded(record.as_deref()));
                }
            }
            12 => _ = self.handle(Input::Visited),
            13 => self.sign_in(input),
            14 => self.redirect(input),
            15 | 16 => self.answer(input),
            17 => self.not_sent(input.byte()),
            18 => {
                let Some(at) = self.flight(input.byte()) else { return };
                self.flights[at].has_left = true;
                let ticket = self.flights[at].ticket;
                _ = self.handle(Input::NoResponse(ticket));
            }
            19 | 20 => self.tick(input.byte()),
            21 => {
                let input = match input.byte() % 4 {
                    0 => Input::RefreshFor("urn:example:nobody"),
                    1 => Input::RefreshFor(OTHER),
                    2 => Input::RefreshFor("urn:example:mail"),
                    _ => Input::Refresh,
                };
                _ = self.handle(input);
            }
            22 => {
                let rejected = self.holders[self.who].rejected;
                _ = self.handle(Input::TokenRejected(rejected));
            }
            23 => _ = self.handle(Input::Cancel),
            24 => self.sign_out(),
            25 => self.restart(),
            26 => self.resume(),
            27 => {
                // Somebody removed the grant; what was on its way to the store is gone, too.
                self.store = None;
                self.saves.clear();
                self.flights.iter_mut().for_each(|flight| flight.refresh = None);
                self.holders.iter_mut().for_each(|holder| holder.left.clear());
                let held = self.holders.iter().filter_map(|holder| model::held(&holder.session));
                self.promises.forget_the_store(held.map(|(family, ..)| family));
            }
            28 => self.who ^= 1,
            29 => self.foreign(input.byte()),
            _ => self.drive(8),
        }
    }

    /// A day later everybody does what is asked.
    pub fn settle(&mut self) {
        for who in [0, 1] {
            self.who = who;
            self.holders[who].now = self.holders[who].now.saturating_add(86_400_000);
            self.drive(16);
        }
    }

    /// A driver as it should be, for so many moves.
    fn drive(&mut self, moves: usize) {
        for _ in 0..moves {
            match self.poll(1 << 14) {
                "Load" => _ = self.found(self.store.clone()),
                "SignIn" => {
                    let entropy = self.entropy();
                    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("read").resources(&["urn:example:own"]));
                    let now = self.now();
                    _ = self.call(|session, config| session.sign_in(config, now, &grant, URI, &entropy));
                    if self.holders[self.who].session.redirect_uri().is_none() {
                        return;
                    }
                }
                "Visit" | "AwaitRedirect" => self.come_back(0, ""),
                "Save" => self.save(),
                "Send" => {
                    let at = self.flights.len() - 1;
                    self.deliver(at, 0, 0, 255, &[]);
                }
                _ => return,
            }
        }
    }

    fn now(&self) -> Timestamp {
        let now = self.holders[self.who].now;
        let unix = if self.has_wall_clock { 1_700_000_000 + (now / 1_000) % 100_000_000 } else { 0 };
        Timestamp::from_millis(now).with_unix_seconds(unix)
    }

    /// 64 bytes that never come again.
    fn entropy(&mut self) -> Entropy {
        self.count += 1;
        let mut state = u64::from(self.count).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
        Entropy::from_bytes(std::array::from_fn(|_| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 56) as u8
        }))
        .expect("it is random enough")
    }

    fn pick(&self, byte: u8, len: usize) -> Option<usize> {
        // Zero is the newest.
        len.checked_sub(1).map(|last| last - usize::from(byte) % len)
    }

    /// Any verb of the holder at hand. A misused call, and one that says so, change nothing; nothing secret is ever shown.
    fn call(&mut self, verb: impl FnOnce(&mut Session, &Config<'static>) -> Result<Status, Error>) -> Result<Status, Error> {
        let now = self.now();
        let holder = &mut self.holders[self.who];
        // Nothing of the copy needs to be wiped.
        let before = ManuallyDrop::new(model::copy(&holder.session));
        let result = verb(&mut holder.session, &self.config);
        if matches!(result, Err(Error::Misuse(_)) | Ok(Status::Unchanged)) {
            // At the moment of the call: clocks of what is held must not differ.
            assert_eq!(Print::of(&before, now), Print::of(&holder.session, now), "{result:?} changes nothing");
        }
        let mut printed = format!("{:?} {result:?}", holder.session);
        if let Err(error) = result {
            printed += &error.to_string();
        }
        for token in [holder.session.access_token(now), holder.session.access_token_for(&self.config, OTHER, now)].into_iter().flatten() {
            printed += &format!("{token:?}");
            let family: model::Name = token.generation().to_bytes()[..12].try_into().unwrap();
            assert!(!holder.left.contains(&family), "a token after a sign-out");
            holder.rejected = token.generation();
        }
        self.promises.printed(&printed);
        result
    }

    fn handle(&mut self, input: Input<'_>) -> Result<Status, Error> {
        let now = self.now();
        self.promises.printed(&format!("{input:?}"));
        self.call(|session, config| session.handle(config, now, input))
    }

    /// Whose move it is, by name.
    fn poll(&mut self, room: usize) -> &'static str {
        let now = self.now();
        let mut out = vec![0; room];
        let holder = &mut self.holders[self.who];
        let family = model::held(&holder.session);
        let output = match holder.session.poll(&self.config, now, &mut out) {
            Ok(output) => output,
            Err(Error::Capacity { needed }) => {
                assert!(needed > room);
                let mut copy = model::copy(&holder.session);
                let mut out = vec![0; needed];
                assert!(copy.poll(&self.config, now, &mut out).is_ok(), "{needed} bytes are enough");
                return "Capacity";
            }
            Err(error) => panic!("polling is total: {error:?}"),
        };
        self.promises.printed(&format!("{output:?}"));
        match output {
            Output::Load => "Load",
            Output::SignIn(_) => "SignIn",
            Output::Visit(url) => {
                let query = url.as_str().split_once('?').expect("it has a query").1;
                let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").expect("it has a state").1;
                self.promises.keep_secret(&state);
                holder.state = state.into_owned();
                "Visit"
            }
            Output::AwaitRedirect(until) | Output::AwaitResponse(until) | Output::Wait(until, _) | Output::Sleep(until) => {
                holder.until = until.as_millis();
                assert!(holder.until > holder.now || holder.now == u64::MAX, "nobody waits for the past: {output:?}");
                if matches!(output, Output::AwaitRedirect(_)) { "AwaitRedirect" } else { "Wait" }
            }
            Output::Save(save) => {
                let (who, life, ticket) = (self.who, holder.life, save.ticket());
                let expected = save.expected();
                let revision = Version::of(save.record()).expect("it is a record").revision();
                assert!(revision > expected.map_or(0, |expected| expected.revision()));
                let version = Version::of(save.record());
                let same = self.saves.iter().filter(|old| (old.who, old.life, old.ticket) == (who, life, ticket));
                // A token that was rejected meanwhile may be missing from it.
                assert!(same.clone().all(|old| old.expected == expected && Version::of(&old.record) == version), "a save repeats");
                if !same.clone().any(|old| old.record == save.record()) {
                    self.saves.push(Handed { who, life, ticket, expected, record: save.record().to_vec(), is_stored: false });
                }
                "Save"
            }
            Output::Send(request) => {
                assert!(!self.flights.iter().any(|old| (old.who, old.life, old.ticket) == (self.who, holder.life, request.ticket())));
                assert!(request.deadline() >= now && !request.url().contains(CANARY));
                let pairs: Vec<_> = form_urlencoded::parse(request.body()).collect();
                let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone().into_owned());
                let mut flight = Flight {
                    who: self.who,
                    life: holder.life,
                    ticket: request.ticket(),
                    has_left: false,
                    code: value("code"),
                    refresh: None,
                };
                if let Some(verifier) = value("code_verifier") {
                    self.promises.keep_secret(&verifier);
                }
                if let Some(code) = &flight.code {
                    self.promises.code_is_sent(code);
                }
                if value("refresh_token").is_some() {
                    let (family, generation, _) = model::held(&holder.session).or(family).expect("it has a grant");
                    assert!(!holder.left.contains(&family), "a refresh after a sign-out");
                    let key = (family, generation);
                    self.promises.refresh_is_sent(model::instance(&holder.session), key, self.rotates);
                    flight.refresh = Some(key);
                    let within = if self.rotates { LEASE / 2 } else { LEASE };
                    assert!(request.deadline().as_millis() <= holder.now.saturating_add(within));
                }
                self.flights.push(flight);
                "Send"
            }
        }
    }

    fn found(&mut self, record: Option<Vec<u8>>) -> Result<Status, Error> {
        let entropy = self.entropy();
        self.handle(Input::Found(record.as_deref(), &entropy))
    }

    /// What was stored once, or bytes that are no record.
    fn told(&mut self, input: &mut Bytes<'_>) -> Option<Vec<u8>> {
        let byte = input.byte();
        match self.pick(byte >> 1, self.history.len()) {
            Some(at) if byte & 1 == 0 => Some(self.history[at].clone()),
            _ if byte & 2 == 0 => Some([&[0xff], input.run()].concat()),
            _ => self.store.clone(),
        }
    }

    /// Compare and swap, whenever that arrives.
    fn write(&mut self, at: usize) {
        let save = &mut self.saves[at];
        let held = self.store.as_deref().map(|record| Version::of(record).expect("it was stored"));
        if !save.is_stored && held == save.expected {
            save.is_stored = true;
            self.promises.stored(self.store.as_deref(), &save.record, &self.config);
            self.history.push(save.record.clone());
            self.store = Some(save.record.clone());
        }
    }

    /// The truth about a save, however late.
    fn tell_save(&mut self, at: usize) {
        let Handed { who, life, ticket, is_stored, .. } = self.saves[at];
        if (who, life) != (self.who, self.holders[self.who].life) {
            return;
        }
        let store = self.store.clone();
        let answer = if is_stored { Input::Saved(ticket) } else { Input::Superseded(store.as_deref()) };
        _ = self.handle(answer);
    }

    fn save(&mut self) {
        let Some(at) = self.saves.len().checked_sub(1) else { return };
        self.write(at);
        self.tell_save(at);
    }

    fn sign_in(&mut self, input: &mut Bytes<'_>) {
        let kind = input.byte();
        let entropy = self.entropy();
        let mut code = AuthorizationCode::new().resources(&["urn:example:own"]);
        if kind & 1 == 1 {
            code = code.scope("read write").prompt("consent");
        }
        let raw = if kind & 2 == 2 { String::from_utf8_lossy(input.run()).into_owned() } else { URI.to_owned() };
        let now = self.now();
        _ = self.call(|session, config| session.sign_in(config, now, &Grant::AuthorizationCode(code), &raw, &entropy));
    }

    fn redirect(&mut self, input: &mut Bytes<'_>) {
        let kind = input.byte();
        let raw = if kind % 12 == 11 { String::from_utf8_lossy(input.run()).into_owned() } else { String::new() };
        self.come_back(kind, &raw);
    }

    fn come_back(&mut self, kind: u8, raw: &str) {
        self.count += 1;
        let Holder { state, redirect, session, .. } = &self.holders[self.who];
        let base = session.redirect_uri().unwrap_or(URI);
        let code = format!("code={CANARY}CODE{}", self.count);
        let other = &self.holders[self.who ^ 1].state;
        let issuer: String = form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
        let received = match kind % 12 {
            0 | 1 => format!("{base}?state={state}&{code}&iss={issuer}"),
            2 => format!("{base}?state={state}&error=access_denied&iss={issuer}"),
            3 => format!("{base}?state={state}&error=login_required&iss={issuer}"),
            4 => format!("{base}?state={state}&{code}"),
            5 => format!("{base}?state={other}&{code}&iss={issuer}"),
            6 => format!("{base}?state={state}&{code}&iss=https%3A%2F%2Fevil.example"),
            7 => format!("{base}?state={state}&{code}&iss={issuer}&c%6Fde=x"),
            8 => format!("{base}?{code}&iss={issuer}"),
            9 => format!("http://127.0.0.1:49153/callback?state={state}&{code}&iss={issuer}"),
            10 => redirect.clone(),
            _ => format!("{base}{raw}"),
        };
        let waits = |state| matches!(state, StateName::Visiting | StateName::AwaitingRedirect);
        let waited = waits(session.state());
        let (now, expected) = (self.now(), state.clone());
        let before = Print::of(session, now);
        let result = self.handle(Input::Redirect(&received));
        let holder = &mut self.holders[self.who];
        if waited && !waits(holder.session.state()) {
            let query = received.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            let all = |name: &str| pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect::<Vec<_>>();
            assert_eq!(all("state"), [expected.as_str()], "{result:?}: another state is believed");
            assert!(all("iss").iter().all(|issuer| *issuer == ISSUER || issuer.is_empty()), "another issuer is believed");
            assert!(kind % 12 == 11 || !received.starts_with("http://127.0.0.1:49153/"), "another URI is believed");
        } else if waited {
            assert!(result.is_err());
            assert_eq!(before, Print::of(&holder.session, now), "what is not believed changes nothing");
        }
        holder.redirect = received;
    }

    /// A request of the holder at hand, of this life.
    fn flight(&self, byte: u8) -> Option<usize> {
        let at = self.pick(byte, self.flights.len())?;
        let flight = &self.flights[at];
        ((flight.who, flight.life) == (self.who, self.holders[self.who].life)).then_some(at)
    }

    fn answer(&mut self, input: &mut Bytes<'_>) {
        let (kind, size, cut) = (input.byte(), input.byte(), input.byte());
        let raw = if kind & 15 == 15 { input.run() } else { &[] };
        if let Some(at) = self.flight(kind >> 4) {
            self.deliver(at, kind & 15, size, cut, raw);
        }
    }

    fn deliver(&mut self, at: usize, kind: u8, size: u8, cut: u8, raw: &[u8]) {
        self.count += 1;
        let Answer { head, body, is_whole } = answer(kind, self.count, size, raw);
        let ticket = self.flights[at].ticket;
        self.flights[at].has_left = true;
        let mut result = self.handle(Input::Head(ticket, head));
        for piece in pieces(&body, &[cut]) {
            if result != Ok(Status::More) {
                break;
            }
            result = self.handle(Input::Body(ticket, piece));
        }
        if result == Ok(Status::More) {
            result = self.handle(if is_whole { Input::End(ticket) } else { Input::NoResponse(ticket) });
        }
        let is_given_back =
            matches!(result, Err(Error::Refused(refusal)) if !matches!(refusal, Refusal::InvalidGrant | Refusal::Unavailable));
        if let (true, Some(key)) = (is_given_back, self.flights[at].refresh.take()) {
            self.promises.refresh_stayed(key);
        }
    }

    fn not_sent(&mut self, byte: u8) {
        let Some(at) = self.flight(byte) else { return };
        let flight = &mut self.flights[at];
        if flight.has_left {
            return;
        }
        flight.has_left = true;
        if let Some(code) = &flight.code {
            self.promises.code_stayed(code);
        }
        if let Some(key) = flight.refresh.take() {
            self.promises.refresh_stayed(key);
        }
        let ticket = flight.ticket;
        _ = self.handle(Input::NotSent(ticket));
    }

    fn tick(&mut self, byte: u8) {
        const STEPS: [u64; 14] =
            [1, 250, 1_000, 5_000, 14_999, 15_001, 30_001, 61_000, 600_000, 1_800_000, 3_540_000, 3_600_000, 86_400_000, 4_400_000_000];
        let holder = &mut self.holders[self.who];
        holder.now = match usize::from(byte & 15) {
            14 => holder.now.saturating_sub(10_000),
            15 => holder.until.min(1 << 50).max(holder.now),
            step => holder.now.saturating_add(STEPS[step]),
        };
    }

    fn sign_out(&mut self) {
        let now = self.now();
        let family = model::held(&self.holders[self.who].session).map(|(family, ..)| family);
        let result = self.call(|session, config| session.sign_out(config, now));
        let holder = &mut self.holders[self.who];
        if result.is_ok() {
            assert!(holder.session.access_token(now).is_none() && !holder.session.can_refresh() && holder.session.scope().is_none());
        }
        if result == Ok(Status::Advanced) {
            holder.left.extend(family);
        }
    }

    fn restart(&mut self) {
        let holder = &mut self.holders[self.who];
        holder.session = Session::new();
        holder.life += 1;
        holder.left.clear();
    }

    /// A sign-in that waits survives a crash.
    fn resume(&mut self) {
        let mut out = [0; 2048];
        let holder = &self.holders[self.who];
        let Ok(pending) = holder.session.pending(&self.config, &mut out) else { return };
        let pending = pending.to_vec();
        self.restart();
        _ = self.found(self.store.clone());
        let now = self.now();
        _ = self.call(|session, config| session.resume(config, now, &pending));
        if self.holders[self.who].session.redirect_uri().is_some() {
            assert_eq!(self.holders[self.who].session.pending(&self.config, &mut out).map(<[u8]>::len), Ok(pending.len()));
        }
    }

    /// What answers nothing that was asked, and another configuration.
    fn foreign(&mut self, byte: u8) {
        let life = self.holders[self.who].life;
        let newest = |who: usize, tickets: &mut dyn Iterator<Item = (usize, u32, Ticket)>| {
            tickets.filter(|(of, at, _)| (*of, *at) == (who, life)).map(|(_, _, ticket)| ticket.to_bits()).max()
        };
        let saves = newest(self.who, &mut self.saves.iter().map(|save| (save.who, save.life, save.ticket)));
        let sends = newest(self.who, &mut self.flights.iter().map(|flight| (flight.who, flight.life, flight.ticket)));
        let unknown = saves.max(sends).unwrap_or_default().saturating_add(1_000 + u32::from(byte));
        let ticket = Ticket::from_bits(unknown);
        let input = match byte % 8 {
            0 => Input::Head(ticket, JSON),
            1 => Input::Body(ticket, b"{"),
            2 => Input::End(ticket),
            3 => Input::NotSent(ticket),
            4 => Input::NoResponse(ticket),
            5 => Input::Saved(ticket),
            6 => Input::NotSaved(ticket),
            _ => {
                let other = Config::new(server(), Client::public("other")).expect("it is good");
                let now = self.now();
                if self.holders[self.who].session.state() == StateName::Loading {
                    // Whichever comes first is the session's.
                    return;
                }
                let result = self.call(|session, _| session.handle(&other, now, Input::Refresh));
                assert_eq!(result, Err(Misuse::OtherConfig.into()));
                return;
            }
        };
        assert_eq!(self.handle(input), Ok(Status::Unchanged));
    }
}
