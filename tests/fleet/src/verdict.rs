//! The rules that a round of gatepass must keep, each with what broke it.

use crate::{
    event::{Event, What},
    ledger::{Evidence, Repeat},
};

/// Fewer rotations have proved nothing.
pub(crate) const ENOUGH: u64 = 200;

/// Calls of a store that is away, by one process that doubles its pauses, whatever the time: 30 of them last many minutes.
const PATIENT: usize = 30;

/// The rules, and what broke each.
pub(crate) fn rules(evidence: &Evidence) -> Vec<(&'static str, Vec<String>)> {
    let mut rules = vec![
        ("the round was long enough to prove something, and everybody was served in the end", was_enough(evidence)),
        ("nothing happened in a process that must not", failures(evidence)),
        ("no refresh was sent without an intent of its sender in the store", without_intent(evidence)),
        ("no refresh token was sent twice unless its sender was killed before it had saved", repeats(evidence)),
        ("no family was revoked, and no user asked, but after such a kill", ends(evidence)),
    ];
    if let Some(restarted) = evidence.restarted {
        let missing = (!restarted).then(|| "the store was not restarted".to_owned());
        let failed = |told: &[Event]| told.iter().filter(|event| matches!(event.what, What::StoreFailed(_))).count();
        let unseen = evidence.told.values().all(|told| failed(told) == 0).then(|| "nobody noticed it".to_owned());
        let hasty = evidence.told.iter().map(|(worker, told)| (worker, failed(told))).filter(|(_, failed)| *failed > PATIENT);
        let hasty = hasty.map(|(worker, failed)| format!("worker {worker} called it {failed} times meanwhile"));
        let problems = missing.into_iter().chain(unseen).chain(hasty).collect();
        rules.push(("the store was away, nobody hammered it, it came back, and nothing was lost", problems));
    }
    rules
}

/// What the comparison must keep: that it was one. Its losses are what it is for.
pub(crate) fn of_comparison(evidence: &Evidence) -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("the same work was done with crate oauth2, and everybody was served in the end", was_long(evidence)),
        ("nothing happened in a process that must not", failures(evidence)),
    ]
}

fn was_enough(evidence: &Evidence) -> Vec<String> {
    let mut problems = was_long(evidence);
    if evidence.live_grants != 1 {
        problems.push(format!("{} grants are alive in the end", evidence.live_grants));
    }
    problems
}

fn was_long(evidence: &Evidence) -> Vec<String> {
    let rotations = evidence.counts.refresh_successes;
    let mut problems = evidence.problems.clone();
    if rotations < ENOUGH {
        problems.push(format!("{rotations} rotations are fewer than {ENOUGH}"));
    }
    if evidence.kills.is_empty() {
        problems.push("nobody was killed".to_owned());
    }
    problems
}

fn failures(evidence: &Evidence) -> Vec<String> {
    let failed = |(worker, told): (&u64, &Vec<Event>)| {
        let failed = told.iter().find_map(|event| match &event.what {
            What::Failed(text) => Some((event.at, text.clone())),
            What::Called(status) if !matches!(status, 200 | 401) => Some((event.at, format!("the API answered {status}"))),
            _ => None,
        });
        failed.map(|(at, text)| format!("{text}{}", evidence.story(*worker, at)))
    };
    evidence.told.iter().filter_map(failed).collect()
}

fn without_intent(evidence: &Evidence) -> Vec<String> {
    evidence.without_intent().iter().map(|sent| format!("{} by{}", sent.short(), evidence.story(sent.worker, sent.at))).collect()
}

fn repeats(evidence: &Evidence) -> Vec<String> {
    let repeats = evidence.repeats();
    let mut problems: Vec<String> = repeats.iter().filter(|repeat| !repeat.is_after_kill).map(|repeat| story(evidence, repeat)).collect();
    // Nothing escapes the log: what the issuer refused is what came twice.
    let counts = evidence.counts;
    if counts.refresh_requests != evidence.sent.len() as u64 || counts.refresh_successes + repeats.len() as u64 != counts.refresh_requests {
        let (requests, successes) = (counts.refresh_requests, counts.refresh_successes);
        problems.push(format!("{requests} requests, {} in the log, {successes} served, {} repeats", evidence.sent.len(), repeats.len()));
    }
    problems
}

fn ends(evidence: &Evidence) -> Vec<String> {
    let ends = evidence.ends();
    let mut problems = Vec::new();
    for (asked, repeat) in &ends {
        match (asked, repeat) {
            (Some(asked), None) => {
                problems.push(format!(
                    "asked at {} ({}) without a repeat, by{}",
                    asked.at,
                    asked.reason,
                    evidence.story(asked.worker, asked.at)
                ));
            }
            (_, Some(repeat)) if !repeat.is_after_kill => problems.push(story(evidence, repeat)),
            _ => {}
        }
    }
    if evidence.counts.families_revoked != ends.len() as u64 || evidence.asked.len() != ends.len() {
        let (revoked, asked) = (evidence.counts.families_revoked, evidence.asked.len());
        problems.push(format!("{revoked} families revoked, {asked} times asked, {} ends of a grant", ends.len()));
    }
    problems
}

fn story(evidence: &Evidence, repeat: &Repeat<'_>) -> String {
    let before: String = repeat.before.iter().map(|sent| evidence.story(sent.worker, sent.at)).collect();
    let saved =
        repeat.before.iter().filter_map(|sent| evidence.saved_after(sent)).map(|micros| format!(", saved after {} ms", micros / 1_000));
    let (saved, by) = (saved.collect::<String>(), evidence.story(repeat.sent.worker, repeat.sent.at));
    format!("{} came again at {}, by{by}\n   and before by a process that lived{saved}:{before}", repeat.sent.short(), repeat.sent.at)
}
