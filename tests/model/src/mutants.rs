//! Mutants: copies of the core with one change, which the explorer must see through.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One change to the core.
pub struct Mutant {
    pub name: String,
    pub scenario: String,
    file: String,
    find: String,
    replace: String,
}

/// Reads `mutants.txt`.
pub fn mutants() -> Vec<Mutant> {
    let mut mutants: Vec<Mutant> = Vec::new();
    for line in include_str!("../mutants.txt").lines() {
        if let Some(name) = line.strip_prefix("= ") {
            let [scenario, file, find, replace] = [const { String::new() }; 4];
            mutants.push(Mutant { name: name.into(), scenario, file, find, replace });
            continue;
        }
        let Some(mutant) = mutants.last_mut() else { continue };
        let add = |to: &mut String, line: &str| {
            if !to.is_empty() {
                to.push('\n');
            }
            to.push_str(line);
        };
        if let Some(scenario) = line.strip_prefix("scenario: ") {
            mutant.scenario = scenario.into();
        } else if let Some(file) = line.strip_prefix("file: ") {
            mutant.file = file.into();
        } else if let Some(line) = line.strip_prefix('-') {
            add(&mut mutant.find, line);
        } else if let Some(line) = line.strip_prefix('+') {
            add(&mut mutant.replace, line);
        }
    }
    mutants
}

/// A workspace of its own with a copy of the core and of this crate, in which mutants are built one after the other.
pub struct Lane {
    repository: PathBuf,
    workspace: PathBuf,
}

impl Lane {
    /// # Errors
    /// When the copy could not be made.
    pub fn new(number: usize) -> std::io::Result<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        // The executable lies in the target folder, two levels down.
        let target = std::env::current_exe()?.ancestors().nth(2).unwrap_or(&repository).to_owned();
        let workspace = target.join(format!("mutants/{number}"));
        for folder in ["core", "tests/model"] {
            let to = workspace.join(folder);
            if to.exists() {
                fs::remove_dir_all(&to)?;
            }
            copy(&repository.join(folder), &to)?;
        }
        for file in ["README.md", "Cargo.lock"] {
            fs::copy(repository.join(file), workspace.join(file))?;
        }
        let manifest = fs::read_to_string(repository.join("Cargo.toml"))?;
        let (before, rest) = manifest.split_once("members = [").unwrap();
        let (_, after) = rest.split_once(']').unwrap();
        fs::write(workspace.join("Cargo.toml"), format!("{before}members = [\"core\", \"tests/model\"]{after}"))?;
        Ok(Self { repository, workspace })
    }

    /// Builds a mutant and explores its scenario. Gives the broken promise and the length of the trace.
    ///
    /// # Errors
    /// Why it was not caught.
    pub fn hunt(&self, mutant: &Mutant) -> Result<String, String> {
        let file = Path::new("core").join(&mutant.file);
        let source = fs::read_to_string(self.repository.join(&file)).map_err(|error| format!("{}: {error}", file.display()))?;
        let count = source.matches(&mutant.find).count();
        if count != 1 || mutant.find.is_empty() {
            return Err(format!("what it changes stands {count} times in {}", file.display()));
        }
        let mutated = self.workspace.join(&file);
        fs::write(&mutated, source.replace(&mutant.find, &mutant.replace)).map_err(|error| error.to_string())?;
        let ran = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--release", "--offline", "-p", "gatepass-model", "--config", "profile.release.debug=false"])
            .args(["--config", "profile.release.opt-level=1", "--", "--scenario", &mutant.scenario])
            .env("CARGO_TARGET_DIR", self.workspace.join("target"))
            .current_dir(&self.workspace)
            .output();
        fs::write(&mutated, source).map_err(|error| error.to_string())?;
        let ran = ran.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&ran.stdout);
        match said.lines().find_map(|line| line.strip_prefix("broken: ")) {
            Some(broken) => Ok(broken.to_owned()),
            None if ran.status.success() => Err("every promise holds".into()),
            None => Err(format!("it does not build or run: {}", String::from_utf8_lossy(&ran.stderr))),
        }
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy(&entry.path(), &to)? } else { fs::copy(entry.path(), to).map(drop)? }
    }
    Ok(())
}
