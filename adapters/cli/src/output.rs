//! What leaves the command: results on standard output, all else on standard error, and an exit code that scripts can use.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

/// How a run ended. The numbers are promised by `gatepass --help`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It did what was asked.
    Ok = 0,
    /// Anything that has no number of its own.
    Failed = 1,
    /// The command line or a profile is wrong.
    Usage = 2,
    /// A person must sign in.
    SignIn = 3,
    /// The server or the network cannot be used now; a repeat may work.
    Unavailable = 4,
    /// The server said no, or the person did.
    Refused = 5,
    /// A profile or a stored token cannot be read or written.
    Storage = 6,
    /// `call --fail`: the API answered with a status of 400 or more.
    Status = 7,
}

impl Exit {
    /// Its name in `--json`.
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::SignIn => "sign_in_required",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Storage => "storage",
            Self::Status => "api_status",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What went wrong and what cures it, in two halves of one sentence. Neither ever holds a secret.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    problem: String,
    cure: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, problem: impl Display) -> Self {
        Self { exit, problem: problem.to_string(), cure: String::new() }
    }

    pub(crate) fn usage(problem: impl Display) -> Self {
        Self::new(Exit::Usage, problem)
    }

    /// What the person can do about it.
    pub(crate) fn cure(mut self, cure: impl Display) -> Self {
        self.cure = cure.to_string();
        self
    }

    /// The same, with a cure if it has none.
    pub(crate) fn or_cure(self, cure: impl Display) -> Self {
        if self.cure.is_empty() { self.cure(cure) } else { self }
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }
}

impl From<gatepass::Error> for Failure {
    fn from(error: gatepass::Error) -> Self {
        let exit = match error {
            gatepass::Error::Refused(gatepass::Refusal::Unavailable) => Exit::Unavailable,
            gatepass::Error::Refused(_) => Exit::Refused,
            gatepass::Error::Misuse(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<gatepass_store::StoreError> for Failure {
    fn from(error: gatepass_store::StoreError) -> Self {
        Self::new(Exit::Storage, error)
    }
}

impl From<gatepass_native::Error> for Failure {
    fn from(error: gatepass_native::Error) -> Self {
        Self::new(Exit::Failed, error)
    }
}

impl From<io::Error> for Failure {
    /// Standard output is gone: whoever reads it has had enough, as `head` does. The exit is quiet.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::new(Exit::Failed, "") } else { Self::new(Exit::Failed, error) }
    }
}

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) is_json: bool,
}

impl Screen {
    /// The result: one line of JSON, or text.
    pub(crate) fn result(self, json: &Value, text: impl Display) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if self.is_json {
            writeln!(out, "{json}")?
        } else {
            writeln!(out, "{text}")?
        }
        Ok(out.flush()?)
    }

    /// An event on the way to a result: one line of JSON on standard output for a program, text on standard error for a person.
    pub(crate) fn event(self, json: &Value, text: impl Display) -> Result<(), Failure> {
        if self.is_json {
            return self.result(json, "");
        }
        self.note(text);
        Ok(())
    }

    /// Something that a person may like to know. Where nobody listens, nothing is lost.
    pub(crate) fn note(self, text: impl Display) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// Says what went wrong; gives the exit code.
    pub(crate) fn failed(self, failure: &Failure) -> Exit {
        let Failure { exit, problem, cure } = failure;
        if problem.is_empty() {
            return *exit;
        }
        let cure_follows = if cure.is_empty() { "" } else { ": " };
        if self.is_json {
            let error = json!({ "error": exit.name(), "exit": *exit as u8, "problem": problem, "cure": cure });
            // Nobody is left to be told when this fails.
            let _ = self.result(&error, "");
        } else {
            self.note(format_args!("gatepass: {problem}{cure_follows}{cure}"));
        }
        *exit
    }
}

/// A span of time, short: `59 s`, `12 min`, `3 h 5 min`, `2 d`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}
