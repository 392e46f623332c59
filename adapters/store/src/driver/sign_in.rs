//! Signing in: the part of it that a person sees.

use std::sync::{Arc, OnceLock};

use gatepass::{Grant, Input, Output, SignInReason, StateName};
use zeroize::Zeroizing;

use super::{Driver, Error};
use crate::host;

/// What becomes of one sign-in, for all who ask about that one.
pub(super) type Outcome = Arc<OnceLock<Result<(), Error>>>;

impl Driver {
    /// Begins a sign-in when [`Goal::Idle`](super::Goal::Idle) is reached: the URL to open in a browser. Keep it out of logs.
    ///
    /// # Errors
    /// [`Error::Core`] for parameters that may not be sent, or while something is under way.
    pub fn begin_sign_in(&mut self, grant: &Grant<'_>, redirect_uri: &str) -> Result<String, Error> {
        let entropy = host::entropy()?;
        let now = self.now();
        self.session.sign_in(&self.config, now, grant, redirect_uri, &entropy)?;
        self.visit()
    }

    /// The sign-in that waits, as bytes that are as secret as a token.
    ///
    /// # Errors
    /// [`Error::Core`] unless one waits.
    pub fn export_pending(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut room = 1024;
        loop {
            let mut out = Zeroizing::new(vec![0; room]);
            room = match self.session.pending(&self.config, &mut out) {
                Ok(pending) => return Ok(Zeroizing::new(pending.to_vec())),
                Err(gatepass::Error::Capacity { needed }) if needed > room => needed,
                Err(error) => return Err(error.into()),
            };
        }
    }

    /// Takes a sign-in up again, when [`Goal::Idle`](super::Goal::Idle) is reached: its URL, should the browser be closed.
    ///
    /// # Errors
    /// [`Error::Core`] for bytes of another version or configuration.
    pub fn resume_pending(&mut self, pending: &[u8]) -> Result<String, Error> {
        let now = self.now();
        self.session.resume(&self.config, now, pending)?;
        self.visit()
    }

    /// The redirect URI of the sign-in that waits.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<String> {
        self.session.redirect_uri().map(str::to_owned)
    }

    /// The redirect came back. [`Goal::SignedIn`](super::Goal::SignedIn) is the next goal.
    ///
    /// # Errors
    /// [`Error::Core`] for one that does not belong to this sign-in, which goes on waiting; [`Error::SignInRequired`] for one
    /// that ends it.
    pub fn redirect(&mut self, redirect: &str) -> Result<(), Error> {
        let told = self.handle(Input::Redirect(redirect));
        if told.is_ok() && self.session.state() == StateName::RedeemReady {
            self.sign_in = Some(Outcome::default());
        }
        let now = self.now();
        match (told, self.session.poll(&self.config, now, &mut [])) {
            (Err(Error::Core(gatepass::Error::Refused(_))), Ok(Output::SignIn(reason))) => Err(self.sign_in_required(reason)),
            (told, _) => told,
        }
    }

    /// Gives up what waits for a person or a server: a sign-in, or a revocation. What was stored before counts again.
    ///
    /// # Errors
    /// [`Error::Core`] when nothing of that kind waits.
    pub fn cancel(&mut self) -> Result<(), Error> {
        self.handle(Input::Cancel)
    }

    /// Sees whether the sign-in has come to its end.
    pub(super) fn note_sign_in(&mut self) {
        let Some(outcome) = self.sign_in.as_ref().filter(|outcome| outcome.get().is_none()).cloned() else { return };
        let state = self.session.state();
        let goes_on = [StateName::RedeemReady, StateName::RedeemSent, StateName::RedeemReading, StateName::SavingSignIn];
        if goes_on.contains(&state) {
            return;
        }
        // Where its tokens are stored, another process may refresh them already.
        let ended = if self.is_sign_in_saved && matches!(state, StateName::Live | StateName::Waiting) {
            Ok(())
        } else {
            let now = self.now();
            let reason = match (state == StateName::Vacant).then(|| self.session.poll(&self.config, now, &mut [])) {
                Some(Ok(Output::SignIn(reason))) => reason,
                // Another grant stands in its place.
                _ => SignInReason::Failed,
            };
            Err(self.sign_in_required(reason))
        };
        let _: Result<(), _> = outcome.set(ended);
    }

    fn visit(&mut self) -> Result<String, Error> {
        let mut room = 1024;
        let url = loop {
            let now = self.now();
            let mut out = Zeroizing::new(vec![0; room]);
            match self.session.poll(&self.config, now, &mut out) {
                Ok(Output::Visit(url)) => break url.as_str().to_owned(),
                Ok(_) => return Err(gatepass::Error::from(gatepass::Misuse::NotNow).into()),
                Err(gatepass::Error::Capacity { needed }) if needed > room => room = needed,
                Err(error) => return Err(error.into()),
            }
        };
        self.handle(Input::Visited)?;
        Ok(url)
    }
}
