//! Numbers (RFC 8259 §6) and the words of the grammar (§3).

/// The words of the grammar, and the byte order mark.
pub(super) const WORDS: &[u8] = b"true false null \xEF\xBB\xBF ";

/// What may come in a number, a bit each. The upper three say which of the lowest three may, too, once there was a digit: these
/// are what tells the integer, the fraction and the exponent apart.
mod may {
    /// The end.
    pub(super) const END: u8 = 1;
    /// `e`
    pub(super) const EXPONENT: u8 = 1 << 1;
    /// `.`
    pub(super) const POINT: u8 = 1 << 2;
    pub(super) const DIGIT: u8 = 1 << 3;
    pub(super) const SIGN: u8 = 1 << 4;
    pub(super) const AFTER_DIGIT: u32 = 5;
}

/// Before the first byte, which is a minus or a digit.
pub(super) const START: u8 = may::SIGN | may::DIGIT | (may::POINT | may::EXPONENT | may::END) << may::AFTER_DIGIT;

/// What may come after one more byte of a number, given what might before it; `None` when it is none of it.
pub(super) const fn go_on(at: u8, byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' if at & may::DIGIT != 0 => {
            let next = at & !(may::SIGN | may::DIGIT) | at >> may::AFTER_DIGIT;
            // No digit follows a zero that begins the integer.
            let leads = byte == b'0' && at & may::END == 0 && at & may::POINT << may::AFTER_DIGIT != 0;
            Some(if leads { next } else { next | may::DIGIT })
        }
        b'.' if at & may::POINT != 0 => Some(may::DIGIT | (may::EXPONENT | may::END) << may::AFTER_DIGIT),
        b'e' | b'E' if at & may::EXPONENT != 0 => Some(may::SIGN | may::DIGIT | may::END << may::AFTER_DIGIT),
        b'+' | b'-' if at & may::SIGN != 0 => Some(at & !may::SIGN),
        _ => None,
    }
}

/// Whether a number may end here.
pub(super) const fn is_whole(at: u8) -> bool {
    at & may::END != 0
}
