//! What is on a disk at one moment.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    rc::Rc,
};

/// A file or a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Item {
    Folder,
    File(Rc<[u8]>),
    /// A second name of the file that has this one.
    Link(String),
}

/// Files and folders by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State(BTreeMap<String, Item>);

impl State {
    pub(crate) fn add_folder(&mut self, path: &str) {
        self.0.insert(path.to_owned(), Item::Folder);
    }

    pub(crate) fn add_file(&mut self, path: &str, bytes: Rc<[u8]>) {
        self.0.insert(path.to_owned(), Item::File(bytes));
    }

    pub(crate) fn add_link(&mut self, path: &str, first: &str) {
        self.0.insert(path.to_owned(), Item::Link(first.to_owned()));
    }

    /// Puts it into an empty folder.
    ///
    /// # Panics
    /// If it cannot.
    pub fn put(&self, root: &Path) {
        // Folders come before what is in them.
        for (path, item) in &self.0 {
            let path = root.join(path);
            match item {
                Item::Folder => fs::DirBuilder::new().mode(0o700).create(path).unwrap(),
                Item::Link(first) => fs::hard_link(root.join(first), path).unwrap(),
                Item::File(bytes) => {
                    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
                    file.write_all(bytes).unwrap();
                }
            }
        }
    }

    /// What is in a folder.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        let mut state = Self::default();
        state.gather(root, "");
        state
    }

    fn gather(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                self.gather(&entry.path(), &format!("{name}/"));
                self.add_folder(&name);
            } else {
                self.add_file(&name, fs::read(entry.path()).unwrap().into());
            }
        }
    }
}
