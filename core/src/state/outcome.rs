//! The rotation protocol, step 3: what an answer of the server does to the grant.

use super::{After, Change, Flight, Pause, Reading, Redeem, Refresh, Revoke, State, Turn, What, Whose, rotation::HOUR};
use crate::{
    arena::Span,
    audience::Target,
    error::{Error, Refusal, Violation},
    json::Tokenizer,
    life::Life,
    output::{Head, SignInReason, Status, Why},
    policy::Quirks,
    record::{Held, Tokens},
    time::{Timestamp, retry_after},
    token::{self, Answer},
};

impl Turn<'_, '_> {
    /// The head arrived. What its status settles is settled here, and the body is not read.
    pub(crate) fn head(&mut self, flight: Flight, head: Head<'_>) -> Result<Status, Error> {
        let later = head.retry_after.map_or(0, retry_after);
        if let What::Revoke(revoke) = flight.what {
            return self.revoked(revoke, head.status, later);
        }
        let error: Error = match head.status {
            200 | 400..=428 | 430..=499 => {
                let json = head.is_json();
                if json || self.config.allows(Quirks::ANY_CONTENT_TYPE) {
                    if !json {
                        self.machine.quirks = self.machine.quirks.union(Quirks::ANY_CONTENT_TYPE);
                    }
                    let answer = Answer::new();
                    self.go(State::Reading(Reading {
                        flight,
                        status: head.status,
                        received: 0,
                        mark: 0,
                        tokenizer: Tokenizer::new(),
                        answer,
                    }));
                    return Ok(Status::More);
                }
                Violation::ContentType.into()
            }
            // A 429 and a 5xx are never the end of a grant, whatever code they carry.
            429 | 500..=599 => Error::Refused(Refusal::Unavailable),
            300..=399 => Violation::Redirected.into(),
            _ => Violation::Status.into(),
        };
        self.unreadable(flight, true, later);
        Err(error)
    }

    /// More of the body arrived.
    pub(crate) fn body(&mut self, chunk: &[u8]) -> Result<Status, Error> {
        let State::Reading(reading) = &mut self.machine.state else { return Ok(Status::Unchanged) };
        let flight = reading.flight;
        let before = reading.received;
        reading.received = before.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        if reading.received > self.config.policy.max_response {
            self.unreadable(flight, true, 0);
            return Err(Violation::TooLong.into());
        }
        let mut chunk = chunk;
        if before < 3 && self.config.allows(Quirks::BYTE_ORDER_MARK) {
            chunk = match skip_mark(before, &mut reading.mark, chunk) {
                Some(rest) => rest,
                None => {
                    self.unreadable(flight, true, 0);
                    return Err(Violation::Json.into());
                }
            };
        }
        let arena = crate::arena::Arena::new(self.bytes, &mut self.machine.used);
        let mut listener = token::Reading { answer: &mut reading.answer, arena, config: self.config };
        if reading.tokenizer.feed(chunk, &mut listener).is_err() {
            self.unreadable(flight, true, 0);
            return Err(Violation::Json.into());
        }
        Ok(Status::More)
    }

    /// The body ended as it should.
    pub(crate) fn end(&mut self) -> Result<Status, Error> {
        let State::Reading(reading) = &mut self.machine.state else { return Ok(Status::Unchanged) };
        let flight = reading.flight;
        let arena = crate::arena::Arena::new(self.bytes, &mut self.machine.used);
        let mut listener = token::Reading { answer: &mut reading.answer, arena, config: self.config };
        if reading.tokenizer.finish(&mut listener).is_err() {
            self.unreadable(flight, true, 0);
            return Err(Violation::Json.into());
        }
        let token::Reading { answer, mut arena, .. } = listener;
        match answer.members.close(&mut arena) {
            Ok(Some(moved)) => answer.make_way(moved),
            Ok(None) => {}
            Err(_) => answer.lost = answer.lost.saturating_add(1),
        }
        if reading.mark > 0 {
            answer.quirks = answer.quirks.union(Quirks::BYTE_ORDER_MARK);
        }
        let success = reading.status == 200 && !answer.is_error();
        let believed = if success { answer.check_success(self.config) } else { answer.check_error() };
        self.machine.quirks = self.machine.quirks.union(answer.quirks);
        if let Err(violation) = believed {
            self.unreadable(flight, true, 0);
            return Err(violation);
        }
        if success { self.succeeded(flight) } else { self.refused(flight) }
    }

    /// Nobody knows what became of a request: no answer, an unreadable one, or one that settles nothing.
    pub(crate) fn unreadable(&mut self, flight: Flight, answered: bool, retry_after: u64) -> Status {
        match flight.what {
            // A code is never sent twice, whatever became of it (RFC 6749 §10.5).
            What::Redeem(redeem) => self.vacate(redeem.pending.base, SignInReason::Failed),
            What::Refresh(mut refresh) => {
                self.keep_tokens(&mut refresh.tokens);
                match refresh.after {
                    After::SignOut => self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version())),
                    After::Live => self.doubt(refresh, answered, retry_after),
                }
            }
            What::Revoke(revoke) => self.revoke_again(revoke, retry_after),
        }
    }

    /// The request never left.
    pub(crate) fn not_sent(&mut self, flight: Flight) -> Status {
        match flight.what {
            What::Redeem(redeem) => {
                let pause = self.back_off(1_000, 60_000, Why::Offline);
                self.go(State::Ready(What::Redeem(Redeem { pause, ..redeem })))
            }
            What::Refresh(mut refresh) => {
                self.keep_tokens(&mut refresh.tokens);
                if refresh.after == After::SignOut {
                    return self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version()));
                }
                let pause = self.back_off(1_000, 60_000, Why::Offline);
                self.give_back(refresh, pause)
            }
            What::Revoke(revoke) => self.revoke_again(revoke, 0),
        }
    }

    /// A token response (RFC 6749 §5.1).
    fn succeeded(&mut self, flight: Flight) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let answer = &reading.answer;
        let (lost, lost_refresh, lost_scope) = (answer.lost, answer.lost_refresh, answer.lost_scope);
        let granted = answer.granted();
        let mut tokens = Tokens {
            access: answer.access,
            refresh: answer.refresh,
            scope: Span::NONE,
            members: answer.members.span,
            others: Span::NONE,
            scope_known: true,
            life: Life::new(flight.asked, answer.lifetime()),
            minted: 1,
        };
        self.machine.failures = 0;
        self.machine.said = super::Said::default();
        let has_no_access_token = tokens.access.is_empty();
        let mut pause = if has_no_access_token { self.back_off(HOUR, HOUR, Why::TooSmall) } else { Pause::NONE };
        let full = Error::Capacity { needed: (self.machine.used as usize).saturating_add(lost as usize) };
        let mut kept = if lost > 0 { Err(full) } else { Ok(()) };
        let settled = match flight.what {
            What::Redeem(Redeem { pending, .. }) => {
                tokens.scope = granted.unwrap_or(pending.scope);
                tokens.scope_known = (granted.is_some() || !pending.scope.is_empty()) && !lost_scope;
                self.keep_tokens(&mut tokens);
                let revision = self.machine.floor.saturating_add(1).max(pending.base.map_or(0, |base| base.revision).saturating_add(1));
                let held = Held { family: pending.family, generation: 1, revision, ..Held::default() };
                if tokens.access.is_empty() && tokens.refresh.is_empty() {
                    self.vacate(pending.base, SignInReason::TooSmall)
                } else {
                    self.save(Change::SignIn { pause }, pending.base, held, tokens)
                }
            }
            What::Refresh(refresh) => {
                // A response without a refresh token keeps the old one (RFC 6749 §6) and advances the generation.
                if lost_refresh && refresh.after == After::SignOut {
                    // The token that was used up still names the family that is to end.
                    tokens = refresh.tokens;
                } else if tokens.refresh.is_empty() && !lost_refresh {
                    tokens.refresh = refresh.tokens.refresh;
                }
                let before = refresh.held;
                let generation = before.generation.saturating_add(1);
                tokens.minted = generation;
                tokens.others = refresh.tokens.others;
                tokens.scope = granted.unwrap_or(refresh.tokens.scope);
                tokens.scope_known = (granted.is_some() || refresh.tokens.scope_known) && !lost_scope;
                if refresh.target == Target::OWN {
                    self.keep_tokens(&mut tokens);
                } else {
                    let joined = self.join(&mut tokens, &refresh);
                    if joined.is_err() {
                        pause = self.back_off(HOUR, HOUR, Why::TooSmall);
                        kept = joined;
                    }
                    pause.only = refresh.target;
                }
                self.wish_is_answered(refresh.target);
                let held = Held { generation, revision: before.revision.saturating_add(1), attempts: 0, answered: 0, ..before };
                match refresh.after {
                    After::Live if lost_refresh => self.save(
                        Change::Clear { reason: SignInReason::TooSmall },
                        Some(before.version()),
                        Held { generation: before.generation, ..held },
                        Tokens::default(),
                    ),
                    After::SignOut => self.sign_out_of(Held { revision: before.revision, ..held }, tokens, Some(before.version())),
                    After::Live => self.save(Change::Commit { pause }, Some(before.version()), held, tokens),
                }
            }
            What::Revoke(_) => Status::Unchanged,
        };
        kept.map(|()| settled)
    }

    /// A definite OAuth error (RFC 6749 §5.2), or one that says that it is none.
    fn refused(&mut self, flight: Flight) -> Result<Status, Error> {
        let State::Reading(reading) = &self.machine.state else { return Ok(Status::Unchanged) };
        let refusal = reading.answer.meaning.meaning();
        self.machine.said = super::Said { code: reading.answer.code, description: reading.answer.description };
        match flight.what {
            What::Redeem(redeem) => {
                let reason = match refusal {
                    Refusal::Interaction => SignInReason::Interaction,
                    Refusal::AccessDenied => SignInReason::Declined,
                    _ => SignInReason::Failed,
                };
                self.vacate(redeem.pending.base, reason);
            }
            What::Refresh(refresh) => self.refresh_refused(refresh, refusal),
            What::Revoke(_) => {}
        }
        Err(Error::Refused(refusal))
    }

    fn refresh_refused(&mut self, mut refresh: Refresh, refusal: Refusal) {
        self.keep_tokens(&mut refresh.tokens);
        if refresh.after == After::SignOut {
            self.sign_out_of(refresh.held, refresh.tokens, Some(refresh.held.version()));
            return;
        }
        if refusal != Refusal::Unavailable {
            self.wish_is_answered(refresh.target);
        }
        match refusal {
            Refusal::Unavailable => self.doubt(refresh, true, 0),
            // It clears only the family and generation that sent it.
            Refusal::InvalidGrant => {
                let held = Held { revision: refresh.held.revision.saturating_add(1), ..refresh.held };
                self.keep_tokens(&mut Tokens::default());
                self.save(Change::Clear { reason: SignInReason::Ended }, Some(refresh.held.version()), held, Tokens::default())
            }
            Refusal::Interaction | Refusal::AccessDenied => {
                let only = refresh.target;
                self.give_back(refresh, Pause { only, ..Pause::new(Timestamp::from_millis(u64::MAX), Why::Interaction) })
            }
            Refusal::Client | Refusal::Request | Refusal::Other => {
                let pause = Pause { only: refresh.target, ..self.back_off(60_000, HOUR, Why::Refused) };
                self.give_back(refresh, pause)
            }
        };
    }

    /// The revocation was answered (RFC 7009 §2.2): the body says nothing that matters.
    fn revoked(&mut self, revoke: Revoke, status: u16, later: u64) -> Result<Status, Error> {
        let error: Error = match status {
            // 200 also for a token that is unknown; 400 for one that cannot be revoked here.
            200 | 400 => return Ok(self.revocation_is_over(revoke)),
            429 | 500..=599 => return Ok(self.revoke_again(revoke, later)),
            401 | 403 => Error::Refused(Refusal::Client),
            300..=399 => Violation::Redirected.into(),
            _ => Violation::Status.into(),
        };
        // It was not revoked, and only a person can mend why: it is said, tried again a few times, and then given up.
        if revoke.tries >= 2 {
            self.revocation_is_over(revoke)
        } else {
            self.revoke_again(revoke, later)
        };
        Err(error)
    }

    /// Later, as long as the record keeps the token; a token that no record keeps is tried three times.
    pub(crate) fn revoke_again(&mut self, revoke: Revoke, later: u64) -> Status {
        let tries = revoke.tries.saturating_add(1);
        if revoke.whose == Whose::Orphan && tries >= 3 {
            return self.revocation_is_over(revoke);
        }
        let mut pause = self.back_off(1_000, HOUR, Why::Revocation);
        pause.until = pause.until.later(self.now.plus(later));
        self.go(State::Ready(What::Revoke(Revoke { pause, tries, ..revoke })))
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
