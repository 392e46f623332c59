//! Values on the command line that are more than text.

use core::time::Duration;

/// `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `NAME: VALUE`.
pub(crate) fn field(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write 'NAME: VALUE'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// A span of time: `90`, `90s`, `5m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        _ => return Err("write 90, 90s, 5m or 1h"),
    };
    let number: u32 = digits.parse().map_err(|_| "write 90, 90s, 5m or 1h")?;
    Ok(Duration::from_secs(u64::from(number).saturating_mul(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_has_a_unit_or_is_in_seconds() {
        for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200), ("4294967295h", 15_461_882_262_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "s", "-1", "1.5m", "5 m", "5M", "1d", "m5", "4294967296", "\u{663}m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_first_separator_separates() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(field("x-url:  http://a "), Ok(("x-url".to_owned(), "http://a".to_owned())));
        assert!(pair("a").is_err() && field("a").is_err());
    }
}
