//! The browser does what tests of gatepass rely on.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail as it does")]

mod shared;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use gatepass_support::{Browser, OidcProvider, ProviderOptions};
use shared::authorization_url;

#[test]
fn a_person_signs_in_with_a_real_browser() {
    let server = OidcProvider::start(ProviderOptions::default());
    let browser = Browser::start();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect_uri = format!("http://{}/callback", listener.local_addr().unwrap());
    let application = thread::spawn(move || callback(&listener));

    browser.sign_in(&authorization_url(&server, &redirect_uri), "bob");
    let target = application.join().unwrap();
    assert!(target.starts_with("/callback?code="), "{target}");
    assert!(browser.address().ends_with(&target));
    assert_eq!(browser.page_text(), "Welcome back");
    assert!(browser.screenshot().starts_with(b"\x89PNG\r\n"));

    let log = server.log();
    let login = log.iter().find(|entry| entry["form"]["prompt"] == "login");
    assert_eq!(login.unwrap()["form"]["login"], "bob");
}

/// Serves one callback, and returns its request target. A browser may open connections that it does not use.
fn callback(listener: &TcpListener) -> String {
    loop {
        let (mut connection, _) = listener.accept().unwrap();
        let head: Vec<String> = BufReader::new(&connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else {
            continue;
        };
        let page = "<h1>Welcome back</h1>";
        let length = page.len();
        write!(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}")
            .unwrap();
        if target.starts_with("/callback") {
            return target.to_owned();
        }
    }
}
