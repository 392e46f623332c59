//! What is done for a connection that has something to say: judge it, ask the closure, answer.

use std::time::Instant;

use crate::connection::{Connection, Progress};
use crate::page::Page;
use crate::{Outcome, Verdict, request};

/// One turn at all connections; after an outcome, the closure is not asked again.
pub(crate) struct Service<'a> {
    path: &'a str,
    now: Instant,
    accept: &'a mut dyn FnMut(&str) -> Verdict,
    outcome: Option<Outcome>,
}

impl<'a> Service<'a> {
    pub(crate) fn new(path: &'a str, now: Instant, accept: &'a mut dyn FnMut(&str) -> Verdict) -> Self {
        Self { path, now, accept, outcome: None }
    }

    /// When this turn began.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    pub(crate) const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Takes a connection as far as it goes. `false` if it is over.
    pub(crate) fn serve(&mut self, connection: &mut Connection) -> bool {
        loop {
            let page = match connection.advance(self.now) {
                Progress::Waiting => return true,
                Progress::Over => return false,
                Progress::Refused(page) => page,
                Progress::Request => self.page_for(connection),
            };
            // The closure may have taken its time: the peer's begins only now.
            connection.answer(page, Instant::now());
        }
    }

    fn page_for(&mut self, connection: &Connection) -> Page {
        let uri = match request::redirect(connection.head(), connection.local(), self.path) {
            Ok(uri) => uri,
            Err(page) => return page,
        };
        match (self.accept)(&uri) {
            Verdict::Ignored => Page::NotOurs,
            Verdict::Accepted => {
                self.outcome = Some(Outcome::Accepted);
                Page::Accepted
            }
            Verdict::Denied => {
                self.outcome = Some(Outcome::Denied);
                Page::Denied
            }
        }
    }
}
