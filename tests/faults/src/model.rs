//! A file system that loses whatever it may: what a worker did to it, and all that a power cut may leave of that.

mod crash;

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

pub use crash::Torn;

use crate::trace::Call;

/// A change of a file's bytes.
#[derive(Clone, Debug)]
enum Edit {
    Write { at: usize, bytes: Rc<[u8]> },
    Length(usize),
    Room(usize),
}

/// What is known of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It may be lost until the next sync.
    Open,
    /// A sync failed after it: nobody writes it again, so it may be lost for good.
    Doubtful,
    Sure,
}

#[derive(Clone, Debug)]
enum Node {
    File { durable: Rc<[u8]>, edits: Vec<(Edit, Fate)> },
    Folder { durable: BTreeMap<String, usize>, changes: Vec<(String, Option<usize>)> },
}

/// The file system, below one folder that is there.
#[derive(Clone, Debug)]
pub struct Disk {
    root: String,
    nodes: Vec<Node>,
    /// What is open, and where the next byte goes.
    open: HashMap<i64, (usize, usize)>,
}

/// Calls that change nothing on the disk.
const HARMLESS: &[&str] = &[
    "brk",
    "clock_gettime",
    "clock_nanosleep",
    "exit_group",
    "fcntl",
    "flock",
    "fstat",
    "futex",
    "geteuid",
    "getpid",
    "getrandom",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "newfstatat",
    "pread64",
    "read",
    "rt_sigaction",
    "rt_sigprocmask",
    "sigaltstack",
    "statx",
];

impl Disk {
    /// An empty folder.
    #[must_use]
    pub fn new(root: &str) -> Self {
        Self { root: root.to_owned(), nodes: vec![folder()], open: HashMap::new() }
    }

    /// Another process goes on.
    pub fn close_all(&mut self) {
        self.open.clear();
    }

    /// Makes the call. Whether it changed what a power cut may leave.
    pub fn apply(&mut self, call: &Call) -> bool {
        let name = call.name.as_str();
        let result = match &call.result {
            Some(Ok(value)) => *value,
            Some(Err(_)) if name == "fsync" || name == "fdatasync" => {
                self.doubt(call.number(0));
                return true;
            }
            Some(Err(_)) | None => return false,
        };
        match name {
            "openat" => return self.open(call, result),
            "close" => drop(self.open.remove(&call.number(0))),
            "lseek" => {
                if let Some(open) = self.open.get_mut(&call.number(0)) {
                    open.1 = usize::try_from(result).unwrap();
                }
            }
            "write" => {
                let (node, at) = self.open[&call.number(0)];
                let length = usize::try_from(result).unwrap();
                self.edit(node, Edit::Write { at, bytes: call.texts[0][..length].into() });
                self.open.insert(call.number(0), (node, at + length));
                return true;
            }
            "ftruncate" => {
                self.edit(self.open[&call.number(0)].0, Edit::Length(usize::try_from(call.number(1)).unwrap()));
                return true;
            }
            "fallocate" => {
                assert_eq!((call.number(1), call.number(2)), (0, 0), "{call:?}");
                self.edit(self.open[&call.number(0)].0, Edit::Room(usize::try_from(call.number(3)).unwrap()));
                return true;
            }
            "fsync" | "fdatasync" => {
                if let Some((node, _)) = self.open.get(&call.number(0)) {
                    self.sync(*node);
                }
                return true;
            }
            "rename" => {
                let moved = self.find(&call.texts[0]).unwrap();
                self.enter(&call.texts[1], Some(moved));
                self.enter(&call.texts[0], None);
                return true;
            }
            "unlink" => {
                self.enter(&call.texts[0], None);
                return true;
            }
            "mkdir" => {
                self.nodes.push(folder());
                self.enter(&call.texts[0], Some(self.nodes.len() - 1));
                return true;
            }
            _ => assert!(HARMLESS.contains(&name), "what does this do to the disk? {call:?}"),
        }
        false
    }

    fn open(&mut self, call: &Call, handle: i64) -> bool {
        let is_below = call.texts[0].starts_with(self.root.as_bytes());
        if !is_below {
            assert!(!call.arguments.contains("O_CREAT"), "{call:?}");
            return false;
        }
        let found = self.find(&call.texts[0]);
        let node = found.unwrap_or_else(|| {
            assert!(call.arguments.contains("O_CREAT"), "{call:?}");
            self.nodes.push(Node::File { durable: Rc::default(), edits: Vec::new() });
            self.enter(&call.texts[0], Some(self.nodes.len() - 1));
            self.nodes.len() - 1
        });
        let cuts = found.is_some() && call.arguments.contains("O_TRUNC");
        if cuts {
            self.edit(node, Edit::Length(0));
        }
        self.open.insert(handle, (node, 0));
        found.is_none() || cuts
    }

    /// The names that lead from the root to a path, the last one apart.
    fn names(&self, path: &[u8]) -> Vec<String> {
        let path = core::str::from_utf8(path).unwrap().strip_prefix(&self.root).unwrap();
        path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    fn entries(&self, node: usize) -> BTreeMap<String, usize> {
        let Node::Folder { durable, changes } = &self.nodes[node] else { panic!("no folder") };
        entered(durable, changes.iter())
    }

    fn walk(&self, names: &[String]) -> Option<usize> {
        names.iter().try_fold(0, |node, name| self.entries(node).get(name).copied())
    }

    fn find(&self, path: &[u8]) -> Option<usize> {
        self.walk(&self.names(path))
    }

    fn enter(&mut self, path: &[u8], child: Option<usize>) {
        let mut names = self.names(path);
        let name = names.pop().unwrap();
        let parent = self.walk(&names).unwrap();
        let Node::Folder { changes, .. } = &mut self.nodes[parent] else { panic!("no folder") };
        changes.push((name, child));
    }

    fn edit(&mut self, node: usize, edit: Edit) {
        let Node::File { edits, .. } = &mut self.nodes[node] else { panic!("no file") };
        edits.push((edit, Fate::Open));
    }

    fn sync(&mut self, node: usize) {
        match &mut self.nodes[node] {
            Node::Folder { durable, changes } => *durable = entered(durable, core::mem::take(changes).iter()),
            Node::File { durable, edits } => {
                edits.iter_mut().filter(|(_, fate)| *fate == Fate::Open).for_each(|(_, fate)| *fate = Fate::Sure);
                if edits.iter().all(|(_, fate)| *fate == Fate::Sure) {
                    let edits = core::mem::take(edits);
                    *durable = edited(durable, edits.iter().map(|(edit, _)| edit.clone())).into();
                }
            }
        }
    }

    /// A sync of these bytes failed.
    fn doubt(&mut self, handle: i64) {
        let Some((node, _)) = self.open.get(&handle) else { return };
        if let Node::File { edits, .. } = &mut self.nodes[*node] {
            let open = edits.iter_mut().filter(|(edit, fate)| *fate == Fate::Open && matches!(edit, Edit::Write { .. }));
            open.for_each(|(_, fate)| *fate = Fate::Doubtful);
        }
    }

    /// What is in a file, nothing lost.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        let Node::File { durable, edits } = &self.nodes[self.walk(&names)?] else { return None };
        Some(edited(durable, edits.iter().map(|(edit, _)| edit.clone())))
    }
}

fn folder() -> Node {
    Node::Folder { durable: BTreeMap::new(), changes: Vec::new() }
}

fn entered<'c>(durable: &BTreeMap<String, usize>, changes: impl Iterator<Item = &'c (String, Option<usize>)>) -> BTreeMap<String, usize> {
    let mut entries = durable.clone();
    for (name, child) in changes {
        match child {
            Some(child) => drop(entries.insert(name.clone(), *child)),
            None => drop(entries.remove(name)),
        }
    }
    entries
}

fn edited(durable: &[u8], edits: impl IntoIterator<Item = Edit>) -> Vec<u8> {
    let mut bytes = durable.to_vec();
    for edit in edits {
        match edit {
            Edit::Length(length) => bytes.resize(length, 0),
            Edit::Room(length) => bytes.resize(length.max(bytes.len()), 0),
            Edit::Write { at, bytes: written } => {
                bytes.resize(bytes.len().max(at + written.len()), 0);
                bytes[at..at + written.len()].copy_from_slice(&written);
            }
        }
    }
    bytes
}
