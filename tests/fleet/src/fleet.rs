//! The processes: started, listened to, killed, and ended in order.

use core::time::Duration;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::{
    event::{Event, Moment, What, now},
    worker::Orders,
};

/// How long workers may take to end in order.
const FAREWELL: Duration = Duration::from_secs(60);

struct Worker {
    number: u64,
    child: Child,
    reader: JoinHandle<()>,
}

/// So many workers at a time; whoever is killed has a successor at once.
pub(crate) struct Fleet {
    program: PathBuf,
    orders: Box<dyn Fn(u64) -> Orders>,
    workers: Vec<Worker>,
    next: u64,
    sender: Sender<(u64, Event)>,
    receiver: Receiver<(u64, Event)>,
    /// All that each worker told, in its order.
    pub(crate) told: BTreeMap<u64, Vec<Event>>,
    /// Who was killed, and when.
    pub(crate) kills: BTreeMap<u64, Moment>,
}

impl Fleet {
    pub(crate) fn start(size: usize, orders: impl Fn(u64) -> Orders + 'static) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let (sender, receiver) = mpsc::channel();
        let (told, kills) = (BTreeMap::new(), BTreeMap::new());
        let mut fleet = Self { program, orders: Box::new(orders), workers: Vec::new(), next: 1, sender, receiver, told, kills };
        for _ in 0..size {
            let worker = fleet.spawn()?;
            fleet.workers.push(worker);
        }
        Ok(fleet)
    }

    fn spawn(&mut self) -> Result<Worker, String> {
        let number = self.next;
        self.next += 1;
        let orders = (self.orders)(number);
        let mut command = Command::new(&self.program);
        command.args(orders.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("a worker does not start: {error}"))?;
        let out = child.stdout.take().ok_or("a worker has no output")?;
        let sender = self.sender.clone();
        let reader = thread::spawn(move || {
            for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
                let text = String::from_utf8_lossy(&line);
                let strange = || Event { at: now(), what: What::Failed(format!("a line that is none: {text}")) };
                let _ = sender.send((number, Event::parse(&text).unwrap_or_else(strange)));
            }
        });
        Ok(Worker { number, child, reader })
    }

    /// The numbers of those who run.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.workers.iter().map(|worker| worker.number).collect()
    }

    /// What somebody tells next.
    pub(crate) fn listen(&mut self, at_most: Duration) -> Option<(u64, Event)> {
        let (number, event) = self.receiver.recv_timeout(at_most).ok()?;
        self.told.entry(number).or_default().push(event.clone());
        Some((number, event))
    }

    /// Kills a worker with SIGKILL, and starts another in its place. No news if it does not run any more.
    pub(crate) fn kill(&mut self, number: u64) -> Result<(), String> {
        let Some(place) = self.workers.iter().position(|worker| worker.number == number) else { return Ok(()) };
        let at = now();
        let _ = self.workers[place].child.kill();
        let successor = self.spawn()?;
        let mut killed = core::mem::replace(&mut self.workers[place], successor);
        let status = killed.child.wait().map_err(|error| error.to_string())?;
        self.kills.insert(number, at);
        // All that it told has been heard.
        let _ = killed.reader.join();
        match status.code() {
            None => Ok(()),
            Some(code) => Err(format!("worker {number} had ended by itself, with {code}")),
        }
    }

    /// Ends all in order, and hears the rest of what they have to tell.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        let mut workers = core::mem::take(&mut self.workers);
        for worker in &mut workers {
            drop(worker.child.stdin.take());
        }
        let until = Instant::now() + FAREWELL;
        let mut outcome = Ok(());
        for mut worker in workers {
            while Instant::now() < until && matches!(worker.child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(10));
            }
            let _ = worker.child.kill();
            let status = worker.child.wait().map_err(|error| error.to_string())?;
            let _ = worker.reader.join();
            if !status.success() {
                outcome = Err(format!("worker {} did not end in order: {status}", worker.number));
            }
        }
        while self.listen(Duration::ZERO).is_some() {}
        outcome
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.child.kill();
            let _ = worker.child.wait();
        }
    }
}
