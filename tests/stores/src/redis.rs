//! A Redis server as a grant needs it: append-only file, synced before each answer.

use gatepass_store::redis::{Client, Connection, FromRedisValue, cmd};
use rustix::process::Signal;

use crate::leash::{Folder, Leash, port};

/// A server of one's own, empty, on 127.0.0.1. It ends when dropped, or with the process.
#[derive(Debug)]
pub struct RedisServer {
    running: Option<Leash>,
    port: u16,
    options: Vec<String>,
    folder: Folder,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Panics
    /// When `redis-server` is missing or does not start, with what it said.
    pub fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Starts one with these options of its command line.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn with(options: &[&str]) -> Self {
        let folder = Folder::new("redis");
        let mut server = Self { running: None, port: 0, options: options.iter().map(ToString::to_string).collect(), folder };
        for _ in 0..20 {
            server.port = port();
            match server.run() {
                Ok(()) => return server,
                Err(said) => assert!(said.contains("Address already in use"), "redis-server (Debian: redis-server): {said}"),
            }
        }
        panic!("no port is free");
    }

    fn run(&mut self) -> Result<(), String> {
        let port = self.port.to_string();
        let mut command = vec!["redis-server", "--port", &port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"];
        command.extend(self.options.iter().map(String::as_str));
        let leash = Leash::start(&self.folder.0, "KILL", &command);
        let is_up = |mut server| match cmd("PING").query::<String>(&mut server) {
            Ok(_) => true,
            Err(error) => error.code() == Some("NOAUTH"),
        };
        leash.wait(|| self.connect().is_some_and(is_up))?;
        self.running = Some(leash);
        Ok(())
    }

    fn connect(&self) -> Option<Connection> {
        Client::open(self.url()).unwrap().get_connection().ok()
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Asks it for anything.
    ///
    /// # Panics
    /// When it refuses.
    pub fn ask<T: FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let mut server = self.connect().expect("it runs");
        let mut command = cmd(std::str::from_utf8(words[0]).unwrap());
        command.arg(&words[1..]).query(&mut server).expect("it does as it is told")
    }

    /// Kills it (`SIGKILL`); what it has synced is there after [`restart`](Self::restart).
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.end();
        }
    }

    /// Starts it again at the same address, after killing it if it runs.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn restart(&mut self) {
        self.kill();
        self.run().unwrap_or_else(|said| panic!("redis-server does not start again: {said}"));
    }

    /// Stops the process where it is (`SIGSTOP`): it takes connections, and never answers.
    ///
    /// # Panics
    /// When it does not run.
    pub fn suspend(&self) {
        self.running.as_ref().expect("it runs").signal(Signal::STOP);
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        self.running.as_ref().expect("it runs").signal(Signal::CONT);
    }
}
