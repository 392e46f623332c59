//! An answer of the token endpoint, as it arrives: what its status and its grammar settle.

use super::{Errand, Reading, State, Turn, What};
use crate::{
    arena::Arena,
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
        let State::Sent(what) = &self.machine.state else { return Ok(Status::Unchanged) };
        let later = head.retry_after.map_or(0, retry_after);
        let errand = match what {
            What::Redeem(_) => Errand::Redeem,
            What::Refresh(refresh) => Errand::Refresh(*refresh),
            What::Revoke(revoke) => {
                let revoke = *revoke;
                return self.revoked(revoke, head.status, later);
            }
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
                        status: head.status,
                        received: 0,
                        tokenizer: Tokenizer::new(self.config.allows(Quirks::BYTE_ORDER_MARK)),
                        answer: Answer::NEW,
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
        reading.received = reading.received.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        if reading.received > self.config.policy.max_response {
            return self.not_believed(Violation::TooLong);
        }
        let arena = Arena::new(self.bytes, &mut self.machine.used);
        let mut listener = token::Reading { answer: &mut reading.answer, arena, config: self.config };
        match reading.tokenizer.feed(chunk, &mut listener) {
            Ok(()) => Ok(Status::More),
            Err(_) => self.not_believed(Violation::Json),
        }
    }

    /// The body ended as it should.
    pub(crate) fn end(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &mut self.machine.state else { return Ok(Status::Unchanged) };
        if reading.tokenizer.finish().is_err() {
            return self.not_believed(Violation::Json);
        }
        #[cfg(feature = "members")]
        reading.answer.close(&mut Arena::new(self.bytes, &mut self.machine.used));
        let believed = reading.answer.check(self.config, reading.status);
        self.machine.quirks = self.machine.quirks.union(reading.answer.quirks);
        match believed {
            Ok(true) => self.succeeded(),
            Ok(false) => self.refused(),
            Err(violation) => self.not_believed(violation),
        }
    }

    /// An answer that is none.
    fn not_believed(&mut self, violation: Violation) -> Result<Status, Error> {
        self.unreadable(true, 0);
        Err(violation.into())
    }
}
