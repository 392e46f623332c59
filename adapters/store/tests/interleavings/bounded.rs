//! Every schedule with few interruptions. Most mistakes need no more than two, and unlike all schedules these can be run through.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

/// Depth first: the last choice that has another way is made anew.
#[derive(Debug)]
pub struct Bounded {
    most: usize,
    /// Interruptions in this schedule so far.
    used: usize,
    /// What was chosen, and what could be chosen instead.
    choices: Vec<(TaskId, Vec<TaskId>)>,
    at: usize,
    has_begun: bool,
}

impl Bounded {
    pub fn new(most: usize) -> Self {
        Self { most, used: 0, choices: Vec::new(), at: 0, has_begun: false }
    }
}

impl Scheduler for Bounded {
    fn new_execution(&mut self) -> Option<Schedule> {
        if self.has_begun {
            loop {
                let (chosen, others) = self.choices.last_mut()?;
                if let Some(other) = others.pop() {
                    *chosen = other;
                    break;
                }
                self.choices.pop();
            }
        }
        (self.has_begun, self.used, self.at) = (true, 0, 0);
        Some(Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, _: bool) -> Option<TaskId> {
        // Whoever can go on does, unless it is interrupted.
        let goes_on = current.filter(|current| runnable.iter().any(|task| task.id() == *current));
        if self.at == self.choices.len() {
            let first = goes_on.or_else(|| runnable.first().map(|task| task.id()))?;
            let others = runnable.iter().map(|task| task.id()).filter(|task| *task != first);
            let others = if goes_on.is_some() && self.used == self.most { Vec::new() } else { others.collect() };
            self.choices.push((first, others));
        }
        let (chosen, _) = self.choices[self.at];
        assert!(runnable.iter().any(|task| task.id() == chosen), "a schedule depends on nothing but its choices");
        self.at += 1;
        self.used += usize::from(goes_on.is_some_and(|current| current != chosen));
        Some(chosen)
    }

    fn next_u64(&mut self) -> u64 {
        panic!("a schedule depends on nothing but its choices")
    }
}
