//! Signing in and out.

use gatepass::Grant;
use gatepass_store::driver::{Error, Goal};
use zeroize::Zeroizing;

use crate::client::Client;

impl Client {
    /// Begins a sign-in: the URL to open in a browser. Keep it out of logs. The grant that was there is let go of, but the store
    /// keeps it until the new one is complete.
    ///
    /// # Errors
    /// [`Error::Core`] for parameters or a redirect URI that may not be sent, [`Error::SignInUnderWay`].
    pub async fn begin_sign_in(&self, grant: &Grant<'_>, redirect_uri: &str) -> Result<String, Error> {
        self.tower.reach(Goal::Idle, |driver, _| driver.begin_sign_in(grant, redirect_uri)).await
    }

    /// The redirect came back, whole and as it was received: redeems the code and saves the tokens.
    ///
    /// # Errors
    /// [`Error::Core`] for a redirect that does not belong to this sign-in, which goes on waiting;
    /// [`Error::SignInRequired`] when it failed or was declined; those of the store.
    pub async fn finish_sign_in(&self, redirect: &str) -> Result<(), Error> {
        let call = {
            let mut driver = self.tower.lock();
            driver.redirect(redirect)?;
            driver.call(Goal::SignedIn, self.tower.patience)
        };
        self.tower.follow(call, |_, _| Ok(())).await
    }

    /// Gives a sign-in up that waits for the person, or a revocation that waits for the server. The grant in the store, if
    /// there is one, counts again.
    ///
    /// # Errors
    /// [`Error::Core`] when nothing of the kind waits.
    pub fn cancel_sign_in(&self) -> Result<(), Error> {
        self.tower.lock().cancel()
    }

    /// The sign-in that waits, as bytes that survive a restart and are as secret as a token: see
    /// [`File::save_pending`](gatepass_store::File::save_pending).
    ///
    /// # Errors
    /// [`Error::Core`] unless one waits.
    pub fn export_pending(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.tower.lock().export_pending()
    }

    /// Takes a sign-in up again: its URL, should the browser be closed. Its [`redirect_uri`](Self::redirect_uri) must be
    /// listened on again.
    ///
    /// # Errors
    /// [`Error::Core`] for bytes of another version or configuration.
    pub async fn resume_pending(&self, pending: &[u8]) -> Result<String, Error> {
        self.tower.reach(Goal::Idle, |driver, _| driver.resume_pending(pending)).await
    }

    /// The redirect URI of the sign-in that waits.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<String> {
        self.tower.lock().redirect_uri()
    }

    /// Signs out: the grant ends in the store, and at the server if it can revoke.
    ///
    /// # Errors
    /// [`Error::Waiting`] when the server did not confirm in time: the grant has ended here, and the revocation is repeated by
    /// the next call, or given up by [`cancel_sign_in`](Self::cancel_sign_in).
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.tower.reach(Goal::SignedOut, |_, _| Ok(())).await
    }
}
