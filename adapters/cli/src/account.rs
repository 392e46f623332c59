//! From a profile to a client that is always signed in: server, secret, policy, store.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use gatepass::{Audience, Client as Identity, Config, Overlap, Policy, Quirks, Rotation, Server, WellKnown};
use gatepass_store::Store;
use gatepass_store::driver::Discover;
use gatepass_ureq::{Client, Settings, Status};

use crate::output::{Exit, Failure, Screen};
use crate::profile::{Auth, Place, Profile, storage};
use crate::secret::Secret;
use crate::store::{self, Kind};

/// Who may get a token, for whom it is, and how long one waits for it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wish<'w> {
    /// Only these origins get the token from the client.
    pub(crate) origins: &'w [String],
    /// Another audience than the grant's own.
    pub(crate) audience: Option<Audience<'static>>,
    pub(crate) patience: Duration,
}

/// The client of an account that exists.
pub(crate) fn open(place: &Place, profile: &Profile, wish: Wish<'_>) -> Result<Client, Failure> {
    profile.store.check()?;
    if profile.store.is_shared() && !profile.store.is_member {
        return Err(place.must_sign_in("its sign-in was not completed"));
    }
    let document = fs::read(&place.server).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => place.must_sign_in("what the server says of itself was never read"),
        _ => storage("read", &place.server, &error),
    })?;
    let server = look(profile).read(WellKnown::OAuth, 200, Some("application/json"), &document).map_err(|error| {
        let problem = format!("{} cannot be used ({error})", place.server.display());
        Failure::new(Exit::Storage, problem).cure(format_args!("{}, which writes it anew", place.sign_in()))
    })?;
    client(place, profile, server, store::open(place, profile, None)?.grant, wish)
}

/// The same where server and store are known.
pub(crate) fn client(
    place: &Place,
    profile: &Profile,
    server: Server<'static>,
    grant: Arc<dyn Store>,
    wish: Wish<'_>,
) -> Result<Client, Failure> {
    // Given away for good, as the client and its secret: a configuration lives as long as the command.
    let audiences = Vec::leak(wish.audience.into_iter().collect());
    let config = Config::new(server, identity(profile)?)?.with_policy(policy(profile)?)?.with_audiences(audiences)?;
    let mut settings = Settings::new(config, grant).patience(wish.patience);
    if profile.allow_loopback_http {
        settings = settings.danger_allow_http_on_loopback();
    }
    if profile.relaxed_token {
        settings = settings.relaxed_tokens();
    }
    // A client wants to know who gets the token. Where nobody was named it is the server that made it.
    let nobody = core::slice::from_ref(&profile.issuer);
    for origin in if wish.origins.is_empty() { nobody } else { wish.origins } {
        settings = match wish.audience {
            Some(audience) => settings.origin_for(origin, audience.name()),
            None => settings.origin(origin),
        };
    }
    Client::new(settings).map_err(|error| place.failure(error))
}

/// How the server of a profile is asked about itself.
pub(crate) fn look(profile: &Profile) -> Discover {
    let look = Discover::new(&profile.issuer);
    if profile.allow_loopback_http { look.danger_allow_http_on_loopback() } else { look }
}

/// The client, with its secret.
fn identity(profile: &Profile) -> Result<Identity<'static>, Failure> {
    let id = String::leak(profile.client_id.clone());
    let secret = || -> Result<&'static str, Failure> {
        let secret = Secret::CLIENT.read(profile.client_secret_file.as_deref())?.ok_or_else(|| {
            Failure::usage("this client has a secret, and nobody says which")
                .cure(format_args!("set {}, or sign in with --client-secret-file", Secret::CLIENT.variable))
        })?;
        Ok(String::leak(String::clone(&secret)))
    };
    Ok(match profile.auth {
        Auth::Public => Identity::public(id),
        Auth::Basic => Identity::secret_basic(id, secret()?),
        Auth::Post => Identity::secret_post(id, secret()?),
    })
}

fn policy(profile: &Profile) -> Result<Policy, Failure> {
    let mut policy = Policy::DEFAULT;
    policy.rotation = match (profile.fixed_refresh_token, profile.overlap) {
        (true, _) => Rotation::Fixed,
        (false, true) => Rotation::Rotating(Overlap::Covers),
        (false, false) => Rotation::Rotating(Overlap::Unknown),
    };
    for name in &profile.quirks {
        let quirk = Quirks::named(name).ok_or_else(|| {
            let known: Vec<&str> = OPTIONAL.names().collect();
            Failure::usage(format_args!("'{}' is no quirk", name.escape_default())).cure(format_args!("choose of {}", known.join(", ")))
        })?;
        policy.quirks = policy.quirks.union(quirk);
    }
    Ok(policy)
}

/// Says which oddities the server's answers had in this run: each was allowed, and whoever keeps that server may like to know.
pub(crate) fn note_quirks(place: &Place, status: &Status, screen: Screen) {
    if !status.quirks.is_empty() {
        let names: Vec<&str> = status.quirks.names().collect();
        screen.note(format_args!(
            "gatepass: the server of profile '{}' has oddities that were put up with: {}",
            place.name,
            names.join(", ")
        ));
    }
}

/// What is not on anyway.
const OPTIONAL: Quirks =
    Quirks::SCOPE_COMMAS.union(Quirks::MISSING_TOKEN_TYPE).union(Quirks::ANY_CONTENT_TYPE).union(Quirks::BYTE_ORDER_MARK);

impl Place {
    /// What an error means to the person, and what cures it.
    pub(crate) fn failure(&self, error: gatepass_ureq::Error) -> Failure {
        use gatepass_ureq::Error;
        let exit = match &error {
            Error::SignInRequired { .. } => return self.must_sign_in(&error.to_string()),
            // The grant has ended here, whatever the server knows of it.
            Error::Waiting { why: gatepass::Why::Revocation, .. } => return self.must_sign_in("signed out; sign in again"),
            Error::Core(core) => return self.core_failure(*core),
            Error::Store(error) => {
                return Failure::new(Exit::Storage, format_args!("profile '{}': {error}", self.name)).cure(store::cure(error));
            }
            Error::Transport(_) => Exit::Unavailable,
            Error::Waiting { why: gatepass::Why::Refused, .. } => Exit::Refused,
            Error::Waiting { why: gatepass::Why::Store, cause: Some(cause), .. } => {
                return Failure::new(Exit::Storage, format_args!("profile '{}': the store fails: {cause}", self.name));
            }
            Error::Waiting { why: gatepass::Why::Store, .. } => Exit::Storage,
            Error::Waiting { why: gatepass::Why::TooSmall, .. } => Exit::Failed,
            Error::Waiting { .. } => Exit::Unavailable,
            Error::OriginNotAllowed { .. } | Error::Origins | Error::AlreadyAuthorized => Exit::Usage,
            _ => Exit::Failed,
        };
        Failure::new(exit, format_args!("profile '{}': {error}", self.name))
    }

    fn core_failure(&self, error: gatepass::Error) -> Failure {
        use gatepass::{Error, Misuse, Violation};
        match error {
            Error::Misuse(Misuse::NotToken68) => Failure::usage("the access token has bytes that a header field may not carry")
                .cure("if this server is known for that, sign in with --relaxed-token"),
            Error::Violation(Violation::Record | Violation::RecordVersion | Violation::OlderRecord) => {
                // Who asks has read the profile before.
                let store = self.read().ok().flatten().map(|profile| profile.store).unwrap_or_default();
                let problem = format!("the tokens of profile '{}' in {} cannot be used: {error}", self.name, store.shown(self));
                let cure =
                    if matches!(store.kind(), Ok(Kind::File | Kind::Encrypted)) { "move that file away" } else { "remove them there" };
                Failure::new(Exit::Storage, problem).cure(format_args!("{cure}, then {}", self.sign_in()))
            }
            Error::Violation(Violation::NoResponse) => Failure::new(Exit::Unavailable, error),
            error => error.into(),
        }
    }
}
