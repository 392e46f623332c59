//! From a profile to a client that is always signed in: server, secret, policy, store.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepass::{Client as Identity, Config, Overlap, Policy, Quirks, Rotation, WellKnown};
use gatepass_store::File;
use gatepass_store::driver::Discover;
use gatepass_ureq::{Client, Settings, Status};
use zeroize::Zeroizing;

use crate::output::{Exit, Failure, Screen};
use crate::profile::{Auth, Place, Profile, storage};

/// Where a secret is looked for when the profile names no file.
const SECRET: &str = "GATEPASS_CLIENT_SECRET";

/// The client of an account that exists. Only these origins get the token from it.
pub(crate) fn open(place: &Place, profile: &Profile, origins: &[String], patience: Duration) -> Result<Client, Failure> {
    let document = fs::read(&place.server).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => place.must_sign_in("what the server says of itself was never read"),
        _ => storage("read", &place.server, &error),
    })?;
    let server = look(profile).read(WellKnown::OAuth, 200, Some("application/json"), &document).map_err(|error| {
        let problem = format!("{} cannot be used ({error})", place.server.display());
        Failure::new(Exit::Storage, problem).cure(format_args!("{}, which writes it anew", place.sign_in()))
    })?;
    let config = Config::new(server, identity(profile)?)?.with_policy(policy(profile)?)?;
    let mut settings = Settings::new(config, Arc::new(File::new(&place.grant))).patience(patience);
    if profile.allow_loopback_http {
        settings = settings.danger_allow_http_on_loopback();
    }
    if profile.relaxed_token {
        settings = settings.relaxed_tokens();
    }
    // A client wants to know who gets the token. Where nobody was named it is the server that made it.
    let nobody = core::slice::from_ref(&profile.issuer);
    for origin in if origins.is_empty() { nobody } else { origins } {
        settings = settings.origin(origin);
    }
    Client::new(settings).map_err(|error| place.failure(error))
}

/// How the server of a profile is asked about itself.
pub(crate) fn look(profile: &Profile) -> Discover {
    let look = Discover::new(&profile.issuer);
    if profile.allow_loopback_http { look.danger_allow_http_on_loopback() } else { look }
}

/// The client, with its secret. Both are given away for good: a configuration lives as long as the command.
fn identity(profile: &Profile) -> Result<Identity<'static>, Failure> {
    let id = String::leak(profile.client_id.clone());
    Ok(match profile.auth {
        Auth::Public => Identity::public(id),
        Auth::Basic => Identity::secret_basic(id, secret(profile.client_secret_file.as_deref())?),
        Auth::Post => Identity::secret_post(id, secret(profile.client_secret_file.as_deref())?),
    })
}

fn secret(file: Option<&Path>) -> Result<&'static str, Failure> {
    let secret = match file {
        Some(path) => {
            let problem = |error| Failure::usage(format_args!("cannot read the client's secret in {}: {error}", path.display()));
            Zeroizing::new(
                fs::read_to_string(path)
                    .map_err(|error| problem(error).cure("correct client_secret_file in the profile, or put it there"))?,
            )
        }
        None => Zeroizing::new(from_environment().ok_or_else(|| {
            Failure::usage("this client has a secret, and nobody says which")
                .cure(format_args!("set {SECRET}, or sign in with --client-secret-file"))
        })?),
    };
    // An editor ends a file with a line break, which belongs to no secret.
    Ok(String::leak(secret.trim_end_matches(['\r', '\n']).to_owned()))
}

pub(crate) fn from_environment() -> Option<String> {
    env::var(SECRET).ok().filter(|secret| !secret.is_empty())
}

/// Whether others than its owner can read a file.
#[cfg(unix)]
pub(crate) fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) const fn is_exposed(_: &Path) -> bool {
    false
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
            let harmless = |name: &&str| Quirks::named(name).is_some_and(|quirk| Quirks::HARMLESS.contains(quirk));
            let known: Vec<&str> = KNOWN_QUIRKS.into_iter().filter(|name| !harmless(name)).collect();
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

/// As `gatepass::Quirks` spells them. The harmless ones are always on.
const KNOWN_QUIRKS: [&str; 4] = ["SCOPE_COMMAS", "MISSING_TOKEN_TYPE", "ANY_CONTENT_TYPE", "BYTE_ORDER_MARK"];

impl Place {
    /// What an error means to the person, and what cures it.
    pub(crate) fn failure(&self, error: gatepass_ureq::Error) -> Failure {
        use gatepass_ureq::Error;
        let exit = match &error {
            Error::SignInRequired { .. } => return self.must_sign_in(&error.to_string()),
            // The grant has ended here, whatever the server knows of it.
            Error::Waiting { why: gatepass::Why::Revocation, .. } => return self.must_sign_in("signed out; sign in again"),
            Error::Core(core) => return self.core_failure(*core),
            Error::Store(_) => Exit::Storage,
            Error::Transport(_) => Exit::Unavailable,
            Error::Waiting { why: gatepass::Why::Refused, .. } => Exit::Refused,
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
                let problem = format!("the tokens of profile '{}' in {} cannot be used: {error}", self.name, self.grant.display());
                Failure::new(Exit::Storage, problem).cure(format_args!("move that file away, then {}", self.sign_in()))
            }
            Error::Violation(Violation::NoResponse) => Failure::new(Exit::Unavailable, error),
            error => error.into(),
        }
    }
}
