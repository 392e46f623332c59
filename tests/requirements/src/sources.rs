//! The sources: which test carries which id.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use crate::map::is_id;

/// A comment with the id of a requirement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Carrier {
    pub(crate) id: String,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// The function that the comment stands above, or in.
    pub(crate) function: Option<Function>,
}

impl Carrier {
    /// As the map names it.
    pub(crate) fn test(&self) -> String {
        format!("{}::{}", self.file, self.function.as_ref().map_or("", |function| &function.name))
    }
}

/// A function, and how it is run.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) run: Run,
}

/// How a function is run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Run {
    /// It is a test.
    Test,
    /// Something else in the sources names it.
    Named,
    /// It is a test that is ignored.
    Ignored,
    /// Nothing runs it.
    Never,
}

/// Every id in the sources of a repository.
pub(crate) fn read(root: &Path) -> Vec<Carrier> {
    let mut files = Vec::new();
    collect(root, "", &mut files);
    files.sort();
    let mut found: Vec<Carrier> = files.iter().flat_map(|(file, text)| carriers(file, text)).collect();
    let mut unrun: Vec<&mut Function> =
        found.iter_mut().filter_map(|carrier| carrier.function.as_mut()).filter(|function| function.run == Run::Never).collect();
    // A rule that several tests share is a function which each of them names, perhaps in another file.
    let names: HashSet<String> = unrun.iter().map(|function| function.name.clone()).collect();
    let mut mentions: HashMap<&str, usize> = HashMap::new();
    for word in files.iter().flat_map(|(_, text)| words(text)).filter(|word| names.contains(*word)) {
        *mentions.entry(word).or_default() += 1;
    }
    for function in &mut unrun {
        if mentions.get(function.name.as_str()).is_some_and(|mentions| *mentions > 1) {
            function.run = Run::Named;
        }
    }
    found
}

/// The Rust files below a folder, by their paths in the repository; not what is built, fetched or hidden.
fn collect(folder: &Path, path: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let entry = entry.expect("a folder of the repository can be listed");
        let name = entry.file_name().into_string().expect("names in the repository are text");
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        if entry.file_type().expect("an entry has a type").is_dir() {
            if !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
                collect(&entry.path(), &below, files);
            }
        } else if name.ends_with(".rs") {
            files.push((below, fs::read_to_string(entry.path()).expect("a source can be read")));
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

/// The ids in the comments of one file; what documentation says of an id is no mark.
pub(crate) fn carriers(file: &str, text: &str) -> Vec<Carrier> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//").filter(|rest| !rest.starts_with(['/', '!'])) else { continue };
        for id in words(comment).filter(|word| is_id(word)) {
            let function = following(&lines, at).or_else(|| enclosing(&lines, at));
            found.push(Carrier { id: id.into(), file: file.into(), line: at + 1, function });
        }
    }
    found
}

/// The function that begins behind this comment, with nothing but comments and attributes between.
fn following(lines: &[&str], at: usize) -> Option<Function> {
    let mut attributes = Vec::new();
    for line in lines.iter().skip(at + 1) {
        if let Some(name) = function(line) {
            return Some(Function { name: name.into(), run: run(&attributes) });
        }
        let line = line.trim_start();
        if !line.starts_with("//") && !line.starts_with("#[") {
            return None;
        }
        attributes.push(line);
    }
    None
}

/// The function that this comment is indented in.
fn enclosing(lines: &[&str], at: usize) -> Option<Function> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inside = indent(lines.get(at)?);
    for (above, line) in lines.iter().enumerate().take(at).rev() {
        if indent(line) < inside
            && let Some(name) = function(line)
        {
            let attributes = lines.iter().take(above).rev().map(|line| line.trim_start());
            let attributes: Vec<&str> = attributes.take_while(|line| line.starts_with("//") || line.starts_with("#[")).collect();
            return Some(Function { name: name.into(), run: run(&attributes) });
        }
    }
    None
}

/// The name of the function that begins in this line.
fn function(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for before in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(before).unwrap_or(rest);
    }
    words(rest.strip_prefix("fn ")?).next()
}

fn run(attributes: &[&str]) -> Run {
    let has = |word| attributes.iter().any(|line| line.starts_with("#[") && words(line).any(|found| found == word));
    match (has("test"), has("ignore")) {
        (_, true) => Run::Ignored,
        (true, false) => Run::Test,
        (false, false) => Run::Never,
    }
}
