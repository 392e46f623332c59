//! Random names: codes, refresh tokens, opaque access tokens, tickets.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use std::io;

/// `N` bytes from the operating system.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|_| io::Error::other("the operating system gave no random bytes"))?;
    Ok(out)
}

/// A name nobody can guess: 256 bits, 43 characters, behind a prefix that says what it is.
pub(crate) fn name(prefix: &str) -> io::Result<String> {
    let mut out = String::from(prefix);
    out.push_str(&Base64UrlUnpadded::encode_string(&bytes::<32>()?));
    Ok(out)
}
