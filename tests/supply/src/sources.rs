//! The sources: how often each package has the keyword `unsafe`, and whether it forbids it.

use std::{fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};

/// A package, by its folder in the repository.
pub(crate) struct Package {
    pub(crate) folder: String,
    pub(crate) keywords: usize,
    /// Each of its crate roots does.
    pub(crate) forbids: bool,
}

/// Every package below a folder, also of the workspaces that are built apart.
pub(crate) fn packages(root: &Path) -> Vec<Package> {
    let mut packages = Vec::new();
    collect(root, "", None, &mut packages);
    packages.retain(|package| !package.folder.is_empty());
    packages.sort_by(|one, other| one.folder.cmp(&other.folder));
    packages
}

/// Counts a file for the package whose folder is the nearest above; not what is built, fetched or hidden.
fn collect(folder: &Path, path: &str, within: Option<usize>, packages: &mut Vec<Package>) {
    let within = if folder.join("Cargo.toml").is_file() {
        packages.push(Package { folder: path.into(), keywords: 0, forbids: true });
        Some(packages.len() - 1)
    } else {
        within
    };
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let entry = entry.expect("a folder of the repository can be listed");
        let name = entry.file_name().into_string().expect("names in the repository are text");
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        if entry.file_type().expect("an entry has a type").is_dir() {
            if !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
                collect(&entry.path(), &below, within, packages);
            }
        } else if let (true, Some(package)) = (name.ends_with(".rs"), within.and_then(|at| packages.get_mut(at))) {
            let text = fs::read_to_string(entry.path()).expect("a source can be read");
            package.keywords += keywords(&text);
            let is_root = ["src/lib.rs", "src/main.rs", "tests/lib.rs"].iter().any(|root| below.ends_with(root));
            package.forbids &= !is_root || text.contains("#![forbid(unsafe_code)]");
        }
    }
}

/// How often the keyword stands in a source.
pub(crate) fn keywords(text: &str) -> usize {
    count(text.parse().expect("a source of the repository is Rust"))
}

fn count(tokens: TokenStream) -> usize {
    let of = |token| match token {
        TokenTree::Group(group) => count(group.stream()),
        TokenTree::Ident(word) => usize::from(word == "unsafe"),
        TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
    };
    tokens.into_iter().map(of).sum()
}
