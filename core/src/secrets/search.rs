//! Secrets, and a search for them in every spelling that a program could print.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "as in a test")]

use super::*;
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

#[derive(Clone, Default)]
pub(super) struct Search {
    /// Whose secret it is, and its spellings without white space.
    spellings: Vec<(&'static str, String)>,
    /// Texts that were searched.
    pub(super) searched: u64,
}

/// What a text is without what spreads a list over lines.
fn dense(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

impl Search {
    pub(super) fn add(&mut self, name: &'static str, secret: impl AsRef<[u8]>) {
        let bytes = secret.as_ref();
        // What is shorter could be anywhere by chance.
        assert!(bytes.len() >= 12, "{name} is too short to be searched for");
        let each = |spell: fn(u8) -> String, between: &str| bytes.iter().map(|byte| spell(*byte)).collect::<Vec<_>>().join(between);
        let mut spellings = vec![
            each(|byte| format!("{byte:02x}"), ""),
            each(|byte| format!("{byte:02X}"), ""),
            each(|byte| format!("%{byte:02x}"), ""),
            each(|byte| format!("%{byte:02X}"), ""),
            each(|byte| format!("{byte}"), ","),
            each(|byte| format!("{byte:x}"), ","),
            each(|byte| format!("{byte:02X}"), ","),
            form_urlencoded::byte_serialize(bytes).collect(),
        ];
        spellings.extend(core::str::from_utf8(bytes).ok().map(dense));
        for before in 0..3 {
            // Three bytes are four digits: those which hold bits of the neighbours are left out.
            let shifted = [&[0, 0, 0][..before], bytes].concat();
            let whole = shifted.len() / 3 * 3;
            for encoded in [Base64Unpadded::encode_string(&shifted[..whole]), Base64UrlUnpadded::encode_string(&shifted[..whole])] {
                spellings.push(encoded[if before == 0 { 0 } else { 4 }..].into());
            }
        }
        self.spellings.extend(spellings.into_iter().map(|spelling| (name, spelling)));
    }

    /// Whose secret is in a text.
    pub(super) fn find(&self, text: &str) -> Option<&'static str> {
        let text = dense(text);
        self.spellings.iter().find(|(_, spelling)| text.contains(spelling.as_str())).map(|(name, _)| *name)
    }

    /// Fails where there is one.
    pub(super) fn in_text(&mut self, what: &str, text: &str) {
        // Miri only runs the printing: a search takes too long there.
        if cfg!(miri) {
            return;
        }
        self.searched += 1;
        if let Some(name) = self.find(text) {
            panic!("{name} in {what}: {text}");
        }
    }
}
