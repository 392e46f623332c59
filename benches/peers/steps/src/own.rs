//! gatepass's way of taking the steps: as a driver that has the entropy, and a store that always says yes.

use core::ops::Range;

use gatepass::{AuthorizationCode, Client, Config, Entropy, Grant, Head, Input, Output, Server, Session, Status, Ticket, Timestamp};

use crate::{
    given,
    step::{Outcome, Ready, Step},
};

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).with_unix_seconds(1_800_000_000)
}

/// Where all saves of a step are made, as callgrind knows it.
pub const SAVES: &str = "gatepass_steps::own::Own::save";

/// gatepass before, in and after a step.
#[derive(Debug)]
pub struct Own {
    step: Step,
    config: Config<'static>,
    session: Box<Session>,
    /// The clock. It stands still while an answer is read.
    millis: u64,
    out: Box<[u8]>,
    grant: Grant<'static>,
    entropy: [Entropy; 2],
    redirect: String,
    answers: [String; 2],
    ticket: Option<Ticket>,
    /// Where in `out` the step has left its URL, its form or its header.
    made: [Range<usize>; 2],
    is_refused: bool,
    /// Bytes of the last record.
    record: usize,
}

/// The least session that a step fits, of the sizes that an application would declare.
fn session(room: usize) -> Box<Session> {
    match room {
        0..=4_000 => Box::new(Session::<[u8; 4096]>::new()),
        4_001..=16_000 => Box::new(Session::<[u8; 16_384]>::new()),
        _ => Box::new(Session::<[u8; 262_144]>::new()),
    }
}

/// The configuration of every session.
///
/// # Panics
/// Never: it is a good one.
#[must_use]
pub fn config() -> Config<'static> {
    let server = Server::new(given::unknown(given::ISSUER), given::unknown(given::AUTHORIZE), given::unknown(given::TOKEN));
    Config::new(server.with_iss_parameter(), Client::public(given::unknown(given::CLIENT))).expect("it is a good configuration")
}

impl Own {
    /// Whether gatepass has this step by itself. Verifier and challenge it makes with the URL alone.
    #[must_use]
    pub fn has(step: Step) -> bool {
        step != Step::Pkce
    }

    /// Ready for a step.
    ///
    /// # Panics
    /// When the steps before it fail.
    #[must_use]
    pub fn ready(step: Step) -> Self {
        let entropy = [1, 2].map(|seed| Entropy::from_bytes(given::entropy(seed)).expect("it is random"));
        let session = session(step.room());
        let out = vec![0; size_of_val(&*session) + 512].into_boxed_slice();
        let answers = [step.answer(), given::answer(2, given::LIFECYCLE_ANSWER)];
        let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope(given::unknown(given::SCOPE)));
        let (redirect, made) = (String::new(), [0..0, 0..0]);
        let mut own = Self {
            step,
            config: config(),
            session,
            millis: 0,
            out,
            grant,
            entropy,
            redirect,
            answers,
            ticket: None,
            made,
            is_refused: false,
            record: 0,
        };
        own.find_state();
        match step {
            Step::Pkce | Step::Lifecycle => {}
            Step::AuthorizationUrl => own.load(),
            Step::Redirect | Step::ForgedRedirect => {
                own.load();
                own.sign_in();
            }
            Step::CodeRequest => {
                own.load();
                own.sign_in();
                own.come_back();
            }
            Step::Answer(_) | Step::Unknown(_) => {
                own.load();
                own.sign_in();
                own.come_back();
                own.send();
            }
            Step::RefreshRequest | Step::JournaledRefreshRequest => {
                own.get_tokens();
                if step == Step::RefreshRequest {
                    own.wish();
                }
            }
        }
        own
    }

    /// The session, as the steps so far have left it.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_session(self) -> Box<Session> {
        self.session
    }

    /// Bytes of the record that was saved last.
    #[must_use]
    pub fn record(&self) -> usize {
        self.record
    }

    /// The redirect must bring the `state` back that this session will have sent: the same entropy gives the same.
    fn find_state(&mut self) {
        let mut other = Session::<[u8; 4096]>::new();
        let mut out = [0; 4096];
        let mut url = String::new();
        other.handle(&self.config, at(0), Input::Found(None, &self.entropy[1])).expect("nothing is stored");
        other.sign_in(&self.config, at(0), &self.grant, given::REDIRECT_URI, &self.entropy[0]).expect("the sign-in is a good one");
        if let Ok(Output::Visit(visit)) = other.poll(&self.config, at(0), &mut out) {
            visit.as_str().clone_into(&mut url);
        }
        let state = url.split("&state=").nth(1).and_then(|rest| rest.split('&').next()).expect("there is a state");
        self.redirect = given::redirect(if self.step == Step::ForgedRedirect { "forged-forged-forged-forged" } else { state });
    }

    fn later(&mut self) -> Timestamp {
        self.millis += 1;
        at(self.millis)
    }

    fn load(&mut self) {
        let now = self.later();
        let Ok(Output::Load) = self.session.poll(&self.config, now, &mut self.out) else { panic!("it is new") };
        self.session.handle(&self.config, now, Input::Found(None, &self.entropy[1])).expect("nothing is stored");
    }

    fn sign_in(&mut self) {
        let redirect_uri = given::REDIRECT_URI;
        let now = self.later();
        self.session.sign_in(&self.config, now, &self.grant, redirect_uri, &self.entropy[0]).expect("the sign-in is a good one");
        let Ok(Output::Visit(url)) = self.session.poll(&self.config, now, &mut self.out) else { panic!("the person is next") };
        self.made[0] = place(url.as_str());
    }

    fn come_back(&mut self) {
        let now = self.later();
        self.is_refused = self.session.handle(&self.config, now, Input::Redirect(&self.redirect)).is_err();
    }

    fn send(&mut self) {
        let now = self.later();
        let Ok(Output::Send(request)) = self.session.poll(&self.config, now, &mut self.out) else { panic!("the request is next") };
        self.ticket = Some(request.ticket());
        self.made = [place(request.url()), place(request.body())];
    }

    fn receive(&mut self, answer: usize) {
        let ticket = self.ticket.take().expect("a request was sent");
        let now = self.later();
        let head = Head { status: 200, content_type: Some(given::CONTENT_TYPE), retry_after: None };
        let status = self.session.handle(&self.config, now, Input::Head(ticket, head));
        assert_eq!(status, Ok(Status::More));
        let body = self.answers[answer].as_bytes();
        assert_eq!(self.session.handle(&self.config, now, Input::Body(ticket, body)), Ok(Status::More));
        assert_eq!(self.session.handle(&self.config, now, Input::End(ticket)), Ok(Status::Advanced));
    }

    /// Of its own, so that callgrind can tell it apart.
    #[inline(never)]
    fn save(&mut self) {
        let now = self.later();
        let Ok(Output::Save(save)) = self.session.poll(&self.config, now, &mut self.out) else { panic!("the store is next") };
        self.record = save.record().len();
        let ticket = save.ticket();
        let now = self.later();
        self.session.handle(&self.config, now, Input::Saved(ticket)).expect("the save was asked for");
    }

    /// Wishes a refresh, and saves the intent that must be saved before.
    fn wish(&mut self) {
        let now = self.later();
        self.session.handle(&self.config, now, Input::Refresh).expect("there is a grant");
        self.save();
    }

    fn get_tokens(&mut self) {
        self.load();
        self.sign_in();
        self.come_back();
        self.send();
        self.receive(0);
        self.save();
    }

    fn make_header(&mut self) {
        let now = self.later();
        let token = self.session.access_token(now).expect("it was fetched");
        let header = token.header(&mut self.out).expect("it fits");
        self.made[0] = place(header);
    }

    /// What was made: it lies in the buffer, but for a URL, which is the configured one.
    fn text(&self, made: usize) -> String {
        let Range { start, end } = self.made[made].clone();
        let part = [&self.out[..], given::TOKEN.as_bytes()].into_iter().find_map(|lent| {
            let base = lent.as_ptr().addr();
            lent.get(start.checked_sub(base)?..end.checked_sub(base)?)
        });
        String::from_utf8(part.expect("nothing else is lent").to_vec()).expect("only text is written")
    }

    /// The refresh token: the form of the next refresh has it.
    fn refresh_token(&mut self) -> String {
        self.wish();
        self.send();
        value(&self.text(1), "refresh_token")
    }
}

/// Where a part lies in memory.
fn place(part: impl AsRef<[u8]>) -> Range<usize> {
    let part = part.as_ref();
    let start = part.as_ptr().addr();
    start..start + part.len()
}

/// The value of a field whose value needs no decoding.
fn value(form: &str, name: &str) -> String {
    let mut fields = form.split('&').filter_map(|field| field.split_once('='));
    fields.find_map(|(field, value)| (field == name).then(|| value.to_owned())).expect("the form has the field")
}

impl Ready for Own {
    fn run(&mut self) {
        match self.step {
            Step::Pkce => {}
            Step::AuthorizationUrl => self.sign_in(),
            Step::Redirect | Step::ForgedRedirect => self.come_back(),
            Step::CodeRequest | Step::RefreshRequest => self.send(),
            Step::JournaledRefreshRequest => {
                self.wish();
                self.send();
            }
            Step::Answer(_) | Step::Unknown(_) => self.receive(0),
            Step::Lifecycle => {
                self.get_tokens();
                self.wish();
                self.send();
                self.receive(1);
                self.save();
                self.make_header();
            }
        }
    }

    fn outcome(&mut self) -> Outcome {
        match self.step {
            Step::Pkce => panic!("gatepass has no such step"),
            Step::AuthorizationUrl => Outcome::Url(self.text(0)),
            Step::Redirect | Step::ForgedRedirect if self.is_refused => Outcome::Refused,
            Step::Redirect | Step::ForgedRedirect => {
                self.send();
                Outcome::Code(value(&self.text(1), "code"))
            }
            Step::CodeRequest | Step::RefreshRequest | Step::JournaledRefreshRequest => {
                Outcome::Request { url: self.text(0), body: self.text(1) }
            }
            Step::Answer(_) | Step::Unknown(_) => {
                self.save();
                let access = self.session.access_token(at(self.millis)).expect("it was fetched").secret().to_owned();
                Outcome::Tokens { access, refresh: self.refresh_token() }
            }
            Step::Lifecycle => Outcome::Header(self.text(0), self.refresh_token()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_makes_what_the_next_one_or_its_server_needs() {
        for step in Step::COMPARED.into_iter().chain([Step::ForgedRedirect, Step::Unknown(3)]).filter(|step| Own::has(*step)) {
            let mut own = Own::ready(step);
            own.run();
            let good = match own.outcome() {
                Outcome::Url(url) => url.starts_with(given::AUTHORIZE),
                Outcome::Code(code) => !code.is_empty() && step == Step::Redirect,
                Outcome::Refused => step == Step::ForgedRedirect,
                Outcome::Request { url, body } => url == given::TOKEN && body.contains("grant_type="),
                Outcome::Tokens { access, refresh } => !access.is_empty() && !refresh.is_empty(),
                Outcome::Header(header, refresh) => header.starts_with("Bearer ") && !refresh.is_empty(),
                Outcome::Pkce(..) => false,
            };
            assert!(good, "{}", step.name());
        }
    }
}
