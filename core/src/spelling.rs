//! Words that arrive in pieces, held against those that are known.

/// What was read of a word: the first known word that begins like it, and how much of that. A word of no bytes is none, and none has
/// more than 254.
#[derive(Clone, Copy, Default, Debug)]
#[cfg_attr(feature = "model", derive(Hash))]
pub(crate) struct Spelling {
    like: u8,
    len: u8,
}

impl Spelling {
    pub(crate) const NONE: Self = Self { like: 0, len: 0 };

    /// The next piece.
    pub(crate) fn read(&mut self, known: &[&str], piece: &[u8]) {
        let len = usize::from(self.len);
        let so_far = known.get(usize::from(self.like)).and_then(|word| word.as_bytes().get(..len));
        let goes_on = |word: &&str| {
            let word = word.as_bytes();
            word.get(len..).is_some_and(|rest| rest.starts_with(piece)) && word.get(..len) == so_far
        };
        // There is no such word as the last, so that what is unlike all stays so.
        self.like = known.iter().position(goes_on).map_or(u8::MAX, |at| at as u8);
        self.len = len.saturating_add(piece.len()).min(usize::from(u8::MAX)) as u8;
    }

    /// The next piece of a word; with the last of its pieces, the known word that it is.
    #[inline(always)]
    pub(crate) fn next(&mut self, known: &[&str], piece: &[u8], last: bool) -> Option<u8> {
        // Only for speed: nearly all words come in one piece.
        if cfg!(target_pointer_width = "64") && last && self.len == 0 {
            return known.iter().position(|word| word.as_bytes() == piece).map(|at| at as u8);
        }
        self.read(known, piece);
        if last { core::mem::take(self).whole(known) } else { None }
    }

    /// The known word that this is, now that it has ended.
    pub(crate) fn whole(self, known: &[&str]) -> Option<u8> {
        let (like, len) = (known.get(usize::from(self.like))?, usize::from(self.len));
        if like.len() == len {
            return Some(self.like);
        }
        // Only of the application's names may one begin another before it.
        let begins = |word: &&str| cfg!(feature = "members") && word.len() == len && like.starts_with(word);
        known.iter().position(begins).map(|at| at as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_in_whatever_pieces_it_comes_and_wherever_it_is_listed() {
        let known = ["team_id", "team", "id_token", "id"];
        // One for all words: none leaves anything to the next.
        let mut spelling = Spelling::NONE;
        for (at, word) in known.iter().enumerate() {
            let at = Some(at as u8);
            for cut in 0..=word.len() {
                assert_eq!(spelling.next(&known, &word.as_bytes()[..cut], false), None, "{word} has not ended");
                assert_eq!(spelling.next(&known, &word.as_bytes()[cut..], true), at, "{word} cut at {cut}");
            }
            assert_eq!(spelling.next(&known, word.as_bytes(), true), at, "{word} whole");
        }
        for word in ["", "t", "teams", "team_", "team_id_", "id_", "Team", "am", "token"] {
            for byte in word.bytes() {
                assert_eq!(spelling.next(&known, &[byte], false), None, "{word}");
            }
            assert_eq!(spelling.next(&known, b"", true), None, "{word}");
            assert_eq!(spelling.next(&known, word.as_bytes(), true), None, "{word} whole");
        }
    }

    #[test]
    fn no_word_of_the_tables_begins_an_earlier_one() {
        for table in [&crate::token::NAMES[..], &crate::metadata::NAMES, &crate::refusal::CODES] {
            for (at, word) in table.iter().enumerate() {
                assert!(!table[..at].iter().any(|earlier| earlier.starts_with(word)), "{word}");
            }
        }
    }
}
