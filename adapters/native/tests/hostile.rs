//! What a browser does not send, or a person's browser was made to send by somebody else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core, reason = "tests run on std, on small numbers")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::{connect, exchange, get, rest, wait_for_the_right_state};
use gatepass_native::{Listener, MAX_CONNECTIONS, MAX_HEAD};

// R097
#[test]
fn only_a_top_level_get_with_the_exact_host_reaches_the_closure() {
    let listener = Listener::bind("/callback").unwrap();
    let v6 = listener.addresses().find(|address| address.is_ipv6());
    let waiting = wait_for_the_right_state(listener);
    let (own, port) = (waiting.address, waiting.address.port());
    let t = "/callback?code=c&state=right";
    let host = format!("Host: {own}\r\n");
    let table = [
        // rebinding and other names of the same machine
        (403, format!("GET {t} HTTP/1.1\r\nHost: evil.example\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: evil.example:{port}\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: localhost:{port}\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: 127.0.0.1\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: 127.0.0.2:{port}\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: [::1]:{port}\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost: {own}.\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\nHost:\r\n")),
        (400, format!("GET {t} HTTP/1.1\r\n")),
        (400, format!("GET {t} HTTP/1.1\r\n{host}{host}")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Host: evil.example\r\n")),
        // other sites
        (403, format!("GET {t} HTTP/1.1\r\n{host}Origin: https://evil.example\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Origin: http://{own}\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Origin: null\r\nOrigin: https://evil.example\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Sec-Fetch-Mode: no-cors\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Sec-Fetch-Mode: cors\r\n")),
        (403, format!("GET {t} HTTP/1.1\r\n{host}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n")),
        // methods
        (405, format!("POST {t} HTTP/1.1\r\n{host}Content-Length: 0\r\n")),
        (405, format!("HEAD {t} HTTP/1.1\r\n{host}")),
        (405, format!("OPTIONS {t} HTTP/1.1\r\n{host}Access-Control-Request-Method: GET\r\n")),
        (405, format!("CONNECT {own} HTTP/1.1\r\n{host}")),
        (400, format!("get {t} HTTP/1.1\r\n{host}")),
        // bodies
        (400, format!("GET {t} HTTP/1.1\r\n{host}Content-Length: 3\r\n")),
        (400, format!("GET {t} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n")),
        // targets
        (400, format!("GET http://evil.example{t} HTTP/1.1\r\n{host}")),
        (400, format!("GET https://{own}{t} HTTP/1.1\r\n{host}")),
        (400, format!("GET {t}#fragment HTTP/1.1\r\n{host}")),
        (400, format!("GET {t}\"><script> HTTP/1.1\r\n{host}")),
        (400, format!("GET {t}é HTTP/1.1\r\n{host}")),
        (400, format!("GET {t}\\ HTTP/1.1\r\n{host}")),
        (400, format!("GET * HTTP/1.1\r\n{host}")),
        // no HTTP
        (400, format!("GET {t}\r\n{host}")),
        (400, format!("GET {t} HTTP/2.0\r\n{host}")),
        (400, format!("GET {t} HTTP/1.1\r\n{host}no colon\r\n")),
        (400, format!("GET {t} HTTP/1.1\r\n{host} folded: line\r\n")),
        (400, format!("GET {t} HTTP/1.1\nHost: {own}\n\nGET / HTTP/1.1\r\n")),
        (400, "\u{16}\u{3}\u{1}".to_owned()),
    ];
    for (status, request) in &table {
        let page = exchange(own, format!("{request}\r\n").as_bytes());
        assert!(page.starts_with(&format!("HTTP/1.1 {status} ")), "{request}\n{page}");
        assert!(!page.to_ascii_lowercase().contains("access-control"));
        assert!(*status != 405 || page.ends_with("\r\n\r\n"), "the answer to HEAD has no body");
    }
    if let Some(v6) = v6 {
        let page = exchange(v6, format!("GET {t} HTTP/1.1\r\n{host}\r\n").as_bytes());
        assert!(page.starts_with("HTTP/1.1 403 "), "each family has its own Host\n{page}");
    }
    assert_eq!(waiting.succeed().len(), 1);
}

// R097
#[test]
fn a_request_without_fetch_metadata_or_in_absolute_form_is_as_good() {
    for form in ["", "http://{own}"] {
        for fields in ["", "Origin: null\r\n", "Content-Length: 0\r\n", "SEC-FETCH-MODE: navigate\r\n"] {
            let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
            let own = waiting.address;
            let form = form.replace("{own}", &own.to_string());
            let request = format!("GET {form}/callback?state=right HTTP/1.1\r\nhost: {own}\r\n{fields}\r\n");
            assert!(exchange(own, request.as_bytes()).starts_with("HTTP/1.1 200 OK\r\n"));
            assert_eq!(waiting.end().1, [format!("http://{own}/callback?state=right")]);
        }
    }
}

// R041
#[test]
fn no_page_repeats_what_was_sent() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    for target in [
        format!("/callback?error=e&error_description={script}&state=wrong"),
        "/callback?error=e&error_uri=https://evil.example&state=<script>".to_owned(),
        format!("/{script}"),
        format!("/callback?error=e&error_description={script}&error_uri=https://evil.example&state=right"),
    ] {
        let page = get(waiting.address, &target).to_ascii_lowercase();
        for word in ["script", "alert", "evil", "right", "http:"] {
            assert!(!page.contains(word), "{target}: {word}");
        }
        assert!(page.contains("content-security-policy: default-src 'none';"));
    }
    assert_eq!(waiting.end().1.len(), 2);
}

// R153
#[test]
fn no_answer_sends_the_browser_elsewhere() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    for target in [
        "/callback?state=wrong&redirect_uri=https://evil.example/",
        "/callback?state=wrong&return_to=https%3A%2F%2Fevil.example",
        "//evil.example/",
        "/https://evil.example/",
        "/callback/../https://evil.example/",
        "/callback/https://evil.example/?state=right",
        "/callback?state=right&next=https://evil.example/&url=//evil.example",
    ] {
        let page = get(waiting.address, target).to_ascii_lowercase();
        assert!(!page.starts_with("http/1.1 3"), "{target}\n{page}");
        for word in ["\r\nlocation:", "\r\nrefresh:", "http-equiv", "href", "evil"] {
            assert!(!page.contains(word), "{target}: {word}");
        }
    }
    assert_eq!(waiting.end().1.len(), 3, "the others are on another path");
}

// R096
#[test]
fn fifty_idle_and_fifty_slow_connections_do_not_keep_the_browser_out() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let address = waiting.address;
    let idle: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
    let over = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..50)
        .map(|_| {
            let (mut stream, over) = (connect(address), Arc::clone(&over));
            stream.write_all(b"GET /").unwrap();
            thread::spawn(move || {
                // One byte a second, and a new connection as soon as one is shut.
                while !over.load(Ordering::Relaxed) {
                    if stream.write_all(b"x").is_err() {
                        match TcpStream::connect(address) {
                            Ok(again) => stream = again,
                            Err(_) => break,
                        }
                    }
                    thread::park_timeout(Duration::from_secs(1));
                }
            })
        })
        .collect();
    let preconnects: Vec<TcpStream> = (0..6).map(|_| connect(address)).collect();
    // In the middle of them the browser asks for its icon, a page of elsewhere is rebound, and somebody guesses.
    assert!(get(address, "/favicon.ico").starts_with("HTTP/1.1 404 "));
    let rebound = format!("GET /callback?code=c&state=right HTTP/1.1\r\nHost: evil.example:{}\r\n\r\n", address.port());
    assert!(exchange(address, rebound.as_bytes()).starts_with("HTTP/1.1 403 "));
    assert!(get(address, "/callback?code=c&state=wrong").starts_with("HTTP/1.1 400 "));
    assert_eq!(waiting.succeed().len(), 2);
    over.store(true, Ordering::Relaxed);
    for thread in slow {
        thread.thread().unpark();
        thread.join().unwrap();
    }
    drop((idle, preconnects));
}

// R096
#[test]
fn connections_that_came_before_the_wait_do_not_keep_the_browser_out() {
    let listener = Listener::bind("/callback").unwrap();
    let address = listener.addresses().next().unwrap();
    let before: Vec<TcpStream> = (0..40).map(|_| connect(address)).collect();
    let mut browser = connect(address);
    browser.write_all(common::browser_request(address, "/callback?state=right").as_bytes()).unwrap();
    let after: Vec<TcpStream> = (0..40).map(|_| connect(address)).collect();
    let waiting = wait_for_the_right_state(listener);
    assert!(rest(&mut browser).starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(waiting.end().1.len(), 1);
    drop((before, after));
}

// R096
#[test]
fn one_connection_too_many_displaces_the_oldest() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let mut connections: Vec<TcpStream> = (0..=MAX_CONNECTIONS).map(|_| connect(waiting.address)).collect();
    assert!(closed(&mut connections[0]));
    let mut last = connections.pop().unwrap();
    last.write_all(common::browser_request(waiting.address, "/callback?state=wrong").as_bytes()).unwrap();
    assert!(rest(&mut last).starts_with("HTTP/1.1 400 "));
    waiting.succeed();
}

// R096
#[test]
fn an_idle_connection_is_closed_at_its_deadline() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let mut idle = connect(waiting.address);
    let mut slow = connect(waiting.address);
    slow.write_all(b"GET /callback?state=right HTTP/1.1\r\n").unwrap();
    assert!(closed(&mut idle) && closed(&mut slow));
    assert_eq!(waiting.succeed().len(), 1);
}

// R096
#[test]
fn a_head_of_more_than_eight_kilobytes_is_refused() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let own = waiting.address;
    let start = format!("GET /callback?state=right HTTP/1.1\r\nHost: {own}\r\nCookie: ");
    let with = |length: usize| format!("{start}{}\r\n\r\n", "c".repeat(length - start.len() - 4));
    assert!(exchange(own, with(MAX_HEAD + 1).as_bytes()).starts_with("HTTP/1.1 431 "));
    assert!(exchange(own, with(MAX_HEAD * 6).as_bytes()).starts_with("HTTP/1.1 431 "));
    let many = format!("GET /callback?state=right HTTP/1.1\r\nHost: {own}\r\n{}\r\n", "a: b\r\n".repeat(100));
    assert!(exchange(own, many.as_bytes()).starts_with("HTTP/1.1 431 "));
    let target = "GET /".to_owned() + &"a".repeat(MAX_HEAD);
    assert!(exchange(own, target.as_bytes()).starts_with("HTTP/1.1 431 "));
    // Exactly the bound still fits.
    assert!(exchange(own, with(MAX_HEAD).as_bytes()).starts_with("HTTP/1.1 200 "));
    assert_eq!(waiting.end().1.len(), 1);
}

// R096
#[test]
fn an_endless_body_ends_the_connection_and_not_the_wait() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let own = waiting.address;
    let mut stream = connect(own);
    stream.write_all(format!("POST /callback HTTP/1.1\r\nHost: {own}\r\n\r\n").as_bytes()).unwrap();
    let junk = [b'j'; 4096];
    // The listener stops reading at its bound and closes: then writing fails.
    while stream.write_all(&junk).is_ok() {}
    waiting.succeed();
}

/// Whether the peer closes; a reset is a way to close here, silence is not.
fn closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1]) {
        Ok(n) => n == 0,
        Err(e) => e.kind() == std::io::ErrorKind::ConnectionReset,
    }
}
