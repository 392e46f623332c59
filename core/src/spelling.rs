//! Names and texts that arrive in pieces.

/// A bit for each known name that goes on with this piece at this place, the first name's the lowest; of at most 32.
pub(crate) fn go_on(known: &[&str], at: usize, piece: &[u8]) -> u32 {
    known.iter().rev().fold(0, |bits, name| {
        let goes_on = name.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(piece));
        bits << 1 | u32::from(goes_on)
    })
}

/// Which of the names that are left has this length.
pub(crate) fn whole(known: &[&str], left: u32, len: usize) -> Option<usize> {
    known.iter().enumerate().position(|(at, name)| left >> (at & 31) & 1 == 1 && name.len() == len)
}

/// The pieces between the bytes that are special, each with the one that follows it. No iterator of the standard library does this without
/// a panic that is linked.
pub(crate) fn parts(piece: &[u8], special: impl Fn(u8) -> bool) -> impl Iterator<Item = (&[u8], Option<u8>)> {
    let mut rest = Some(piece);
    core::iter::from_fn(move || {
        let bytes = rest?;
        let plain = bytes.iter().position(|byte| special(*byte)).unwrap_or(bytes.len());
        let (part, after) = bytes.split_at_checked(plain)?;
        let byte = after.split_first();
        rest = byte.map(|(_, after)| after);
        Some((part, byte.map(|(byte, _)| *byte)))
    })
}
