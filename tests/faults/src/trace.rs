//! The system calls of a worker, logged and tampered with by `strace`.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::Pid;

use crate::worker::TOLD;

/// One system call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Its arguments, as they stand in the log.
    pub arguments: String,
    /// Those of them that are strings, decoded.
    pub texts: Vec<Vec<u8>>,
    /// What it returned; `None` if it was never made, since the process was killed.
    pub result: Option<Result<i64, String>>,
    /// Which call of this name it was, the first is 1.
    pub nth: usize,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.nth)?;
        self.texts.iter().filter(|_| self.name != "write").try_for_each(|text| write!(f, " {}", String::from_utf8_lossy(text)))
    }
}

impl Call {
    /// What the worker told by this call.
    #[must_use]
    pub fn told(&self) -> Option<(&str, &str)> {
        let path = core::str::from_utf8(self.texts.first()?).ok()?;
        path.strip_prefix(TOLD)?.split_once('/')
    }

    /// The argument at this place, which is a number.
    #[must_use]
    pub fn number(&self, at: usize) -> i64 {
        let argument = self.arguments.split(", ").nth(at).unwrap();
        argument.parse().unwrap_or_else(|_| panic!("{argument} in {self:?}"))
    }

    /// The argument of `strace` that tampers with this very call, or with those of its name from this one on.
    #[must_use]
    pub fn inject(&self, what: &str, and_on: bool) -> String {
        format!("--inject={}:{what}:when={}{}", self.name, self.nth, if and_on { "+" } else { "" })
    }
}

/// What a worker did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its calls, from the first that is its own business.
    pub calls: Vec<Call>,
    /// Whether it was killed.
    pub was_killed: bool,
}

impl Run {
    /// The number of the last link that was stored, as the worker was told.
    #[must_use]
    pub fn stored(&self) -> Option<usize> {
        let (_, at) = self.calls.iter().filter_map(Call::told).rfind(|(what, _)| *what == "stored")?;
        Some(at.parse().unwrap())
    }

    /// Whether the worker was told this.
    #[must_use]
    pub fn was_told(&self, what: &str) -> bool {
        self.calls.iter().filter_map(Call::told).any(|told| told.0 == what)
    }
}

/// A worker's program, and how it is started.
#[derive(Clone, Debug)]
pub struct Worker {
    program: PathBuf,
    store: &'static str,
}

impl Worker {
    /// One with the real store.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), store: "file" }
    }

    /// One with another store.
    #[must_use]
    pub fn with(&self, store: &'static str) -> Self {
        Self { store, ..self.clone() }
    }

    /// Starts it in this folder; the log is beside it.
    #[must_use]
    pub fn start(&self, folder: &Path, until: &str, injections: &[String]) -> Child {
        // Nobody may take an old one for its own.
        let _ = fs::remove_file(log(folder));
        let mut command = Command::new("strace");
        command.args(["-f", "-xx", "-s", "1000000", "-o"]).arg(log(folder)).args(injections);
        command.arg("--").arg(&self.program).arg(folder).args([self.store, until]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("strace is there (Debian: strace)")
    }

    /// Runs it to its end, or until it is killed.
    #[must_use]
    pub fn run(&self, folder: &Path, until: &str, injections: &[String]) -> Run {
        let ended = self.start(folder, until, injections).wait_with_output().unwrap();
        let (said, run) = (String::from_utf8_lossy(&ended.stderr), read(folder));
        assert!(run.was_killed || ended.status.success(), "{said}");
        run
    }
}

/// Waits until a worker is stopped, and says who it is.
#[must_use]
pub fn stopped(folder: &Path, strace: &mut Child) -> Pid {
    loop {
        let text = fs::read_to_string(log(folder)).unwrap_or_default();
        if text.contains("--- stopped by SIGSTOP ---") {
            return text.split(' ').next().and_then(|pid| Pid::from_raw(pid.parse().ok()?)).unwrap();
        }
        assert!(strace.try_wait().unwrap().is_none(), "it ended before it was stopped: {text}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The log of what happens in a folder.
#[must_use]
pub fn log(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

/// Reads the log of a worker that has ended.
#[must_use]
pub fn read(folder: &Path) -> Run {
    let text = fs::read_to_string(log(folder)).unwrap();
    let (mut calls, mut counts) = (Vec::new(), std::collections::HashMap::<String, usize>::new());
    let process = text.split(' ').next().unwrap();
    let mut was_killed = false;
    for line in text.lines() {
        let line = line.strip_prefix(process).unwrap_or_else(|| panic!("a second thread: {line}")).trim_start();
        was_killed |= line.starts_with("+++ killed by SIGKILL");
        if line.starts_with(['+', '-']) {
            continue;
        }
        let (name, rest) = line.split_once('(').unwrap();
        assert!(!rest.ends_with("<unfinished ...>") || !line.contains("resumed"), "{line}");
        let (arguments, result) = rest.rsplit_once(" = ").unwrap_or((rest, "?"));
        let nth = counts.entry(name.to_owned()).or_default();
        *nth += 1;
        let result = match result.split_once(' ').map_or((result, ""), |(value, why)| (value, why)) {
            ("?", _) => None,
            ("-1", why) => Some(Err(why.to_owned())),
            (value, _) => Some(Ok(value.parse().unwrap_or_default())),
        };
        let arguments = arguments.trim_end().trim_end_matches(')').to_owned();
        calls.push(Call { name: name.to_owned(), texts: texts(&arguments), arguments, result, nth: *nth });
    }
    // Before this it is a process that starts.
    let own = calls.iter().position(|call| call.told().is_some_and(|(what, _)| what == "begun"));
    Run { calls: own.map_or_else(Vec::new, |own| calls.split_off(own + 1)), was_killed }
}

/// The strings of an argument list, all in hexadecimal.
fn texts(arguments: &str) -> Vec<Vec<u8>> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    quoted.map(|text| text.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()).collect()
}
