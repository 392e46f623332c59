//! `application/x-www-form-urlencoded`, read strictly: in a body, in a query, and inside Basic.
//!
//! A test server that repairs what it is sent hides the client's mistake, so a bad percent escape and
//! bytes that are no UTF-8 are refused (RFC 6749 Appendix B).

use percent_encoding::percent_decode_str;

/// Name and value pairs, decoded, in the order they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Splits and decodes; `None` on a bad escape or bytes that are no UTF-8.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let pairs = text.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        });
        pairs.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The value of a parameter. An empty one counts as omitted (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may repeat, the empty ones left out.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.clone()).collect()
    }

    /// The first name that occurs twice (RFC 6749 §3.1: parameters must not repeat). `resource` may
    /// (RFC 8707 §2).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let names = || self.0.iter().map(|(key, _)| key.as_str());
        let twice = |name: &&str| *name != "resource" && names().filter(|other| other == name).count() > 1;
        names().find(twice)
    }

    /// The pairs.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// Decodes one half of a pair: `+` is a space, `%` is followed by two hexadecimal digits.
pub(crate) fn decode(text: &str) -> Option<String> {
    let escapes_are_whole = text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    });
    if !escapes_are_whole || !text.is_ascii() {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|decoded| decoded.into_owned())
}

/// Appends parameters to a URI that may have a query already.
pub(crate) fn append(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut encoder = form_urlencoded::Serializer::new(String::new());
    encoder.extend_pairs(pairs);
    let glue = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{glue}{}", encoder.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_escape_is_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "%4=b", "a=%ff", "a=é"] {
            assert!(Form::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(Form::parse("a=%41+b&c").unwrap().get("a"), Some("A b"));
    }

    #[test]
    fn a_repeated_name_is_found_but_resource_may_repeat() {
        assert_eq!(Form::parse("a=1&b=2&%61=3").unwrap().repeated(), Some("a"));
        assert_eq!(Form::parse("resource=1&resource=2").unwrap().repeated(), None);
    }

    #[test]
    fn parameters_join_an_existing_query() {
        assert_eq!(append("http://h/c", &[("a", "b c")]), "http://h/c?a=b+c");
        assert_eq!(append("http://h/c?x=1", &[("a", "&")]), "http://h/c?x=1&a=%26");
        assert_eq!(append("http://h/c?", &[("a", "1")]), "http://h/c?a=1");
    }
}
