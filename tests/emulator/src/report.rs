//! What became of a run.

use std::collections::{BTreeMap, HashSet};

use crate::machine::Machine;

/// What became of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The machine.
    pub machine: Machine,
    /// The name that the device gave itself.
    pub name: String,
    /// Figures that the device reported, the last of each name.
    pub figures: BTreeMap<String, u64>,
    /// What the device told, in order.
    pub told: Vec<String>,
    /// How often it started.
    pub boots: u64,
    /// How often it was reset: its starts but the first.
    pub resets: u64,
    /// Frames of the device.
    pub frames: u64,
    /// Refreshes that the server answered with tokens, and that a reset cut off before the device had saved them.
    pub exposed: u64,
    /// Of these, those whose repeat was cut off in the same way. The token that the device holds is then two generations back, which no
    /// overlap forgives.
    pub exposed_again: u64,
    /// Grants that were gone, so that a person had to sign in again.
    pub lost: u64,
    /// The `defmt` messages, decoded.
    pub logged: Vec<String>,
    /// Payloads that the device sent for people to read: of `L`, `P` and `T`, as they came.
    pub(crate) shown: Vec<u8>,
    /// All that must not be seen, by name.
    pub(crate) secrets: Vec<(String, String)>,
}

/// A secret that shows so many bytes in a row is seen.
const SEEN: usize = 12;

impl Report {
    /// How many secrets of this name were there to be seen.
    #[must_use]
    pub fn secrets(&self, name: &str) -> usize {
        self.secrets.iter().filter(|(other, _)| other == name).count()
    }

    /// Names of the secrets of which 12 bytes in a row are in a message, a figure, a line told, or in the raw bytes of any of them.
    #[must_use]
    pub fn seen(&self) -> Vec<&str> {
        let shown = String::from_utf8_lossy(&self.shown);
        let texts = self.logged.iter().chain(&self.told).map(String::as_str).chain([&*shown]);
        let texts: Vec<&str> = texts.collect();
        let parts: HashSet<&[u8]> = texts.iter().flat_map(|text| text.as_bytes().windows(SEEN)).collect();
        let is_seen = |secret: &str| {
            let secret = secret.strip_prefix("Bearer ").unwrap_or(secret);
            match secret.len() {
                0..SEEN => texts.iter().any(|text| text.contains(secret)),
                _ => secret.as_bytes().windows(SEEN).any(|part| parts.contains(part)),
            }
        };
        self.secrets.iter().filter(|(_, secret)| is_seen(secret)).map(|(name, _)| name.as_str()).collect()
    }

    /// How often the device told something that begins so.
    #[must_use]
    pub fn count(&self, beginning: &str) -> usize {
        self.told.iter().filter(|text| text.starts_with(beginning)).count()
    }

    /// Prints the figures, a line `MACHINE.NAME=VALUE` each.
    #[allow(clippy::print_stdout, reason = "whoever measures reads them there")]
    pub fn print(&self) {
        for (name, value) in &self.figures {
            println!("{}.{name}={value}", self.machine.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(logged: &str, shown: &[u8]) -> Report {
        let secrets = vec![("token".to_owned(), "Bearer 0123456789abcdefghij".to_owned()), ("code".to_owned(), "short".to_owned())];
        let logged = vec![logged.to_owned()];
        let (figures, told) = (BTreeMap::new(), Vec::new());
        let (boots, resets, frames, exposed, exposed_again, lost) = (1, 0, 0, 0, 0, 0);
        let (machine, name, shown) = (Machine::Mps2, String::new(), shown.to_vec());
        Report { machine, name, figures, told, boots, resets, frames, exposed, exposed_again, lost, logged, shown, secrets }
    }

    #[test]
    fn a_secret_that_shows_twelve_bytes_or_all_of_itself_is_seen() {
        assert_eq!(report("Bearer 0123456789a, x", b"").seen(), [""; 0], "eleven");
        assert_eq!(report("(3456789abcde)", b"").seen(), ["token"]);
        assert_eq!(report("", b"\xff89abcdefghij\0").seen(), ["token"], "in raw bytes");
        assert_eq!(report("too short is", b"").seen(), ["code"]);
    }
}
