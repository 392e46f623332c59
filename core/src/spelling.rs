//! Words that arrive in pieces, held against those that are known.

/// What was read of a word: the first known word that begins like it, and how much of that. A word of no bytes is none.
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

    /// The known word that this is, now that it has ended.
    pub(crate) fn whole(self, known: &[&str]) -> Option<u8> {
        known.get(usize::from(self.like)).filter(|word| word.len() == usize::from(self.len)).map(|_| self.like)
    }
}
