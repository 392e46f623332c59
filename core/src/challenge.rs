//! What a resource server answers to a bearer token: `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3).
//!
//! The grammar has two traps. A comma separates challenges and also the parameters of one, so that only
//! what follows a word tells a scheme from a parameter; and a challenge may carry one opaque word (a
//! `token68`) in place of parameters, which may end in `=`. What is read is advice from whoever answered:
//! it can say that a token is no longer good, and can never choose where a token or a secret is sent.

#[cfg(test)]
mod tests;

use core::{error, fmt};

/// A `Bearer` challenge: why a resource server did not accept a request.
///
/// It is no secret, and nothing in it is an address to send anything to: [`realm`](Self::realm) is a label,
/// even where it looks like a URL, and [`error_uri`](Self::error_uri) is for a person to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Challenge<'a> {
    realm: Option<&'a str>,
    scope: Option<&'a str>,
    error: Option<&'a str>,
    error_description: Option<&'a str>,
    error_uri: Option<&'a str>,
}

/// A `WWW-Authenticate` field that is not of its grammar, or breaks the rules of RFC 6750 §3. Believe none
/// of it: the answer's status alone counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct MalformedChallenge;

impl fmt::Display for MalformedChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the WWW-Authenticate field is malformed")
    }
}

impl error::Error for MalformedChallenge {}

impl<'a> Challenge<'a> {
    /// Finds the `Bearer` challenge in the value of one `WWW-Authenticate` field; call it for each field
    /// that an answer has. `None` means that the field does not speak of bearer tokens: it is empty, has
    /// challenges of other schemes only, or has parameters without any scheme. Such servers exist, and
    /// what they say is for no scheme in particular, so it is passed over as another scheme's would be.
    ///
    /// # Errors
    ///
    /// [`MalformedChallenge`] when the value, other challenges included, is not of the grammar; when the
    /// `Bearer` challenge repeats one of the parameters of RFC 6750 §3, has bytes that §3 does not allow in
    /// one, or has an opaque word instead; and when there are two, since nothing says which of them holds.
    pub fn bearer(header_value: &'a str) -> Result<Option<Self>, MalformedChallenge> {
        let mut reader = Reader(header_value);
        let mut bearer: Option<Self> = None;
        let mut in_bearer = false;
        loop {
            // A list may have empty elements (RFC 9110 §5.6.1.2).
            reader.skip(|byte| is_blank(byte) || byte == b',');
            if reader.0.is_empty() {
                return Ok(bearer);
            }
            let mut parameter = reader.parameter();
            if parameter.is_none() {
                let scheme = reader.word(is_token_byte).ok_or(MalformedChallenge)?;
                in_bearer = scheme.eq_ignore_ascii_case("Bearer");
                if in_bearer && bearer.replace(Self::default()).is_some() {
                    return Err(MalformedChallenge);
                }
                if !reader.skip(|byte| byte == b' ').is_empty() {
                    parameter = reader.parameter();
                    if parameter.is_none() && reader.token68().is_some() && in_bearer {
                        return Err(MalformedChallenge);
                    }
                }
            }
            if let (Some((name, value)), Some(challenge), true) = (parameter, &mut bearer, in_bearer) {
                challenge.set(name, value)?;
            }
            reader.skip(is_blank);
            if !(reader.0.is_empty() || reader.0.starts_with(',')) {
                return Err(MalformedChallenge);
            }
        }
    }

    /// Keeps a parameter that RFC 6750 §3 defines, and passes over every other.
    fn set(&mut self, name: &str, value: &'a str) -> Result<(), MalformedChallenge> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let (slot, allowed): (_, fn(u8) -> bool) = if is("realm") {
            (&mut self.realm, |_| true)
        } else if is("scope") {
            (&mut self.scope, is_text_byte)
        } else if is("error") {
            (&mut self.error, is_text_byte)
        } else if is("error_description") {
            (&mut self.error_description, is_text_byte)
        } else if is("error_uri") {
            (&mut self.error_uri, |byte| is_text_byte(byte) && byte != b' ')
        } else {
            return Ok(());
        };
        if slot.is_some() || !value.bytes().all(allowed) {
            return Err(MalformedChallenge);
        }
        *slot = Some(value);
        Ok(())
    }

    /// The token is expired, revoked or otherwise no longer good (RFC 6750 §3.1): refresh it.
    #[must_use]
    pub fn is_invalid_token(&self) -> bool {
        self.error == Some("invalid_token")
    }

    /// The token is good but may not do this (RFC 6750 §3.1): a refresh does not help, a new grant with
    /// more [`scope`](Self::scope) may.
    #[must_use]
    pub fn is_insufficient_scope(&self) -> bool {
        self.error == Some("insufficient_scope")
    }

    /// The error code, if the server gave one: a request without a token is challenged without.
    #[must_use]
    pub const fn error(&self) -> Option<&'a str> {
        self.error
    }

    /// What went wrong, for a developer to read.
    #[must_use]
    pub const fn error_description(&self) -> Option<&'a str> {
        self.error_description
    }

    /// A page on what went wrong, for a person to open. Fetch nothing from it, least of all with a token.
    #[must_use]
    pub const fn error_uri(&self) -> Option<&'a str> {
        self.error_uri
    }

    /// The scope that the resource asks for, in tokens with spaces between.
    #[must_use]
    pub const fn scope(&self) -> Option<&'a str> {
        self.scope
    }

    /// What the server calls the resources that it protects together, unescaped: it is the one value here
    /// that may have needed escapes. It is a label; treating it as an address has cost clients their
    /// credentials.
    #[must_use]
    pub fn realm(&self) -> Option<impl Iterator<Item = char> + Clone + use<'a>> {
        let mut escaped = false;
        Some(self.realm?.chars().filter(move |character| {
            escaped = *character == '\\' && !escaped;
            !escaped
        }))
    }
}

/// What of a field value is still to be read.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// `name = value`, when that is what comes; otherwise nothing is read. A quoted value is given without
    /// its quotes and with its escapes.
    fn parameter(&mut self) -> Option<(&'a str, &'a str)> {
        let mut ahead = *self;
        let name = ahead.word(is_token_byte)?;
        ahead.skip(is_blank);
        ahead.0 = ahead.0.strip_prefix('=')?;
        ahead.skip(is_blank);
        let value = match ahead.0.strip_prefix('"') {
            Some(inside) => ahead.quoted(inside)?,
            None => ahead.word(is_token_byte)?,
        };
        *self = ahead;
        Some((name, value))
    }

    /// Reads to the quote that ends a quoted string.
    fn quoted(&mut self, inside: &'a str) -> Option<&'a str> {
        let mut characters = inside.chars();
        loop {
            let end = characters.as_str();
            let character = match characters.next()? {
                '"' => {
                    self.0 = characters.as_str();
                    return before(inside, end);
                }
                '\\' => characters.next()?,
                character => character,
            };
            if !is_quotable(character) {
                return None;
            }
        }
    }

    fn token68(&mut self) -> Option<&'a str> {
        let word = self.word(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))?;
        self.skip(|byte| byte == b'=');
        Some(word)
    }

    fn word(&mut self, of: fn(u8) -> bool) -> Option<&'a str> {
        Some(self.skip(of)).filter(|word| !word.is_empty())
    }

    /// Reads ASCII bytes as long as they are such, and gives them.
    fn skip(&mut self, such: fn(u8) -> bool) -> &'a str {
        let length = self.0.bytes().take_while(|byte| such(*byte)).count();
        let (skipped, rest) = self.0.split_at_checked(length).unwrap_or(("", self.0));
        self.0 = rest;
        skipped
    }
}

/// The part of `all` that precedes `rest`, a tail of it.
fn before<'a>(all: &'a str, rest: &str) -> Option<&'a str> {
    all.get(..all.len().wrapping_sub(rest.len()))
}

/// OWS and BWS (RFC 9110 §5.6.3).
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `tchar` (RFC 9110 §5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What a quoted string may hold, behind a backslash if need be (RFC 9110 §5.6.4).
const fn is_quotable(character: char) -> bool {
    matches!(character, '\t' | ' '..='~' | '\u{80}'..)
}

/// What RFC 6750 §3 allows in `scope`, `error` and `error_description`. A backslash is not among it, so these
/// never need unescaping.
const fn is_text_byte(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}
