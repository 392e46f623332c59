//! What a client is at the moment, for people and programs to look at.

use core::time::Duration;

use gatepass::{Quirks, RefusalText, StateName};

use super::Driver;

/// A look at the session, without a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// What the session is, by name.
    pub state: StateName,
    /// Whether there is an access token that serves, as far as anybody knows.
    pub is_signed_in: bool,
    /// How long it still serves; `None` without one, and when the server did not say.
    pub expires_in: Option<Duration>,
    /// The scope; `None` when it is not known.
    pub scope: Option<String>,
    /// Whether the grant can be refreshed.
    pub can_refresh: bool,
    /// Whether tokens are in memory that the store does not have yet.
    pub is_unsaved: bool,
    /// What the server said when it last refused: checked text.
    pub refusal: Option<String>,
    /// The oddities that the server's answers had so far.
    pub quirks: Quirks,
}

impl Driver {
    /// What the session is at the moment.
    #[must_use]
    pub fn status(&self) -> Status {
        let now = self.now();
        let token = self.session.access_token(now);
        Status {
            state: self.session.state(),
            is_signed_in: token.is_some(),
            expires_in: token.and_then(|token| token.expires_at()).map(|moment| moment.since(now)),
            scope: self.session.scope().map(|scope| scope.as_str().to_owned()),
            can_refresh: self.session.can_refresh(),
            is_unsaved: self.session.is_unsaved(),
            refusal: self.refusal(),
            quirks: self.session.quirks(),
        }
    }

    /// The members of the last token response that the configuration names, as one JSON object; empty when there were none.
    #[must_use]
    pub fn members_json(&self) -> String {
        self.session.members_json().to_owned()
    }

    pub(super) fn refusal(&self) -> Option<String> {
        self.session.refusal().map(|said| words(&said))
    }
}

fn words(said: &RefusalText<'_>) -> String {
    match (said.code(), said.description()) {
        (code, "") => code.to_owned(),
        ("", description) => description.to_owned(),
        (code, description) => format!("{code}: {description}"),
    }
}
