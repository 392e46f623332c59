//! Any bytes as the chunked coding of a content: what a second reader decodes, in pieces of any size.
//!
//! The first byte says in its lowest three bits how many sizes of pieces follow; the rest stands behind a head with `Transfer-Encoding: chunked`.
#![no_main]

use gatepass_embedded::{Call, Part};
use gatepass_fuzz::{Wire, split};
use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The content, unless the coding is bad.
fn ours(data: &[u8], sizes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let wire = [HEAD, data].concat();
    let sink = |part: Part<'_>| {
        if let Part::Body(bytes) = part {
            content.extend_from_slice(bytes);
        }
        true
    };
    let call = Call::new("GET", "https://api.example/", "Bearer token");
    call.run(&mut Wire::new(&wire, sizes), &mut [0; 128], sink).ok()?;
    Some(content)
}

/// The same by RFC 9112 §7.1, line by line.
fn theirs(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let line = |rest: &mut &[u8]| {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let (line, after) = (&rest[..end], &rest[end + 2..]);
        *rest = after;
        line.iter().all(is_text).then(|| line.to_vec())
    };
    loop {
        let size = line(&mut rest)?;
        let size = size.split(|byte| *byte == b';').next()?;
        if size.is_empty() || size.len() > 16 || !size.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        if size == 0 {
            break;
        }
        content.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    loop {
        let field = line(&mut rest)?;
        if field.is_empty() {
            return Some(content);
        }
        let name = field.split(|byte| *byte == b':').next()?;
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        if name.is_empty() || name.len() == field.len() || !name.iter().all(is_token) {
            return None;
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((_, sizes, data)) = split(data) else { return };
    let whole = ours(data, &[]);
    assert_eq!(ours(data, sizes), whole);
    assert_eq!(ours(data, &[1]), whole);
    assert_eq!(theirs(data), whole, "{}", data.escape_ascii());
});
