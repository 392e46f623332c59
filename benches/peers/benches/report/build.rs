//! What is built for a part of its own, so that nothing else shares its features.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Builds a package of this workspace into a folder, and says where its programs are.
pub(crate) fn build(package: &str, profile: &str, folder: &Path) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--manifest-path", MANIFEST, "--package", package, "--profile", profile]);
    cargo.arg("--target-dir").arg(folder);
    assert!(cargo.status().is_ok_and(|status| status.success()), "{package} is built");
    folder.join(profile)
}
