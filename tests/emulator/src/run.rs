//! One device from its first boot to its end.

use core::time::Duration;
use std::{fs, path::Path, time::Instant};

use crate::{
    ledger::Ledger,
    logs,
    machine::Machine,
    modem::Modem,
    qemu::Qemu,
    random::entropy,
    report::Report,
    script::{Goal, Script},
    slip::{Frame, Line},
    world::World,
};

/// When a run is given up: no device takes a tenth of it.
const GUARD: Duration = Duration::from_secs(240);
/// Where the device's clock starts, in milliseconds: not at zero, which might hide a difference that goes below.
const EPOCH: u64 = 1_000_000;

/// Runs a firmware on a machine until it has reached the script's last goal.
///
/// # Panics
/// When it hangs, panics, or says what the protocol does not have.
#[must_use]
pub fn run(machine: Machine, elf: &Path, world: &mut dyn World, script: &mut dyn Script) -> Report {
    let (qemu, serial) = Qemu::start(machine, elf);
    let mut host = Host {
        qemu,
        line: Line::new(serial, Instant::now() + GUARD),
        modem: Modem::default(),
        ledger: Ledger::default(),
        clock: EPOCH,
        goal: None,
        world,
        script,
        logs: Vec::new(),
        report: Report {
            machine,
            name: String::new(),
            figures: std::collections::BTreeMap::new(),
            told: Vec::new(),
            boots: 0,
            resets: 0,
            frames: 0,
            exposed: 0,
            exposed_again: 0,
            lost: 0,
            logged: Vec::new(),
            shown: Vec::new(),
            secrets: Vec::new(),
        },
    };
    host.serve();
    let Host { mut report, ledger, logs, world, .. } = host;
    report.logged = logs::decode(&fs::read(elf).expect("the firmware can be read"), &logs);
    report.secrets = world.secrets();
    (report.exposed, report.exposed_again, report.lost) = (ledger.exposed, ledger.exposed_again, ledger.lost);
    report
}

struct Host<'w> {
    qemu: Qemu,
    line: Line,
    modem: Modem,
    ledger: Ledger,
    clock: u64,
    /// What the device was told to do, and whether it was reset since.
    goal: Option<(Goal, bool)>,
    world: &'w mut dyn World,
    script: &'w mut dyn Script,
    /// `defmt` bytes of each boot.
    logs: Vec<Vec<u8>>,
    report: Report,
}

impl Host<'_> {
    fn serve(&mut self) {
        self.await_boot();
        loop {
            let frame = self.next();
            self.report.frames += 1;
            let is_cut = self.script.cuts_power(&frame);
            if is_cut && frame.kind != b'D' {
                self.note(&frame);
                self.reset();
            } else if !self.answer(&frame) {
                return;
            } else if is_cut {
                self.reset();
            }
        }
    }

    fn next(&mut self) -> Frame {
        self.line.next().unwrap_or_else(|why| panic!("{why}; {}", self.where_it_is()))
    }

    fn where_it_is(&self) -> String {
        let told = self.report.told.iter().rev().take(8).rev().cloned().collect::<Vec<_>>().join("\n  ");
        format!("{} at {:?}, boot {}, after\n  {told}", self.report.machine.name(), self.goal, self.report.boots)
    }

    fn reset(&mut self) {
        self.qemu.reset();
        self.modem.close();
        self.ledger.reset(self.world.refreshes());
        if let Some((_, is_reset)) = &mut self.goal {
            *is_reset = true;
        }
        self.report.resets += 1;
        self.await_boot();
    }

    /// What the device said before it was reset is lost; frames that were cut are none.
    fn await_boot(&mut self) {
        let frame = loop {
            let frame = self.next();
            if frame.kind == b'B' {
                break frame;
            }
            assert!(self.report.boots > 0, "the device begins with B, not {frame:?}");
        };
        self.report.name = frame.text().to_owned();
        self.report.boots += 1;
        self.logs.push(Vec::new());
        self.line.send(b'B', &self.clock.to_le_bytes());
    }

    /// What the device shows is kept, whatever becomes of it.
    fn note(&mut self, frame: &Frame) {
        match frame.kind {
            b'L' => self.logs.last_mut().expect("it has booted").extend(&frame.payload),
            b'T' => {
                let text = frame.text();
                self.report.told.push(text.to_owned());
                assert!(!text.starts_with("panicked"), "{text}; {}", self.where_it_is());
                self.ledger.told(text, self.world.refreshes());
            }
            b'P' => {
                let (name, value) = frame.text().split_once('=').unwrap_or_else(|| panic!("no figure: {frame:?}"));
                let value = value.parse().unwrap_or_else(|_| panic!("no number: {frame:?}"));
                self.report.figures.insert(name.to_owned(), value);
            }
            _ => return,
        }
        self.report.shown.extend(&frame.payload);
        self.report.shown.push(b'\n');
    }

    /// Does what the frame asks for. Whether the device goes on.
    fn answer(&mut self, frame: &Frame) -> bool {
        let payload = &frame.payload;
        let number = || u16::from_le_bytes(payload[..].try_into().expect("two bytes")).into();
        match frame.kind {
            b'L' | b'P' | b'T' => {
                self.note(frame);
                return frame.kind != b'T' || frame.text() != "ended";
            }
            b'I' => {
                let settings = self.world.settings();
                let lines: String = settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
                self.line.send(b'I', lines.as_bytes());
            }
            b'O' => {
                let is_open = self.modem.open(frame.text());
                self.line.send(b'O', &[u8::from(!is_open)]);
            }
            b'D' => self.modem.send(payload),
            b'M' => {
                let bytes = self.modem.receive(number());
                self.line.send(if bytes.is_empty() { b'C' } else { b'D' }, &bytes);
            }
            b'C' => self.modem.close(),
            b'V' => {
                let redirect = self.world.visit(frame.text());
                self.ledger.signed_in();
                self.line.send(b'R', redirect.as_bytes());
            }
            b'S' => {
                let millis = u64::from_le_bytes(payload[..].try_into().expect("eight bytes"));
                self.world.pass(Duration::from_millis(millis));
                self.clock += millis;
                self.line.send(b'S', &[]);
            }
            b'E' => {
                let bytes = entropy(number());
                self.line.send(b'E', &bytes);
            }
            b'G' => {
                let goal = match self.goal {
                    Some((goal, true)) => goal,
                    Some((_, false)) | None => self.script.goal(),
                };
                self.goal = Some((goal, false));
                self.line.send(b'G', goal.to_string().as_bytes());
            }
            b'B' => panic!("the device started again by itself; {}", self.where_it_is()),
            other => panic!("no frame is of kind {other}; {}", self.where_it_is()),
        }
        true
    }
}
