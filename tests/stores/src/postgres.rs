//! A PostgreSQL cluster of one's own, with its defaults: what is committed is on the disk.

use std::{fs, net::TcpStream, path::PathBuf, process::Command};

use rustix::process::{Signal, geteuid};

use crate::leash::{Folder, Leash, port};

/// A server of one's own, empty, on 127.0.0.1; its user `gatepass` may do anything and needs no password. It ends when dropped,
/// or with the process.
#[derive(Debug)]
pub struct PostgresServer {
    running: Option<Leash>,
    port: u16,
    folder: Folder,
}

impl PostgresServer {
    /// Starts one.
    ///
    /// # Panics
    /// When PostgreSQL is missing or does not start, with what it said.
    pub fn start() -> Self {
        let folder = Folder::new("postgres");
        let path = folder.0.to_str().unwrap();
        if geteuid().is_root() {
            let owned = Command::new("chown").args(["postgres:postgres", path]).status().unwrap();
            assert!(owned.success(), "PostgreSQL refuses to be root, and needs its user postgres (Debian: postgresql)");
        }
        let data = format!("{path}/data");
        let initdb = program("initdb");
        let command = as_nobody(&[&initdb, "-D", &data, "-U", "gatepass", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        let made = Command::new(command[0]).args(&command[1..]).current_dir(path).output().expect("initdb");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { running: None, port: 0, folder };
        for _ in 0..20 {
            server.port = port();
            match server.run() {
                Ok(()) => return server,
                Err(said) => assert!(said.contains("Address already in use"), "postgres: {said}"),
            }
        }
        panic!("no port is free");
    }

    fn run(&mut self) -> Result<(), String> {
        let path = self.folder.0.to_str().unwrap();
        let (postgres, data, port) = (program("postgres"), format!("{path}/data"), self.port.to_string());
        let mut command = vec![postgres.as_str(), "-D", &data, "-p", &port, "-c", "listen_addresses=127.0.0.1"];
        command.extend(["-c", "unix_socket_directories=", "-c", "max_connections=200"]);
        // An immediate shutdown: as a crash, but without orphans.
        let leash = Leash::start(&self.folder.0, "QUIT", &as_nobody(&command));
        let ready = || {
            let ready = "database system is ready to accept connections";
            let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            log.contains(ready) && TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        };
        leash.wait(ready)?;
        self.running = Some(leash);
        Ok(())
    }

    /// Its URL, of the database `postgres`.
    pub fn url(&self) -> String {
        format!("postgresql://gatepass@127.0.0.1:{}/postgres", self.port)
    }

    /// Crashes it (an immediate shutdown, without a checkpoint); what was committed is there after [`restart`](Self::restart).
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.end();
        }
    }

    /// Starts it again at the same address, after crashing it if it runs.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn restart(&mut self) {
        self.kill();
        self.run().unwrap_or_else(|said| panic!("postgres does not start again: {said}"));
    }

    /// Stops the process that takes connections (`SIGSTOP`); those that serve others go on.
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

/// A program of PostgreSQL; Debian keeps those of a server out of the path.
fn program(name: &str) -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut there: Vec<PathBuf> =
        versions.map(|version| version.unwrap().path().join("bin").join(name)).filter(|path| path.exists()).collect();
    there.sort();
    there.pop().map_or_else(|| name.to_owned(), |path| path.to_str().unwrap().to_owned())
}

/// PostgreSQL refuses to be root.
fn as_nobody<'c>(command: &[&'c str]) -> Vec<&'c str> {
    let mut whole = Vec::new();
    if geteuid().is_root() {
        whole.extend(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    whole.extend(command);
    whole
}
