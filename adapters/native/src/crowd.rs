//! Everybody who is connected: so many, the oldest first, and no one kept out by another.

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use mio::Poll;

use crate::connection::{Connection, Progress};
use crate::door::Door;
use crate::service::Service;

/// Connections that are served at a time; one more displaces the oldest.
pub const MAX_CONNECTIONS: usize = 16;

/// How long a newcomer cannot be displaced: the pause of a browser between connecting and asking.
/// While all are that new, the next ones wait in the system's queue.
const GRACE: Duration = Duration::from_millis(100);

/// Connections accepted before the deadline is looked at again.
const BURST: usize = 64;

/// In the order of their arrival.
pub(crate) struct Crowd(VecDeque<Connection>);

impl Crowd {
    pub(crate) fn new() -> Self {
        Self(VecDeque::with_capacity(MAX_CONNECTIONS))
    }

    /// Takes each as far as it goes, until there is an outcome.
    pub(crate) fn serve(&mut self, service: &mut Service<'_>) {
        self.0.retain_mut(|connection| service.outcome().is_some() || service.serve(connection));
    }

    /// Accepts those who wait at a door, until there is an outcome. Returns after what time somebody
    /// may be waiting there still.
    pub(crate) fn let_in(&mut self, door: &Door, poll: &Poll, service: &mut Service<'_>) -> Duration {
        for _ in 0..BURST {
            if service.outcome().is_some() {
                return Duration::ZERO;
            }
            let place = self.displaceable(service.now());
            if self.0.len() >= MAX_CONNECTIONS && place.is_none() {
                return GRACE;
            }
            let mut connection = match door.accept(poll, service.now()) {
                Ok(Some(connection)) => connection,
                Ok(None) => continue,
                // Nobody is there; or the system has no room, and a later turn tries again.
                Err(_) => return Duration::MAX,
            };
            // Served before the next is accepted: a request that is there is never displaced.
            if service.serve(&mut connection) {
                if self.0.len() >= MAX_CONNECTIONS {
                    drop(place.and_then(|place| self.0.remove(place)));
                }
                self.0.push_back(connection);
            }
        }
        Duration::ZERO
    }

    /// Drops all but those who have their answer, and takes these to their end. Whether any is left.
    pub(crate) fn see_off(&mut self, now: Instant) -> bool {
        self.0.retain_mut(|connection| !connection.is_reading() && matches!(connection.advance(now), Progress::Waiting));
        !self.0.is_empty()
    }

    /// Who gives way: the oldest that still has not said what it wants, else the oldest answered one.
    fn displaceable(&self, now: Instant) -> Option<usize> {
        let settled = |c: &Connection| c.is_reading() && c.age(now) >= GRACE;
        let answered = |c: &Connection| !c.is_reading();
        self.0.iter().position(settled).or_else(|| self.0.iter().position(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;

    // R096
    #[test]
    fn a_newcomer_gives_way_only_after_its_grace_or_its_answer() {
        let door = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let local = door.local_addr().unwrap();
        let now = Instant::now();
        let mut peers = Vec::new();
        let mut crowd = Crowd::new();
        for _ in 0..3 {
            peers.push(std::net::TcpStream::connect(local).unwrap());
            let stream = mio::net::TcpStream::from_std(door.accept().unwrap().0);
            crowd.0.push_back(Connection::new(stream, local, now));
        }
        assert_eq!(crowd.displaceable(now), None);
        assert_eq!(crowd.displaceable(now + GRACE), Some(0));
        crowd.0[0].answer(Page::NotFound, now);
        assert_eq!(crowd.displaceable(now), Some(0));
        assert_eq!(crowd.displaceable(now + GRACE), Some(1), "one with an answer may still read it");
    }
}
