//! A child process that cannot outlive the tests.

use core::time::Duration;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// How long a server may take to say that it is ready: a second alone, many on a machine that builds.
const READY: Duration = Duration::from_secs(60);
/// Waits for the end of its input, whose other end only this process holds: then ends a whole process group (`$1`) and
/// removes a folder (`$2`). It has a group of its own too, so what ends the tests, from Ctrl-C to `timeout`, spares it.
const WATCH: &str = r#"cat >/dev/null; kill -s KILL -- "-$1"; [ -z "$2" ] || rm -rf -- "$2""#;

/// A child with all of its own children. They end when this is dropped, and also when this process is killed and
/// nothing is dropped.
///
/// What the child printed is kept, and shown when the test fails.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    watcher: Child,
    name: &'static str,
    printed: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `command` and waits for the line in which `ready` finds what it looks for.
    ///
    /// `None` when the child ended before. The folder `scratch`, if any, is removed after the child's end.
    pub(crate) fn start<T>(
        name: &'static str,
        cure: &str,
        command: &mut Command,
        scratch: Option<&Path>,
        ready: impl Fn(&str) -> Option<T>,
    ) -> Option<(Self, T)> {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start ({error}): {cure}"));
        let watcher = Command::new("/bin/sh")
            .args(["-c", WATCH, "watcher", &child.id().to_string()])
            .args(scratch)
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::default();
        let (sender, lines) = mpsc::channel();
        keep(child.stdout.take().unwrap(), &printed, sender.clone());
        keep(child.stderr.take().unwrap(), &printed, sender);
        let process = Self { child, watcher, name, printed };

        let until = Instant::now() + READY;
        loop {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = ready(&line) {
                        return Some((process, found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("{name} was not ready within {READY:?}"),
                Err(RecvTimeoutError::Disconnected) => {
                    eprintln!("{name} ended early:\n{}", process.printed.lock().unwrap());
                    return None;
                }
            }
        }
    }
}

/// Reads to the end on a thread, so that a child never blocks on a full pipe.
fn keep(output: impl Read + Send + 'static, printed: &Arc<Mutex<String>>, lines: Sender<String>) {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            {
                let mut printed = printed.lock().unwrap();
                printed.push_str(&line);
                printed.push('\n');
            }
            // Nobody listens any more once the child is ready.
            let _ = lines.send(line);
        }
    });
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        // Dead already, unless the watcher was: then a wait alone would hang the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking()
            && let Ok(printed) = self.printed.lock()
        {
            eprintln!("---- {} printed\n{printed}----", self.name);
        }
    }
}
