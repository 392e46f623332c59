//! The figures of each store, side by side.

use std::{fmt, iter};

use crate::{
    event::What,
    ledger::{Evidence, Phase},
};

/// What was counted over all rounds of one store.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) store: &'static str,
    processes: usize,
    figures: [u64; ROWS.len()],
}

const ROWS: [&str; 23] = [
    "rounds",
    "seconds",
    "rotations (refreshes served)",
    "refresh requests",
    "races for an intent lost",
    "restarts of the store",
    "calls of the store that failed",
    "kills with SIGKILL",
    "  with an intent stored, before the send",
    "  after the send, before they told of a commit",
    "refresh tokens sent twice",
    "  after a kill between send and commit",
    "  for any other cause",
    "families revoked",
    "  after a kill between send and commit",
    "  for any other cause",
    "users asked to sign in again",
    "  after a kill between send and commit",
    "  for any other cause",
    "API calls that were served",
    "API calls that failed in the end",
    "access tokens rejected by the API",
    "processes started",
];

impl Column {
    pub(crate) fn new(store: &'static str, processes: usize) -> Self {
        Self { store, processes, figures: [0; ROWS.len()] }
    }

    /// Adds a round.
    pub(crate) fn add(&mut self, evidence: &Evidence) {
        let repeats = evidence.repeats();
        let repeats_after_kill = repeats.iter().filter(|repeat| repeat.is_after_kill).count();
        let ends = evidence.ends();
        let is_after_kill = |end: &&(Option<_>, Option<crate::ledger::Repeat<'_>>)| end.1.as_ref().is_some_and(|end| end.is_after_kill);
        let (asked, asked_after_kill) = (evidence.asked.len(), ends.iter().filter(|end| end.0.is_some()).filter(is_after_kill).count());
        let revoked = usize::try_from(evidence.counts.families_revoked).unwrap_or(usize::MAX);
        let revoked_after_kill = ends.iter().filter(is_after_kill).count();
        let seconds = usize::try_from(evidence.seconds.as_secs()).unwrap_or(usize::MAX);
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let counted = [
            1,
            seconds,
            number(evidence.counts.refresh_successes),
            number(evidence.counts.refresh_requests),
            evidence.count(|what| *what == What::Lost),
            usize::from(evidence.restarted == Some(true)),
            evidence.count(|what| matches!(what, What::StoreFailed(_))),
            evidence.kills.len(),
            evidence.killed_in(Phase::Claimed),
            evidence.killed_in(Phase::Sent),
            repeats.len(),
            repeats_after_kill,
            repeats.len() - repeats_after_kill,
            revoked,
            revoked_after_kill,
            revoked.saturating_sub(revoked_after_kill),
            asked,
            asked_after_kill,
            asked - asked_after_kill,
            evidence.count(|what| *what == What::Called(200)),
            evidence.count(|what| matches!(what, What::Called(status) if *status != 200)),
            number(evidence.counts.api_401),
            self.processes + evidence.kills.len(),
        ];
        for (figure, more) in self.figures.iter_mut().zip(counted) {
            *figure += more as u64;
        }
    }

    fn requests_per_rotation(&self) -> f64 {
        let [_, _, rotations, requests, ..] = self.figures;
        requests as f64 / rotations.max(1) as f64
    }
}

/// The table.
pub(crate) struct Table<'t>(pub(crate) &'t [Column]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 48;
        let mut line = |name: &str, cells: Vec<String>| {
            let cells: String = cells.iter().map(|cell| format!("{cell:>12}")).collect();
            writeln!(f, "{name:<WIDTH$}{cells}")
        };
        line("", self.0.iter().map(|column| column.store.to_owned()).collect())?;
        line("processes at a time, on one grant", self.0.iter().map(|column| column.processes.to_string()).collect())?;
        for (at, name) in ROWS.iter().enumerate() {
            line(name, self.0.iter().map(|column| column.figures[at].to_string()).collect())?;
            if *name == "refresh requests" {
                line(
                    "refresh requests per rotation",
                    self.0.iter().map(|column| format!("{:.3}", column.requests_per_rotation())).collect(),
                )?;
            }
        }
        writeln!(f, "{}", iter::repeat_n('-', WIDTH + 12 * self.0.len()).collect::<String>())
    }
}
