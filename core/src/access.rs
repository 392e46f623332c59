//! The access token, and the header value that carries it (RFC 6750 §2.1).

use crate::{
    bytes::{Reader, Set},
    error::{Error, Misuse},
    output::Generation,
    time::Timestamp,
    writer::{Writer, text},
};

/// An access token that serves, as far as anybody knows. Borrowed from the session: it ends with it.
#[derive(Clone, Copy)]
pub struct AccessToken<'s> {
    /// Read as text only where that is asked for, since it takes a look at every byte.
    pub(crate) token: &'s [u8],
    pub(crate) generation: Generation,
    pub(crate) expiry: Option<Timestamp>,
}

impl<'s> AccessToken<'s> {
    /// The token itself, a secret.
    #[must_use]
    pub fn secret(&self) -> &'s str {
        text(self.token)
    }

    /// Whose rejection to report with [`Input::TokenRejected`](crate::Input::TokenRejected).
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// When it expires, on the caller's monotonic clock; `None` when nobody knows: the server did not say, the token was
    /// loaded without a wall clock that can tell, or a clock went backwards. It may end sooner.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// Bytes that [`header`](Self::header) needs.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        SCHEME.len().saturating_add(self.token.len())
    }

    /// The value of `Authorization`: `Bearer` and the token, which must be token68 (RFC 6750 §2.1).
    ///
    /// # Errors
    /// [`Misuse::NotToken68`] for a token that the grammar does not allow, [`Error::Capacity`] for a small buffer.
    pub fn header<'o>(&self, out: &'o mut [u8]) -> Result<&'o str, Error> {
        let mut rest = Reader(self.token);
        let good = !rest.run(&Set::TOKEN68).is_empty() && rest.0.iter().all(|byte| *byte == b'=');
        self.write(good, out)
    }

    /// The same for providers whose tokens are no token68, such as `1|abc`: any visible ASCII but quotes, commas,
    /// semicolons and backslashes, so that it still is one piece of one header field.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn header_relaxed<'o>(&self, out: &'o mut [u8]) -> Result<&'o str, Error> {
        let good = !self.token.is_empty() && self.token.iter().all(|byte| byte.is_ascii_graphic() && !b"\"',;\\".contains(byte));
        self.write(good, out)
    }

    fn write<'o>(&self, good: bool, out: &'o mut [u8]) -> Result<&'o str, Error> {
        if !good {
            return Err(Misuse::NotToken68.into());
        }
        let mut to = Writer::new(out);
        to.str(SCHEME);
        to.bytes(self.token);
        Ok(text(to.finish()?))
    }
}

const SCHEME: &str = "Bearer ";

impl core::fmt::Debug for AccessToken<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AccessToken").field("generation", &self.generation).field("expiry", &self.expiry).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(token: &str) -> AccessToken<'_> {
        AccessToken {
            token: token.as_bytes(),
            generation: Generation { family: crate::entropy::Id::NOBODY, count: 1, target: crate::audience::Target::OWN },
            expiry: None,
        }
    }

    // R058 R084
    #[test]
    fn a_header_carries_token68_and_the_relaxed_form_no_separator() {
        let mut out = [0; 64];
        for good in ["abc", "a.b-c_d~e+f/g==", "x="] {
            assert!(token(good).header(&mut out).is_ok(), "{good}");
            assert!(token(good).header_relaxed(&mut out).is_ok(), "{good}");
        }
        assert_eq!(token("1|abc").header(&mut out), Err(Misuse::NotToken68.into()));
        assert_eq!(token("1|abc").header_relaxed(&mut out), Ok("Bearer 1|abc"));
        for bad in ["", "=", "a=b", "a b", "a\r\nb", "a\"b", "a,b", "a;b", "a\\b", "\u{e4}", "a\0"] {
            assert!(token(bad).header(&mut out).is_err(), "{bad:?}");
            assert!(bad.contains('=') || token(bad).header_relaxed(&mut out).is_err(), "{bad:?}");
        }
        assert_eq!(token("abc").header(&mut [0; 9]), Err(Error::Capacity { needed: 10 }));
    }
}
