//! A request's head, gathered: few writes, and few packets, for its many pieces.

/// Hands out a head in as few pieces as the room allows.
#[derive(Debug)]
pub(crate) struct Outbox<'o, P> {
    parts: P,
    waiting: &'o [u8],
}

impl<'o, P: Iterator<Item = &'o [u8]>> Outbox<'o, P> {
    pub(crate) const fn new(parts: P) -> Self {
        Self { parts, waiting: &[] }
    }

    /// The next bytes to be written; `None` when there are no more. A piece that is larger than the room is handed out as it is.
    pub(crate) fn gather<'b>(&mut self, room: &'b mut [u8]) -> Option<&'b [u8]>
    where
        'o: 'b,
    {
        let mut used = 0;
        loop {
            if self.waiting.is_empty() {
                match self.parts.next() {
                    Some(part) => self.waiting = part,
                    None => break,
                }
            }
            match room.get_mut(used..).and_then(|free| free.get_mut(..self.waiting.len())) {
                Some(free) => {
                    free.copy_from_slice(self.waiting);
                    used = used.saturating_add(self.waiting.len());
                    self.waiting = &[];
                }
                None if used == 0 => return Some(core::mem::take(&mut self.waiting)),
                None => break,
            }
        }
        let gathered: &[u8] = room;
        gathered.get(..used).filter(|gathered| !gathered.is_empty())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_head_is_the_same_whatever_room_there_is() {
        let parts: [&[u8]; 6] = [b"POST", b" ", b"/a/long/target", b" HTTP/1.1\r\n", b"Host: h", b"\r\n\r\n"];
        let whole = parts.concat();
        for size in 0..64 {
            let mut room = std::vec![0; size];
            let mut outbox = Outbox::new(parts.into_iter());
            let mut written = Vec::new();
            while let Some(piece) = outbox.gather(&mut room) {
                assert!(!piece.is_empty());
                written.extend_from_slice(piece);
            }
            assert_eq!(written, whole, "{size}");
        }
    }
}
