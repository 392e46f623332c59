//! The parts of a life, and the steps made of them: the same for every candidate but gatepass, which has its own.

use gatepass_steps::{
    given,
    step::{Outcome, Ready, Step},
};
use http::{Response, header::CONTENT_TYPE};

/// An answer, as an HTTP client hands it over.
pub(super) type Answer = Response<Vec<u8>>;

/// A candidate by its parts, each after the one before.
pub(super) trait Parts: Sized + Send + 'static {
    /// With its configuration done. Nothing that it keeps takes more than `room` bytes.
    fn new(room: usize) -> Self;
    /// Verifier and challenge.
    fn pkce(&mut self, entropy: &[u8; 64]);
    /// `state`, verifier, challenge, and the authorization URL.
    fn sign_in(&mut self, entropy: &[u8; 64]);
    /// Whether the redirect is good; its code is kept.
    fn come_back(&mut self, redirect: &str) -> bool;
    /// The request that redeems the code. It is sent once.
    fn redeem(&mut self);
    /// The answer to it.
    fn receive(&mut self, answer: Answer);
    /// The request that refreshes.
    fn refresh(&mut self);
    /// The same, and its answer.
    fn refresh_and_receive(&mut self, answer: Answer);
    /// The value of `Authorization`.
    fn make_header(&mut self);

    /// Verifier and challenge that were made.
    fn made_pkce(&self) -> (String, String);
    /// The URL that was made.
    fn made_url(&self) -> String;
    /// The code that was kept.
    fn kept_code(&self) -> String;
    /// URL and form of the last request.
    fn made_request(&self) -> (String, String);
    /// Access and refresh token that were kept.
    fn kept_tokens(&self) -> (String, String);
    /// The header that was made.
    fn made_header(&self) -> String;
}

/// A candidate before, in and after a step.
pub(super) struct Steps<P> {
    step: Step,
    parts: P,
    entropy: [u8; 64],
    redirect: String,
    answers: [Option<Answer>; 2],
    is_good: bool,
}

fn answer(body: String) -> Option<Answer> {
    Some(Response::builder().status(200).header(CONTENT_TYPE, given::CONTENT_TYPE).body(body.into_bytes()).expect("it is a response"))
}

impl<P: Parts> Steps<P> {
    /// Ready for a step, unless it is one that only gatepass has.
    pub(super) fn ready(step: Step) -> Option<Box<dyn Ready + Send>> {
        let entropy = given::unknown(given::entropy(1));
        let answers = [answer(step.answer()), answer(given::answer(2, given::LIFECYCLE_ANSWER))];
        let redirect = match step {
            Step::ForgedRedirect => given::redirect("forged-forged-forged-forged"),
            _ => given::redirect(&super::redirect::state(&entropy)),
        };
        let mut steps = Self { step, parts: P::new(step.room()), entropy, redirect, answers, is_good: true };
        match step {
            Step::JournaledRefreshRequest => return None,
            Step::Pkce | Step::AuthorizationUrl | Step::Lifecycle => {}
            Step::Redirect | Step::ForgedRedirect => steps.parts.sign_in(&entropy),
            Step::CodeRequest => steps.get_code(),
            Step::Answer(_) | Step::Unknown(_) => {
                steps.get_code();
                steps.parts.redeem();
            }
            Step::RefreshRequest => steps.get_tokens(),
        }
        Some(Box::new(steps))
    }

    fn get_code(&mut self) {
        self.parts.sign_in(&self.entropy);
        self.is_good = self.parts.come_back(&self.redirect);
    }

    fn take(&mut self, answer: usize) -> Answer {
        self.answers[answer].take().expect("each answer comes once")
    }

    fn get_tokens(&mut self) {
        self.get_code();
        self.parts.redeem();
        let answer = self.take(0);
        self.parts.receive(answer);
    }
}

impl<P: Parts> Ready for Steps<P> {
    fn run(&mut self) {
        match self.step {
            Step::Pkce => self.parts.pkce(&self.entropy),
            Step::AuthorizationUrl => self.parts.sign_in(&self.entropy),
            Step::Redirect | Step::ForgedRedirect => self.is_good = self.parts.come_back(&self.redirect),
            Step::CodeRequest => self.parts.redeem(),
            Step::RefreshRequest | Step::JournaledRefreshRequest => self.parts.refresh(),
            Step::Answer(_) | Step::Unknown(_) => {
                let answer = self.take(0);
                self.parts.receive(answer);
            }
            Step::Lifecycle => {
                self.get_tokens();
                let answer = self.take(1);
                self.parts.refresh_and_receive(answer);
                self.parts.make_header();
            }
        }
    }

    fn outcome(&mut self) -> Outcome {
        match self.step {
            Step::Pkce => {
                let (verifier, challenge) = self.parts.made_pkce();
                Outcome::Pkce(verifier, challenge)
            }
            Step::AuthorizationUrl => Outcome::Url(self.parts.made_url()),
            Step::Redirect | Step::ForgedRedirect if !self.is_good => Outcome::Refused,
            Step::Redirect | Step::ForgedRedirect => Outcome::Code(self.parts.kept_code()),
            Step::CodeRequest | Step::RefreshRequest | Step::JournaledRefreshRequest => {
                let (url, body) = self.parts.made_request();
                Outcome::Request { url, body }
            }
            Step::Answer(_) | Step::Unknown(_) => {
                let (access, refresh) = self.parts.kept_tokens();
                Outcome::Tokens { access, refresh }
            }
            Step::Lifecycle => Outcome::Header(self.parts.made_header(), self.parts.kept_tokens().1),
        }
    }
}
