//! What a grant went through: the refreshes that a reset left between send and commit, and the grants that were lost.

/// Counts by what the server counted, by what the device reported, and by what its flash held at its next start: a device runs on for a
/// moment before a reset takes effect, unheard.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Refreshes whose tokens the device has saved, or has lost.
    settled: u64,
    /// The revision that the flash holds, as far as it was reported.
    held: Option<u64>,
    /// The revision before new tokens came, of which nobody knows whether they were saved before the reset.
    doubt: Option<Option<u64>>,
    /// A grant is gone, and no other is saved yet.
    is_lost: bool,
    /// A person has signed in, when the flash held this.
    signed_in: Option<Option<u64>>,
    /// Refreshes in a row that no save kept.
    row: u64,
    /// Refreshes that the server answered and no save kept.
    pub(crate) exposed: u64,
    /// Of these, those whose repeat was cut in the same way: past what an overlap forgives.
    pub(crate) exposed_again: u64,
    /// Grants that had to be replaced by a sign-in.
    pub(crate) lost: u64,
}

impl Ledger {
    /// The device told what it does; `refreshes` is how many the server has answered with tokens.
    pub(crate) fn told(&mut self, text: &str, refreshes: u64) {
        let Some((what, value)) = text.split_once(' ') else { return };
        match what {
            "saved" => {
                self.held = value.parse().ok();
                if refreshes > self.settled {
                    (self.settled, self.row) = (refreshes, 0);
                }
            }
            "loaded" => {
                self.held = value.parse().ok();
                match self.doubt.take() {
                    Some(before) if self.held <= before => {
                        self.row += 1;
                        self.exposed += 1;
                        self.exposed_again += u64::from(self.row == 2);
                    }
                    Some(_) => self.row = 0,
                    None => {}
                }
            }
            "sign-in" if value != "NoGrant" && value != "SignedOut" => {
                self.lost += u64::from(!core::mem::replace(&mut self.is_lost, true));
            }
            _ => {}
        }
        if self.signed_in.is_some_and(|before| self.held > before) {
            (self.signed_in, self.is_lost, self.row) = (None, false, 0);
        }
    }

    /// A person signed in.
    pub(crate) const fn signed_in(&mut self) {
        self.signed_in = Some(self.held);
    }

    /// The device was reset.
    pub(crate) const fn reset(&mut self, refreshes: u64) {
        if refreshes > self.settled {
            // Between send and commit nothing else is saved.
            self.doubt = Some(self.held);
        }
        self.settled = refreshes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_exposed_unless_its_tokens_were_saved() {
        let mut ledger = Ledger::default();
        ledger.told("saved 1", 0);
        ledger.reset(0);
        ledger.told("loaded 2", 0);
        assert_eq!(ledger.exposed, 0, "an intent, saved unheard");
        ledger.reset(1);
        ledger.reset(1);
        ledger.told("loaded 2", 1);
        assert_eq!(ledger.exposed, 1, "sent, and no more");
        ledger.told("saved 3", 1);
        ledger.reset(2);
        ledger.told("loaded 4", 2);
        assert_eq!(ledger.exposed, 1, "the save was whole");
        ledger.told("saved 5", 3);
        ledger.reset(3);
        ledger.told("loaded 5", 3);
        assert_eq!(ledger.exposed, 1, "saved, and heard");
    }

    #[test]
    fn a_grant_is_lost_once_until_another_is_saved() {
        let mut ledger = Ledger::default();
        ledger.told("sign-in NoGrant", 0);
        ledger.told("saved 1", 0);
        ledger.told("sign-in Ended", 0);
        ledger.signed_in();
        ledger.reset(0);
        ledger.told("loaded 1", 0);
        ledger.told("sign-in Ended", 0);
        assert_eq!(ledger.lost, 1, "the sign-in was cut");
        ledger.signed_in();
        ledger.told("saved 2", 0);
        ledger.told("sign-in Ended", 0);
        assert_eq!(ledger.lost, 2);
    }

    #[test]
    fn a_repeat_that_is_cut_too_is_counted_apart() {
        let mut ledger = Ledger::default();
        ledger.told("saved 1", 0);
        for refreshes in [1, 2] {
            ledger.reset(refreshes);
            ledger.told("loaded 1", refreshes);
        }
        assert_eq!((ledger.exposed, ledger.exposed_again), (2, 1));
        ledger.told("saved 2", 3);
        ledger.reset(4);
        ledger.told("loaded 2", 4);
        assert_eq!((ledger.exposed, ledger.exposed_again), (3, 1), "another generation");
    }
}
