//! What is explored: how many holders, on which server, with which faults and how many of them.

use gatepass::Config;

/// How many of each may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Budget {
    pub crashes: u8,
    /// Messages that are lost or come late.
    pub losses: u8,
    pub suspensions: u8,
    /// Stores and networks that say that they failed, and did nothing.
    pub outages: u8,
    pub sign_outs: u8,
    pub sign_ins: u8,
    pub clones: u8,
    /// Families that the server ends by itself.
    pub ends: u8,
}

impl Budget {
    pub const NONE: Self = Self { crashes: 0, losses: 0, suspensions: 0, outages: 0, sign_outs: 0, sign_ins: 0, clones: 0, ends: 0 };

    pub fn words(self) -> [u64; 8] {
        [self.crashes, self.losses, self.suspensions, self.outages, self.sign_outs, self.sign_ins, self.clones, self.ends].map(u64::from)
    }
}

impl core::fmt::Display for Budget {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = ["crash", "loss", "suspension", "outage", "sign-out", "sign-in", "clone", "end"];
        let said: Vec<String> =
            names.iter().zip(self.words()).filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
        f.write_str(&if said.is_empty() { "no fault".to_owned() } else { said.join(", ") })
    }
}

/// Which faults, as bits; each costs of the budget what its kind says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Faults(u16);

impl Faults {
    /// A swap is made, and its answer lost.
    pub const SWAP_LOST: Self = Self(1);
    /// A swap is given up, and may be made later.
    pub const SWAP_LATE: Self = Self(1 << 1);
    /// A request is served, and its answer lost.
    pub const ANSWER_LOST: Self = Self(1 << 2);
    /// A request is given up, and may arrive later.
    pub const CALL_LATE: Self = Self(1 << 3);
    /// 503, and the server did nothing.
    pub const BEFORE: Self = Self(1 << 4);
    /// 503, and the server did what was asked.
    pub const AFTER: Self = Self(1 << 5);
    /// A request does not leave.
    pub const OFFLINE: Self = Self(1 << 6);
    /// A store says that it failed.
    pub const STORE_OUT: Self = Self(1 << 7);
    pub const ALL: Self = Self(0xff);

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[derive(Clone)]
pub struct Setup {
    pub name: &'static str,
    pub holders: usize,
    /// The last generation that is refreshed.
    pub generations: u64,
    pub budget: Budget,
    pub faults: Faults,
    /// How quick each holder's clock is; 0 stands still.
    pub rates: [u8; 4],
    /// The token before the current one is still good at the server.
    pub overlap: bool,
    /// The configuration knows of that.
    pub covers: bool,
    /// Reuse revokes the family; otherwise it is merely refused.
    pub revokes: bool,
    pub max_attempts: u16,
    /// Applications also refresh ahead of need.
    pub renews: bool,
    /// The store tells of changes by itself.
    pub notifies: bool,
    /// Steps from the start that are explored.
    pub depth: u32,
    pub config: Config<'static>,
}

impl Setup {
    /// Two holders of one generation to be refreshed, on a server without overlap that revokes.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            holders: 2,
            generations: 1,
            budget: Budget::NONE,
            faults: Faults::ALL,
            rates: [1; 4],
            overlap: false,
            covers: false,
            revokes: true,
            max_attempts: 3,
            renews: false,
            notifies: false,
            depth: u32::MAX,
            config: crate::world::config(false, 3),
        }
    }

    /// Milliseconds after which it makes no difference how long ago something was: a lease, and the longest back-off.
    pub fn oldest(&self) -> u64 {
        crate::world::LEASE * (1 + (1 << self.max_attempts.saturating_sub(2)))
    }

    /// The same with changes.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.config = crate::world::config(self.covers, self.max_attempts);
        self
    }
}
