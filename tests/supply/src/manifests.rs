//! The manifests, as cargo reads them.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

use crate::page::TESTS;

/// Each crate of the core and the adapters, and what it depends on and when.
pub(crate) fn read(root: &Path) -> BTreeSet<(String, String)> {
    let cargo = Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root).output();
    let metadata: Value = serde_json::from_slice(&cargo.expect("cargo runs").stdout).expect("cargo prints JSON");
    let packages = list(&metadata["packages"]).iter().filter(|package| {
        let folder = Path::new(text(&package["manifest_path"])).strip_prefix(root.canonicalize().expect("the repository is there"));
        folder.is_ok_and(|folder| folder.starts_with("core") || folder.starts_with("adapters"))
    });
    packages.flat_map(|package| dependencies(package).map(|what| (text(&package["name"]).into(), what))).collect()
}

/// What comes from elsewhere: a crate of this repository has no source.
fn dependencies(package: &Value) -> impl Iterator<Item = String> {
    list(&package["dependencies"]).iter().filter(|dependency| !dependency["source"].is_null()).map(|dependency| {
        let name = text(&dependency["name"]);
        match (dependency["kind"].as_str(), dependency["optional"] == Value::Bool(true)) {
            (None, true) => format!("{name}, optional"),
            (None, false) => format!("{name}, always"),
            (Some("dev"), _) => format!("{name}{TESTS}"),
            (Some(kind), _) => format!("{name}, {kind}"),
        }
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
