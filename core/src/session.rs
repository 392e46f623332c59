//! The session: one grant's life, two verbs, one rule. Every verb delegates; what only looks is answered here.

use core::ops::{Deref, DerefMut};

use zeroize::Zeroize;

use crate::{
    access::AccessToken,
    arena::{self, Offset},
    audience::Target,
    config::Config,
    entropy::Entropy,
    error::{Error, Misuse},
    grant::Grant,
    output::{Generation, Input, Output, Status},
    pending,
    policy::Quirks,
    record::{ACCESS, Held, MEMBERS, REFRESH, SCOPE, Tokens},
    refusal::RefusalText,
    scope::Scope,
    state::{After, Change, Machine, State, StateName, Turn},
    time::{Left, Moment, Timestamp},
    writer::text,
};

/// One grant's life.
///
/// `Session<[u8; N]>` is declared where it lives; everything is done through `&mut Session`, which has no `N`, so the code is
/// there once. `N` is the room for what must be kept: while signing in the request's parameters and the code; afterwards
/// access token, refresh token, scope and the members that were asked for, *twice* while a refresh is answered (old and new).
/// 4096 is enough for most; a server whose access token takes 2 KiB wants 8192. What does not fit is an
/// [`Error::Capacity`] that says how much is needed; nothing is ever truncated. On a target of 32 bits no more than 65,535 bytes count.
///
/// The bytes are wiped when they are done with, and when the session is dropped.
pub struct Session<B: ?Sized + AsMut<[u8]> = [u8]> {
    pub(crate) machine: Machine,
    pub(crate) bytes: B,
}

impl<const N: usize> Session<[u8; N]> {
    /// An empty session: its first output is [`Output::Load`].
    #[must_use]
    pub const fn new() -> Self {
        Self { machine: Machine::new(), bytes: [0; N] }
    }
}

impl<const N: usize> Default for Session<[u8; N]> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deref for Session<[u8; N]> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self
    }
}

impl<const N: usize> DerefMut for Session<[u8; N]> {
    fn deref_mut(&mut self) -> &mut Session {
        self
    }
}

impl Session {
    /// Whose move is it? Total: it answers in every state.
    ///
    /// `out` is where URLs, requests and records are written; the [crate] says how large it must be. It may hold secrets afterwards: wipe it, or use it for nothing else.
    ///
    /// # Errors
    /// [`Error::Capacity`] when `out` is too small: nothing was handed out. [`Misuse::OtherConfig`].
    pub fn poll<'o>(&mut self, config: &'o Config<'_>, now: Timestamp, out: &'o mut [u8]) -> Result<Output<'o>, Error> {
        self.turn(config, now)?.poll(out)
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// They explain what went wrong; what is to be done about it is [`poll`](Self::poll)'s to say. [`Misuse::NotNow`]: it
    /// answers nothing that was asked, and nothing changed. A late or foreign answer is no error but
    /// [`Status::Unchanged`].
    pub fn handle(&mut self, config: &Config<'_>, now: Timestamp, input: Input<'_>) -> Result<Status, Error> {
        self.turn(config, now)?.handle(input)
    }

    /// Begins a sign-in. What the session held before is let go of; the store keeps it until the sign-in succeeds.
    ///
    /// The redirect URI is sent to the letter, and the redirect must come back on it (RFC 6749 §3.1.2, RFC 8252 §8.10).
    ///
    /// # Errors
    /// [`Misuse`] for a redirect URI or parameter that may not be sent, [`Misuse::NotNow`] while something else is under way
    /// (poll on, or cancel it), [`Error::Capacity`] when the parameters do not fit. Nothing changed then.
    pub fn sign_in(
        &mut self,
        config: &Config<'_>,
        now: Timestamp,
        grant: &Grant<'_>,
        redirect_uri: &str,
        entropy: &Entropy,
    ) -> Result<Status, Error> {
        self.turn(config, now)?.sign_in(grant, redirect_uri, entropy)
    }

    /// Exports a sign-in that waits for the person, so that it survives a restart: its secrets, its redirect URI, what it asks for, and
    /// what it replaces. It takes 109 bytes beside redirect URI, scope, and parameters as they are sent. Keep it as safe as a token, for as
    /// long as a sign-in may take, and delete it *before* the redirect is handed in: one that is resumed behind its redirect would send its
    /// code twice (RFC 6749 §4.1.2).
    ///
    /// # Errors
    /// [`Misuse::NotNow`] unless a sign-in waits; [`Error::Capacity`].
    pub fn pending<'o>(&self, config: &Config<'_>, out: &'o mut [u8]) -> Result<&'o [u8], Error> {
        if self.machine.digest != config.digest {
            return Err(Misuse::OtherConfig.into());
        }
        let (State::Visiting(pending) | State::AwaitingRedirect(pending)) = &self.machine.state else {
            return Err(Misuse::NotNow.into());
        };
        pending::write(pending, &self.machine, config, &self.bytes, out)
    }

    /// Takes up a sign-in that was exported by [`pending`](Self::pending). Its redirect URI must be found again: see
    /// [`redirect_uri`](Self::redirect_uri).
    ///
    /// # Errors
    /// [`Misuse::Pending`] for bytes of another version or configuration, for damaged ones, for parameters that this build cannot ask for,
    /// and for a sign-in that has already succeeded; otherwise as [`sign_in`](Self::sign_in).
    pub fn resume(&mut self, config: &Config<'_>, now: Timestamp, pending: &[u8]) -> Result<Status, Error> {
        let read = pending::read(pending, config)?;
        self.turn(config, now)?.resume(read.base, read.family, read.texts)
    }

    /// The redirect URI of a sign-in that waits.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        let (State::Visiting(pending) | State::AwaitingRedirect(pending)) = &self.machine.state else { return None };
        Some(text(arena::get(&self.bytes, pending.redirect_uri)))
    }

    /// Signs out: the grant ends in the store, then at the server if it can revoke. Poll until
    /// [`Output::SignIn`] says so.
    ///
    /// # Errors
    /// [`Misuse::NotNow`] while a sign-in is under way: cancel that, or answer its save.
    pub fn sign_out(&mut self, config: &Config<'_>, now: Timestamp) -> Result<Status, Error> {
        self.turn(config, now)?.sign_out()
    }

    /// The access token, while it serves as far as anybody knows: also while it is being refreshed, and while the store is
    /// out.
    #[must_use]
    pub fn access_token(&self, now: Timestamp) -> Option<AccessToken<'_>> {
        let (held, tokens) = self.grant()?;
        let now = now.moment();
        (!tokens.left(now).is_over()).then(|| AccessToken {
            token: arena::get(&self.bytes, tokens.texts[ACCESS]),
            generation: Generation { family: held.family, count: tokens.minted, target: Target::OWN },
            expiry: tokens.life.expiry(now).map(Moment::stamp),
        })
    }

    /// The access token for an audience that the configuration names, by its [name](crate::Audience::name), while it serves as far as
    /// anybody knows. `None` also for an audience that is not named. To get one: [`Input::RefreshFor`].
    #[cfg(feature = "audiences")]
    #[must_use]
    pub fn access_token_for(&self, config: &Config<'_>, audience: &str, now: Timestamp) -> Option<AccessToken<'_>> {
        let target = config.target(audience)?;
        let (held, tokens) = self.grant()?;
        let (mint, token) = crate::entries::find(arena::get(&self.bytes, tokens.texts[crate::record::OTHERS]), target)?;
        let now = now.moment();
        (!mint.life.left(now).is_over()).then(|| AccessToken {
            token,
            generation: Generation { family: held.family, count: mint.generation, target },
            expiry: mint.life.expiry(now).map(Moment::stamp),
        })
    }

    /// The scope of the access token; `None` when there is no grant, or when neither request nor answer said one.
    #[must_use]
    pub fn scope(&self) -> Option<Scope<'_>> {
        let (_, tokens) = self.grant()?;
        tokens.scope_known.then(|| Scope(text(arena::get(&self.bytes, tokens.texts[SCOPE]))))
    }

    /// Whether the grant can be refreshed.
    #[must_use]
    pub fn can_refresh(&self) -> bool {
        self.grant().is_some_and(|(_, tokens)| tokens.has(REFRESH))
    }

    /// The members of the last token response that the configuration names, as one JSON object; empty when there were none.
    #[must_use]
    pub fn members_json(&self) -> &str {
        self.grant().map_or("", |(_, tokens)| text(arena::get(&self.bytes, tokens.texts[MEMBERS])))
    }

    /// The members of the last token response that the configuration names, read into a type of the application's own. It may
    /// borrow; unescaping what still has escapes is up to its fields.
    ///
    /// # Errors
    /// [`Violation::Member`](crate::Violation::Member) when they are not of that type, or there are none.
    #[cfg(feature = "serde")]
    pub fn members<'s, T: serde::Deserialize<'s>>(&'s self) -> Result<T, Error> {
        let json = self.members_json();
        let (members, _) = serde_json_core::from_str(json).map_err(|_| Error::Violation(crate::Violation::Member))?;
        Ok(members)
    }

    /// What the server said when it last refused.
    #[must_use]
    pub fn refusal(&self) -> Option<RefusalText<'_>> {
        let [.., code, description] = self.machine.tokens.texts.map(|span| text(arena::get(&self.bytes, span)));
        (!code.is_empty() || !description.is_empty()).then_some(RefusalText { code, description })
    }

    /// The quirks that answers needed so far.
    #[must_use]
    pub const fn quirks(&self) -> Quirks {
        self.machine.quirks
    }

    /// What the session is, by name.
    #[must_use]
    pub const fn state(&self) -> StateName {
        self.machine.state.name()
    }

    /// Whether tokens are in memory that the store does not have yet: a crash now would lose them.
    #[must_use]
    pub const fn is_unsaved(&self) -> bool {
        matches!(&self.machine.state, State::Saving(Change::SignIn { .. } | Change::Commit { .. }))
    }

    fn grant(&self) -> Option<(&Held, &Tokens)> {
        let Machine { state, held, tokens, .. } = &self.machine;
        let leaves = state.refresh().is_some_and(|refresh| matches!(refresh.after, After::SignOut));
        (state.has_grant() && !leaves).then_some((held, tokens))
    }

    fn turn<'t, 'c>(&'t mut self, config: &'t Config<'c>, now: Timestamp) -> Result<Turn<'t, 'c>, Error> {
        if self.machine.digest == [0; 8] {
            self.machine.digest = config.digest;
        }
        if self.machine.digest != config.digest {
            return Err(Misuse::OtherConfig.into());
        }
        // A reading that is older than another's, as those of two threads may be, counts no time twice.
        let at = now.moment();
        let elapsed = at.left(self.machine.now);
        self.machine.now = self.machine.now.max(at);
        // Only for speed: several calls fall into one millisecond.
        if elapsed != Left::NOTHING {
            self.machine.age(elapsed);
        }
        let room = self.bytes.len().min(Offset::MAX as usize);
        let bytes = self.bytes.get_mut(..room).unwrap_or_default();
        Ok(Turn { machine: &mut self.machine, bytes, config, now: at, unix: now.unix() })
    }
}

impl<B: ?Sized + AsMut<[u8]>> Drop for Session<B> {
    fn drop(&mut self) {
        self.bytes.as_mut().zeroize();
    }
}

impl<B: ?Sized + AsMut<[u8]>> core::fmt::Debug for Session<B> {
    /// The state's name alone.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session").field("state", &self.machine.state.name()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl<B: ?Sized + AsMut<[u8]>> defmt::Format for Session<B> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Session({})", self.machine.state.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a machine of 64 bits; on those of 32 bits it is measured in `benches/SIZE.md`.
    #[test]
    fn a_session_without_its_bytes_is_small() {
        assert!(size_of::<Session<[u8; 0]>>() <= 512, "{}", size_of::<Session<[u8; 0]>>());
    }
}
