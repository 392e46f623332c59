//! Any bytes as the head of a request to the loopback listener: what reaches the session is on the redirect URI, and came from a browser.
//!
//! The first byte: odd where the rest is a query, in a browser's request; otherwise it is the head. The listener's own file, by itself: its sockets are not fuzzed.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unreachable_pub)]
#[path = "../../adapters/native/src/page.rs"]
mod page;
#[path = "../../adapters/native/src/request.rs"]
mod request;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let local = SocketAddr::from(([127, 0, 0, 1], 49152));
    let head = match rest.split_first_chunk::<1>() {
        Some(_) if first & 1 == 1 => [b"GET /callback?", rest, b" HTTP/1.1\r\nHost: 127.0.0.1:49152\r\n\r\n"].concat(),
        _ => rest.to_vec(),
    };
    match request::redirect(&head, local, "/callback") {
        Ok(uri) => {
            let query = uri.strip_prefix("http://127.0.0.1:49152/callback").expect("it is on the redirect URI");
            assert!(query.is_empty() || query.starts_with('?'));
            assert!(uri.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'#'));
            assert!(head.starts_with(b"GET ") || head.starts_with(b"\r\n") || head.starts_with(b"\n"), "{}", head.escape_ascii());
            assert!(head.windows(query.len().max(1)).any(|part| part == query.as_bytes()) || query.is_empty());
        }
        Err(page) => {
            let response = page.response();
            assert!(response.starts_with(b"HTTP/1.1 4"));
        }
    }
});
