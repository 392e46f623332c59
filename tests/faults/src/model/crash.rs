//! What a power cut may leave.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use super::{Disk, Edit, Fate, Node, edited, entered};
use crate::state::State;

/// How much of the last write to a file is there.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Torn {
    /// Its first bytes, over what was there.
    Over(usize),
    /// Its first bytes, and then the file ends.
    Cut(usize),
}

impl Disk {
    /// All that a power cut may leave now.
    #[must_use]
    pub fn crashes(&self) -> Vec<State> {
        let mut all = Vec::new();
        for shape in self.shapes(0) {
            let mut states = vec![State::default()];
            let mut first: BTreeMap<usize, &str> = BTreeMap::new();
            for (path, node) in &shape {
                if matches!(self.nodes[*node], Node::Folder { .. }) {
                    states.iter_mut().for_each(|state| state.add_folder(path));
                } else if let Some(first) = first.get(node) {
                    states.iter_mut().for_each(|state| state.add_link(path, first));
                } else {
                    first.insert(*node, path);
                    states = self.variants(*node).iter().flat_map(|bytes| with_file(&states, path, bytes)).collect();
                }
            }
            all.append(&mut states);
        }
        all
    }

    /// What is there when nothing is lost; and, of the write that was made last, only so much.
    #[must_use]
    pub fn whole(&self, torn: Option<Torn>, is_all_else_lost: bool) -> State {
        let last = self
            .nodes
            .iter()
            .rposition(|node| matches!(node, Node::File { edits, .. } if matches!(edits.last(), Some((Edit::Write { .. }, _)))));
        let mut state = State::default();
        for (path, node) in self.shape(0, is_all_else_lost) {
            match &self.nodes[node] {
                Node::Folder { .. } => state.add_folder(&path),
                Node::File { durable, edits } => {
                    let edits: Vec<Edit> = edits.iter().map(|(edit, _)| edit.clone()).collect();
                    let bytes = match torn {
                        Some(torn) if Some(node) == last => tear(durable, &edits, torn),
                        _ if is_all_else_lost => durable.to_vec(),
                        _ => edited(durable, edits),
                    };
                    state.add_file(&path, bytes.into());
                }
            }
        }
        state
    }

    /// One way in which the entries below a folder can be: all changes made, or none since the last sync.
    fn shape(&self, node: usize, is_lost: bool) -> BTreeMap<String, usize> {
        let Node::Folder { durable, .. } = &self.nodes[node] else { return BTreeMap::new() };
        let entries = if is_lost { durable.clone() } else { self.entries(node) };
        let below = entries.iter().flat_map(|(name, child)| {
            let inner = self.shape(*child, is_lost);
            inner.into_iter().map(move |(path, node)| (format!("{name}/{path}"), node)).chain([(name.clone(), *child)])
        });
        below.collect()
    }

    /// Each way in which the entries below a folder can be.
    fn shapes(&self, node: usize) -> BTreeSet<BTreeMap<String, usize>> {
        let Node::Folder { durable, changes } = &self.nodes[node] else { return [BTreeMap::new()].into() };
        let mut all = BTreeSet::new();
        for entries in subsets(changes).map(|kept| entered(durable, kept.into_iter())).collect::<BTreeSet<_>>() {
            let mut shapes: Vec<BTreeMap<String, usize>> = vec![entries.clone()];
            for (name, child) in &entries {
                let inner = self.shapes(*child);
                let join = |shape: &BTreeMap<String, usize>, inner: &BTreeMap<String, usize>| {
                    let below = inner.iter().map(|(path, node)| (format!("{name}/{path}"), *node));
                    shape.iter().map(|(path, node)| (path.clone(), *node)).chain(below).collect()
                };
                shapes = shapes.iter().flat_map(|shape| inner.iter().map(move |inner| join(shape, inner))).collect();
            }
            all.extend(shapes);
        }
        all
    }

    /// Each content that a file can have: its writes kept, kept in half, or lost, and its lengths kept or lost.
    fn variants(&self, node: usize) -> Vec<Rc<[u8]>> {
        let Node::File { durable, edits } = &self.nodes[node] else { panic!("no file") };
        let mut all: Vec<Vec<u8>> = vec![durable.to_vec()];
        for (edit, fate) in edits {
            let mut made: Vec<Vec<u8>> = all.iter().map(|bytes| edited(bytes, [edit.clone()])).collect();
            if *fate != Fate::Sure {
                if let Edit::Write { at, bytes } = edit {
                    let half = Edit::Write { at: *at, bytes: bytes[..bytes.len() / 2].into() };
                    made.extend(all.iter().map(|bytes| edited(bytes, [half.clone()])));
                }
                made.append(&mut all);
            }
            made.sort();
            made.dedup();
            all = made;
        }
        all.into_iter().map(Into::into).collect()
    }
}

fn with_file(states: &[State], path: &str, bytes: &Rc<[u8]>) -> Vec<State> {
    let mut states = states.to_vec();
    states.iter_mut().for_each(|state| state.add_file(path, Rc::clone(bytes)));
    states
}

fn tear(durable: &[u8], edits: &[Edit], torn: Torn) -> Vec<u8> {
    let Some((Edit::Write { at, bytes }, before)) = edits.split_last() else { panic!("no write") };
    let (Torn::Over(length) | Torn::Cut(length)) = torn;
    let mut left = edited(durable, before.iter().cloned());
    left = edited(&left, [Edit::Write { at: *at, bytes: bytes[..length].into() }]);
    if matches!(torn, Torn::Cut(_)) {
        left.truncate(at + length);
    }
    left
}

fn subsets<T>(of: &[T]) -> impl Iterator<Item = Vec<&T>> {
    assert!(of.len() < 16, "too many to lose");
    (0..1_usize << of.len()).map(move |kept| of.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 1).map(|(_, item)| item).collect())
}
