//! Profiles: one TOML file an account, without a secret. And where the files of an account are.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy as _, AppStrategyArgs, choose_app_strategy};
use serde::{Deserialize, Serialize};

use crate::output::{Exit, Failure};
use crate::store::StoreAt;

/// An account: where, as whom, and what to ask for.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) auth: Auth,
    /// Where the secret is. Never the secret itself: a profile gets copied, backed up and shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) allow_loopback_http: bool,
    #[serde(default)]
    pub(crate) fixed_refresh_token: bool,
    #[serde(default)]
    pub(crate) overlap: bool,
    #[serde(default)]
    pub(crate) relaxed_token: bool,
    #[serde(default)]
    pub(crate) quirks: Vec<String>,
    /// The origins that may get the access token.
    #[serde(default)]
    pub(crate) apis: Vec<String>,
    #[serde(default)]
    pub(crate) store: StoreAt,
    #[serde(default)]
    pub(crate) ask: Ask,
}

/// How the client authenticates (RFC 6749 §2.3).
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    #[default]
    Public,
    Basic,
    Post,
}

/// What the authorization request says, and where the browser comes back to.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ask {
    pub(crate) scope: String,
    pub(crate) audience: String,
    pub(crate) prompt: String,
    pub(crate) login_hint: String,
    pub(crate) organization: String,
    pub(crate) connection: String,
    pub(crate) acr_values: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
    pub(crate) resources: Vec<String>,
    pub(crate) params: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    pub(crate) path: String,
}

/// The folders.
#[derive(Debug)]
pub(crate) struct Home {
    profiles: PathBuf,
    grants: PathBuf,
}

/// The files of one account.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    profile: PathBuf,
    /// The record, if it is kept in a file: the tokens.
    pub(crate) grant: PathBuf,
    /// What the server said of itself when the account was made.
    pub(crate) server: PathBuf,
}

impl Home {
    /// The platform's folders, or what `GATEPASS_HOME` names.
    pub(crate) fn find() -> Result<Self, Failure> {
        if let Some(home) = env::var_os("GATEPASS_HOME").filter(|home| !home.is_empty()) {
            let home = PathBuf::from(home);
            return Ok(Self { profiles: home.join("profiles"), grants: home.join("grants") });
        }
        let names = AppStrategyArgs { top_level_domain: "io".to_owned(), author: "gatepass".to_owned(), app_name: "gatepass".to_owned() };
        let folders = choose_app_strategy(names).map_err(|_| {
            Failure::new(Exit::Storage, "nobody knows where your home folder is").cure("set HOME, or GATEPASS_HOME to a folder of your own")
        })?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Ok(Self { profiles: folders.config_dir().join("profiles"), grants: state.join("grants") })
    }

    /// The files of the account of this name.
    pub(crate) fn place(&self, name: &str) -> Result<Place, Failure> {
        // Lower case, since some file systems do not tell it from upper case; and no name that leads elsewhere.
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        let leads = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
        if !leads || name.len() > 64 || !name.bytes().all(good) {
            let problem = format!("'{}' can be no profile's name", name.escape_default());
            return Err(Failure::usage(problem).cure("use up to 64 of a-z, 0-9, '-', '_' and '.', a letter or digit first"));
        }
        Ok(Place {
            name: name.to_owned(),
            profile: self.profiles.join(format!("{name}.toml")),
            grant: self.grants.join(format!("{name}.grant")),
            server: self.profiles.join(format!("{name}.server.json")),
        })
    }

    /// The names of all accounts, in order.
    pub(crate) fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = match fs::read_dir(&self.profiles) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(storage("read", &self.profiles, &error)),
        };
        let name = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned);
        let mut names: Vec<String> = entries.flatten().filter_map(name).filter(|name| self.place(name).is_ok()).collect();
        names.sort_unstable();
        Ok(names)
    }
}

impl Place {
    /// The profile, or `None` if there is no such account.
    pub(crate) fn read(&self) -> Result<Option<Profile>, Failure> {
        let text = match fs::read_to_string(&self.profile) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(storage("read", &self.profile, &error)),
        };
        toml::from_str(&text).map(Some).map_err(|error| {
            let problem = format!("{} is no profile ({})", self.profile.display(), error.message());
            Failure::new(Exit::Storage, problem)
                .cure(format_args!("mend it, or remove it and run: gatepass login ... --profile {}", self.name))
        })
    }

    /// The profile, which must be there.
    pub(crate) fn open(&self) -> Result<Profile, Failure> {
        self.read()?.ok_or_else(|| self.must_sign_in("there is no profile"))
    }

    pub(crate) fn write(&self, profile: &Profile) -> Result<(), Failure> {
        let text = toml::to_string(profile)
            .map_err(|error| Failure::new(Exit::Storage, format_args!("the profile cannot be written: {error}")))?;
        replace(&self.profile, text.as_bytes())
    }

    /// Removes what is left of the account when its grant is: the profile last, so that what is left over after a failure is still
    /// found.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        for path in [&self.server, &self.profile] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(storage("remove", path, &error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Nobody is signed in here.
    pub(crate) fn must_sign_in(&self, problem: &str) -> Failure {
        Failure::new(Exit::SignIn, format_args!("not signed in to profile '{}' ({problem})", self.name)).cure(self.sign_in())
    }

    /// How to sign in here: what a profile says need not be said again.
    pub(crate) fn sign_in(&self) -> String {
        let known = if self.profile.exists() { "" } else { " ISSUER --client-id ID" };
        format!("run gatepass login{known}{}", self.option())
    }

    /// What names this account on a command line.
    pub(crate) fn option(&self) -> String {
        if self.name == "default" { String::new() } else { format!(" --profile {}", self.name) }
    }
}

/// Writes a file so that it is whole or as it was before.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            private_folder(folder)?;
        }
        let mut file = fs::File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(|error| {
        // It may not even be there.
        let _ = fs::remove_file(&fresh);
        storage("write", path, &error)
    })
}

/// Makes a folder that only its owner can look into.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

pub(crate) fn storage(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Storage, format_args!("cannot {doing} {}: {error}", path.display())).cure("make room, or correct its permissions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_s_name_leads_nowhere_else() {
        let home = Home { profiles: PathBuf::from("p"), grants: PathBuf::from("g") };
        for good in ["default", "a", "work-2", "0.x_y"] {
            assert!(home.place(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "-a", "A", "a b", "\u{e4}", "a\n", long.as_str()] {
            assert!(home.place(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_profile_is_read_as_it_was_written() {
        let profile = Profile {
            issuer: "https://as.example".to_owned(),
            client_id: "id".to_owned(),
            auth: Auth::Post,
            client_secret_file: Some(PathBuf::from("/s")),
            allow_loopback_http: true,
            fixed_refresh_token: true,
            overlap: false,
            relaxed_token: true,
            quirks: vec!["MISSING_TOKEN_TYPE".to_owned()],
            apis: vec!["https://api.example".to_owned()],
            store: StoreAt {
                at: "rediss://app@redis.example/1".to_owned(),
                name: Some("team".to_owned()),
                password_file: Some(PathBuf::from("/p")),
                allow_plain: true,
                is_member: true,
            },
            ask: Ask { params: vec![("a".to_owned(), "b=\"c\"".to_owned())], port: Some(8080), max_age: Some(0), ..Ask::default() },
        };
        assert_eq!(toml::from_str::<Profile>(&toml::to_string(&profile).unwrap()).unwrap(), profile);
        assert!(toml::from_str::<Profile>("issuer = 'https://x'\nclient_id = 'y'\nclient_secret = 'z'").is_err());
    }
}
