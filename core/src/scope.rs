//! Scope: a set of tokens, case-sensitive, in no order (RFC 6749 §3.3).

/// Whether a text is a scope: tokens of `%x21 / %x23-5B / %x5D-7E` with one space between (RFC 6749 Appendix A.4).
pub(crate) fn is_scope(text: &str) -> bool {
    // As if a space came first: none may begin the text, nor end it.
    let mut before = b' ';
    for byte in text.as_bytes() {
        if !(is_scope_byte(*byte) || *byte == b' ' && before != b' ') {
            return false;
        }
        before = *byte;
    }
    before != b' '
}

/// A byte of a scope token.
pub(crate) const fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// The scope of an access token, as the server granted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scope<'a>(pub(crate) &'a str);

impl<'a> Scope<'a> {
    /// Its tokens; none when nothing was granted.
    pub fn tokens(self) -> impl Iterator<Item = &'a str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether a token is granted, letter by letter.
    #[must_use]
    pub fn contains(self, token: &str) -> bool {
        self.tokens().any(|granted| granted == token)
    }

    /// The whole text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // R012
    #[test]
    fn a_scope_is_tokens_with_one_space_between() {
        for byte in 0..=127u8 {
            let token = [byte];
            let text = core::str::from_utf8(&token).unwrap();
            assert_eq!(is_scope(text), byte > b' ' && byte != b'"' && byte != b'\\' && byte != 0x7f, "{byte:#x}");
        }
        for text in ["", " ", "a ", " a", "a  b", "a\tb", "\u{e4}"] {
            assert!(!is_scope(text), "{text:?}");
        }
        assert!(is_scope("a b"));
        assert_eq!(Scope("a b").as_str(), "a b");
        assert!(Scope("a b").contains("b") && !Scope("a b").contains("B") && !Scope("a b").contains("a b"));
        assert_eq!(Scope("").tokens().count(), 0);
    }
}
