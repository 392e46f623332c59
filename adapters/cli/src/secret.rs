//! Secrets that no profile holds: in a file that it names, or in the environment.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::output::{Failure, Screen};

/// A secret, and where it is looked for.
pub(crate) struct Secret {
    /// As in "cannot read ...".
    what: &'static str,
    /// Where, when the profile names no file.
    pub(crate) variable: &'static str,
    /// What names the file, in the profile.
    member: &'static str,
}

impl Secret {
    pub(crate) const CLIENT: Self = Self { what: "the client's secret", variable: "GATEPASS_CLIENT_SECRET", member: "client_secret_file" };
    pub(crate) const STORE: Self =
        Self { what: "the store's password", variable: "GATEPASS_STORE_PASSWORD", member: "store.password_file" };

    /// The secret, from its file, or from the environment when there is no file. `None` when nobody says it.
    pub(crate) fn read(&self, file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
        let Some(path) = file else { return Ok(self.in_environment()) };
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            Failure::usage(format_args!("cannot read {} in {}: {error}", self.what, path.display()))
                .cure(format_args!("correct {} in the profile, or put it there", self.member))
        })?;
        // An editor ends a file with a line break, which belongs to no secret.
        Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
    }

    pub(crate) fn in_environment(&self) -> Option<Zeroizing<String>> {
        env::var(self.variable).ok().map(Zeroizing::new).filter(|secret| !secret.is_empty())
    }

    /// The path of a file as later commands find it, which run in other folders.
    pub(crate) fn locate(&self, path: &Path, screen: Screen) -> Result<PathBuf, Failure> {
        let problem = |error| Failure::usage(format_args!("cannot find {} in {}: {error}", self.what, path.display()));
        let path = path.canonicalize().map_err(problem)?;
        if is_exposed(&path) {
            screen.note(format_args!("gatepass: others can read {0}; chmod 600 {0}", path.display()));
        }
        Ok(path)
    }
}

/// Whether others than its owner can read a file.
#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_exposed(_: &Path) -> bool {
    false
}
