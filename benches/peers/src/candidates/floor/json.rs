//! One pass over an answer: strict JSON, many bytes at a time within strings.

/// Nesting that is read.
const DEPTH: u32 = 32;
/// Bytes that are looked at together: compilers make vectors of them.
const LANES: usize = 64;

/// Tells each member of the object that this text is: its name, and its value. Nothing if it is none, or
/// if `on` does not want it.
pub(super) fn object<'t>(text: &'t [u8], mut on: impl FnMut(&'t [u8], Value<'t>) -> Option<()>) -> Option<()> {
    if !text.is_ascii() {
        core::str::from_utf8(text).ok()?;
    }
    let mut rest = space(text).strip_prefix(b"{")?;
    if let Some(end) = space(rest).strip_prefix(b"}") {
        return space(end).is_empty().then_some(());
    }
    loop {
        let (name, after) = string(space(rest))?;
        let start = space(space(after).strip_prefix(b":")?);
        let (value, after) = match start {
            [b'"', ..] => string(start)?,
            _ => {
                let after = value(start, DEPTH)?;
                (Value { text: &start[..start.len() - after.len()], is_plain_string: false }, after)
            }
        };
        on(name.text, value)?;
        match space(after).split_first()? {
            (b',', after) => rest = after,
            (b'}', after) => return space(after).is_empty().then_some(()),
            _ => return None,
        }
    }
}

/// A value as it stands, a string without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Value<'t> {
    pub(super) text: &'t [u8],
    is_plain_string: bool,
}

impl<'t> Value<'t> {
    /// What a string says, unless it has escapes or is not printable ASCII: no token is.
    pub(super) fn string(self) -> Option<&'t [u8]> {
        self.is_plain_string.then_some(self.text)
    }
}

fn space(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [b' ' | b'\t' | b'\n' | b'\r', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// What follows the value.
fn value(text: &[u8], depth: u32) -> Option<&[u8]> {
    match text.first()? {
        b'"' => string(text).map(|(_, rest)| rest),
        b'{' => nested(&text[1..], b'}', depth),
        b'[' => nested(&text[1..], b']', depth),
        b't' => text.strip_prefix(b"true"),
        b'f' => text.strip_prefix(b"false"),
        b'n' => text.strip_prefix(b"null"),
        _ => number(text),
    }
}

fn nested(text: &[u8], end: u8, depth: u32) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    let mut rest = space(text);
    if *rest.first()? == end {
        return Some(&rest[1..]);
    }
    loop {
        if end == b'}' {
            rest = space(space(string(rest)?.1).strip_prefix(b":")?);
        }
        match space(value(rest, depth)?).split_first()? {
            (b',', after) => rest = space(after),
            (found, after) if *found == end => return Some(after),
            _ => return None,
        }
    }
}

fn number(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let mut rest = match rest {
        [b'0', rest @ ..] => rest,
        _ => digits(rest)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        rest = digits(exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent))?;
    }
    Some(rest)
}

fn digits(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (len > 0).then(|| &text[len..])
}

/// What stands between the quotes, and what follows.
fn string(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (mut at, mut is_plain_string) = (0, true);
    loop {
        while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<LANES>()) {
            if chunk.iter().fold(false, |all, byte| all | is_special(*byte)) {
                break;
            }
            at += LANES;
        }
        while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            let special = special(u64::from_le_bytes(*word));
            if special != 0 {
                at += special.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match text.get(at)? {
            b'"' => return Some((Value { text: &text[..at], is_plain_string }, &text[at + 1..])),
            b'\\' => match text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => (at, is_plain_string) = (at + 2, false),
                b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => (at, is_plain_string) = (at + 6, false),
                _ => return None,
            },
            0..0x20 => return None,
            0x7f.. => (at, is_plain_string) = (at + 1, false),
            _ => at += 1,
        }
    }
}

/// What ends a string, escapes, may not stand in one, or is not printable ASCII.
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | !(0x20..=0x7e).contains(&byte)
}

/// The highest bit of each byte that is special; behind the first of them perhaps others.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (word | control | is_zero(word ^ (ONES * 0x7f)) | is_zero(word ^ (ONES * b'"' as u64)) | is_zero(word ^ (ONES * b'\\' as u64))) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_object(text: &str) -> bool {
        object(text.as_bytes(), |_, _| Some(())).is_some()
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        for text in [
            r#"{}"#,
            r#"{"a":"b"} "#,
            r#" { "a" : [1, -0.5e+3, {"b":null}], "c":true,"d":"\u00e4\n\"01234567" } "#,
            r#"{"a":"b",}"#,
            r#"{"a"}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"0123456\u{1}\"}",
            "{\"a\":\"0123456789\t\"}",
            r#"{"a":"0123456789"#,
            r#"{"a":[1,]}"#,
            r#"{"a":nul}"#,
            r#"[]"#,
            r#"{"a":1}}"#,
            r#""#,
        ] {
            let is_good = serde_json::from_str::<serde_json::Map<_, _>>(text).is_ok();
            assert_eq!(is_object(text), is_good, "{text}");
        }
    }
}
