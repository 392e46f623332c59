//! NOR flash on the host: a word is programmed by clearing bits, once between two erasures; a sector is erased as one; and the power may be
//! cut before, in the middle of, and after each of these steps.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};

pub(crate) const WORD: usize = 4;
pub(crate) const SECTOR: usize = 512;

/// At which step the power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Before,
    /// Some bits are done; which ones, the seed says.
    Torn(u64),
    After,
}

/// Nothing works without power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Off;

impl NorFlashError for Off {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

#[derive(Clone)]
pub(crate) struct Nor {
    pub(crate) bytes: Vec<u8>,
    /// Programmed since they were erased.
    used: Vec<bool>,
    /// Steps since the last start.
    pub(crate) steps: usize,
    pub(crate) erases: usize,
    /// Which steps since the last start were erasures.
    pub(crate) erasures: Vec<usize>,
    pub(crate) cut: Option<(usize, Cut)>,
    pub(crate) is_off: bool,
    /// A word that a cut left half done may be programmed again: nobody can know.
    torn: Vec<usize>,
}

impl Nor {
    pub(crate) fn new(sectors: usize) -> Self {
        let size = sectors * SECTOR;
        Self {
            bytes: vec![0xff; size],
            used: vec![false; size / WORD],
            steps: 0,
            erases: 0,
            erasures: Vec::new(),
            cut: None,
            is_off: false,
            torn: Vec::new(),
        }
    }

    /// The power is back.
    pub(crate) fn start(&mut self, cut: Option<(usize, Cut)>) {
        self.is_off = false;
        self.steps = 0;
        self.erasures.clear();
        self.cut = cut;
    }

    /// What becomes of the next step.
    fn step(&mut self) -> Result<Option<Cut>, Off> {
        if self.is_off {
            return Err(Off);
        }
        let cut = self.cut.filter(|(at, _)| *at == self.steps).map(|(_, cut)| cut);
        self.steps += 1;
        self.is_off = cut.is_some();
        if cut == Some(Cut::Before) { Err(Off) } else { Ok(cut) }
    }
}

/// xorshift64*: which bits are done.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    seed.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

impl ErrorType for Nor {
    type Error = Off;
}

impl ReadNorFlash for Nor {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Off> {
        if self.is_off {
            return Err(Off);
        }
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Nor {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Off> {
        assert!((from as usize).is_multiple_of(SECTOR) && (to as usize).is_multiple_of(SECTOR));
        for start in (from as usize..to as usize).step_by(SECTOR) {
            let step = self.step()?;
            self.erases += 1;
            self.erasures.push(self.steps - 1);
            let sector = &mut self.bytes[start..start + SECTOR];
            match step {
                Some(Cut::Torn(mut seed)) => {
                    let (kind, edge) = (next(&mut seed) % 3, next(&mut seed) as usize % SECTOR);
                    for (at, byte) in sector.iter_mut().enumerate() {
                        match kind {
                            0 if at < edge => *byte = 0xff,
                            1 if at >= edge => *byte = 0xff,
                            2 => *byte |= next(&mut seed) as u8,
                            _ => {}
                        }
                    }
                    // A word that reads as erased counts as erased: nobody can tell.
                    for (word, used) in sector.chunks(WORD).zip(&mut self.used[start / WORD..]) {
                        *used &= word.iter().any(|byte| *byte != 0xff);
                    }
                    return Err(Off);
                }
                _ => sector.fill(0xff),
            }
            self.used[start / WORD..(start + SECTOR) / WORD].fill(false);
            if step.is_some() {
                return Err(Off);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Off> {
        let start = offset as usize;
        assert!(start.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD));
        for (at, word) in bytes.chunks(WORD).enumerate().map(|(at, word)| (start + at * WORD, word)) {
            let step = self.step()?;
            let slot = &mut self.used[at / WORD];
            assert!(!*slot || self.torn.contains(&at), "a word is programmed once");
            *slot = true;
            for (byte, new) in self.bytes[at..].iter_mut().zip(word) {
                *byte &= match step {
                    Some(Cut::Torn(mut seed)) => *new | next(&mut seed) as u8,
                    _ => *new,
                };
            }
            match step {
                None => {}
                Some(cut) => {
                    self.torn.extend((cut != Cut::After).then_some(at));
                    return Err(Off);
                }
            }
        }
        Ok(())
    }
}
