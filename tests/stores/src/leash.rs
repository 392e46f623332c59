//! A server's process and folder, which end with whoever started it, however that ends.

use core::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How long a server may take to start, on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shell ends when its standard input does, also because whoever holds the other end was killed, and takes the server and
/// its folder along.
const LEASH: &str = r#"
    folder=$1 signal=$2 && shift 2
    "$@" >"$folder/log" 2>&1 &
    echo $!
    exec 2>/dev/null
    read -r end
    kill -s "$signal" $! && wait $!
    test "$end" = keep || rm -rf -- "$folder"
"#;

/// A folder of a server's own, removed at the end.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("gatepass-{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that nobody uses, below those that outgoing connections take. Whoever finds it taken after all asks again.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + (number % 12_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Leash {
    shell: Child,
    server: Pid,
    log: PathBuf,
}

impl Leash {
    /// Starts it, in its folder; `signal` is what ends it.
    pub(crate) fn start(folder: &Path, signal: &str, command: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", LEASH, "sh"]).arg(folder).arg(signal).args(command).current_dir(folder);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Pid::from_raw(line.trim().parse().expect("the number of its process")).unwrap();
        Self { shell, server, log: folder.join("log") }
    }

    /// Waits until it answers. An error of one that has ended is what it said.
    pub(crate) fn wait(&self, mut is_up: impl FnMut() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while !is_up() {
            let said = || fs::read_to_string(&self.log).unwrap_or_default();
            if self.has_ended() {
                return Err(said());
            }
            assert!(start.elapsed() < PATIENCE, "the server does not answer; it said: {}", said());
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Whether the process is no more, or is one that only the shell still knows.
    fn has_ended(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.server.as_raw_nonzero()));
        test_kill_process(self.server).is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.server, signal).expect("it runs");
    }

    /// Ends it, and leaves its folder.
    pub(crate) fn end(mut self) {
        let _ = self.shell.stdin.take().unwrap().write_all(b"keep\n");
        self.shell.wait().unwrap();
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
