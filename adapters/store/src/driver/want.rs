//! Who does what: a caller comes with a goal, and learns whether to take, to lead, to follow or to wait.

use core::time::Duration;

use gatepass::{Error as Fault, Input, Misuse, Status, Timestamp, Why};

use super::{
    Call, Driver, Error, Goal, Step, Token,
    flight::Rest,
    renewals::{For, left},
};

/// What a caller is to do.
#[derive(Debug)]
#[must_use = "somebody waits for it"]
#[allow(clippy::exhaustive_enums, clippy::large_enum_variant)]
pub enum Want {
    /// The goal is reached; the token, where it was one.
    Ready(Option<Token>),
    /// Run a flight, beginning with this step. Where there is a token, it serves meanwhile.
    Lead(Step, Option<Token>),
    /// A flight is under way: wait until it has ended, and ask again.
    Follow,
    /// Wait until this moment or the end of a flight, and ask again.
    Until(Timestamp),
}

impl Driver {
    /// What a caller is to do to reach its goal. Ask again after everything that it says but `Ready`.
    ///
    /// # Errors
    /// When a person must act, the store or a server says what cannot be used, or patience is at its end.
    pub fn want(&mut self, call: &mut Call) -> Result<Want, Error> {
        match call.goal {
            Goal::Token(min_ttl) => return self.want_token(call, None, min_ttl),
            Goal::TokenFor(name, min_ttl) => return self.want_token(call, Some(name), min_ttl),
            Goal::Loaded | Goal::Idle | Goal::SignedIn | Goal::Saved | Goal::SignedOut => {}
        }
        let sign_in = call.sign_in.as_ref().filter(|_| call.goal == Goal::SignedIn);
        if let Some(ended) = sign_in.and_then(|outcome| outcome.get()) {
            return ended.clone().map(|()| Want::Ready(None));
        }
        if let Some(error) = self.flight.failure(call.since) {
            return Err(error.clone());
        }
        if self.flight.is_led() {
            return Ok(Want::Follow);
        }
        if call.goal == Goal::SignedOut && !call.has_asked {
            self.begin_sign_out(call)?;
        }
        let reached = match call.goal {
            // Whoever has signed out, and could not yet look at the store, does not know whether it holds a grant.
            Goal::Loaded => !matches!(self.session.state(), gatepass::StateName::Loading | gatepass::StateName::Leaving),
            Goal::Idle => self.is_idle(),
            Goal::SignedIn => call.sign_in.is_none() && self.session.state() == gatepass::StateName::Live,
            Goal::Saved => !self.session.is_unsaved(),
            Goal::SignedOut => call.has_asked && self.is_idle(),
            Goal::Token(_) | Goal::TokenFor(..) => false,
        };
        if reached {
            return Ok(Want::Ready(None));
        }
        match self.lead(matches!(call.goal, Goal::Loaded | Goal::Idle | Goal::Saved))? {
            Ok(step) => Ok(Want::Lead(step, None)),
            Err(Rest::SigningIn) => Err(Error::SignInUnderWay),
            Err(Rest::SignIn(reason)) if call.goal == Goal::SignedIn => Err(self.sign_in_required(reason)),
            Err(Rest::Wait(until, why)) => self.wait(call, until, why),
            Err(Rest::SignIn(_) | Rest::Sleep) => Ok(Want::Ready(None)),
        }
    }

    fn want_token(&mut self, call: &mut Call, audience: For, min_ttl: Duration) -> Result<Want, Error> {
        let (token, is_enough) = self.token(call, audience, min_ttl);
        if is_enough && self.flight.is_led() {
            return Ok(Want::Ready(token));
        }
        if token.is_none()
            && let Some(error) = self.flight.failure(call.since)
        {
            return Err(error.clone());
        }
        if self.flight.is_led() {
            return Ok(Want::Follow);
        }
        if !is_enough {
            self.wish(call, audience, token.is_some())?;
        }
        let rest = match self.lead(false) {
            Ok(Ok(step)) => return Ok(Want::Lead(step, token.filter(|_| is_enough))),
            Ok(Err(rest)) => rest,
            Err(_) if token.is_some() => return Ok(Want::Ready(token)),
            Err(error) => return Err(error),
        };
        match rest {
            Rest::Wait(until, why) if !is_enough => match self.wait(call, until, why) {
                Err(_) if token.is_some() => Ok(Want::Ready(token)),
                wait => wait,
            },
            _ if token.is_some() => Ok(Want::Ready(token)),
            // Somebody may have signed in elsewhere.
            Rest::SignIn(reason) if !self.flight.has_looked(call.since) => Ok(Want::Lead(self.look(reason), None)),
            Rest::SignIn(reason) => Err(self.sign_in_required(reason)),
            Rest::SigningIn => Err(Error::SignInUnderWay),
            Rest::Wait(until, why) => self.wait(call, until, why),
            Rest::Sleep => Err(Error::Waiting { why: Why::TooSmall, after: Duration::ZERO, cause: None }),
        }
    }

    /// The token that serves, and whether it is enough: it lives long enough, or as long as one can expect. That is so after
    /// a renewal during the call, and while a renewed one has lost no more than a quarter of its life.
    fn token(&self, call: &Call, audience: For, min_ttl: Duration) -> (Option<Token>, bool) {
        let now = self.now();
        let Some(token) = self.access(audience, now) else { return (None, false) };
        let seen = self.seen(audience);
        let is_enough = left(&token, now) >= min_ttl.min(seen.expected(&token)) || seen.renewals > call.renewals;
        (Some(Token::new(&token, now, self.is_relaxed)), is_enough)
    }

    /// Says what is wished: once where there is a token, and as long as there is none for its audience.
    fn wish(&mut self, call: &mut Call, audience: For, has_token: bool) -> Result<(), Fault> {
        let input = match audience {
            None if has_token && !call.has_asked => Input::Refresh,
            Some(name) if !has_token || !call.has_asked => Input::RefreshFor(name),
            _ => return Ok(()),
        };
        let now = self.now();
        match self.session.handle(&self.config, now, input) {
            // Something must be done first.
            Err(Fault::Misuse(Misuse::NotNow)) => return Ok(()),
            // Where it cannot be refreshed now, the token that there is must do.
            Err(error) if !has_token => return Err(error),
            _ => {}
        }
        call.has_asked = true;
        Ok(())
    }

    fn wait(&self, call: &Call, until: Timestamp, why: Why) -> Result<Want, Error> {
        if until.as_millis() <= call.until.as_millis() {
            return Ok(Want::Until(until));
        }
        Err(Error::Waiting { why, after: until.since(self.now()), cause: self.flight.cause.clone() })
    }

    pub(super) fn sign_in_required(&self, reason: gatepass::SignInReason) -> Error {
        Error::SignInRequired { reason, refusal: self.refusal() }
    }

    fn begin_sign_out(&mut self, call: &mut Call) -> Result<(), Error> {
        let now = self.now();
        match self.session.sign_out(&self.config, now) {
            Ok(_) => call.has_asked = true,
            Err(Fault::Misuse(Misuse::NotNow)) if self.is_signing_in() => return Err(Error::SignInUnderWay),
            // Something must be done first.
            Err(Fault::Misuse(Misuse::NotNow)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A resource server said `invalid_token` to the token of this generation: it serves no more, and the next caller
    /// refreshes. Told twice, or of old tokens, it does nothing.
    pub fn token_rejected(&mut self, token: &Token) {
        let now = self.now();
        let _: Result<Status, Fault> = self.session.handle(&self.config, now, Input::TokenRejected(token.generation()));
    }
}
