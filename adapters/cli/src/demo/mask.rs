//! What may be shown of a request or an answer: names always, values unless they are secrets.

use serde_json::Value;

/// Parameters and members whose values are secrets, or would help somebody who looks over a shoulder.
const SECRETS: [&str; 12] = [
    "access_token",
    "refresh_token",
    "id_token",
    "token",
    "code",
    "code_verifier",
    "code_challenge",
    "state",
    "nonce",
    "client_secret",
    "assertion",
    "authorization",
];

/// The beginning of a secret, and its length: `eyJhb…(812 chars)`. Of a short one only the length.
pub(crate) fn mask(secret: &str) -> String {
    if let Some(token) = secret.strip_prefix("Bearer ") {
        return format!("Bearer {}", mask(token));
    }
    let shown = if secret.len() < 20 { "" } else { secret.get(..5).unwrap_or_default() };
    format!("{shown}…({} chars)", secret.chars().count())
}

/// A parameter or member, fit to be shown.
pub(crate) fn shown(name: &str, value: &str) -> (String, String) {
    let value = if SECRETS.contains(&name) { mask(value) } else { value.to_owned() };
    (name.to_owned(), value)
}

/// The parameters of a form body or a query.
pub(crate) fn form(encoded: &str) -> Vec<(String, String)> {
    let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| shown(&decode(name), &decode(value))).collect()
}

/// The members of a JSON object; what is none is not shown.
pub(crate) fn members(body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return Vec::new() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.iter().map(|(name, value)| shown(name, &text(value))).collect()
}

/// Form decoding for people: what is malformed stands as it is.
fn decode(encoded: &str) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).and_then(|digits| u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok());
        let (byte, length) = match (first, escape) {
            (b'%', Some(byte)) => (byte, 2),
            (b'+', _) => (b' ', 0),
            (byte, _) => (*byte, 0),
        };
        bytes.push(byte);
        rest = tail.get(length..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_by_its_beginning_and_length_only() {
        assert_eq!(mask(&"eyJhbGciOi".repeat(10)), "eyJhb…(100 chars)");
        assert_eq!(mask("s3cr3t"), "…(6 chars)");
        assert_eq!(mask(&"ä".repeat(20)), "…(20 chars)");
    }

    #[test]
    fn every_secret_of_a_form_or_an_answer_is_masked() {
        for name in SECRETS {
            let form = form(&format!("{name}=canary-canary-canary-canary&a=b+c%21"));
            assert!(!form[0].1.contains("canary-canary"), "{name}");
            assert_eq!(form[1], ("a".to_owned(), "b c!".to_owned()));
            let members = members(format!("{{\"{name}\":\"canary-canary-canary-canary\",\"n\":60}}").as_bytes());
            assert!(members.iter().all(|(_, value)| !value.contains("canary-canary")), "{name}");
        }
    }
}
