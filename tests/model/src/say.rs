//! A world in a line, for a person who reads a trace.

use crate::{
    step::Step,
    world::{Record, World},
};

impl World {
    /// What a step does.
    pub fn describe(&self, step: Step) -> String {
        let swap = |index: u8| {
            let swap = &self.swaps[usize::from(index)];
            let who = if swap.is_orphan { "somebody's".to_owned() } else { format!("{}'s", swap.owner) };
            format!("{who} {}", self.say_record(&swap.record))
        };
        let call = |index: u8| {
            let call = &self.calls[usize::from(index)];
            let who = if call.is_orphan { "somebody's".to_owned() } else { format!("{}'s", call.owner) };
            format!("{who} {}", call.what)
        };
        match step {
            Step::Swap(index)
            | Step::SwapThenStall(index)
            | Step::SwapAnswerLost(index)
            | Step::SwapLate(index)
            | Step::StoreOut(index) => {
                format!("{step:?}: {}", swap(index))
            }
            Step::Call(index)
            | Step::CallAnswerLost(index)
            | Step::CallLate(index)
            | Step::UnavailableBefore(index)
            | Step::UnavailableAfter(index) => format!("{step:?}: {}", call(index)),
            _ => format!("{step:?}"),
        }
    }

    fn say_record(&self, record: &Record) -> String {
        let view = self.view(record);
        let intent = if view.lease > 0 { " intent" } else { "" };
        let token = String::from_utf8_lossy(view.token);
        format!("{}{intent} g{} v{} a{} {token}", view.kind, view.generation, view.revision, view.attempts)
    }

    /// Where everybody stands.
    pub fn say(&self) -> String {
        let store = self.store.as_deref().map_or_else(|| "nothing".to_owned(), |store| self.say_record(store));
        let holders: Vec<String> = self
            .holders
            .iter()
            .map(|holder| format!("{}{}", holder.session.state(), if holder.is_awake { "" } else { " (suspended)" }))
            .collect();
        let server: Vec<String> = self
            .server
            .iter()
            .enumerate()
            .map(|(at, family)| format!("r{}.{}{}", at + 1, family.current, if family.is_revoked { " revoked" } else { "" }))
            .collect();
        format!("[{}] store {store}; server {}", holders.join(", "), server.join(" "))
    }
}
