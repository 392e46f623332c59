//! From the redirect to the page: what the closure is shown, and what the browser.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, clippy::std_instead_of_core, reason = "tests run on std, on small numbers")]

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use common::{browser_request, connect, get, judge, rest, wait_for_the_right_state};
use gatepass_native::{Error, Listener, Outcome};

// R037
#[test]
fn the_redirect_uri_reaches_the_closure_byte_for_byte() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let target = "/callback?code=a%2Fb%2f+c&iss=https%3A%2F%2Fas.example/&empty=&x='(!*)'&y=[1]:@;,$~&state=right?/";
    let uri = format!("http://{}{target}", waiting.address);
    assert!(uri.starts_with(&waiting.redirect_uri));
    get(waiting.address, target);
    assert_eq!(waiting.end(), (Ok(Some(Outcome::Accepted)), vec![uri]));
}

// R037
#[test]
fn a_redirect_that_arrives_in_the_other_family_says_so() {
    let listener = Listener::bind("/callback").unwrap();
    let Some(v6) = listener.addresses().find(|address| address.is_ipv6()) else {
        return eprintln!("this machine has no IPv6");
    };
    let waiting = wait_for_the_right_state(listener);
    get(v6, "/callback?state=right");
    let port = v6.port();
    assert_eq!(waiting.end().1, [format!("http://[::1]:{port}/callback?state=right")]);
}

// R095
#[test]
fn a_wrong_state_leaves_the_sign_in_waiting() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    for target in ["/callback?code=c&state=wrong", "/callback?error=access_denied&state=wrong", "/callback"] {
        assert!(get(waiting.address, target).starts_with("HTTP/1.1 400 Bad Request\r\n"));
    }
    assert_eq!(waiting.succeed().len(), 4);
}

// R095
#[test]
fn favicons_other_paths_and_preconnects_never_reach_the_closure() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let preconnects: Vec<TcpStream> = (0..4).map(|_| connect(waiting.address)).collect();
    drop(connect(waiting.address));
    for target in [
        "/favicon.ico",
        "/",
        "/callback/",
        "/callbacks",
        "/Callback?state=right",
        "/%63allback?state=right",
        "//callback?state=right",
        "/x/../callback?state=right",
        "/?state=right",
    ] {
        assert!(get(waiting.address, target).starts_with("HTTP/1.1 404 Not Found\r\n"), "{target}");
    }
    assert_eq!(waiting.succeed().len(), 1);
    drop(preconnects);
}

// R095
#[test]
fn a_refusal_that_is_believed_ends_the_wait() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let page = get(waiting.address, "/callback?error=access_denied&state=right");
    assert!(page.contains("cancelled or refused"));
    assert_eq!(waiting.end().0, Ok(Some(Outcome::Denied)));
}

// R094
#[test]
fn the_port_is_closed_after_the_end() {
    let listener = Listener::bind("/callback").unwrap();
    let addresses: Vec<_> = listener.addresses().collect();
    let waiting = wait_for_the_right_state(listener);
    get(waiting.address, "/callback?state=right");
    let (mut listener, result) = waiting.end_with_listener();
    assert_eq!(result, Ok(Some(Outcome::Accepted)));
    for address in addresses {
        TcpStream::connect(address).unwrap_err();
    }
    assert_eq!(listener.addresses().count(), 0);
    assert_eq!(listener.receive(Duration::ZERO, judge), Err(Error::Ended));
}

// R094
#[test]
fn the_port_is_closed_when_the_sign_in_is_given_up() {
    let listener = Listener::bind("/callback").unwrap();
    let addresses: Vec<_> = listener.addresses().collect();
    drop(listener);
    for address in addresses {
        TcpStream::connect(address).unwrap_err();
    }
}

// R042
#[test]
fn the_last_page_arrives_whole_although_the_browser_sent_more() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let mut stream = connect(waiting.address);
    stream.write_all(browser_request(waiting.address, "/callback?state=right").as_bytes()).unwrap();
    stream.write_all("more".repeat(5000).as_bytes()).unwrap();
    let mut arrived = vec![0; 8192];
    while !arrived.ends_with(b"</html>\n") {
        arrived.resize(8192, 0);
        let n = stream.peek(&mut arrived).unwrap();
        arrived.truncate(n);
    }
    // A socket that was closed under the page would answer the first of these with a reset.
    for _ in 0..3 {
        stream.write_all(b"more").unwrap();
    }
    let page = rest(&mut stream);
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
    assert!(body.ends_with("</html>\n"));
    assert_eq!(waiting.end().0, Ok(Some(Outcome::Accepted)));
}

// R042
#[test]
fn a_browser_that_neither_reads_nor_closes_does_not_hold_the_end() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let mut stream = connect(waiting.address);
    stream.write_all(browser_request(waiting.address, "/callback?state=right").as_bytes()).unwrap();
    assert_eq!(waiting.end().0, Ok(Some(Outcome::Accepted)));
}

// R095
#[test]
fn at_its_deadline_the_wait_returns_and_can_go_on_with_its_connections() {
    let mut listener = Listener::bind("/callback").unwrap();
    let address = listener.addresses().next().unwrap();
    assert_eq!(listener.receive(Duration::ZERO, judge), Ok(None));

    let request = browser_request(address, "/callback?state=right");
    let (first, second) = request.split_at(30);
    let mut stream = connect(address);
    stream.write_all(first.as_bytes()).unwrap();
    for _ in 0..3 {
        assert_eq!(listener.receive(Duration::from_millis(5), judge), Ok(None));
    }
    stream.write_all(second.as_bytes()).unwrap();
    assert_eq!(listener.receive(common::GUARD, judge), Ok(Some(Outcome::Accepted)));
    assert!(rest(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
}

// R096
#[test]
fn a_request_may_come_in_any_pieces() {
    let waiting = wait_for_the_right_state(Listener::bind("/callback").unwrap());
    let request = browser_request(waiting.address, "/callback?state=right");
    let mut stream = connect(waiting.address);
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    assert!(rest(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(waiting.end().0, Ok(Some(Outcome::Accepted)));
}

// R016
#[test]
fn nothing_of_a_redirect_is_in_a_debug_text() {
    let mut listener = Listener::bind("/callback").unwrap();
    let mut stream = connect(listener.addresses().next().unwrap());
    stream.write_all(b"GET /callback?code=SECRET").unwrap();
    assert_eq!(listener.receive(Duration::from_millis(50), judge), Ok(None));
    let text = format!("{listener:?} {listener:#?}");
    assert!(!text.contains("SECRET") && !text.contains("83, 69"), "{text}");
}
