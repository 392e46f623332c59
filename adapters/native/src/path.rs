//! The callback path: only what every browser sends back byte for byte.

use crate::Error;

/// Longest callback path, in bytes.
const MAX_PATH: usize = 256;

/// Checks a callback path.
///
/// Browsers rewrite dot segments and some bytes, and servers differ on empty segments and percent
/// escapes: a path with any of those would be registered as one thing and arrive as another.
pub(crate) fn checked(path: &str) -> Result<&str, Error> {
    let segments = path.strip_prefix('/').ok_or(Error::Path)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/');
    let odd = |segment: &str| matches!(segment, "" | "." | "..");
    // `/` alone is one empty segment, and fine; a slash at the end, too, is a path of its own.
    let inner = segments.strip_suffix('/').unwrap_or(segments);
    let odd_segment = !segments.is_empty() && inner.split('/').any(odd);
    if path.len() > MAX_PATH || odd_segment || path == "/favicon.ico" || !path.bytes().all(plain) {
        return Err(Error::Path);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_that_no_browser_rewrites() {
        let long = format!("/{}", "a".repeat(255));
        for good in ["/", "/callback", "/oauth2/callback", "/a-b_c~d.e", "/callback/", long.as_str()] {
            assert_eq!(checked(good), Ok(good));
        }
        let long = format!("/{}", "a".repeat(256));
        for bad in [
            "",
            "callback",
            "//",
            "//x",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a?b",
            "/a#b",
            "/a b",
            "/a%2fb",
            "/a\r\n",
            "/é",
            "/\"",
            "/<",
            "/favicon.ico",
            "/a/..",
            "/a//",
            long.as_str(),
        ] {
            assert_eq!(checked(bad), Err(Error::Path), "{bad:?}");
        }
    }
}
