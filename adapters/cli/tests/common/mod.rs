//! The command as a person or a script runs it, against an authorization server inside the test.
#![allow(dead_code, reason = "each test file uses its part of this vocabulary")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gatepass_issuer::{Builder, Issuer};
use serde_json::Value;
use tempfile::TempDir;

/// No run takes so long: past it a test fails instead of hanging.
const HANG: Duration = Duration::from_secs(120);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The last line of standard output, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.out.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// A home folder of its own, and an authorization server.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) issuer: Issuer,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Issuer::builder())
    }

    pub(crate) fn with(builder: Builder) -> Self {
        Self { home: tempfile::tempdir().unwrap(), issuer: builder.start().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.home.path(), args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args))
    }

    /// `login` at this world's issuer, with more arguments.
    pub(crate) fn login_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(&["login", &self.issuer.url(), "--allow-loopback-http", "--json", "--no-browser"]);
        if !args.contains(&"--client-id") {
            command.args(["--client-id", "demo"]);
        }
        command.args(args);
        command
    }

    /// A login that waits for its redirect.
    pub(crate) fn begin_login(&self, args: &[&str]) -> Login {
        Login::start(self.login_command(args))
    }

    /// A whole login.
    pub(crate) fn login(&self, args: &[&str]) -> Run {
        let mut login = self.begin_login(args);
        let redirect = self.issuer.visit(&login.url).unwrap();
        login.paste(&redirect);
        login.finish().expect(0)
    }

    /// Waits until the access token of a profile has expired.
    pub(crate) fn await_expiry(&self, profile: &str) {
        let until = Instant::now() + HANG;
        while self.run(&["status", "--profile", profile, "--json"]).json()["profiles"][0]["access_token_serves"] != false {
            assert!(Instant::now() < until, "the access token never expires");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepass"));
    command.args(args).env("GATEPASS_HOME", home).env("HOME", home).env_remove("GATEPASS_PROFILE");
    command.env_remove("GATEPASS_CLIENT_SECRET").env_remove("GATEPASS_STORE_PASSWORD");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command) -> Run {
    end(command.spawn().unwrap(), None)
}

/// Runs a command that reads this from standard input.
pub(crate) fn feed(mut command: Command, input: &str) -> Run {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    end(child, None)
}

fn drain(mut stream: impl std::io::Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    })
}

fn end(mut child: Child, err: Option<JoinHandle<String>>) -> Run {
    let out = child.stdout.take().map(drain);
    let err = err.or_else(|| child.stderr.take().map(drain));
    let until = Instant::now() + HANG;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("the command hangs");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = |stream: Option<JoinHandle<String>>| stream.map(|stream| stream.join().unwrap()).unwrap_or_default();
    Run { code, out: text(out), err: text(err) }
}

/// A `login --no-browser --json` that waits.
pub(crate) struct Login {
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    pub(crate) url: String,
    pub(crate) redirect_uri: String,
    pub(crate) is_resumed: bool,
    err: String,
}

impl Login {
    pub(crate) fn start(command: Command) -> Self {
        Self::try_start(command).unwrap_or_else(|run| panic!("the login does not wait: {run:?}"))
    }

    /// Or what it ended with instead of waiting.
    pub(crate) fn try_start(mut command: Command) -> Result<Self, Run> {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let lines = read_lines(child.stdout.take().unwrap());
        let errors = read_lines(child.stderr.take().unwrap());
        let first = lines.recv_timeout(HANG).unwrap_or_default();
        let event: Value = serde_json::from_str(&first).unwrap_or_default();
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        if event["event"] != "visit" {
            let run = end(child, None);
            return Err(Run { out: first, err: errors.iter().collect::<Vec<_>>().join("\n"), ..run });
        }
        let is_resumed = event["resumed"] == true;
        let (url, redirect_uri) = (text("url"), text("redirect_uri"));
        Ok(Self { child: Some(child), stdin, lines, errors, url, redirect_uri, is_resumed, err: String::new() })
    }

    pub(crate) fn paste(&mut self, line: &str) {
        assert!(self.is_pasted(line));
    }

    /// Whether it is there to take it.
    pub(crate) fn is_pasted(&mut self, line: &str) -> bool {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").is_ok()
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits until standard error says this.
    pub(crate) fn await_error(&mut self, text: &str) {
        loop {
            let line = self.errors.recv_timeout(HANG).unwrap_or_else(|_| panic!("never said '{text}': {}", self.err));
            self.err.push_str(&line);
            if line.contains(text) {
                return;
            }
        }
    }

    /// As `kill -9`.
    pub(crate) fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn finish(mut self) -> Run {
        let run = end(self.child.take().unwrap(), None);
        let out = self.lines.iter().collect::<Vec<_>>().join("\n");
        let err = format!("{}{}", self.err, self.errors.iter().collect::<Vec<_>>().join("\n"));
        Run { out, err, ..run }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read_lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

/// What a browser does with a redirect to loopback; gives the answer.
pub(crate) fn browse(url: &str) -> String {
    request(url, "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n")
}

/// A `GET` with more header fields.
pub(crate) fn request(url: &str, fields: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(HANG)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Waits until there is a file.
pub(crate) fn await_file(path: &Path) {
    let until = Instant::now() + HANG;
    while !path.exists() {
        assert!(Instant::now() < until, "{} never comes", path.display());
        thread::sleep(Duration::from_millis(5));
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
