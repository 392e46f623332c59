//! A device on the host: a session, a socket, a clock, and a person who agrees.
#![allow(dead_code, reason = "each test uses its part")]

use std::net::TcpStream;

use embedded_io_adapters::std::FromStd;
use gatepass::{AuthorizationCode, Client, Config, Entropy, Grant, Input, Output, Policy, Save, Server, Session, Timestamp, Version, Why};
use gatepass_embedded::{Error, Exchange};
use gatepass_issuer::{Endpoint, Issuer};

pub(crate) const REDIRECT: &str = "http://127.0.0.1/callback";

/// The endpoints of an issuer, which outlive their session.
pub(crate) struct Endpoints {
    issuer: String,
    authorize: String,
    token: String,
    revoke: String,
}

impl Endpoints {
    pub(crate) fn of(issuer: &Issuer) -> Self {
        let url = |endpoint| issuer.endpoint_url(endpoint);
        Self { issuer: issuer.url(), authorize: url(Endpoint::Authorize), token: url(Endpoint::Token), revoke: url(Endpoint::Revoke) }
    }

    pub(crate) fn config(&self, policy: Policy) -> Config<'_> {
        let server = Server::new(&self.issuer, &self.authorize, &self.token).with_revocation(&self.revoke).danger_allow_http_on_loopback();
        Config::new(server, Client::public("demo")).unwrap().with_policy(policy).unwrap()
    }
}

pub(crate) fn entropy() -> Entropy {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).unwrap();
    Entropy::from_bytes(bytes).unwrap()
}

pub(crate) const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) type Stream = FromStd<TcpStream>;

pub(crate) fn connect(authority: &str) -> Stream {
    let stream = TcpStream::connect(authority).unwrap();
    stream.set_nodelay(true).unwrap();
    FromStd::new(stream)
}

/// A store in memory.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) Option<Vec<u8>>);

impl Memory {
    pub(crate) fn answer(&mut self, session: &mut Session, config: &Config<'_>, now: Timestamp, save: Save<'_>) {
        let held = self.0.as_deref().map(|record| Version::of(record).unwrap());
        let told = if held == save.expected() {
            self.0 = Some(save.record().to_vec());
            session.handle(config, now, Input::Saved(save.ticket()))
        } else {
            session.handle(config, now, Input::Superseded(self.0.as_deref()))
        };
        told.unwrap();
    }
}

/// Why a device stopped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Asleep,
    Waits(Why),
    SignIn,
}

/// Drives a session until it rests; `send` carries its requests.
pub(crate) fn drive(
    session: &mut Session,
    config: &Config<'_>,
    store: &mut Memory,
    issuer: &Issuer,
    now: Timestamp,
    mut send: impl FnMut(Exchange<'_, Box<dyn FnMut() -> Timestamp>>, &str),
) -> Stop {
    let mut has_signed_in = false;
    for _ in 0..64 {
        let mut out = [0; 8192];
        match session.poll(config, now, &mut out).unwrap() {
            Output::Load => drop(session.handle(config, now, Input::Found(store.0.as_deref(), &entropy())).unwrap()),
            Output::SignIn(_) if has_signed_in => return Stop::SignIn,
            Output::SignIn(_) => {
                has_signed_in = true;
                let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
                session.sign_in(config, now, &grant, REDIRECT, &entropy()).unwrap();
            }
            Output::Visit(url) => {
                let redirect = issuer.visit(url.as_str()).unwrap();
                session.handle(config, now, Input::Redirect(&redirect)).unwrap();
            }
            Output::Save(save) => store.answer(session, config, now, save),
            Output::Send(request) => {
                let authority = request.authority();
                send(Exchange::new(session, config, request, Box::new(move || now)), authority);
            }
            Output::Sleep(_) => return Stop::Asleep,
            Output::Wait(_, why) => return Stop::Waits(why),
            Output::AwaitRedirect(_) | Output::AwaitResponse(_) => panic!("nobody answers"),
        }
    }
    panic!("it never rests");
}

/// Sends by a socket, and wants an answer.
pub(crate) fn over_socket(exchange: Exchange<'_, Box<dyn FnMut() -> Timestamp>>, authority: &str) {
    let mut scratch = [0; 512];
    let answered: Result<(), Error<_>> = exchange.run(&mut connect(authority), &mut scratch);
    assert!(scratch.iter().all(|byte| *byte == 0), "the scratch buffer is wiped");
    answered.unwrap();
}

/// Signs in over sockets.
pub(crate) fn signed_in(session: &mut Session, config: &Config<'_>, store: &mut Memory, issuer: &Issuer) {
    assert_eq!(drive(session, config, store, issuer, at(0), over_socket), Stop::Asleep);
}
