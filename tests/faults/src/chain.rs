//! The records of one grant, as a real session writes them: each is to be stored over the one before.

use gatepass::{AuthorizationCode, Client, Config, Entropy, Grant, Head, Input, Output, Server, Session, StateName, Ticket, Timestamp};

/// A record, and how a driver stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its bytes.
    pub record: Vec<u8>,
    /// Whether it is the intent to refresh, which takes the room for what follows.
    pub is_intent: bool,
}

/// What becomes of an intent: tokens of so many bytes beyond the least, or the request does not leave and the intent is given back.
const ROUNDS: [Option<usize>; 7] = [Some(700), Some(150), None, Some(300), Some(6000), Some(60), Some(60)];

/// The links that a worker stores at most. What lies beyond them is for whoever goes on.
pub const REACH: usize = 11;

/// A sign-in, then of each round the intent and what became of it: tokens that get longer, shorter, a give-back, and tokens for
/// which the room of the intent is too small.
#[must_use]
pub fn chain() -> Vec<Link> {
    let server = Server::new("https://as.example", "https://as.example/a", "https://as.example/t");
    let config = Config::new(server, Client::public("id")).unwrap();
    let entropy = |salt: u8| Entropy::from_bytes(core::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ salt)).unwrap();
    let mut session: Box<Session<[u8; 16384]>> = Box::default();
    let session: &mut Session = &mut session;
    let mut out = vec![0; 65536];
    let mut now = Timestamp::from_millis(1_000);
    let mut chain: Vec<Link> = Vec::new();
    session.handle(&config, now, Input::Found(None, &entropy(1))).unwrap();
    let grant = Grant::AuthorizationCode(AuthorizationCode::new());
    session.sign_in(&config, now, &grant, "https://app.example/cb", &entropy(2)).unwrap();
    while chain.len() <= 2 * ROUNDS.len() {
        enum Next {
            Redirect(String),
            Saved(Ticket),
            Sent(Ticket),
            Later(Timestamp),
        }
        let mut saved = None;
        let next = match session.poll(&config, now, &mut out).unwrap() {
            Output::Visit(url) => {
                let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap();
                Next::Redirect(format!("https://app.example/cb?code=c&state={state}"))
            }
            Output::Save(save) => {
                saved = Some(save.record().to_vec());
                Next::Saved(save.ticket())
            }
            Output::Send(request) => Next::Sent(request.ticket()),
            Output::Sleep(until) | Output::Wait(until, _) => Next::Later(until),
            other @ (Output::Load | Output::SignIn(_) | Output::AwaitRedirect(_) | Output::AwaitResponse(_)) => panic!("{other:?}"),
        };
        if let Some(record) = saved {
            chain.push(Link { record, is_intent: session.state() == StateName::SavingIntent });
        }
        match next {
            Next::Redirect(uri) => _ = session.handle(&config, now, Input::Redirect(&uri)).unwrap(),
            Next::Saved(ticket) => _ = session.handle(&config, now, Input::Saved(ticket)).unwrap(),
            Next::Sent(ticket) => {
                let length = if chain.is_empty() { Some(0) } else { ROUNDS[(chain.len() - 2) / 2] };
                answer(session, &config, now, ticket, length, chain.len());
            }
            Next::Later(until) => now = until,
        }
    }
    assert!(chain.iter().enumerate().all(|(at, link)| link.is_intent == (at % 2 == 1)));
    chain
}

fn answer(session: &mut Session, config: &Config<'_>, now: Timestamp, ticket: Ticket, length: Option<usize>, salt: usize) {
    let Some(length) = length else {
        let _ = session.handle(config, now, Input::NotSent(ticket)).unwrap();
        return;
    };
    let head = Head { status: 200, content_type: Some("application/json"), retry_after: None };
    let pad = "x".repeat(length);
    let body = format!(r#"{{"access_token":"a{salt}{pad}","refresh_token":"r{salt}","token_type":"Bearer","expires_in":60}}"#);
    session.handle(config, now, Input::Head(ticket, head)).unwrap();
    session.handle(config, now, Input::Body(ticket, body.as_bytes())).unwrap();
    let _ = session.handle(config, now, Input::End(ticket)).unwrap();
}
