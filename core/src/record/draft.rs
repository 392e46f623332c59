//! A record on its way to the store.

use super::{Held, Kind, MAGIC, RECORD_OVERHEAD, Tokens, VERSION};
use crate::{config::Config, digest::checksum, entropy::Id, error::Error, writer::Writer};

/// A record to be written: what it says, and whose texts it takes.
pub(crate) struct Draft<'d> {
    pub(crate) held: &'d Held,
    pub(crate) writer: Id,
    /// In milliseconds, zero for no intent.
    pub(crate) lease: u32,
    pub(crate) kind: Kind,
    pub(crate) tokens: &'d Tokens,
}

impl Draft<'_> {
    /// # Errors
    /// [`Error::Capacity`] when the buffer is too small.
    pub(crate) fn write<'o>(&self, config: &Config<'_>, arena: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], Error> {
        let texts = self.tokens.texts().map(|span| crate::arena::get(arena, span));
        let needed = texts.iter().fold(RECORD_OVERHEAD, |sum, text| sum.saturating_add(text.len()));
        let out = out.get_mut(..needed).ok_or(Error::Capacity { needed })?;
        let (body, sum) = out.split_last_chunk_mut::<8>().ok_or(Error::Capacity { needed })?;
        let mut to = Writer::new(body);
        to.bytes(&MAGIC);
        to.bytes(&[VERSION]);
        to.bytes(&config.identity);
        to.bytes(&self.held.family.0);
        to.bytes(&self.held.generation.to_le_bytes());
        to.bytes(&self.held.revision.to_le_bytes());
        to.bytes(&self.writer.0);
        to.bytes(&self.lease.to_le_bytes());
        to.bytes(&self.held.attempts.to_le_bytes());
        to.bytes(&self.held.answered.to_le_bytes());
        let kind = match self.kind {
            Kind::Live => 0,
            Kind::Cleared => 1,
            Kind::SignedOut => 2,
        };
        to.bytes(&[kind, u8::from(self.tokens.scope_known), 0, 0]);
        to.bytes(&self.tokens.life.unix.to_le_bytes());
        to.bytes(&self.tokens.life.lifetime.to_le_bytes());
        to.bytes(&self.tokens.minted.to_le_bytes());
        for text in texts {
            to.bytes(&(text.len() as u32).to_le_bytes());
        }
        for text in texts {
            to.bytes(text);
        }
        to.bytes(&[0; 4]);
        *sum = checksum(to.finish()?).to_le_bytes();
        Ok(out)
    }
}
