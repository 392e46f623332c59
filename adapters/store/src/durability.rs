//! What a server of a store says of its own durability.

use core::fmt;

/// What a server must be set to, and is not, for a commit that returned to be there after a crash. For an application to refuse
/// to start, or to warn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[must_use = "it says whether the store keeps what it was given"]
pub struct Durability {
    missing: Vec<&'static str>,
    unknown: Vec<&'static str>,
}

impl Durability {
    /// Adds a setting: whether it is right, and what to do if it is not. `None` where the server does not say.
    pub(crate) fn add(&mut self, is_right: Option<bool>, cure: &'static str) {
        match is_right {
            Some(true) => {}
            Some(false) => self.missing.push(cure),
            None => self.unknown.push(cure),
        }
    }

    /// Whether all is as it must be. `None` when nothing is known to be wrong, and not all is known.
    #[must_use]
    pub const fn is_durable(&self) -> Option<bool> {
        match (self.missing.is_empty(), self.unknown.is_empty()) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }

    /// What is to be set on the server, and why.
    #[must_use]
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }

    /// The same where the server does not say whether it is, as many that are rented do not: see to it there.
    #[must_use]
    pub fn unknown(&self) -> &[&'static str] {
        &self.unknown
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_durable() == Some(true) {
            return f.write_str("durable");
        }
        let mut gap = "";
        for (word, cures) in [("missing", &self.missing), ("not known", &self.unknown)] {
            if !cures.is_empty() {
                write!(f, "{gap}{word}: {}", cures.join(", "))?;
                gap = "; ";
            }
        }
        Ok(())
    }
}
