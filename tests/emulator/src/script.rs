//! What a device is to do, and when it is reset.

use core::fmt;

use crate::{random::Seeded, slip::Frame};

/// What a device is to do next. After a reset it is told the same again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Goal {
    /// Sign in, unless there is a grant.
    SignIn,
    /// Call the API until it answers 200, and do whatever that takes.
    Call,
    /// Refresh.
    Refresh,
    /// Let so many milliseconds pass.
    Sleep(u64),
    /// Sign out.
    SignOut,
    /// Say what it all cost, and stop.
    End,
}

impl fmt::Display for Goal {
    /// As it goes over the line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn => f.write_str("sign-in"),
            Self::Call => f.write_str("call"),
            Self::Refresh => f.write_str("refresh"),
            Self::Sleep(millis) => write!(f, "sleep {millis}"),
            Self::SignOut => f.write_str("sign-out"),
            Self::End => f.write_str("end"),
        }
    }
}

/// Past the end of any access token of [`Embedded`](crate::Embedded), in milliseconds.
const EXPIRED: u64 = 61_000;

/// A whole life: a sign-in, three rotations because the token expired, one because it was wished, a sign-out. Behind each
/// refresh is a call past the next expiry, which notices when the grant is gone.
pub const LIFE: [Goal; 11] = [
    Goal::SignIn,
    Goal::Call,
    Goal::Sleep(EXPIRED),
    Goal::Call,
    Goal::Sleep(EXPIRED),
    Goal::Call,
    Goal::Refresh,
    Goal::Sleep(EXPIRED),
    Goal::Call,
    Goal::Call,
    Goal::SignOut,
];

/// What a device is to do, and when it is reset.
pub trait Script {
    /// The next goal; the one before was reached.
    fn goal(&mut self) -> Goal;

    /// Whether the power is cut now: this frame has come, and the harness has not acted on it (a frame of data apart, which goes on to
    /// the server).
    fn cuts_power(&mut self, frame: &Frame) -> bool {
        let _ = frame;
        false
    }
}

/// Goals in order, without a reset.
#[derive(Debug)]
pub struct Once<'g>(
    /// What is left.
    pub &'g [Goal],
);

impl Script for Once<'_> {
    fn goal(&mut self) -> Goal {
        let Some((first, rest)) = self.0.split_first() else { return Goal::End };
        self.0 = rest;
        *first
    }
}

/// Goals in order, and at each frame a reset with a chance of one in so many; a tenth of that while the device only waits, looking at its
/// store now and then: otherwise it would not get to the end of a wait.
#[derive(Debug)]
pub struct Random<'g> {
    goals: Once<'g>,
    seeded: Seeded,
    one_in: u64,
}

impl<'g> Random<'g> {
    /// The same resets for the same seed, but for what the device does until one takes effect.
    #[must_use]
    pub const fn new(goals: &'g [Goal], seed: u64, one_in: u64) -> Self {
        Self { goals: Once(goals), seeded: Seeded(seed), one_in }
    }
}

impl Script for Random<'_> {
    fn goal(&mut self) -> Goal {
        self.goals.goal()
    }

    fn cuts_power(&mut self, frame: &Frame) -> bool {
        let waits = matches!(frame.kind, b'E' | b'L' | b'S') || frame.kind == b'T' && frame.text().starts_with("loaded");
        self.seeded.below(if waits { self.one_in * 10 } else { self.one_in }) == 0
    }
}

/// The same goals over and over: reset at the first frame, then at the second, until they are reached in fewer frames than that.
/// Before each round a second list of goals is gone through in peace.
#[derive(Debug)]
pub struct Sweep<'g> {
    goals: &'g [Goal],
    peace: &'g [Goal],
    now: Once<'g>,
    is_armed: bool,
    is_peace: bool,
    /// Frames until the reset of this round.
    frames: u64,
    round: u64,
}

impl<'g> Sweep<'g> {
    /// Resets at each frame of `goals`.
    #[must_use]
    pub const fn new(goals: &'g [Goal], peace: &'g [Goal]) -> Self {
        Self { goals, peace, now: Once(&[]), is_armed: false, is_peace: false, frames: 0, round: 0 }
    }

    /// How many resets there were, each at another frame.
    #[must_use]
    pub const fn resets(&self) -> u64 {
        self.round.saturating_sub(self.is_armed as u64)
    }
}

impl Script for Sweep<'_> {
    fn goal(&mut self) -> Goal {
        if let Goal::End = self.now.goal_or_end() {
            match (self.is_peace, self.is_armed) {
                // The whole list was gone through, and the frame did not come.
                (_, true) => return Goal::End,
                (false, false) => (self.is_peace, self.now) = (true, Once(self.peace)),
                (true, false) => {
                    self.round += 1;
                    (self.is_peace, self.is_armed, self.frames, self.now) = (false, true, self.round, Once(self.goals));
                }
            }
        }
        self.now.goal()
    }

    fn cuts_power(&mut self, _: &Frame) -> bool {
        if !self.is_armed {
            return false;
        }
        self.frames -= 1;
        self.is_armed = self.frames > 0;
        !self.is_armed
    }
}

impl Once<'_> {
    /// The next goal, which stays.
    fn goal_or_end(&self) -> Goal {
        self.0.first().copied().unwrap_or(Goal::End)
    }
}
