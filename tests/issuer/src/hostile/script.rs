//! The one script that every client is led through, whatever the case.

use super::trial::{Judgement, Trial};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// When a client renews an access token of 60 s ahead of its end, at the latest.
const NEAR_THE_END: Duration = Duration::from_secs(50);

/// A client as the script leads it. Errors are what the client says to people.
#[allow(clippy::missing_errors_doc, reason = "they are all of one kind")]
pub trait Client {
    /// Signs in at the issuer, where it can by discovery: [`Trial::visit`] is the person.
    fn sign_in(&mut self, trial: &Trial) -> Result<(), String>;

    /// Calls the API with the access token that there is.
    fn call(&mut self, url: &str) -> Result<(), String>;

    /// Gets a new access token with the refresh token that there is.
    fn refresh(&mut self) -> Result<(), String>;

    /// Revokes what there is.
    fn sign_out(&mut self) -> Result<(), String>;

    /// Time went by at the issuer. A client whose clock cannot be moved is asked to refresh anyway.
    fn time_passes(&mut self, _by: Duration) {}
}

impl Trial {
    /// Leads a client through sign-in, a call, two refreshes each with a call, and a sign-out. A step that fails is what the
    /// application says to people, and then it goes on.
    pub fn run(&self, client: &mut impl Client) {
        let api = self.api();
        self.note("sign-in", client.sign_in(self));
        self.note("call", client.call(&api));
        for wait in [NEAR_THE_END, self.patience()] {
            self.advance(wait);
            client.time_passes(wait);
            self.note("refresh", client.refresh());
            self.note("call", client.call(&api));
        }
        self.note("sign-out", client.sign_out());
    }

    /// The same on a thread of its own, and the verdict. A client that is not through with it within the limit fell, and so did one that
    /// panicked; the thread of the former is left behind.
    pub fn run_within<C: Client>(self: &Arc<Self>, limit: Duration, begin: impl FnOnce() -> C + Send + 'static) -> Judgement {
        let (done, ended) = sync_channel(1);
        let trial = Arc::clone(self);
        let client = std::thread::spawn(move || {
            trial.run(&mut begin());
            let _ = done.send(());
        });
        match ended.recv_timeout(limit) {
            Ok(()) => self.judge(),
            Err(RecvTimeoutError::Timeout) => Judgement::fell(&format!("not through after {} s", limit.as_secs())),
            Err(RecvTimeoutError::Disconnected) => {
                let _ = client.join();
                Judgement::fell("it panicked")
            }
        }
    }

    fn note(&self, step: &str, outcome: Result<(), String>) {
        if let Err(said) = outcome {
            self.hear(&format!("{step}: {said}"));
        }
    }
}
