//! An answer of the token endpoint, as it arrives: what its status and its grammar settle.

use super::{Errand, Reading, State, Turn, What};
use crate::{
    error::{Error, Refusal, Violation},
    json::Tokenizer,
    output::{Head, Status},
    policy::Quirks,
    time::retry_after,
    token::{self, Answer},
};

impl Turn<'_, '_> {
    /// The head arrived. What its status settles is settled here, and the body is not read.
    #[inline(never)]
    pub(crate) fn head(&mut self, head: Head<'_>) -> Result<Status, Error> {
        let State::Sent(flight) = self.machine.state else { return Ok(Status::Unchanged) };
        let later = head.retry_after.map_or(0, retry_after);
        let errand = match flight.what {
            What::Redeem(_) => Errand::Redeem,
            What::Refresh(refresh) => Errand::Refresh(refresh),
            What::Revoke(revoke) => return self.revoked(revoke, head.status, later),
        };
        let error: Error = match head.status {
            200 | 400..=428 | 430..=499 => {
                let json = head.is_json();
                if json || self.config.allows(Quirks::ANY_CONTENT_TYPE) {
                    if !json {
                        self.machine.quirks = self.machine.quirks.union(Quirks::ANY_CONTENT_TYPE);
                    }
                    self.machine.state = State::Reading(Reading {
                        errand,
                        asked: flight.asked,
                        left: flight.left,
                        status: head.status,
                        received: 0,
                        mark: 0,
                        tokenizer: Tokenizer::new(),
                        answer: Answer::new(),
                    });
                    return Ok(Status::More);
                }
                Violation::ContentType.into()
            }
            // A 429 and a 5xx are never the end of a grant, whatever code they carry.
            429 | 500..=599 => Error::Refused(Refusal::Unavailable),
            300..=399 => Violation::Redirected.into(),
            _ => Violation::Status.into(),
        };
        self.unreadable(true, later);
        Err(error)
    }

    /// More of the body arrived.
    #[inline(never)]
    pub(crate) fn body(&mut self, chunk: &[u8]) -> Result<Status, Error> {
        let State::Reading(reading) = &mut self.machine.state else { return Ok(Status::Unchanged) };
        let before = reading.received;
        reading.received = before.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        if reading.received > self.config.policy.max_response {
            self.unreadable(true, 0);
            return Err(Violation::TooLong.into());
        }
        let mut chunk = chunk;
        if before < 3 && self.config.allows(Quirks::BYTE_ORDER_MARK) {
            chunk = match skip_mark(before, &mut reading.mark, chunk) {
                Some(rest) => rest,
                None => {
                    self.unreadable(true, 0);
                    return Err(Violation::Json.into());
                }
            };
        }
        let arena = crate::arena::Arena::new(self.bytes, &mut self.machine.used);
        let mut listener = token::Reading { answer: &mut reading.answer, arena, config: self.config };
        if reading.tokenizer.feed(chunk, &mut listener).is_err() {
            self.unreadable(true, 0);
            return Err(Violation::Json.into());
        }
        Ok(Status::More)
    }

    /// The body ended as it should.
    pub(crate) fn end(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &mut self.machine.state else { return Ok(Status::Unchanged) };
        let arena = crate::arena::Arena::new(self.bytes, &mut self.machine.used);
        let mut listener = token::Reading { answer: &mut reading.answer, arena, config: self.config };
        if reading.tokenizer.finish(&mut listener).is_err() {
            self.unreadable(true, 0);
            return Err(Violation::Json.into());
        }
        let token::Reading { answer, mut arena, .. } = listener;
        if cfg!(feature = "members") {
            match answer.members.close(&mut arena) {
                Ok(Some(moved)) => answer.make_way(moved),
                Ok(None) => {}
                Err(_) => answer.lost = answer.lost.saturating_add(1),
            }
        }
        if reading.mark > 0 {
            answer.quirks = answer.quirks.union(Quirks::BYTE_ORDER_MARK);
        }
        let success = reading.status == 200 && !answer.is_error();
        let believed = if success { answer.check_success(self.config) } else { answer.check_error() };
        self.machine.quirks = self.machine.quirks.union(answer.quirks);
        if let Err(violation) = believed {
            self.unreadable(true, 0);
            return Err(violation);
        }
        if success { self.succeeded() } else { self.refused() }
    }
}

/// Skips a byte order mark that a body begins with, however it is cut. `None` for half a mark.
fn skip_mark<'c>(before: u32, mark: &mut u8, chunk: &'c [u8]) -> Option<&'c [u8]> {
    const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
    // What was read so far was no mark, so none begins now.
    if before != u32::from(*mark) {
        return Some(chunk);
    }
    let mut rest = chunk;
    for expected in MARK.iter().skip(usize::from(*mark)) {
        match rest.split_first() {
            Some((byte, after)) if byte == expected => {
                rest = after;
                *mark = mark.saturating_add(1);
            }
            Some(_) if *mark > 0 => return None,
            _ => break,
        }
    }
    Some(rest)
}
