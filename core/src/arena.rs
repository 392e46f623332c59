//! The session's own bytes: filled in place, addressed by offsets, wiped when they are done with.

use zeroize::Zeroize;

use crate::error::Error;

/// A place in the arena. Half as wide as an address: a machine of 32 bits keeps its sessions within 64 KiB, and what it keeps of
/// each beside its bytes is a third smaller for it.
#[cfg(target_pointer_width = "64")]
pub(crate) type Offset = u32;
/// Likewise.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) type Offset = u16;

/// Where something lies in the arena. The default is nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    start: Offset,
    len: Offset,
}

impl Span {
    /// Nothing.
    pub(crate) const NONE: Self = Self { start: 0, len: 0 };

    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(self) -> usize {
        self.len as usize
    }

    /// Takes over bytes that were written at its end.
    pub(crate) const fn take_written(&mut self, len: usize) {
        self.len = self.len.saturating_add(len as Offset);
    }

    pub(crate) const fn range(self) -> core::ops::Range<usize> {
        self.start as usize..self.end() as usize
    }

    pub(crate) const fn end(self) -> Offset {
        self.start.saturating_add(self.len)
    }

    /// Follows what moved.
    #[cfg(any(test, feature = "members"))]
    pub(crate) const fn make_way(&mut self, moved: Moved) {
        if !self.is_empty() && self.start >= moved.from {
            self.start = self.start.saturating_add(moved.by);
        }
    }

    /// Follows what was taken out.
    pub(crate) const fn close_up(&mut self, dead: Self) {
        if self.start > dead.start {
            self.start = self.start.saturating_sub(dead.len);
        }
    }

    /// The `len` bytes of this span from its byte `at` on, as a span of their own.
    pub(crate) const fn part(self, at: usize, len: usize) -> Self {
        let at = if at > self.len as usize { self.len } else { at as Offset };
        let most = self.len.saturating_sub(at);
        let len = if len > most as usize { most } else { len as Offset };
        Self { start: self.start.saturating_add(at), len }
    }

    /// The first `len` bytes of this span, and the rest.
    pub(crate) const fn cut(self, len: usize) -> (Self, Self) {
        let front = self.part(0, len);
        (front, Self { start: front.end(), len: self.len.saturating_sub(front.len) })
    }

    /// The last `len` bytes of this span, as a span of their own.
    pub(crate) const fn tail(self, len: usize) -> Self {
        let len = if len > self.len as usize { self.len } else { len as Offset };
        Self { start: self.end().saturating_sub(len), len }
    }
}

impl core::fmt::Debug for Span {
    /// Only whether there is something: what an arena holds is nobody's business.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { ".." })
    }
}

/// What lay at `from` or after it lies `by` bytes further on.
#[cfg(any(test, feature = "members"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    from: Offset,
    by: Offset,
}

/// A view of the arena for the length of one call.
pub(crate) struct Arena<'a> {
    bytes: &'a mut [u8],
    used: &'a mut Offset,
}

impl<'a> Arena<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8], used: &'a mut Offset) -> Self {
        Self { bytes, used }
    }

    /// Bytes in use.
    pub(crate) const fn used(&self) -> usize {
        *self.used as usize
    }

    /// Whether so many bytes more fit.
    pub(crate) const fn fits(&self, len: usize) -> bool {
        self.used().saturating_add(len) <= self.bytes.len()
    }

    /// What a span holds.
    pub(crate) fn get(&self, span: Span) -> &[u8] {
        get(self.bytes, span)
    }

    /// What a span holds, to be changed in place.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn get_mut(&mut self, span: Span) -> &mut [u8] {
        self.bytes.get_mut(span.range()).unwrap_or_default()
    }

    /// An empty span at the end, to be grown.
    pub(crate) const fn open(&self) -> Span {
        Span { start: *self.used, len: 0 }
    }

    /// Adds bytes to the span that was opened last.
    ///
    /// # Errors
    /// [`Error::Capacity`] with the bytes needed in all; nothing is written then.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn grow(&mut self, span: &mut Span, bytes: &[u8]) -> Result<(), Error> {
        let start = self.used();
        let needed = start.saturating_add(bytes.len());
        let full = Error::Capacity { needed };
        let end = Offset::try_from(needed).map_err(|_| full)?;
        let room = self.bytes.get_mut(start..needed).ok_or(full)?;
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        *self.used = end;
        span.len = end.saturating_sub(span.start);
        Ok(())
    }

    /// Adds what another span holds to the span that was opened last.
    ///
    /// # Errors
    /// As [`Arena::grow`].
    pub(crate) fn copy(&mut self, span: &mut Span, from: Span) -> Result<(), Error> {
        let full = Error::Capacity { needed: self.used().saturating_add(from.len()) };
        let (front, room) = self.bytes.split_at_mut_checked(self.used()).ok_or(full)?;
        let room = room.get_mut(..from.len()).ok_or(full)?;
        for (to, byte) in room.iter_mut().zip(get(front, from)) {
            *to = *byte;
        }
        span.take_written(from.len());
        *self.used = span.end();
        Ok(())
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// As [`Arena::grow`].
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<Span, Error> {
        let mut span = self.open();
        self.grow(&mut span, bytes)?;
        Ok(span)
    }

    /// Moves the last span in use right behind another one, and says what moved for it.
    #[cfg(any(test, feature = "members"))]
    pub(crate) fn join(&mut self, front: &mut Span, last: Span) -> Option<Moved> {
        if front.is_empty() {
            *front = last;
            return None;
        }
        let moved = Moved { from: front.end(), by: last.len };
        // Three reversals rotate without a second buffer.
        let region = self.bytes.get_mut(front.end() as usize..last.end() as usize).unwrap_or_default();
        reverse(region);
        let (tail, between) = region.split_at_mut_checked(last.len()).unwrap_or_default();
        reverse(tail);
        reverse(between);
        front.len = front.len.saturating_add(last.len);
        Some(moved)
    }

    /// Takes a span out, and moves what lies behind it to the front: see [`Span::close_up`].
    pub(crate) fn remove(&mut self, dead: Span) {
        let behind = self.used().saturating_sub(dead.end() as usize);
        shift(self.bytes, dead.end() as usize, dead.start as usize, behind);
        self.truncate(self.used().saturating_sub(dead.len()));
    }

    /// Takes the last byte of the span that was opened last.
    pub(crate) fn shrink(&mut self, span: &mut Span) {
        if !span.is_empty() {
            span.len = span.len.saturating_sub(1);
            self.truncate(self.used().saturating_sub(1));
        }
    }

    /// Gives the last bytes back, wiped.
    #[inline(never)]
    pub(crate) fn truncate(&mut self, used: usize) {
        if let Some(dead) = self.bytes.get_mut(used..self.used()) {
            dead.zeroize();
            *self.used = used as Offset;
        }
    }

    /// Keeps these spans alone: moves them to the front in the order in which they lie, and wipes the rest.
    pub(crate) fn keep(&mut self, spans: &mut [Span]) {
        let mut end: Offset = 0;
        let mut done: Offset = 0;
        // Ends because every round takes one span of those that start at or after `done`, and moves `done` past it.
        loop {
            // By hand, since the ways of iterators take more flash.
            let mut next: Option<&mut Span> = None;
            for span in &mut *spans {
                if span.start >= done && !span.is_empty() && next.as_ref().is_none_or(|next| span.start < next.start) {
                    // Only for speed: none lies before it.
                    let is_first = cfg!(target_pointer_width = "64") && span.start == done;
                    next = Some(span);
                    if is_first {
                        break;
                    }
                }
            }
            let Some(next) = next else { break };
            let (from, len) = (next.start, next.len);
            done = next.end();
            next.start = end;
            let to = end;
            end = end.saturating_add(len);
            shift(self.bytes, from as usize, to as usize, len as usize);
            // A span that was moved must not be taken for one still to move.
            done = done.max(end);
        }
        self.truncate(end as usize);
    }
}

/// Moves bytes to the front. The standard library's way panics where its ranges are wrong, so they are cut out first; where flash is
/// scarce it links another function, so bytes are moved one by one.
fn shift(bytes: &mut [u8], from: usize, to: usize, len: usize) {
    #[cfg(target_pointer_width = "64")]
    if let Some(region) = bytes.get_mut(to..from.saturating_add(len))
        && let gap = from.saturating_sub(to)
        && gap <= region.len()
    {
        region.copy_within(gap.., 0);
    }
    #[cfg(not(target_pointer_width = "64"))]
    {
        let cells = core::cell::Cell::from_mut(bytes).as_slice_of_cells();
        let (Some(from), Some(to)) = (cells.get(from..), cells.get(to..)) else { return };
        for (from, to) in from.get(..len).unwrap_or_default().iter().zip(to) {
            to.set(from.get());
        }
    }
}

/// Turns bytes round, by hand, since the standard library's way links a panic.
#[cfg(any(test, feature = "members"))]
fn reverse(bytes: &mut [u8]) {
    let mut rest = bytes;
    while let [first, between @ .., last] = rest {
        core::mem::swap(first, last);
        rest = between;
    }
}

/// What a span holds.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn get(bytes: &[u8], span: Span) -> &[u8] {
    bytes.get(span.range()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn what_does_not_fit_says_how_much_is_needed_and_writes_nothing() {
        let (mut bytes, mut used) = ([0; 4], 0);
        let mut arena = Arena::new(&mut bytes, &mut used);
        let mut span = arena.add(b"ab").unwrap();
        assert_eq!(arena.grow(&mut span, b"cde"), Err(Error::Capacity { needed: 5 }));
        assert_eq!(arena.get(span), b"ab");
        assert_eq!(arena.used(), 2);
    }

    #[test]
    fn a_part_of_a_span_does_not_reach_beyond_it() {
        let span = Span { start: 10, len: 4 };
        for (at, len, start, expected) in [(1, 2, 11, 2), (1, 3, 11, 3), (1, 4, 11, 3), (4, 1, 14, 0), (5, 1, 14, 0)] {
            assert_eq!(span.part(at, len), Span { start, len: expected }, "{at} {len}");
        }
        for (len, start, expected) in [(2, 12, 2), (4, 10, 4), (5, 10, 4)] {
            assert_eq!(span.tail(len), Span { start, len: expected }, "{len}");
        }
    }

    // R077
    #[test]
    fn what_is_not_kept_is_wiped() {
        let (mut bytes, mut used) = ([0; 16], 0);
        let mut arena = Arena::new(&mut bytes, &mut used);
        let old = arena.add(b"old").unwrap();
        let mut b = arena.add(b"second").unwrap();
        let mut c = arena.add(b"third").unwrap();
        let mut kept = [c, Span::NONE, b];
        arena.keep(&mut kept);
        [c, _, b] = kept;
        assert_eq!((arena.get(b), arena.get(c)), (&b"second"[..], &b"third"[..]));
        assert_eq!(old.len(), 3);
        assert_eq!(&bytes, b"secondthird\0\0\0\0\0");
    }

    #[test]
    fn the_last_span_joins_another_and_what_lies_between_makes_way() {
        let (mut bytes, mut used) = ([0; 16], 0);
        let mut arena = Arena::new(&mut bytes, &mut used);
        let mut front = arena.add(b"ab").unwrap();
        let mut between = arena.add(b"12345").unwrap();
        let last = arena.add(b"cde").unwrap();
        between.make_way(arena.join(&mut front, last).unwrap());
        assert_eq!((arena.get(front), arena.get(between)), (&b"abcde"[..], &b"12345"[..]));
    }

    #[test]
    fn a_span_that_was_opened_and_grown_reads_as_one() {
        let (mut bytes, mut used) = ([0; 8], 0);
        let mut arena = Arena::new(&mut bytes, &mut used);
        let mut span = arena.open();
        arena.grow(&mut span, b"ab").unwrap();
        arena.grow(&mut span, b"cd").unwrap();
        assert_eq!(arena.get(span), b"abcd");
        assert_eq!(arena.get(span.tail(1)), b"d");
        assert_eq!(std::format!("{span:?}"), "..");
    }
}
