//! Which access token is wanted, and what becomes of one: the grant's own, and those for other audiences.

use super::{NOT_NOW, Pause, State, StateName, Turn, in_doubt::Repeat, rotation::Holder};
use crate::{
    arena::Span,
    audience::Target,
    entries::{self, Mint},
    error::{Error, Misuse},
    output::{Generation, Status},
    record::{ACCESS, CODE, OTHERS, REFRESH, Tokens},
    time::Left,
};

impl Turn<'_, '_> {
    /// For whom the next refresh is: the audience that is wanted, until it has an access token that serves.
    pub(crate) fn wanted(&self) -> Target {
        let want = self.machine.want;
        let is_open = want != Target::OWN && self.machine.tokens.has(REFRESH) && self.config.audience(want).is_some();
        if is_open && self.service(want).is_over() { want } else { Target::OWN }
    }

    /// What is left of the access token for this audience, as far as anybody knows; nothing, where there is none.
    pub(crate) fn service(&self, target: Target) -> Left {
        let tokens = &self.machine.tokens;
        if target == Target::OWN {
            return tokens.left(self.now);
        }
        match entries::find(self.text(tokens.texts[OTHERS]), target) {
            Some((mint, _)) => mint.life.left(self.now),
            None => Left::NOTHING,
        }
    }

    /// The application wants a longer life. A back-off, another holder's lease and a doubt go first.
    pub(crate) fn want_refresh(&mut self, target: Target) -> Result<Status, Error> {
        use StateName::{
            AwaitingRedirect, InDoubt, Leaving, Loading, RefreshReading, RefreshReady, RefreshSent, SavingCommit, SavingGiveBack,
            SavingIntent, SavingSignIn, Vacant, Visiting, Waiting,
        };
        let State::Live = self.machine.state else {
            return match self.machine.state.name() {
                Loading | Leaving | Vacant | Visiting | AwaitingRedirect => NOT_NOW,
                SavingSignIn | SavingIntent | RefreshReady | RefreshSent | RefreshReading | SavingCommit | SavingGiveBack | InDoubt
                | Waiting => Ok(self.want(target)),
                _ => Ok(Status::Unchanged),
            };
        };
        if !self.machine.tokens.has(REFRESH) {
            return Err(Misuse::NoRefreshToken.into());
        }
        let in_doubt = self.machine.held.attempts > 0;
        let is_given_up = in_doubt && matches!(self.repeat(Holder::Nobody), Repeat::Never);
        if is_given_up || !self.pause_of(target).left.is_over() || (in_doubt && !self.service(target).is_over()) {
            return Ok(self.want(target));
        }
        self.has_room(self.machine.tokens.room_to_refresh())?;
        self.machine.want = target;
        Ok(self.claim(target))
    }

    fn want(&mut self, target: Target) -> Status {
        let is_news = self.machine.want != target;
        self.machine.want = target;
        if is_news { Status::Advanced } else { Status::Unchanged }
    }

    /// What is left of a pause for a refresh for this audience: its own refusal counts beside it.
    #[cfg(feature = "audiences")]
    pub(crate) fn pause_of(&self, target: Target) -> Pause {
        let (targets, untils, whys) = &self.machine.refused;
        let mut longest = self.machine.timers.pause;
        for ((of, until), why) in targets.iter().zip(untils).zip(whys) {
            if target != Target::OWN && [target, Target::OTHERS].contains(of) && *until > longest.left {
                longest = Pause::new(*until, *why);
            }
        }
        longest
    }

    /// The server refused one audience, and nothing else. Where more are refused than can be kept apart, all others wait: callers
    /// that alternate must not ask without end.
    #[cfg(feature = "audiences")]
    pub(crate) fn refuse(&mut self, target: Target, pause: Pause) {
        let ([first, second], [until, until_second], [why, why_second]) = &mut self.machine.refused;
        if *first == target || until.is_over() {
            (*first, *until, *why) = (target, pause.left, pause.why);
        } else if *second == target || until_second.is_over() {
            (*second, *until_second, *why_second) = (target, pause.left, pause.why);
        } else {
            (*first, *until, *why) = (Target::OTHERS, pause.left, pause.why);
        }
    }

    /// A grant begins: nobody was refused yet.
    pub(crate) const fn forget_refusals(&mut self) {
        #[cfg(feature = "audiences")]
        {
            self.machine.refused = super::NOBODY_REFUSED;
        }
    }

    #[cfg(not(feature = "audiences"))]
    pub(crate) const fn pause_of(&self, _: Target) -> Pause {
        self.machine.timers.pause
    }

    #[cfg(not(feature = "audiences"))]
    #[expect(clippy::unused_self, reason = "there is nobody but the grant's own to be refused")]
    pub(crate) const fn refuse(&self, _: Target, _: Pause) {}

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
    pub(crate) fn join(&mut self, old: &Tokens, target: Target) -> Result<(), Error> {
        let Tokens { texts: [token, refresh, ..], minted, life, .. } = self.machine.tokens;
        let mint = Mint { target, generation: minted, life };
        self.machine.tokens = *old;
        self.machine.tokens.texts[REFRESH] = refresh;
        // The refusal that an answer ends has left its place to the token that is to be filed.
        self.machine.tokens.texts[CODE] = token;
        self.keep();
        let [.., others, token, _] = self.machine.tokens.texts;
        self.forget_refusal();
        if token.is_empty() {
            return Ok(());
        }
        let now = self.now;
        let joined = entries::with(&mut self.arena(), others, &mint, token, now);
        self.machine.tokens.texts[OTHERS] = *joined.as_ref().unwrap_or(&others);
        self.keep();
        joined.map(|_| ())
    }

    /// A resource server rejected an access token: it serves no more.
    pub(crate) fn token_rejected(&mut self, generation: Generation) -> Status {
        let is_ours = self.machine.held.family == generation.family;
        if !is_ours || !self.end_access(generation.target, generation.count) {
            return Status::Unchanged;
        }
        self.machine.rejected = (generation.target, generation.count);
        Status::Advanced
    }

    /// Ends an access token of the grant, and wipes it; whether it was there.
    pub(crate) fn end_access(&mut self, target: Target, count: u32) -> bool {
        let Tokens { texts: [access, .., others, _, _], minted, .. } = self.machine.tokens;
        if target != Target::OWN {
            return entries::end(self.arena().get_mut(others), target, count);
        }
        let is_it = count > 0 && count == minted && !access.is_empty();
        if is_it {
            self.arena().get_mut(access).fill(0);
            self.machine.tokens.texts[ACCESS] = Span::NONE;
        }
        is_it
    }
}
