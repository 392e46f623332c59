//! The authorization server and the API, in memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use super::time::switch;

/// What it makes of a refresh; it rotates unless told otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// No connection.
    Unreachable,
    /// It has read the request, and is gone.
    Lost,
    /// `503`.
    Unavailable,
    /// `invalid_grant`.
    Ended,
    /// The thread that carries it panics, before the server has seen the request.
    Panic,
}

#[derive(Default)]
struct State {
    generation: u64,
    revoked: Option<u64>,
    in_flight: usize,
    requests: usize,
    fates: VecDeque<Fate>,
    overlaps: bool,
}

/// Gives every request a token of its own, and ends the test when two requests meet, or a refresh token comes twice.
#[derive(Default)]
pub struct Server(Mutex<State>);

/// A request on its way, until it is dropped.
pub struct Flight(Arc<Server>, Option<Fate>);

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What becomes of the requests that come next.
    pub fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state().fates.extend(fates);
    }

    /// Whoever comes again with the token before the present one gets the present tokens again.
    pub fn overlaps(&self) {
        self.state().overlaps = true;
    }

    /// How many came to the token endpoint.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// The tokens of the present generation, as an answer.
    pub fn tokens(&self) -> String {
        let generation = self.state().generation;
        format!(r#"{{"access_token":"a{generation}","refresh_token":"r{generation}","token_type":"Bearer","expires_in":3600}}"#)
    }

    /// Somebody sends a request of the session.
    pub fn begin(self: &Arc<Self>) -> Flight {
        switch();
        let mut state = self.state();
        assert_eq!(state.in_flight, 0, "two requests are in flight");
        state.in_flight += 1;
        Flight(Arc::clone(self), state.fates.pop_front())
    }

    /// Whether the API takes the value of a header.
    pub fn accepts(&self, authorization: &str) -> bool {
        switch();
        let state = self.state();
        authorization == format!("Bearer a{}", state.generation) && state.revoked != Some(state.generation)
    }

    /// The API takes no token that was issued so far, though it has not expired.
    pub fn revoke(&self) {
        let mut state = self.state();
        state.revoked = Some(state.generation);
    }
}

impl Flight {
    /// Whether it never leaves.
    pub fn is_unreachable(&self) -> bool {
        self.1 == Some(Fate::Unreachable)
    }

    /// The request is there, whole: the status and the body of an answer, or none.
    pub fn answer(&self, path: &str, body: &str) -> Option<(u16, String)> {
        switch();
        if self.1 == Some(Fate::Panic) {
            super::panics();
        }
        if path == "/r" {
            return Some((200, String::new()));
        }
        let answer = {
            let mut state = self.0.state();
            state.requests += 1;
            match self.1 {
                Some(Fate::Lost) => None,
                Some(Fate::Unavailable) => Some((503, String::new())),
                Some(Fate::Ended) => Some((400, r#"{"error":"invalid_grant"}"#.into())),
                Some(Fate::Unreachable | Fate::Panic) | None => {
                    let came = |generation| body.split('&').any(|parameter| parameter == format!("refresh_token=r{generation}"));
                    if !(state.overlaps && state.generation > 0 && came(state.generation - 1)) {
                        assert!(came(state.generation), "a refresh token came twice: {body}");
                        state.generation += 1;
                    }
                    Some((200, String::new()))
                }
            }
        };
        let answer = match answer {
            Some((200, _)) => Some((200, self.0.tokens())),
            other => other,
        };
        switch();
        answer
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}
