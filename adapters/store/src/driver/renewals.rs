//! What was seen of the access tokens, for each audience.

use core::time::Duration;

use gatepass::{AccessToken, Generation, Timestamp};

use super::Driver;

/// Whom a token is for; `None` is the grant's own.
pub(super) type For = Option<&'static str>;

/// The access tokens for one audience, as far as they were seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    generation: Option<Generation>,
    /// How often one took the place of another.
    pub(super) renewals: u64,
    /// The life that the last of these had, as far as it is known.
    life: Option<(Generation, Duration)>,
}

impl Seen {
    /// How long a token may be expected to live: one that has lost no more than a quarter of its life is as good as a new one.
    pub(super) fn expected(&self, token: &AccessToken<'_>) -> Duration {
        match self.life {
            Some((generation, life)) if generation == token.generation() => life.saturating_sub(life.checked_div(4).unwrap_or_default()),
            _ => Duration::MAX,
        }
    }

    /// One that was merely loaded is no renewal.
    fn note(&mut self, token: &AccessToken<'_>, now: Timestamp, is_news: bool) {
        let generation = Some(token.generation());
        if generation == self.generation {
            return;
        }
        self.generation = generation;
        if is_news {
            self.renewals = self.renewals.saturating_add(1);
            self.life = Some((token.generation(), left(token, now)));
        }
    }
}

/// What is left of a token's life; without end when nobody knows.
pub(super) fn left(token: &AccessToken<'_>, now: Timestamp) -> Duration {
    token.expires_at().map_or(Duration::MAX, |moment| moment.since(now))
}

impl Driver {
    pub(super) fn access(&self, audience: For, now: Timestamp) -> Option<AccessToken<'_>> {
        match audience {
            None => self.session.access_token(now),
            Some(name) => self.session.access_token_for(&self.config, name, now),
        }
    }

    pub(super) fn seen(&self, audience: For) -> Seen {
        self.seen.iter().find(|(of, _)| *of == audience).map_or_else(Seen::default, |(_, seen)| *seen)
    }

    /// Sees whether the tokens that serve are others.
    pub(super) fn note_renewal(&mut self, is_news: bool) {
        let now = self.now();
        for audience in core::iter::once(None).chain(self.config.audiences().iter().map(|audience| Some(audience.name()))) {
            let mut seen = self.seen(audience);
            let Some(token) = self.access(audience, now) else { continue };
            seen.note(&token, now, is_news);
            match self.seen.iter_mut().find(|(of, _)| *of == audience) {
                Some((_, place)) => *place = seen,
                None => self.seen.push((audience, seen)),
            }
        }
    }
}
