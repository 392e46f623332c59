//! Builds the library and what links it, and speaks to what runs.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::indexing_slicing, reason = "a test that cannot go on must fail, and at the line that says why")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What every C source of this repository is compiled with.
pub(crate) const STRICT: [&str; 5] = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"];

/// How a library is wanted: as it ships, or with the checks of a debug build.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Profile {
    Small,
    Checked,
}

/// Builds the library for a target (the host's when there is none), and says where it is.
pub(crate) fn library(crate_type: &str, target: Option<&str>, profile: Profile, features: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["rustc", "-q", "-p", "gatepass-c", "--lib", "--message-format=json", "--crate-type", crate_type, "--features", features]);
    match profile {
        Profile::Small => cargo.args(["--profile", "small"]),
        Profile::Checked => cargo.args(["--profile", "checked"]).args(["--config", "profile.checked.inherits='small'"]).args([
            "--config",
            "profile.checked.debug-assertions=true",
            "--config",
            "profile.checked.overflow-checks=true",
        ]),
    };
    if let Some(target) = target {
        cargo.args(["--target", target]);
        cargo.env("RUSTFLAGS", "--cfg sha2_backend_soft=\"compact\"");
    }
    // What ships, and figures in `sizes` that may not be larger than they must.
    cargo.args(["--", "--cfg", "gatepass_exact"]);
    let built = cargo.current_dir(ROOT).stderr(Stdio::inherit()).output().unwrap();
    assert!(
        built.status.success(),
        "gatepass-c does not build as {crate_type} for {target:?}; a target that is missing comes with `rustup target add`"
    );
    let messages = String::from_utf8(built.stdout).unwrap();
    let files = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut ours = files.filter(|message| message["target"]["name"] == "gatepass_c").filter_map(|message| {
        let file = message["filenames"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .find(|file| file.ends_with(".a") || file.ends_with(".wasm"))?;
        Some(PathBuf::from(file))
    });
    ours.next_back().expect("cargo names the library")
}

/// Runs a program to its end, which must be a good one.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(ROOT).output();
    let output = output.unwrap_or_else(|error| panic!("{program} does not start ({error}); `tests/run c` installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{said}\n{why}", output.status);
    said
}

/// What watches a C program while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Watch {
    /// `AddressSanitizer` and `UndefinedBehaviorSanitizer`, and a library with the checks of a debug build.
    Sanitizers,
    /// Valgrind, and the library as it ships.
    Valgrind,
}

/// A program, and how it is started.
#[derive(Debug)]
pub(crate) struct Built {
    command: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Built {
    /// Compiles and links sources of the repository.
    pub(crate) fn new(sources: &[&str], watch: Watch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program").to_str().unwrap().to_owned();
        let profile = if watch == Watch::Sanitizers { Profile::Checked } else { Profile::Small };
        let library = library("staticlib", None, profile, "panic-handler");
        let mut arguments = [&STRICT[..], &["-g", "-O1", "-Iadapters/c/include", "-Iadapters/c/examples"]].concat();
        if watch == Watch::Sanitizers {
            arguments.extend(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
        }
        arguments.extend(sources);
        arguments.extend([library.to_str().unwrap(), "-o", &program]);
        run("gcc", &arguments);
        let mut command = vec![program];
        if watch == Watch::Valgrind {
            let valgrind = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=all"];
            command.splice(0..0, valgrind.map(str::to_owned));
        }
        Self { command, _folder: folder }
    }

    /// Runs it to its end, which must be a good one.
    pub(crate) fn run(&self) -> String {
        let arguments: Vec<&str> = self.command.iter().skip(1).map(String::as_str).collect();
        run(&self.command[0], &arguments)
    }

    /// Starts it, to speak with it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{:?} does not start ({error}); `tests/run c` installs it", self.command));
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Program { child, stdin: Some(stdin), stdout, told: Vec::new() }
    }
}

/// A program that speaks lines, as `tests/c/host.c` says.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// All that it told, without what it waited for.
    pub(crate) told: Vec<String>,
}

/// The moves in which the program waits.
pub(crate) const SIGN_IN: &str = "WAIT 1";
pub(crate) const AWAIT_REDIRECT: &str = "WAIT 3";
pub(crate) const SLEEP: &str = "WAIT 8";

impl Program {
    /// Reads on until it waits in this move; the lines before.
    pub(crate) fn until(&mut self, wait: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.stdout.read_line(&mut line).unwrap();
            let line = line.trim_end();
            assert!(!line.is_empty(), "it ended; it had told {:?}, {lines:?}", self.told);
            if line.starts_with("WAIT") {
                assert_eq!(line, wait, "it had told {:?}, {lines:?}", self.told);
                self.told.extend(lines.iter().cloned());
                return lines;
            }
            lines.push(line.to_owned());
        }
    }

    /// Says a line, and reads on until it waits in this move.
    pub(crate) fn say(&mut self, line: &str, wait: &str) -> Vec<String> {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.until(wait)
    }

    /// Reads on until it tells something of this.
    pub(crate) fn hear(&mut self, what: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended; it had told {:?}", self.told);
            if let Some(told) = line.strip_prefix("TOLD ").and_then(|line| line.strip_prefix(what)?.strip_prefix(": ")) {
                return told.trim_end().to_owned();
            }
        }
    }

    /// Begins a sign-in: where the person goes.
    pub(crate) fn sign_in(&mut self) -> String {
        let lines = self.say("sign-in", AWAIT_REDIRECT);
        lines.iter().find_map(|line| line.strip_prefix("VISIT ")).expect("it shows where to sign in").to_owned()
    }

    /// Calls the API, and says the last status: after a rejection the example refreshes, and repeats the call.
    pub(crate) fn call(&mut self) -> String {
        let lines = self.say("call", SLEEP);
        lines.iter().rev().find_map(|line| line.strip_prefix("TOLD called: ")).expect("it says what came of the call").to_owned()
    }

    /// Ends it: it must end well, under whatever watches it.
    pub(crate) fn stop(mut self) {
        writeln!(self.stdin.as_mut().unwrap(), "stop").unwrap();
        self.stdin = None;
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {rest}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}
