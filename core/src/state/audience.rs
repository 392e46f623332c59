//! Which access token is wanted, and what becomes of one: the grant's own, and those for other audiences.

use super::{Change, Claimed, Flight, Live, NOT_NOW, Pause, Reading, Refresh, Saving, State, StateName, Turn, What};
use crate::{
    audience::Target,
    entries::{self, Mint},
    error::{Error, Misuse},
    life::Life,
    output::{Generation, Status},
    record::{Held, Tokens},
    time::Timestamp,
};

impl Turn<'_, '_> {
    /// For whom the next refresh is: the audience that is wanted, until it has an access token that serves.
    pub(crate) fn wanted(&self, tokens: &Tokens) -> Target {
        let want = self.machine.want;
        let is_open = want != Target::OWN && !tokens.refresh.is_empty() && self.config.audience(want).is_some();
        if is_open && !self.service(tokens, want).0 { want } else { Target::OWN }
    }

    /// Whether there is an access token for this audience that still serves, and when it expires.
    pub(crate) fn service(&self, tokens: &Tokens, target: Target) -> (bool, Option<Timestamp>) {
        if target == Target::OWN {
            return (tokens.serves(self.now), tokens.life.expiry(self.now));
        }
        let life = entries::find(self.text(tokens.others), target).map(|(mint, _)| mint.life);
        (life.is_some_and(|life| life.serves(self.now)), life.as_ref().and_then(|life| Life::expiry(life, self.now)))
    }

    /// The application wants a longer life. A back-off, another holder's lease and a doubt go first.
    pub(crate) fn want_refresh(&mut self, target: Target) -> Result<Status, Error> {
        use StateName::{
            AwaitingRedirect, InDoubt, Leaving, Loading, RefreshReading, RefreshReady, RefreshSent, SavingCommit, SavingGiveBack,
            SavingIntent, SavingSignIn, Vacant, Visiting, Waiting,
        };
        let State::Live(Live { held, tokens, pause }) = self.machine.state else {
            return match self.machine.state.name() {
                Loading | Leaving | Vacant | Visiting | AwaitingRedirect => NOT_NOW,
                SavingSignIn | SavingIntent | RefreshReady | RefreshSent | RefreshReading | SavingCommit | SavingGiveBack | InDoubt
                | Waiting => Ok(self.want(target)),
                _ => Ok(Status::Unchanged),
            };
        };
        if tokens.refresh.is_empty() {
            return Err(Misuse::NoRefreshToken.into());
        }
        let needed = tokens.room_to_refresh();
        if !self.pause_of(target, pause).until.reached(self.now) || (held.attempts > 0 && self.service(&tokens, target).0) {
            return Ok(self.want(target));
        }
        if needed > self.bytes.len() {
            return Err(Error::Capacity { needed });
        }
        self.machine.want = target;
        Ok(self.claim(held, tokens, target))
    }

    fn want(&mut self, target: Target) -> Status {
        let is_news = self.machine.want != target;
        self.machine.want = target;
        if is_news { Status::Advanced } else { Status::Unchanged }
    }

    /// What is left of a pause for a refresh for this audience: its own refusal counts beside it.
    pub(crate) fn pause_of(&self, target: Target, pause: Pause) -> Pause {
        let mine = self.machine.refused.iter().filter(|(of, _)| target != Target::OWN && [target, Target::OTHERS].contains(of));
        mine.fold(pause, |longest, (_, refused)| if refused.until.as_millis() > longest.until.as_millis() { *refused } else { longest })
    }

    /// The server refused one audience, and nothing else. Where more are refused than can be kept apart, all others wait: callers
    /// that alternate must not ask without end.
    pub(crate) fn refuse(&mut self, target: Target, pause: Pause) {
        let now = self.now;
        match &mut self.machine.refused {
            [place, _] | [_, place] if place.0 == target || place.1.until.reached(now) => *place = (target, pause),
            [first, _] => *first = (Target::OTHERS, pause),
        }
    }

    /// The server said yes or no.
    pub(crate) fn wish_is_answered(&mut self, target: Target) {
        if self.machine.want == target {
            self.machine.want = Target::OWN;
        }
    }

    /// The tokens after a refresh for another audience: the grant's own access token stays as it was, and the new one joins its likes.
    /// If that does not fit, it is let go of, and what is held of the grant is whole all the same.
    ///
    /// # Errors
    /// [`Error::Capacity`] when it does not fit.
    pub(crate) fn join(&mut self, tokens: &mut Tokens, refresh: &Refresh) -> Result<(), Error> {
        let mut token = tokens.access;
        let mint = Mint { target: refresh.target, generation: tokens.minted, life: tokens.life };
        *tokens = Tokens { refresh: tokens.refresh, ..refresh.tokens };
        let [a, b, c, d, e, f] = tokens.spans();
        self.keep(&mut [a, b, c, d, e, f, &mut token]);
        let (now, old) = (self.now, tokens.others);
        let joined = if token.is_empty() { Ok(old) } else { entries::with(&mut self.arena(), old, &mint, token, now) };
        tokens.others = *joined.as_ref().unwrap_or(&old);
        self.keep_tokens(tokens);
        joined.map(|_| ())
    }

    /// A resource server rejected an access token: it serves no more.
    pub(crate) fn token_rejected(&mut self, generation: Generation) -> Result<Status, Error> {
        let (held, mut tokens) = match &self.machine.state {
            State::Live(Live { held, tokens, .. })
            | State::InDoubt(Claimed { held, tokens, .. })
            | State::Waiting(Claimed { held, tokens, .. })
            | State::Saving(Saving {
                held,
                tokens,
                change: Change::Intent { .. } | Change::GiveBack { .. } | Change::Commit { .. } | Change::SignIn { .. },
                ..
            }) => (*held, *tokens),
            State::Ready(What::Refresh(refresh))
            | State::Sent(Flight { what: What::Refresh(refresh), .. })
            | State::Reading(Reading { flight: Flight { what: What::Refresh(refresh), .. }, .. }) => (refresh.held, refresh.tokens),
            _ => return Ok(Status::Unchanged),
        };
        if !self.end_access(&held, &mut tokens, generation) {
            return Ok(Status::Unchanged);
        }
        self.machine.rejected = generation;
        match &mut self.machine.state {
            State::Live(Live { tokens: kept, .. })
            | State::InDoubt(Claimed { tokens: kept, .. })
            | State::Waiting(Claimed { tokens: kept, .. })
            | State::Saving(Saving { tokens: kept, .. })
            | State::Ready(What::Refresh(Refresh { tokens: kept, .. }))
            | State::Sent(Flight { what: What::Refresh(Refresh { tokens: kept, .. }), .. })
            | State::Reading(Reading { flight: Flight { what: What::Refresh(Refresh { tokens: kept, .. }), .. }, .. }) => *kept = tokens,
            _ => {}
        }
        Ok(Status::Advanced)
    }

    /// Ends an access token among these, and wipes it; whether it was there.
    pub(crate) fn end_access(&mut self, held: &Held, tokens: &mut Tokens, generation: Generation) -> bool {
        if held.family.0 != generation.family {
            return false;
        }
        if generation.target != Target::OWN {
            return entries::end(self.arena().get_mut(tokens.others), generation.target, generation.count);
        }
        let is_it = generation.count == tokens.minted && !tokens.access.is_empty();
        if is_it {
            self.arena().get_mut(tokens.access).fill(0);
            tokens.access = crate::arena::Span::NONE;
        }
        is_it
    }
}
