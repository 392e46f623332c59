//! A session of a known size without a world around it, which can be copied: for what is tried a million times.

use super::*;
use gatepass::model;

pub type Bare = Session<[u8; 1024]>;

/// A session, and the request whose answer it reads.
pub struct Reading {
    pub session: Bare,
    pub ticket: Ticket,
}

pub const NOW: Timestamp = Timestamp::from_millis(1_000_000).with_unix_seconds(1_700_000_000);

impl Reading {
    /// The answer of this status to a code.
    pub fn redeem(config: &Config<'_>, status: u16) -> Self {
        let mut session = Bare::new();
        session.handle(config, NOW, Input::Found(None, &entropy(1))).unwrap();
        let ticket = redeem(&mut session, config, status);
        Self { session, ticket }
    }

    /// The answer of this status to a refresh token of a grant that lives.
    pub fn refresh(config: &Config<'_>, status: u16, tokens: &[u8]) -> Self {
        let mut first = Self::redeem(config, 200);
        first.answer(config, &[tokens]).unwrap();
        let Self { mut session, .. } = first;
        save(&mut session, config);
        session.handle(config, NOW, Input::Refresh).unwrap();
        save(&mut session, config);
        let ticket = send(&mut session, config, status);
        Self { session, ticket }
    }

    pub fn copy(&self) -> Self {
        Self { session: model::copy(&self.session), ticket: self.ticket }
    }

    /// The next bytes.
    pub fn body(&mut self, config: &Config<'_>, piece: &[u8]) -> Result<Status, Error> {
        self.session.handle(config, NOW, Input::Body(self.ticket, piece))
    }

    /// The whole body in these pieces, and its end.
    pub fn answer(&mut self, config: &Config<'_>, pieces: &[&[u8]]) -> Result<Status, Error> {
        for piece in pieces {
            self.body(config, piece)?;
        }
        self.session.handle(config, NOW, Input::End(self.ticket))
    }
}

/// From any state that takes a sign-in as far as the head of the answer to its code.
pub fn redeem(session: &mut Bare, config: &Config<'_>, status: u16) -> Ticket {
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("read"));
    session.sign_in(config, NOW, &grant, REDIRECT_URI, &entropy(2)).unwrap();
    let mut out = [0; 1024];
    let Output::Visit(url) = session.poll(config, NOW, &mut out).unwrap() else { panic!("no visit") };
    let state = url.as_str().split("state=").nth(1).unwrap().split('&').next().unwrap();
    let redirect = format!("{REDIRECT_URI}?state={state}&code=SECRETCODE");
    session.handle(config, NOW, Input::Redirect(&redirect)).unwrap();
    send(session, config, status)
}

fn send(session: &mut Bare, config: &Config<'_>, status: u16) -> Ticket {
    let mut out = [0; 1024];
    let Output::Send(request) = session.poll(config, NOW, &mut out).unwrap() else { panic!("no request") };
    let ticket = request.ticket();
    session.handle(config, NOW, Input::Head(ticket, Head { status, ..JSON })).unwrap();
    ticket
}

/// The store takes what is to be saved; gives it.
pub fn save(session: &mut Bare, config: &Config<'_>) -> Vec<u8> {
    let mut out = [0; 1024];
    let Output::Save(save) = session.poll(config, NOW, &mut out).unwrap() else { panic!("no save") };
    let (ticket, record) = (save.ticket(), save.record().to_vec());
    session.handle(config, NOW, Input::Saved(ticket)).unwrap();
    record
}
