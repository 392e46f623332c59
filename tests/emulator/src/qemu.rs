//! A QEMU that cannot outlive the test.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::machine::Machine;

/// Starts the emulator and waits for the end of its own input, whose other end only the test holds. It has a process group of its own,
/// so what ends the test, from Ctrl-C to `timeout`, spares it until it has done that. The emulator's end is told by the serial line's.
const WATCH: &str = r#""$@" & emulator=$!; cat >/dev/null; kill -s KILL "$emulator""#;
/// How long the emulator may take to start, on a computer that builds at the same time.
const START: Duration = Duration::from_secs(60);

/// A machine that runs.
#[derive(Debug)]
pub(crate) struct Qemu {
    watch: Child,
    control: BufReader<TcpStream>,
}

impl Qemu {
    /// Starts a machine; and its serial line.
    pub(crate) fn start(machine: Machine, elf: &Path) -> (Self, TcpStream) {
        let (program, cure) = machine.emulator();
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        assert!(found.is_ok_and(|status| status.success()), "{program} is missing: {cure}");
        let [serial, control] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [at_serial, at_control] = [&serial, &control].map(|listener| format!("tcp:{},nodelay=on", listener.local_addr().unwrap()));
        let watch = Command::new("/bin/sh")
            .args(["-c", WATCH, "watch", program])
            .args(machine.arguments(elf))
            // An instruction takes a nanosecond, so that clocks count instructions.
            .args(["-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", &at_serial, "-qmp", &at_control])
            .process_group(0)
            .stdin(Stdio::piped())
            .spawn()
            .expect("/bin/sh runs");
        let until = Instant::now() + START;
        let [serial, control] = [serial, control]
            .map(|listener| accept(&listener, until).unwrap_or_else(|| panic!("{program} does not start; it said above why")));
        let mut qemu = Self { watch, control: BufReader::new(control) };
        qemu.reply("QMP");
        qemu.command("qmp_capabilities");
        (qemu, serial)
    }

    /// Cuts the power, and turns it on again. What the device does until then is left to chance.
    pub(crate) fn reset(&mut self) {
        self.command("system_reset");
    }

    fn command(&mut self, name: &str) {
        writeln!(self.control.get_mut(), r#"{{"execute":"{name}"}}"#).expect("the emulator takes commands");
        self.reply("return");
    }

    /// Waits for the line with this member; events may come before it.
    fn reply(&mut self, member: &str) {
        let member = format!(r#"{{"{member}""#);
        loop {
            let mut line = String::new();
            let read = self.control.read_line(&mut line).expect("the emulator answers");
            assert!(read > 0 && !line.starts_with(r#"{"error""#), "the emulator refuses: {line}");
            if line.starts_with(&member) {
                return;
            }
        }
    }
}

fn accept(listener: &TcpListener, until: Instant) -> Option<TcpStream> {
    // A listener has no time limit of its own.
    listener.set_nonblocking(true).unwrap();
    while Instant::now() < until {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            return Some(stream);
        }
        thread::sleep(Duration::from_millis(2));
    }
    None
}

impl Drop for Qemu {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}
