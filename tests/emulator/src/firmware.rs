//! Builds firmware.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../firmware");

/// Builds a binary of the workspace `tests/firmware` for a target, as small as it gets: the ELF file.
///
/// # Panics
/// When it does not build, with what to do where the target is missing.
#[must_use]
pub fn firmware(package: &str, binary: &str, target: &str) -> PathBuf {
    link(Path::new(WORKSPACE), &["--package", package, "--bin", binary], target)
        .unwrap_or_else(|why| panic!("{package}: {why}"))
        .join(binary)
}

/// Links something of a workspace that is not this one, by its own configuration: the folder where it lies.
///
/// # Errors
/// What the compiler and the linker said.
///
/// # Panics
/// When there is no cargo, or the target is missing, with what to do then.
pub fn link(workspace: &Path, what: &[&str], target: &str) -> Result<PathBuf, String> {
    let parent = env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(WORKSPACE).join("../../target"), PathBuf::from);
    // A folder of its own: a build that runs these tests holds the lock of the other one.
    let folder = parent.join(workspace.file_name().expect("a folder with a name"));
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--target", target])
        .args(what)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", &folder)
        // They would replace those of the workspace's own configuration.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let why = String::from_utf8_lossy(&built.stderr);
    assert!(!why.contains("can't find crate for `core`"), "the target is missing: rustup target add {target}\n{why}");
    if !built.status.success() {
        return Err(format!("it does not build for {target}\n{why}"));
    }
    Ok(folder.join(target).join("release"))
}
