//! Each loss is laid at somebody's door: what the issuer saw, what the workers told and who was killed are held together.

use core::time::Duration;
use std::collections::BTreeMap;

use gatepass_issuer::Counts;

use crate::event::{Event, Moment, What};

/// A refresh that reached the issuer.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Moment,
    pub(crate) worker: u64,
    pub(crate) token: String,
}

impl Sent {
    /// Enough of the token to tell it from others.
    pub(crate) fn short(&self) -> &str {
        self.token.get(..10).unwrap_or(&self.token)
    }
}

/// The user was asked to sign in again.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// When the user began.
    pub(crate) at: Moment,
    /// The first worker that asked.
    pub(crate) worker: u64,
    pub(crate) reason: String,
}

/// All that is known of a round.
pub(crate) struct Evidence {
    pub(crate) seconds: Duration,
    /// In the order of the issuer's log.
    pub(crate) sent: Vec<Sent>,
    pub(crate) told: BTreeMap<u64, Vec<Event>>,
    pub(crate) kills: BTreeMap<u64, Moment>,
    pub(crate) asked: Vec<Asked>,
    pub(crate) counts: Counts,
    pub(crate) live_grants: usize,
    /// Whether the store was restarted, where it was to be.
    pub(crate) restarted: Option<bool>,
    /// What went wrong with the round itself.
    pub(crate) problems: Vec<String>,
}

/// Where in a refresh a worker was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Idle,
    /// Its intent was stored, and nothing was sent.
    Claimed,
    /// It had sent, and had not told that it saved.
    Sent,
}

/// A refresh token that came once more.
#[derive(Debug)]
pub(crate) struct Repeat<'e> {
    pub(crate) sent: &'e Sent,
    /// Those who had sent it before.
    pub(crate) before: Vec<&'e Sent>,
    /// Whether each of them was killed before that, after it had sent and before it had saved.
    pub(crate) is_after_kill: bool,
}

impl Evidence {
    /// Where a killed worker was.
    pub(crate) fn phase_at_kill(&self, worker: u64) -> Phase {
        let told = self.told.get(&worker).map(Vec::as_slice).unwrap_or_default();
        let last = |what: &What| told.iter().filter(|event| event.what == *what).map(|event| event.at).max().unwrap_or_default();
        let (intent, saved) = (last(&What::Intent), last(&What::Saved));
        let sent = self.sent.iter().filter(|sent| sent.worker == worker).map(|sent| sent.at).max().unwrap_or_default();
        match () {
            () if sent > saved => Phase::Sent,
            () if intent > saved => Phase::Claimed,
            () => Phase::Idle,
        }
    }

    /// The refresh tokens that came more than once, each time after the first.
    pub(crate) fn repeats(&self) -> Vec<Repeat<'_>> {
        let mut known: BTreeMap<&str, Vec<&Sent>> = BTreeMap::new();
        let mut repeats = Vec::new();
        for sent in &self.sent {
            let before = known.entry(&sent.token).or_default();
            if !before.is_empty() {
                let is_after_kill = before.iter().all(|earlier| self.died_with(earlier, sent.at));
                repeats.push(Repeat { sent, before: before.clone(), is_after_kill });
            }
            before.push(sent);
        }
        repeats
    }

    /// Whether its sender was killed before that moment, and had not saved what came of it.
    fn died_with(&self, sent: &Sent, by: Moment) -> bool {
        let is_dead = self.kills.get(&sent.worker).is_some_and(|killed| *killed <= by);
        let told = self.told.get(&sent.worker).map(Vec::as_slice).unwrap_or_default();
        is_dead && !told.iter().any(|event| event.what == What::Saved && event.at >= sent.at)
    }

    /// How long it took its sender to save what came of it, if it did: longer than the lease is a machine that stalls.
    pub(crate) fn saved_after(&self, sent: &Sent) -> Option<Moment> {
        let mut told = self.told.get(&sent.worker)?.iter();
        told.find(|event| event.what == What::Saved && event.at >= sent.at).map(|event| event.at - sent.at)
    }

    /// What ended the grants, one after the other: for each time that the user was asked, the first repeat since the time
    /// before; and at the end what came after the last one.
    pub(crate) fn ends(&self) -> Vec<(Option<&Asked>, Option<Repeat<'_>>)> {
        let mut repeats = self.repeats().into_iter().peekable();
        let mut ends = Vec::new();
        for asked in self.asked.iter().map(Some).chain([None]) {
            let mut first = None;
            while let Some(repeat) = repeats.next_if(|repeat| asked.is_none_or(|asked| repeat.sent.at < asked.at)) {
                first = first.or(Some(repeat));
            }
            if asked.is_some() || first.is_some() {
                ends.push((asked, first));
            }
        }
        ends
    }

    /// Refreshes that were sent without an intent of their sender before them.
    pub(crate) fn without_intent(&self) -> Vec<&Sent> {
        let has_intent = |sent: &&Sent| {
            let told = self.told.get(&sent.worker).map(Vec::as_slice).unwrap_or_default();
            let mut before = told.iter().filter(|event| event.at <= sent.at && matches!(event.what, What::Intent | What::Saved));
            before.next_back().is_some_and(|event| event.what == What::Intent)
        };
        self.sent.iter().filter(|sent| !has_intent(sent)).collect()
    }

    /// How many events are of a kind.
    pub(crate) fn count(&self, is_it: impl Fn(&What) -> bool) -> usize {
        self.told.values().flatten().filter(|event| is_it(&event.what)).count()
    }

    /// How many were killed in a phase.
    pub(crate) fn killed_in(&self, phase: Phase) -> usize {
        self.kills.keys().filter(|worker| self.phase_at_kill(**worker) == phase).count()
    }

    /// What is known of a worker about that moment, for a person to look at.
    pub(crate) fn story(&self, worker: u64, about: Moment) -> String {
        let told = self.told.get(&worker).map(Vec::as_slice).unwrap_or_default();
        let told = told.iter().map(|event| (event.at, event.to_string()));
        let sent = self.sent.iter().filter(|sent| sent.worker == worker);
        let sent = sent.map(|sent| (sent.at, format!("{} sent {}", sent.at, sent.short())));
        let killed = self.kills.get(&worker).map(|at| (*at, format!("{at} killed")));
        let mut story: Vec<(Moment, String)> = told.chain(sent).chain(killed).collect();
        story.sort();
        let begin = story.partition_point(|(at, _)| *at < about).saturating_sub(8);
        let lines = story.iter().skip(begin).take(24).map(|(_, line)| format!("\n      {line}"));
        format!("\n    worker {worker}:{}", lines.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(at: Moment, worker: u64, token: &str) -> Sent {
        Sent { at, worker, token: token.to_owned() }
    }

    fn evidence(sent: Vec<Sent>, told: &[(u64, Moment, What)], kills: &[(u64, Moment)], asked: &[Moment]) -> Evidence {
        let mut by_worker: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        for (worker, at, what) in told {
            by_worker.entry(*worker).or_default().push(Event { at: *at, what: what.clone() });
        }
        Evidence {
            seconds: Duration::ZERO,
            sent,
            told: by_worker,
            kills: kills.iter().copied().collect(),
            asked: asked.iter().map(|at| Asked { at: *at, worker: 2, reason: "Ended".to_owned() }).collect(),
            counts: Counts::default(),
            live_grants: 1,
            restarted: None,
            problems: Vec::new(),
        }
    }

    #[test]
    fn a_repeat_is_excused_by_a_kill_between_send_and_save_and_by_nothing_else() {
        let twice = || vec![sent(10, 1, "r"), sent(50, 2, "r")];
        let excused = |told: &[(u64, Moment, What)], kills: &[(u64, Moment)]| {
            let evidence = evidence(twice(), told, kills, &[60]);
            let ends = evidence.ends();
            assert_eq!(ends.len(), 1);
            ends.iter().all(|(_, repeat)| repeat.as_ref().is_some_and(|repeat| repeat.is_after_kill))
        };
        assert!(excused(&[(1, 5, What::Intent)], &[(1, 20)]), "killed after it sent");
        assert!(!excused(&[(1, 5, What::Intent)], &[]), "its sender lives");
        assert!(!excused(&[(1, 5, What::Intent)], &[(1, 55)]), "its sender was killed after the repeat");
        assert!(!excused(&[(1, 5, What::Intent), (1, 15, What::Saved)], &[(1, 20)]), "its sender had saved");
        assert!(!excused(&[], &[(2, 20)]), "another was killed");
    }

    #[test]
    fn asked_without_a_repeat_is_not_explained() {
        let evidence = evidence(vec![sent(10, 1, "r"), sent(90, 2, "s"), sent(95, 3, "s")], &[], &[(1, 20)], &[60]);
        let ends = evidence.ends();
        assert!(ends[0].0.is_some() && ends[0].1.is_none(), "nothing came twice before the user was asked");
        assert!(ends[1].0.is_none() && ends[1].1.as_ref().is_some_and(|repeat| !repeat.is_after_kill), "nobody was asked after it");
    }

    #[test]
    fn a_killed_worker_was_idle_or_had_an_intent_or_had_sent() {
        let told = [(1, 5, What::Intent), (1, 20, What::Saved), (2, 5, What::Intent), (3, 5, What::Intent)];
        let evidence = evidence(vec![sent(10, 1, "r"), sent(12, 2, "s")], &told, &[(1, 30), (2, 30), (3, 30), (4, 30)], &[]);
        let phases: Vec<Phase> = (1..=4).map(|worker| evidence.phase_at_kill(worker)).collect();
        assert_eq!(phases, [Phase::Idle, Phase::Sent, Phase::Claimed, Phase::Idle]);
        assert_eq!(evidence.without_intent().len(), 0);
    }

    #[test]
    fn a_refresh_needs_an_intent_of_its_own() {
        let told = [(1, 5, What::Intent), (1, 20, What::Saved)];
        assert_eq!(evidence(vec![sent(10, 1, "r"), sent(30, 1, "s")], &told, &[], &[]).without_intent().len(), 1);
    }
}
